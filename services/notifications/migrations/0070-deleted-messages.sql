-- A deletion that overtakes its message: then the message is no news.
create table deleted_messages (
  message_id uuid primary key,
  at timestamptz not null
);
