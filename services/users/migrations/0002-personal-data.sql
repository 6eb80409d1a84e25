-- Archives of personal data that were asked for; the file lies in the store under the id.
create table exports (
  export_id uuid primary key,
  user_id uuid not null references profiles (user_id),
  status text not null,
  requested_at timestamptz not null,
  ready_at timestamptz,
  expires_at timestamptz,
  size int
);
create index exports_user on exports (user_id, requested_at desc);
create unique index exports_pending on exports (user_id) where status = 'pending';

-- When the person wants to be erased; he can call it off until then.
alter table profiles add column erase_at timestamptz;

-- Consents as they were given and withdrawn. No personal data beside the id; nobody can change or delete one.
create table consents (
  consent_id bigint generated always as identity primary key,
  user_id uuid not null,
  kind text not null,
  version text not null,
  given boolean not null,
  at timestamptz not null
);
create index consents_user on consents (user_id, consent_id desc);
revoke update, delete on consents from artel_users;

-- A deal that ended without completion no longer runs.
alter table deals add column ended boolean not null default false;

-- What each service still keeps of an erased person, by section: business records under the pseudonym. Part of the act of destruction.
create table erasure_parts (
  user_id uuid not null references erasures (user_id),
  service text not null,
  kept jsonb not null,
  at timestamptz not null,
  primary key (user_id, service)
);
revoke update, delete on erasure_parts from artel_users;
