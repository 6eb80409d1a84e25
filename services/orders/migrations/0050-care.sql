-- What support did to a review: the text as its author wrote it, and how often something was done (the events' sequence).
alter table reviews add column original text, add column redacted_at timestamptz, add column moderated_by uuid,
  add column revision int not null default 1;

-- Set while a block keeps a running deal still: from which state, since when.
alter table orders add column frozen jsonb;
