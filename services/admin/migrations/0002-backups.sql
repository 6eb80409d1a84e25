-- Backups that were finished, written by the command as the database's owner; the service only reads.
create table backups (
  backup_id bigint generated always as identity primary key,
  made_at timestamptz not null,
  tables int not null,
  files int not null,
  bytes bigint not null
);
create index backups_made_at on backups (made_at);
revoke insert, update, delete on backups from artel_admin;
