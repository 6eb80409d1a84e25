-- Reports as files, each made by a job.
create table reports (
  report_id uuid primary key,
  -- Who may read it: who asked, or whom a schedule sends it to.
  owner_id uuid not null,
  report text not null,
  format text not null,
  range_from date not null,
  range_to date not null,
  step text not null,
  time_zone text not null,
  locale text not null,
  category text,
  state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed')),
  percent int not null default 0,
  size int,
  schedule_id uuid,
  -- The moment of the schedule that it was made for: one report per schedule, moment and recipient.
  due_at timestamptz,
  attempts int not null default 0,
  version int not null default 1,
  created_at timestamptz not null,
  finished_at timestamptz,
  expires_at timestamptz
);
create index reports_owner on reports (owner_id, report_id desc);
create unique index reports_due on reports (schedule_id, due_at, owner_id);

create table report_schedules (
  schedule_id uuid primary key,
  name text not null,
  report text not null,
  format text not null,
  every text not null check (every in ('week', 'month')),
  hour int not null,
  time_zone text not null,
  category text,
  recipient_ids uuid[] not null,
  enabled boolean not null,
  next_at timestamptz,
  created_by uuid not null,
  version int not null default 1,
  created_at timestamptz not null
);
