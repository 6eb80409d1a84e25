import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { searchable } from '../domain/query.ts';
import { anchorsOf, type SavedQuery } from '../domain/saved-query.ts';
import { conditionsOf, keysOf, newest } from './listings.ts';
import { type Words, wordsOf } from './words.ts';

export type Frequency = 'instant' | 'daily' | 'weekly' | 'off';

export interface SavedSearch {
  savedSearchId: string;
  userId: string;
  name: string;
  query: SavedQuery;
  frequency: Frequency;
  found: number;
  lastFoundAt: Date | null;
  createdAt: Date;
  version: number;
}

const columns = sql`saved_search_id as "savedSearchId", user_id as "userId", name, query, frequency, found, last_found_at as "lastFoundAt", created_at as "createdAt", version`;

export function savedSearchesOf(db: Queries, userId: string): Promise<SavedSearch[]> {
  return db.many<SavedSearch>(
    sql`select ${columns} from saved_searches where user_id = ${userId} order by created_at desc, saved_search_id desc`,
  );
}

export function savedSearchById(db: Queries, savedSearchId: string, userId: string): Promise<SavedSearch | undefined> {
  return db.maybe<SavedSearch>(
    sql`select ${columns} from saved_searches where saved_search_id = ${savedSearchId} and user_id = ${userId}`,
  );
}

/** Enough to tell which of several words is the rarest. */
const RARE = 500;

/** What a new listing is compared with. */
export interface Comparable {
  readonly anchors: string[];
  readonly keys: string | null;
  readonly phrases: string | null;
}

export async function comparable(db: Queries, query: SavedQuery, words: Words | undefined): Promise<Comparable> {
  const rareness = new Map<string, number>();
  for (const { lexeme } of words && words.words.length > 1 ? words.words : []) {
    const of = conditionsOf({ ...(words as Words), keys: `'§:${lexeme.replaceAll("'", "''")}'`, phrases: false }, {});
    const { count } = await db.one<{ count: number }>(
      sql`with ${newest(of, sql`l.listing_no`, RARE)} select count(*)::int as count from hits`,
    );
    rareness.set(lexeme, count);
  }
  const keys = [...(words ? [`(${words.keys})`] : []), ...keysOf(query)].join(' & ');
  return {
    anchors: anchorsOf(query, words, rareness),
    keys: keys === '' ? null : keys,
    phrases: words?.phrases ? words.tsquery : null,
  };
}

const FIELDS = { categories: 'category', skills: 'skill', styles: 'style' } as const;

interface Follower {
  readonly savedSearchId: string;
  readonly query: SavedQuery;
  readonly version: number;
}
/** Searches that are read at a time. */
const PORTION = 500;

/** Searches that name an entry of a dictionary which was merged into another look for that one. */
export async function followInSearches(
  db: Queries,
  of: { dictionary: keyof typeof FIELDS; from: string; into: string },
): Promise<void> {
  const field = FIELDS[of.dictionary];
  for (let after = '00000000-0000-0000-0000-000000000000', full = true; full; ) {
    const rows = await db.many<Follower>(sql`
      select saved_search_id as "savedSearchId", query, version from saved_searches
      where saved_search_id > ${after} and (query->>${field}::text = ${of.from} or query->${field}::text @> ${JSON.stringify([of.from])}::jsonb)
      order by saved_search_id limit ${PORTION}`);
    for (const row of rows) await follow(db, row, { ...of, field });
    after = rows.at(-1)?.savedSearchId ?? after;
    full = rows.length === PORTION;
  }
}
/** One of them, unless its owner has edited it meanwhile: he has the dictionary as it is now. */
async function follow(
  db: Queries,
  { savedSearchId, query, version }: Follower,
  { field, from, into }: { field: (typeof FIELDS)[keyof typeof FIELDS]; from: string; into: string },
): Promise<void> {
  const renamed = (key: string) => (key === from ? into : key);
  const next: SavedQuery = {
    ...query,
    ...(field === 'category' ? { category: into } : { [field]: [...new Set((query[field] ?? []).map(renamed))] }),
  };
  const words = query.q === undefined ? undefined : await wordsOf(db, searchable(query.q) ?? '');
  const { anchors, keys, phrases } = await comparable(db, next, words);
  await db.run(sql`
    update saved_searches set query = ${JSON.stringify(next)}, anchors = ${anchors}, keys = ${keys}, phrases = ${phrases}, version = version + 1
    where saved_search_id = ${savedSearchId} and version = ${version}`);
}

export async function insertSavedSearch(
  tx: Tx,
  of: Pick<SavedSearch, 'userId' | 'name' | 'query' | 'frequency' | 'createdAt'> & Comparable,
): Promise<SavedSearch> {
  return await tx.one<SavedSearch>(sql`
    insert into saved_searches (saved_search_id, user_id, name, query, frequency, anchors, keys, phrases, created_at)
    values (${newId()}, ${of.userId}, ${of.name}, ${JSON.stringify(of.query)}, ${of.frequency}, ${of.anchors}, ${of.keys}, ${of.phrases}, ${of.createdAt}) returning ${columns}`);
}

export interface Match {
  savedSearchId: string;
  userId: string;
  name: string;
  query: SavedQuery;
  frequency: Exclude<Frequency, 'off'>;
  orderId: string;
  title: string;
}

/** Saved searches of others that new listings fit, each with the listing. */
export function matchesOf(tx: Tx, orderIds: readonly string[]): Promise<Match[]> {
  return tx.many<Match>(sql`
    select s.saved_search_id as "savedSearchId", s.user_id as "userId", s.name, s.query, s.frequency, l.order_id as "orderId", o.title
    from listings l join orders o using (order_id)
    cross join lateral (select array_agg(substr(key, length(listing_chunk(l.listing_no)::text) + 1)) || '*'::text as own from unnest(tsvector_to_array(l.keys)) key) k
    join saved_searches s on s.anchors && k.own
    where l.order_id = any(${[...orderIds]}::uuid[]) and s.frequency <> 'off' and s.user_id <> o.client_id
      and (s.keys is null or l.keys @@ replace(s.keys, '§', listing_chunk(l.listing_no)::text)::tsquery)
      and (s.phrases is null or o.search @@ s.phrases::tsquery)
      and l.budget_max >= coalesce((s.query->>'budgetMin')::bigint, 0) and (s.query->>'budgetMax' is null or l.budget_min <= (s.query->>'budgetMax')::bigint)
    order by s.user_id, s.created_at, s.saved_search_id, l.listing_no`);
}

/** Counts what was found, and keeps what is told later. */
export async function keepMatches(tx: Tx, matches: readonly Match[], at: Date): Promise<void> {
  const ids = (of: readonly Match[]) => sql`${of.map((match) => match.savedSearchId)}::uuid[]`;
  await tx.run(sql`
    update saved_searches s set found = s.found + f.count, last_found_at = ${at}
    from (select id, count(*)::int as count from unnest(${ids(matches)}) id group by id) f where s.saved_search_id = f.id`);
  const later = matches.filter((match) => match.frequency !== 'instant');
  if (later.length > 0)
    await tx.run(sql`
      insert into saved_search_hits (saved_search_id, order_id) select * from unnest(${ids(later)}, ${later.map((match) => match.orderId)}::uuid[]) on conflict do nothing`);
}

/** Takes what some searches have found since they last told; what is no longer listed is not told. */
export function takeHits(tx: Tx, frequencies: readonly Frequency[], most: number): Promise<Match[]> {
  return tx.many<Match>(sql`
    with due as (
      select s.saved_search_id from saved_searches s where s.frequency = any(${[...frequencies]}::text[])
        and exists (select 1 from saved_search_hits h where h.saved_search_id = s.saved_search_id) order by s.user_id limit ${most} for update of s skip locked),
    taken as (delete from saved_search_hits h using due where h.saved_search_id = due.saved_search_id returning h.saved_search_id, h.order_id)
    select s.saved_search_id as "savedSearchId", s.user_id as "userId", s.name, s.query, s.frequency, t.order_id as "orderId", coalesce(o.title, '') as title
    from taken t join saved_searches s using (saved_search_id) left join listings l using (order_id) left join orders o on o.order_id = l.order_id
    order by s.user_id, s.saved_search_id, l.listing_no desc nulls last`);
}
