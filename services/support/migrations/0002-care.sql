-- Whom, which payment or which message a ticket is about.
alter table tickets add column user_id uuid, add column transaction_id uuid, add column message_id uuid;

-- A dispute's claim, terms, fee, ruling and who has to answer by when (domain/disputes.ts).
alter table tickets add column dispute_case jsonb;
alter table tickets drop constraint tickets_dispute_check;
alter table tickets add constraint tickets_dispute_check
  check (dispute in ('opening', 'open', 'refused', 'decided', 'appealed', 'ruled', 'resumed'));
drop index tickets_live_dispute;
create unique index tickets_live_dispute on tickets (order_id) where dispute in ('opening', 'open', 'decided', 'appealed');

-- When an assignee who does nothing loses the ticket, and who has lost it before.
alter table tickets add column silent_due_at timestamptz, add column passed_by uuid[] not null default '{}';
alter table tickets add column merged_into uuid references tickets;
create index tickets_waiting on tickets (due_at, ticket_id) where status = 'new' and assignee_id is null;

-- The smaller id first: a link has no direction.
create table ticket_links (
  a uuid not null references tickets,
  b uuid not null references tickets,
  primary key (a, b),
  check (a < b)
);
create index ticket_links_b on ticket_links (b);

-- What a member of staff said himself (until then), and the shifts that are planned for him.
create table staff_presence (
  user_id uuid primary key,
  state text not null check (state in ('online', 'away')),
  until timestamptz not null
);
create table staff_shifts (
  user_id uuid primary key,
  time_zone text not null,
  items jsonb not null
);
