-- What search reads: a narrow row for each order that everybody may find, numbered in the order of publication. A trigger
-- keeps it, so that no step of a deal can forget it.
--
-- Listings are cut by their numbers into chunks of 8,192. Every word, tag, category and so on is a key with the number of its chunk
-- before it (`17:логотип`, `17c:logo-design`). So a search looks through chunk after chunk, newest first, reads of each only what
-- is there, and stops when it has enough: a common word costs a chunk or two, a rare one a look per chunk.
create table listings (
  listing_no bigint primary key,
  order_id uuid not null unique,
  category text not null,
  tags text[] not null,
  skills text[] not null,
  styles text[] not null,
  budget_min bigint not null,
  budget_max bigint not null,
  currency text not null,
  deadline timestamptz,
  urgent boolean not null,
  nda boolean not null,
  published_at timestamptz not null,
  -- Words of title (A) and tags (B): what relevance weighs.
  heads tsvector not null,
  keys tsvector not null
);
create sequence listing_numbers;

create function listing_chunk(number bigint) returns bigint language sql immutable strict parallel safe as 'select number >> 13';
-- A step is half a power of ten. The last one is open.
create function budget_step(amount bigint) returns int language sql immutable strict parallel safe as
  'select least(24, floor(2 * log(greatest(amount, 1)::float8))::int)';

-- Keys of a range of budgets, of a range of times, in the notation of a tsquery with the chunk's number left open.
create function budget_keys(lo bigint, hi bigint) returns text language sql immutable parallel safe as $$
  select '(' || string_agg('''§b:' || step || '''', ' | ') || ')'
  from generate_series(budget_step(coalesce(lo, 0)), greatest(budget_step(coalesce(lo, 0)), budget_step(coalesce(hi, 9223372036854775807)))) step
$$;
create function listing_keys(number bigint, o orders) returns tsvector language plpgsql immutable parallel safe as $$
declare
  chunk text := number >> 13;
  keys text[] := array[chunk || 'c:' || o.category, chunk || 'm:' || o.currency, chunk || 'u:' || o.urgent, chunk || 'n:' || o.nda];
  key text;
begin
  foreach key in array o.tags loop keys := keys || (chunk || 't:' || replace(key, '§', '')); end loop;
  foreach key in array o.skills loop keys := keys || (chunk || 's:' || key); end loop;
  foreach key in array o.styles loop keys := keys || (chunk || 'y:' || key); end loop;
  for step in budget_step(o.budget_min) .. budget_step(o.budget_max) loop keys := keys || (chunk || 'b:' || step); end loop;
  if o.deadline is not null then keys := keys || (chunk || 'd:' || to_char(o.deadline at time zone 'UTC', 'YYYYMM')); end if;
  if o.search = '' then return array_to_tsvector(keys); end if;
  -- Lexemes hold no blanks, so that the text form can be cut at them: ten times as fast as taking the words apart.
  return ('''' || chunk || ':' || substr(replace(strip(o.search)::text, ' ''', ' ''' || chunk || ':'), 2))::tsvector || array_to_tsvector(keys);
end
$$;

create function listing_of(number bigint, o orders) returns listings language sql immutable parallel safe as $$
  select number, o.order_id, o.category, o.tags, o.skills, o.styles, o.budget_min, o.budget_max, o.currency, o.deadline, o.urgent,
    o.nda, o.published_at, ts_filter(o.search, '{a,b}'), listing_keys(number, o)
$$;

create function month_keys(after timestamptz, before timestamptz) returns text language sql stable parallel safe as $$
  select coalesce('(' || string_agg('''§d:' || to_char(month, 'YYYYMM') || '''', ' | ') || ')', '''§d:none''')
  from generate_series(
    date_trunc('month', greatest(after, (select deadline from listings where deadline is not null order by deadline limit 1)) at time zone 'UTC'),
    least(before, (select deadline from listings where deadline is not null order by deadline desc limit 1)) at time zone 'UTC', '1 month') month
$$;

-- Orders that were listed just now and of which the words are not known and nobody was told yet.
create table listing_news (
  order_id uuid primary key
);

create function keep_listing() returns trigger language plpgsql set search_path from current as $$
declare
  listing listings;
begin
  if tg_op <> 'INSERT' and old.listed and (tg_op = 'DELETE' or not new.listed) then
    delete from listings where order_id = old.order_id;
  elsif tg_op <> 'DELETE' and new.listed and (tg_op = 'INSERT' or not old.listed) then
    insert into listings select (listing_of(nextval('listing_numbers'), new)).*;
    insert into listing_news values (new.order_id) on conflict do nothing;
  elsif tg_op = 'UPDATE' and new.listed and
    (new.search, new.category, new.tags, new.skills, new.styles, new.budget_min, new.budget_max, new.currency, new.deadline, new.urgent, new.nda)
    is distinct from
    (old.search, old.category, old.tags, old.skills, old.styles, old.budget_min, old.budget_max, old.currency, old.deadline, old.urgent, old.nda)
  then
    delete from listings where order_id = new.order_id returning * into listing;
    insert into listings select (listing_of(listing.listing_no, new)).*;
  end if;
  return null;
end
$$;
create trigger keep_listing after insert or update or delete on orders for each row execute function keep_listing();

-- The present ones, before the indexes.
insert into listings
  select l.* from (select order_id, row_number() over (order by published_at, order_id) as number from orders where listed) n
  join orders o using (order_id), listing_of(n.number, o) l;
select setval('listing_numbers', count(*) + 1) from listings;

-- No list of pending entries: a search would have to read through it.
create index listings_keys on listings using gin (keys) with (fastupdate = off);
create index listings_budget on listings (budget_max desc, listing_no desc);
create index listings_deadline on listings (deadline, listing_no) where deadline is not null;
create index listings_published on listings (published_at);

drop index orders_search, orders_newest, orders_budget, orders_deadline, orders_category, orders_tags, orders_skills, orders_styles, orders_urgent;

-- Words that everybody may see (titles and tags of orders, headlines of freelancers) and how often, to put misspelt ones right. A
-- word is offered only while something that can be found has it.
create table words (
  word_id int generated always as identity primary key,
  word text not null unique,
  uses int not null
);
-- What is left of a word when one or two letters are taken out, as a number.
create table word_cuts (
  cut bigint not null,
  word_id int not null references words (word_id) on delete cascade,
  primary key (cut, word_id)
);
create index word_cuts_word on word_cuts (word_id);
