-- What the provider's statement and the ledger do not agree about. Each is told once, however often they are compared.
create table provider_differences (
  difference_id uuid primary key,
  what text not null,
  kind text not null,
  reference text not null,
  found_at timestamptz not null,
  unique (what, reference, kind)
);
