-- Counters of the rate limits, shared by the replicas. Unlogged: losing them at a crash only forgives the last minute.
create unlogged table rate_counters (
  key text not null,
  window_start timestamptz not null,
  count int not null,
  primary key (key, window_start)
);
