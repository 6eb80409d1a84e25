-- The keeper of backups listens and sleeps until something is asked of it.
create function announce_backup_task() returns trigger language plpgsql as $$
begin
  perform pg_notify('artel_backup_tasks', '');
  return null;
end
$$;
create trigger backup_tasks_announced after insert on backup_tasks for each statement execute function announce_backup_task();
