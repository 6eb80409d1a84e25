-- What was uploaded is known by its content (SHA-256, hex): of what is stored, after pictures were made anew.
alter table attachments add column sha256 text;

-- Files that come in parts (tus 1.0). A row lives until it expires; what was finished meanwhile is an attachment of the same id.
create table uploads (
  upload_id uuid primary key,
  conversation_id uuid not null references conversations on delete cascade,
  uploader_id uuid not null,
  file_name text not null,
  length bigint not null check (length > 0),
  received bigint not null default 0 check (received between 0 and length),
  -- What the sender says that the whole is.
  sha256 text,
  -- Keys of the stored parts, in their order.
  parts text[] not null default '{}',
  -- Code of the error for which the whole was refused.
  refused text,
  finished boolean not null default false,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index uploads_uploader on uploads (uploader_id);
