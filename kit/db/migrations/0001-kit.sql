-- Tables of the kit, in every service's schema.

-- Events of committed transactions that wait for the relay. Deleted when the transport has them.
create table outbox (
  seq bigint generated always as identity primary key,
  body text not null
);

-- Events whose effect is in the state. One row per event; cleaned after two weeks.
create table inbox (
  event_id uuid primary key,
  received_at timestamptz not null default now()
);
create index inbox_received_at on inbox using brin (received_at);

-- Replies kept under the caller's Idempotency-Key, committed with the state that they report.
create table idempotency (
  scope text not null,
  key text not null,
  body_hash bytea not null,
  status int not null,
  reply jsonb not null,
  created_at timestamptz not null default now(),
  primary key (scope, key)
);
create index idempotency_created_at on idempotency using brin (created_at);
