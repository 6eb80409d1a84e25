create table tickets (
  ticket_id uuid primary key,
  number int generated always as identity (start with 1001) unique,
  kind text not null check (kind in ('question', 'complaint', 'dispute', 'review', 'payment', 'appeal')),
  category text,
  subject text not null,
  status text not null check (status in ('new', 'assigned', 'waiting_for_user', 'answered', 'resolved', 'closed', 'escalated')),
  tags text[] not null default '{}',
  priority text not null check (priority in ('low', 'normal', 'high', 'urgent')),
  author_id uuid not null,
  -- The other party of a dispute: reads and writes in it as its author does.
  respondent_id uuid,
  assignee_id uuid,
  order_id uuid,
  review_id uuid,
  dispute text check (dispute in ('opening', 'open', 'refused', 'ruled')),
  -- An act in another service that was begun; a job brings it to its end if the call that began it could not.
  pending jsonb,
  -- The last act of that kind that was done, so that a repeat is recognised.
  done jsonb,
  satisfaction int check (satisfaction between 1 and 5),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  answer_due_at timestamptz,
  resolve_due_at timestamptz not null,
  -- Set while the deadlines stand still.
  paused_at timestamptz,
  first_answered_at timestamptz,
  resolved_at timestamptz,
  version int not null,
  -- What the queue is sorted by: the next deadline, far away while the deadlines stand still.
  due_at timestamptz not null generated always as (
    case when paused_at is not null then timestamptz '9999-12-31 00:00:00+00'
    else least(coalesce(answer_due_at, resolve_due_at), resolve_due_at) end
  ) stored,
  check ((kind = 'dispute') = (dispute is not null))
);
create unique index tickets_live_dispute on tickets (order_id) where dispute in ('opening', 'open');
create index tickets_author on tickets (author_id, ticket_id desc);
create index tickets_respondent on tickets (respondent_id, ticket_id desc) where respondent_id is not null;
create index tickets_queue on tickets (due_at, ticket_id) where status not in ('resolved', 'closed');
create index tickets_assignee on tickets (assignee_id, ticket_id desc) where assignee_id is not null;

create table ticket_messages (
  message_id uuid primary key,
  ticket_id uuid not null references tickets,
  author_id uuid,
  author_kind text not null check (author_kind in ('user', 'support', 'system')),
  text text not null,
  internal boolean not null,
  sent_at timestamptz not null
);
create index ticket_messages_ticket on ticket_messages (ticket_id, message_id);
create index ticket_messages_author on ticket_messages (author_id);

create table ticket_attachments (
  attachment_id uuid primary key,
  ticket_id uuid not null references tickets,
  author_id uuid not null,
  author_kind text not null check (author_kind in ('user', 'support')),
  file_name text not null,
  content_type text not null,
  size int not null,
  added_at timestamptz not null
);
create index ticket_attachments_ticket on ticket_attachments (ticket_id, attachment_id);
create index ticket_attachments_author on ticket_attachments (author_id);

-- Sealed offers in a dispute: the newest of each side counts; how many there were is limited, so that nobody can feel
-- for the other side's limit.
create table ticket_offers (
  ticket_id uuid not null references tickets,
  user_id uuid not null,
  amount bigint not null check (amount >= 0),
  currency text not null,
  times int not null,
  made_at timestamptz not null,
  primary key (ticket_id, user_id)
);

-- Who did what, when and why. Grows only.
create table ticket_history (
  ticket_id uuid not null references tickets,
  version int not null,
  at timestamptz not null,
  actor_kind text not null check (actor_kind in ('user', 'support', 'admin', 'system')),
  actor_id uuid,
  action text not null,
  from_status text,
  to_status text not null,
  reason text,
  primary key (ticket_id, version)
);
create index ticket_history_actor on ticket_history (actor_id);
revoke update, delete, truncate on ticket_history from artel_support;

create table canned_replies (
  key text primary key,
  title text not null,
  ru text not null,
  en text not null,
  updated_at timestamptz not null
);

-- Members of support and administration, from the roles' events.
create table staff (
  user_id uuid primary key,
  member boolean not null,
  changed_at timestamptz not null
);

create table setting_versions (
  key text not null,
  version int not null,
  value jsonb not null,
  acts_from timestamptz not null,
  primary key (key, version)
);

-- Erasure (P2): the person's own words go, the fact that there was a ticket stays. Runs as the owner, because the
-- service's own role may not change history.
create function forget_person(person uuid) returns void language sql security definer set search_path = support as $$
  update ticket_history set reason = null where actor_id = person and reason is not null;
$$;
revoke all on function forget_person from public;
