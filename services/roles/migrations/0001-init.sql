create table roles (
  name text primary key,
  role_id uuid not null unique,
  title jsonb not null,
  built_in boolean not null,
  permissions text[] not null,
  version int not null default 1,
  updated_at timestamptz not null
);

-- Permissions that this installation has seen: a new release's new ones are added to the built-in roles once, edits are kept.
create table known_permissions (
  permission text primary key
);

create table assignments (
  user_id uuid not null,
  role text not null references roles (name),
  since timestamptz not null,
  primary key (user_id, role)
);
create index assignments_role on assignments (role);

create table history (
  change_id bigint generated always as identity primary key,
  at timestamptz not null,
  actor_id uuid,
  action text not null,
  role text,
  user_id uuid,
  before text[] not null,
  after text[] not null,
  reason text not null
);
create index history_role on history (role, change_id desc) where role is not null;
create index history_user on history (user_id, change_id desc) where user_id is not null;

-- Who was erased gets no roles any more, whatever arrives late.
create table erased_users (
  user_id uuid primary key,
  at timestamptz not null
);
revoke update, delete on history from artel_roles;
