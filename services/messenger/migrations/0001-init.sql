-- Conversations about orders, their messages and files.

-- What the events of orders say about an order; the newest by the order's own sequence.
create table order_states (
  order_id uuid primary key,
  title text not null,
  client_id uuid not null,
  freelancer_id uuid,
  status text,
  sequence bigint not null default -1
);

-- One conversation per order and freelancer.
create table conversations (
  conversation_id uuid primary key,
  order_id uuid not null,
  client_id uuid not null,
  freelancer_id uuid not null,
  -- Messages have the numbers 1 .. last_seq; every change of any message takes the next revision.
  last_seq int not null default 0,
  last_rev int not null default 0,
  last_at timestamptz not null,
  created_at timestamptz not null,
  -- A party whose personal data was erased; nobody writes any more.
  erased boolean not null default false,
  unique (order_id, freelancer_id)
);

create table members (
  conversation_id uuid not null references conversations on delete cascade,
  user_id uuid not null,
  kind text not null check (kind in ('client', 'freelancer')),
  read_seq int not null default 0,
  primary key (conversation_id, user_id)
);
create index members_user on members (user_id, conversation_id);

create table messages (
  -- Made by the client program: a repeat is known by it.
  message_id uuid primary key,
  conversation_id uuid not null references conversations on delete cascade,
  seq int not null,
  rev int not null,
  kind text not null check (kind in ('text', 'system')),
  sender_id uuid,
  text text not null,
  system jsonb,
  reply_to uuid,
  sent_at timestamptz not null,
  edited_at timestamptz,
  deleted_at timestamptz,
  search tsvector generated always as (to_tsvector('russian', text) || to_tsvector('english', text)) stored,
  unique (conversation_id, seq),
  check ((kind = 'system') = (sender_id is null))
);
create index messages_rev on messages (conversation_id, rev);
create index messages_sender on messages (sender_id) where sender_id is not null;
create index messages_search on messages using gin (search);

-- What a message said before it was edited or deleted: for support on a ticket only.
create table originals (
  message_id uuid not null references messages on delete cascade,
  n int not null,
  text text not null,
  replaced_at timestamptz not null,
  primary key (message_id, n)
);

create table reactions (
  message_id uuid not null references messages on delete cascade,
  user_id uuid not null,
  emoji text not null,
  primary key (message_id, user_id)
);

create table attachments (
  attachment_id uuid primary key,
  conversation_id uuid not null references conversations on delete cascade,
  uploader_id uuid not null,
  -- Null until it is sent.
  message_id uuid references messages on delete cascade,
  position int not null default 0,
  file_name text not null,
  content_type text not null,
  size bigint not null check (size >= 0),
  width int,
  height int,
  has_preview boolean not null default false,
  created_at timestamptz not null
);
create index attachments_message on attachments (message_id);
create index attachments_uploader on attachments (uploader_id);

-- When support looked, for which ticket; shown to the participants. Nobody can change it afterwards.
create table looks (
  look_id uuid primary key,
  conversation_id uuid not null references conversations on delete cascade,
  actor_id uuid not null,
  ticket_id uuid not null,
  at timestamptz not null
);
revoke update, delete on looks from artel_messenger;
create index looks_conversation on looks (conversation_id, look_id);
