-- Hourly deals. `budget` and `price` are of an hour then; `weekly_hours` is the most that a week may cost.
alter table orders add column pricing text not null default 'fixed' check (pricing in ('fixed', 'hourly'));
alter table orders add column weekly_hours int;
alter table orders add constraint orders_hours check ((pricing = 'hourly') = (weekly_hours is not null));
-- The settings of the deal's timers as they were when it was published: a running order keeps them.
alter table orders add column timers jsonb;

-- What of a hold is the client's own fee, on top of the price.
alter table holds add column fee bigint not null default 0;
alter table holds add column week_id uuid;

-- A week of an hourly deal: held ahead, worked, submitted, approved.
create table weeks (
  week_id uuid primary key,
  order_id uuid not null references orders (order_id),
  number int not null,
  status text not null,
  rate bigint not null,
  weekly_hours int not null,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  -- When the next week is to be held, and when entries close.
  funds_at timestamptz not null,
  closes_at timestamptz not null,
  -- When silence decides.
  decides_at timestamptz,
  -- Its money was missing when it was asked for: the work rested.
  rested boolean not null default false,
  -- What was approved, once it was.
  paid bigint,
  unique (order_id, number)
);

create table time_entries (
  entry_id uuid primary key,
  order_id uuid not null references orders (order_id),
  week_id uuid not null references weeks (week_id),
  day date not null,
  minutes int not null check (minutes between 1 and 1440),
  note text not null,
  -- Why the client does not accept it.
  objection text,
  created_at timestamptz not null
);
create index time_entries_week on time_entries (week_id, day, entry_id);

-- An entry of the history that one freelancer beside the deal is concerned in: he and the client see it, rivals don't.
alter table history add column about uuid;
