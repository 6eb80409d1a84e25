-- Why people are blocked (D1). A row for each block, kept when it is over.
create table blocks (
  block_id uuid primary key,
  user_id uuid not null,
  rule text not null,
  reason text not null,
  evidence jsonb not null,
  deals text not null check (deals in ('leave', 'freeze', 'cancel')),
  until timestamptz,
  blocked_by uuid not null,
  proposed_by uuid,
  blocked_at timestamptz not null,
  lifted_at timestamptz,
  lifted_by uuid,
  lift_reason text
);
create index blocks_user on blocks (user_id, blocked_at desc);

create table evidence (
  evidence_id uuid primary key,
  file_name text not null,
  content_type text not null,
  size int not null,
  added_by uuid not null,
  added_at timestamptz not null
);

-- What a blocked person says against it, once for each block.
create table block_appeals (
  appeal_id uuid primary key,
  block_id uuid not null unique references blocks,
  user_id uuid not null,
  text text not null,
  created_at timestamptz not null,
  status text not null check (status in ('open', 'upheld', 'rejected', 'moot')),
  answer text,
  decided_by uuid,
  decided_at timestamptz
);
create index block_appeals_open on block_appeals (created_at, appeal_id) where status = 'open';
create index block_appeals_user on block_appeals (user_id);

-- What exactly the second admin confirms.
alter table proposals add column details jsonb;

-- The entry that takes the place of a merged one.
alter table dictionary_entries add column merged_into text;

revoke delete, truncate on blocks from artel_admin;
