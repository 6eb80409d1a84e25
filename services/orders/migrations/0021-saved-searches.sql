-- Searches that people keep. A new listing is not put to each of them: it leads by its keys to those that it may fit.
create table saved_searches (
  saved_search_id uuid primary key,
  user_id uuid not null,
  name text not null,
  query jsonb not null,
  frequency text not null,
  -- Keys of which a fitting listing has at least one (`:логотип`, `c:logo-design`); `*`: any listing may fit.
  anchors text[] not null,
  -- What a fitting listing must have, as a tsquery with the chunk's number left open; null: nothing but the ranges.
  keys text,
  -- Words that must stand next to each other, as a tsquery.
  phrases text,
  found int not null default 0,
  last_found_at timestamptz,
  created_at timestamptz not null,
  version int not null default 1
);
create index saved_searches_user on saved_searches (user_id, created_at desc, saved_search_id desc);
create index saved_searches_anchors on saved_searches using gin (anchors) with (fastupdate = off) where frequency <> 'off';

-- What daily and weekly searches have found and not told yet.
create table saved_search_hits (
  saved_search_id uuid not null references saved_searches (saved_search_id) on delete cascade,
  order_id uuid not null,
  primary key (saved_search_id, order_id)
);
