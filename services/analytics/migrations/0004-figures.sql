-- Order figures can be had for one category. Category and dimension are two things from here on.
alter table rollups add column category text not null default '';
alter table rollups drop constraint rollups_pkey;
alter table rollups add primary key (metric, bucket, dimension, category);

-- What stood at some moment is the sum of everything before it. Sums per day and month (UTC) of the metrics that are asked
-- so make that a few rows, however long the history; like all figures they may be added to in any order.
create table level_sums (
  metric text not null,
  grain text not null check (grain in ('day', 'month')),
  start timestamptz not null,
  dimension text not null default '',
  category text not null default '',
  value numeric not null,
  primary key (metric, grain, start, dimension, category)
);

create index order_facts_category on order_facts (category, created_at);

-- What passed between an order and a freelancer; each moment is the earliest seen.
create table bid_facts (
  order_id uuid not null,
  freelancer_id uuid not null,
  invited_at timestamptz,
  responded_at timestamptz,
  hired_at timestamptz,
  primary key (order_id, freelancer_id)
);
create index bid_facts_freelancer on bid_facts (freelancer_id);

alter table user_facts drop column responses, drop column accepted;
alter table user_facts add column skills text[] not null default '{}', add column skills_at timestamptz;

-- Money that a person earned or spent in deals, by time.
drop table user_money;
create table user_money (
  user_id uuid not null,
  currency text not null,
  bucket timestamptz not null,
  income numeric not null default 0,
  spent numeric not null default 0,
  primary key (user_id, currency, bucket)
);

-- Looks at profiles, once per viewer and day. The viewer's mark is made with a key and the day: it names nobody.
create table profile_views (
  user_id uuid not null,
  day date not null,
  viewer text not null,
  primary key (user_id, day, viewer)
);

-- Titles of categories and skills, as the administration keeps them.
create table dictionaries (
  dictionary text primary key,
  version int not null,
  titles jsonb not null
);

-- Making the figures anew (data/rebuild.ts): each event carries the number of the rebuild that ran when it came. Rebuild N
-- reads the events before N; those of N are added by the collector to both sets of tables.
alter table events add column epoch int not null default 0;
create index events_time on events (at, event_id);
create table rebuilds (
  rebuild_id uuid primary key,
  epoch int not null unique,
  state text not null check (state in ('running', 'done', 'failed')),
  -- Of the release: figures of an older one are made anew by themselves.
  figures_version int not null,
  requested_by uuid,
  started_at timestamptz not null,
  finished_at timestamptz,
  total bigint not null default 0,
  done bigint not null default 0,
  cursor_at timestamptz,
  cursor_id uuid,
  failures int not null default 0,
  reason text,
  equal boolean,
  differing text[] not null default '{}'
);
create unique index rebuilds_running on rebuilds ((true)) where state = 'running';

create table rollups_next (like rollups including all);
create table level_sums_next (like level_sums including all);
create table activity_next (like activity including all);
create table order_facts_next (like order_facts including all);
create table bid_facts_next (like bid_facts including all);
create table user_facts_next (like user_facts including all);
create table user_money_next (like user_money including all);
create table ticket_facts_next (like ticket_facts including all);
create table profile_views_next (like profile_views including all);

-- These change tables, so they run as the owner.
create function clear_next_figures() returns void language sql security definer set search_path = analytics as $$
  truncate rollups_next, level_sums_next, activity_next, order_facts_next, bid_facts_next, user_facts_next, user_money_next, ticket_facts_next, profile_views_next;
$$;
create function swap_figures() returns void language plpgsql security definer set search_path = analytics as $$
declare
  name text;
begin
  foreach name in array array['rollups', 'level_sums', 'activity', 'order_facts', 'bid_facts', 'user_facts', 'user_money', 'ticket_facts', 'profile_views'] loop
    execute format('alter table %I rename to %I', name, name || '_old');
    execute format('alter table %I rename to %I', name || '_next', name);
    execute format('alter table %I rename to %I', name || '_old', name || '_next');
  end loop;
end $$;
revoke all on function clear_next_figures, swap_figures from public;
grant execute on function clear_next_figures, swap_figures to artel_analytics;

-- A month that lies in the default partition (events came before its own was made) moves into one of its own.
create or replace function make_partitions(upto timestamptz) returns int language plpgsql security definer set search_path = analytics as $$
declare
  month timestamptz;
  made int := 0;
  name text;
begin
  for month in
    select generate_series(date_trunc('month', upto, 'UTC') - interval '1 month', date_trunc('month', upto, 'UTC') + interval '2 months', '1 month')
    union select distinct date_trunc('month', at, 'UTC') from events_other where at < date_trunc('month', upto, 'UTC') + interval '3 months'
    order by 1
  loop
    name := 'events_' || to_char(month at time zone 'UTC', 'YYYY_MM');
    continue when to_regclass('analytics.' || name) is not null;
    execute format('create table %I (like events including all)', name);
    execute format('with moved as (delete from events_other where at >= %L and at < %L returning *) insert into %I select * from moved', month, month + interval '1 month', name);
    execute format('alter table events attach partition %I for values from (%L) to (%L)', name, month, month + interval '1 month');
    execute format('revoke update, delete on %I from artel_analytics', name);
    made := made + 1;
  end loop;
  return made;
end $$;
