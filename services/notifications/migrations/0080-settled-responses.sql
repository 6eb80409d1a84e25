-- A withdrawal or decision that overtakes its response: then the response is no news.
create table settled_responses (
  response_id uuid primary key,
  at timestamptz not null
);
create index settled_responses_at on settled_responses (at);
