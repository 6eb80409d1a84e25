-- Who is at a screen, and when he last was. Written when that changes, not at every sign of life.
create table presence (
  user_id uuid primary key,
  online boolean not null default false,
  -- When `online` last changed; null: never was.
  seen_at timestamptz,
  -- The person does not want it shown.
  hidden boolean not null default false
);
create index presence_online on presence (user_id) where online;
