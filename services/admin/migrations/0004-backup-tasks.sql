-- Folder of a backup below BACKUP_DIR; null: the command wrote it elsewhere. Gone: the folder is there no more.
alter table backups add column name text unique, add column version text, add column gone boolean not null default false;

-- What an admin asks the keeper of backups for. The service writes what is asked; the keeper, as the database's owner, the rest.
create table backup_tasks (
  task_id uuid primary key,
  kind text not null check (kind in ('backup', 'verify', 'restore', 'withdraw')),
  backup_name text,
  asked_by uuid not null,
  asked_at timestamptz not null,
  state text not null default 'asked' check (state in ('asked', 'running', 'done', 'failed')),
  -- When the keeper last said that it is at it; one that fell silent is dead.
  seen_at timestamptz,
  ended_at timestamptz,
  done int not null default 0,
  parts int not null default 0,
  -- How far a verification went: the sums only, or a whole restore into a database of its own.
  checked text check (checked in ('sums', 'restored')),
  fault text,
  -- A restoration: it was taken back, or the platform started with it.
  withdrawn_at timestamptz,
  carried_out_at timestamptz
);
-- One at a time: they read the whole database, and a restoration must not meet another one.
create unique index backup_tasks_one on backup_tasks ((true)) where state in ('asked', 'running');
create index backup_tasks_asked_at on backup_tasks (asked_at desc);
revoke insert, update, delete on backup_tasks from artel_admin;
grant insert (task_id, kind, backup_name, asked_by, asked_at) on backup_tasks to artel_admin;
