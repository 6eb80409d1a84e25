-- Every event as it came, once, by month. The figures below are made of it and can be made again.
create table events (
  event_id uuid not null,
  type text not null,
  at timestamptz not null,
  data jsonb not null,
  primary key (event_id, at)
) partition by range (at);
create table events_other partition of events default;
-- The store is append-only for the service itself.
revoke update, delete on events, events_other from artel_analytics;

-- Partitions are made ahead by the owner's function, called by a daily job.
create function make_partitions(upto timestamptz) returns int language plpgsql security definer set search_path = analytics as $$
declare
  month timestamptz := date_trunc('month', upto, 'UTC') - interval '1 month';
  made int := 0;
  name text;
begin
  while month <= date_trunc('month', upto, 'UTC') + interval '2 months' loop
    name := 'events_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    if to_regclass('analytics.' || name) is null and not exists (select 1 from events_other where at >= month and at < month + interval '1 month') then
      execute format('create table %I partition of events for values from (%L) to (%L)', name, month, month + interval '1 month');
      execute format('revoke update, delete on %I from artel_analytics', name);
      made := made + 1;
    end if;
    month := month + interval '1 month';
  end loop;
  return made;
end $$;
revoke all on function make_partitions from public;
select make_partitions(now());

-- Sums per quarter of an hour (the finest offset between time zones), metric and dimension.
create table rollups (
  metric text not null,
  bucket timestamptz not null,
  dimension text not null default '',
  value numeric not null,
  primary key (metric, bucket, dimension)
);

-- Who was active when: distinct people can't be added up.
create table activity (
  user_id uuid not null,
  bucket timestamptz not null,
  primary key (bucket, user_id)
);

-- What is known of an order; each moment is the earliest seen, so that the order of events does not matter.
create table order_facts (
  order_id uuid primary key,
  category text not null default '',
  client_id uuid,
  freelancer_id uuid,
  created_at timestamptz,
  published_at timestamptz,
  first_response_at timestamptz,
  started_at timestamptz,
  completed_at timestamptz,
  disputed_at timestamptz,
  ended_at timestamptz
);
create index order_facts_created on order_facts (created_at);
create index order_facts_published on order_facts (published_at);
create index order_facts_client on order_facts (client_id);
create index order_facts_freelancer on order_facts (freelancer_id);

create table user_facts (
  user_id uuid primary key,
  registered_at timestamptz,
  responses int not null default 0,
  accepted int not null default 0
);
create index user_facts_registered on user_facts (registered_at);

-- Money that a person earned or spent in deals, by currency.
create table user_money (
  user_id uuid not null,
  currency text not null,
  income numeric not null default 0,
  spent numeric not null default 0,
  primary key (user_id, currency)
);

create table ticket_facts (
  ticket_id uuid primary key,
  kind text not null default '',
  opened_at timestamptz,
  first_answer_seconds int,
  resolution_seconds int,
  satisfaction int
);
create index ticket_facts_opened on ticket_facts (opened_at);

-- Erasure (P2): what stored registrations and profiles say of a person goes; counts stay. Runs as the owner, because
-- the service's own role may not change stored events.
create function forget_person(person uuid) returns void language sql security definer set search_path = analytics as $$
  update events set data = jsonb_set(jsonb_set(data, '{displayName}', '""'), '{email}', '"erased@erased.invalid"')
    where type = 'auth.user.registered.v1' and data ->> 'userId' = person::text;
  update events set data = data || '{"displayName": "", "headline": null, "about": null, "avatarUrl": null, "slug": ""}'::jsonb
    where type = 'users.profile.updated.v1' and data ->> 'userId' = person::text;
$$;
revoke all on function forget_person from public;
