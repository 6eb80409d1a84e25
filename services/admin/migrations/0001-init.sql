-- Settings (D3). History is kept for ever: a version is never changed.
create table setting_versions (
  key text not null,
  version int not null check (version > 0),
  value jsonb not null,
  acts_from timestamptz not null,
  actor_id uuid,
  reason text not null,
  created_at timestamptz not null,
  primary key (key, version)
);

-- Dictionaries (D3). `version` counts the changes of the whole dictionary.
create table dictionaries (
  name text primary key,
  version int not null
);
create table dictionary_entries (
  dictionary text not null references dictionaries (name),
  key text not null,
  title_ru text not null,
  title_en text not null,
  parent text,
  deprecated boolean not null default false,
  position int not null,
  primary key (dictionary, key)
);

-- Edits of notification templates (D3). Version 0 is what shipped when the template was first edited.
create table template_versions (
  key text not null,
  locale text not null,
  version int not null check (version >= 0),
  subject text not null,
  html text not null,
  text text not null,
  shipped boolean not null,
  actor_id uuid,
  reason text not null,
  created_at timestamptz not null,
  primary key (key, locale, version)
);

-- System notices (E12).
create table notices (
  notice_id uuid primary key,
  actor_id uuid not null,
  title jsonb not null,
  text jsonb not null,
  critical boolean not null,
  everybody boolean not null,
  recipients int not null,
  created_at timestamptz not null
);

-- Escalated tickets (E11, D5).
create table escalations (
  ticket_id uuid primary key,
  number int not null,
  kind text not null,
  subject text not null,
  author_id uuid not null,
  order_id uuid,
  review_id uuid,
  escalated_by uuid not null,
  reason text not null,
  escalated_at timestamptz not null,
  status text not null check (status in ('open', 'decided')),
  decision jsonb,
  decided_by uuid,
  decided_at timestamptz
);
create index escalations_newest on escalations (escalated_at desc, ticket_id desc);

-- Audit log (D4, P4, P5): append-only, each entry's hash covers the one before.
create table audit_log (
  number bigint primary key,
  entry_id uuid not null unique,
  at timestamptz not null,
  actor_id uuid,
  action text not null,
  target_kind text not null,
  target_id text not null,
  outcome text not null check (outcome in ('done', 'refused', 'unknown')),
  code text,
  before jsonb,
  after jsonb,
  reason text,
  address text,
  request_id text,
  hash bytea not null
);
create index audit_log_actor on audit_log (actor_id, number desc);
create index audit_log_target on audit_log (target_id, number desc);
create index audit_log_action on audit_log (action, number desc);
create index audit_log_at on audit_log using brin (at);

-- End of the chain. Its row lock puts the writers of all replicas in line.
create table audit_head (
  one boolean primary key default true check (one),
  number bigint not null,
  hash bytea not null
);
insert into audit_head (number, hash) values (0, decode(repeat('00', 32), 'hex'));

-- Acts that wait for a second admin.
create table proposals (
  proposal_id uuid primary key,
  action text not null,
  target_id text not null,
  reason text not null,
  proposed_by uuid not null,
  proposed_at timestamptz not null,
  expires_at timestamptz not null,
  unique (action, target_id)
);

-- Acts that other services execute, noted before the call: an act whose end was never learnt is logged as such.
create table pending_acts (
  entry_id uuid primary key,
  begun_at timestamptz not null,
  entry jsonb not null
);

revoke update, delete, truncate on setting_versions, template_versions, audit_log from artel_admin;
revoke insert, delete, truncate on audit_head from artel_admin;
