-- What happened, for the person it concerns. Texts are rendered when they are read, in the reader's language.
create table notifications (
  notification_id uuid primary key,
  user_id uuid not null,
  type text not null,
  event text not null,
  params jsonb not null,
  -- Who did it; the name is asked for when it is shown, never kept.
  actor_id uuid,
  -- What it is about; an unread one of the same event about the same thing is replaced, with its count.
  thread text,
  count int not null default 1,
  read_at timestamptz,
  created_at timestamptz not null
);
create index notifications_user on notifications (user_id, notification_id desc);
create index notifications_unread on notifications (user_id, notification_id desc) where read_at is null;
create index notifications_thread on notifications (user_id, thread, event) where read_at is null and thread is not null;

-- Mail and SMS to be sent. No address, no code: both are asked for at the time of sending.
-- queued → claimed (a sender has it) → handed (the server has all of it but its last line) → sent | failed | dropped;
-- collected: goes out in the digest that it names.
create table deliveries (
  delivery_id uuid primary key,
  dedupe_key text not null unique,
  channel text not null check (channel in ('email', 'sms', 'push')),
  user_id uuid not null,
  type text not null,
  event text not null,
  params jsonb not null,
  actor_id uuid,
  secret_id uuid,
  notification_id uuid,
  thread text,
  critical boolean not null,
  count int not null default 1,
  state text not null default 'queued'
    check (state in ('queued', 'claimed', 'handed', 'collected', 'sent', 'dropped', 'failed')),
  digest_id uuid,
  send_at timestamptz not null,
  created_at timestamptz not null,
  attempts int not null default 0,
  claim_id uuid,
  -- Technical, by the server's clock: replicas whose clocks differ agree on it.
  lease_until timestamptz,
  handed_at timestamptz,
  -- Keyed hash of where it went, for bounces.
  address_hash text,
  done_at timestamptz,
  reason text
);
create index deliveries_due on deliveries (send_at) where state = 'queued';
create index deliveries_leased on deliveries (lease_until) where state in ('claimed', 'handed');
create index deliveries_digest on deliveries (digest_id) where state = 'collected';
create index deliveries_waiting on deliveries (user_id, thread) where state in ('queued', 'collected');
create index deliveries_user on deliveries (user_id);
create index deliveries_done on deliveries (done_at) where done_at is not null;

create table preferences (
  user_id uuid primary key,
  -- `type:channel` of what is switched off.
  muted text[] not null,
  quiet_from text,
  quiet_to text,
  digest text not null,
  version int not null,
  updated_at timestamptz not null
);

-- How far a person has read a conversation: a message's event may come after that of its reading.
create table read_marks (
  user_id uuid not null,
  conversation_id uuid not null,
  up_to uuid not null,
  primary key (user_id, conversation_id)
);

-- Addresses that refused for good, as hashes: an address that changed is tried again.
create table suppressions (
  user_id uuid primary key,
  address_hash text not null,
  reason text not null,
  at timestamptz not null
);

-- Devices that take web push. The keys are the device's, for encryption to it.
create table push_subscriptions (
  subscription_id uuid primary key,
  user_id uuid not null,
  endpoint text not null unique,
  p256dh text not null,
  auth text not null,
  created_at timestamptz not null
);
create index push_subscriptions_user on push_subscriptions (user_id);

create table template_overrides (
  key text not null,
  locale text not null,
  version int not null,
  subject text not null,
  html text not null,
  text text not null,
  shipped boolean not null,
  primary key (key, locale)
);
