-- Endpoints of people's own programs, and the calls to them (B9).
create table webhook_endpoints (
  endpoint_id uuid primary key,
  owner_id uuid not null,
  scope text not null check (scope in ('own', 'platform')),
  url text not null,
  description text not null,
  events text[] not null,
  -- The secret itself is kept nowhere: it is derived from the service's key, the endpoint and this number.
  secret_number int not null default 1,
  previous_secret_until timestamptz,
  enabled boolean not null default true,
  stopped_because text check (stopped_because in ('gone', 'failing', 'not_allowed')),
  failing_since timestamptz,
  -- When the first waiting call is to be tried; null: nothing waits.
  next_at timestamptz,
  claim_id uuid,
  lease_until timestamptz,
  version int not null default 1,
  created_at timestamptz not null
);
create index webhook_endpoints_owner on webhook_endpoints (owner_id);
create index webhook_endpoints_platform on webhook_endpoints (scope) where scope = 'platform';
create index webhook_endpoints_due on webhook_endpoints (next_at) where enabled and next_at is not null;

create table webhook_calls (
  call_id uuid primary key,
  endpoint_id uuid not null references webhook_endpoints on delete cascade,
  -- Calls of an endpoint leave in this order.
  position bigint generated always as identity,
  -- The event that it tells of: once per endpoint. Null: a test or a replay.
  event_id uuid,
  replay_of uuid,
  type text not null,
  payload jsonb not null,
  state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
  attempts int not null default 0,
  last_status int,
  last_error text,
  last_tried_at timestamptz,
  created_at timestamptz not null,
  unique (endpoint_id, event_id)
);
create index webhook_calls_waiting on webhook_calls (endpoint_id, position) where state = 'waiting';
create index webhook_calls_log on webhook_calls (endpoint_id, call_id desc);
create index webhook_calls_old on webhook_calls (created_at);
