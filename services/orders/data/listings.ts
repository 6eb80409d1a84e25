import { CURRENCIES, type Currency } from '#contracts/common/values.ts';
import { join, type Queries, type Sql, sql } from '#kit/db/db.ts';
import { CHUNK, keyOf } from '../domain/query.ts';
import type { Words } from './words.ts';

/** Conditions of a search, in the two forms that the database needs. */
export interface Conditions {
  readonly words: Words | undefined;
  /** Keys that lead to the listings, as a tsquery with the chunk's number left open; undefined: all listings. */
  readonly keys: Sql | undefined;
  /** What is left to look at in each of them. */
  readonly rest: readonly Sql[];
  /** Nothing before that time is wanted. */
  readonly since: string | undefined;
}

export interface Filter {
  category?: string | undefined;
  tag?: string[] | undefined;
  skill?: string[] | undefined;
  style?: string[] | undefined;
  budgetMin?: string | undefined;
  budgetMax?: string | undefined;
  currency?: Currency | undefined;
  deadlineAfter?: string | undefined;
  deadlineBefore?: string | undefined;
  publishedAfter?: string | undefined;
  urgent?: boolean | undefined;
  nda?: boolean | undefined;
}

/** Keys of what few listings have. */
function strongKeys({ category, tag = [], skill = [], style = [] }: Filter): string[] {
  return [
    ...tag.map((one) => keyOf('t', one.toWellFormed().replaceAll('\0', ''))),
    ...skill.map((one) => keyOf('s', one)),
    ...style.map((one) => keyOf('y', one)),
    ...(category === undefined ? [] : [keyOf('c', category)]),
  ];
}

/** Keys of what many listings have. */
function weakKeys({ currency, urgent, nda }: Filter): string[] {
  return [
    ...(urgent === undefined ? [] : [keyOf('u', String(urgent))]),
    ...(nda === undefined ? [] : [keyOf('n', String(nda))]),
    ...(currency === undefined ? [] : [keyOf('m', currency)]),
  ];
}

/** Keys of exact values; a saved search is found by them too. */
export function keysOf(filter: Filter): string[] {
  return [...strongKeys(filter), ...weakKeys(filter)];
}

/** Only where nothing rarer leads: the long lists of weak keys cost more to read than the few rows that they would spare. */
function openKeys(filter: Filter): Sql[] {
  const { budgetMin, budgetMax, deadlineAfter, deadlineBefore } = filter;
  const weak = weakKeys(filter).join(' & ');
  return [
    ...(weak === '' ? [] : [sql`${weak}::text`]),
    ...(budgetMin || budgetMax ? [sql`budget_keys(${budgetMin ?? null}, ${budgetMax ?? null})`] : []),
    ...(deadlineAfter || deadlineBefore ? [sql`month_keys(${deadlineAfter ?? null}, ${deadlineBefore ?? null})`] : []),
  ];
}

export function conditionsOf(words: Words | undefined, filter: Filter): Conditions {
  const { budgetMin, budgetMax, currency, urgent, nda, deadlineAfter, deadlineBefore, publishedAfter } = filter;
  const strong = [...(words ? [`(${words.keys})`] : []), ...strongKeys(filter)].join(' & ');
  const keys = strong === '' ? openKeys(filter) : [sql`${strong}::text`];
  return {
    words,
    keys: keys.length === 0 ? undefined : sql`concat_ws(' & ', ${join(keys)})`,
    since: publishedAfter,
    rest: [
      ...(budgetMin ? [sql`l.budget_max >= ${budgetMin}`] : []),
      ...(budgetMax ? [sql`l.budget_min <= ${budgetMax}`] : []),
      ...(currency ? [sql`l.currency = ${currency}`] : []),
      ...(urgent === undefined ? [] : [sql`l.urgent = ${urgent}`]),
      ...(nda === undefined ? [] : [sql`l.nda = ${nda}`]),
      ...(deadlineAfter ? [sql`l.deadline >= ${deadlineAfter}`] : []),
      ...(deadlineBefore ? [sql`l.deadline <= ${deadlineBefore}`] : []),
      ...(publishedAfter ? [sql`l.published_at > ${publishedAfter}`] : []),
      ...(words?.phrases
        ? [sql`exists (select 1 from orders o where o.order_id = l.order_id and o.search @@ ${words.tsquery}::tsquery)`]
        : []),
    ],
  };
}

const inChunk = (chunk: Sql) => sql`replace(asked.keys, ${CHUNK}, ${chunk}::text)::tsquery`;
const and = (conditions: readonly Sql[]) => (conditions.length === 0 ? sql`true` : join(conditions, ' and '));

/**
 * The newest listings that fit, before a number: so many at most. A chunk after the other, and no further than is needed; the
 * inner order is by a sum, so that no plan walks along the numbers instead. A common table expression `hits`.
 */
export function newest(of: Conditions, columns: Sql, count: number, before?: Sql): Sql {
  const rest = [...of.rest, ...(before ? [sql`l.listing_no < ${before}`] : [])];
  if (!of.keys)
    return sql`hits as materialized (select ${columns} from listings l where ${and(rest)} order by l.listing_no desc limit ${count})`;
  const from = before ? sql`listing_chunk(${before} - 1)` : sql`(select listing_chunk(max(listing_no)) from listings)`;
  const to = of.since
    ? sql`(select listing_chunk(listing_no) - 1 from listings where published_at > ${of.since} order by published_at limit 1)`
    : sql`(select listing_chunk(min(listing_no)) from listings)`;
  return sql`asked as materialized (select ${of.keys} as keys), hits as materialized (
    select l.* from generate_series(${from}, ${to}, -1) chunk, asked, lateral (
      select ${columns} from listings l where l.keys @@ ${inChunk(sql`chunk`)} and ${and(rest)} order by l.listing_no + 0 desc limit ${count}) l
    limit ${count})`;
}

/** Rows of an order that are looked through for what fits before all that fits is collected. */
const WALKED = 1_000;

/** The first listings in an order by another value. `after`: where the page before ended. */
export async function firstBy<T>(
  db: Queries,
  of: Conditions,
  { by, after, count, columns, rows }: { by: Sql; after: Sql; count: number; columns: Sql; rows(found: Sql): Sql },
): Promise<T[]> {
  const rest = and(of.rest);
  if (!of.keys)
    return await db.many<T>(
      rows(sql`select ${columns} from listings l where ${after} and ${rest} order by ${by} limit ${count}`),
    );
  const asked = sql`asked as materialized (select ${of.keys} as keys)`;
  const walked = await db.many<T>(sql`
    with ${asked} ${rows(sql`select ${columns} from (select * from listings l where ${after} order by ${by} limit ${WALKED}) l, asked
    where l.keys @@ ${inChunk(sql`listing_chunk(l.listing_no)`)} and ${rest} order by ${by} limit ${count}`)}`);
  if (walked.length === count) return walked;
  return await db.many<T>(sql`
    with ${asked} ${rows(sql`select ${columns} from generate_series((select listing_chunk(max(listing_no)) from listings), (select listing_chunk(min(listing_no)) from listings), -1) chunk, asked, lateral (
      select l.order_id, l.listing_no, l.budget_max, l.deadline from listings l where l.keys @@ ${inChunk(sql`chunk`)} and ${after} and ${rest} offset 0) l
    order by ${by} limit ${count}`)}`);
}

/** Whether any listing has the word. */
export async function isListed(db: Queries, lexeme: string): Promise<boolean> {
  const of: Conditions = { words: undefined, keys: sql`${keyOf('', lexeme)}::text`, rest: [], since: undefined };
  return (await db.maybe(sql`with ${newest(of, sql`l.listing_no`, 1)} select 1 from hits`)) !== undefined;
}

/** What a word weighs by the best place where it stands; the score is the mean over the words. */
export const WEIGHTS = [
  { field: 'title', label: 'A', weight: 1 },
  { field: 'tags', label: 'B', weight: 0.4 },
  { field: 'description', label: 'C', weight: 0.2 },
] as const;

/** A lexeme in the notation of a tsquery. */
export function lexemeQuery(lexeme: string): string {
  return `'${lexeme.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}

export function scoreOf(words: Words): Sql {
  const lexemes = [...new Set(words.words.map((word) => word.lexeme))];
  const parts = lexemes.map((lexeme) => {
    const query = lexemeQuery(lexeme);
    const elsewhere = words.alternatives
      ? sql`when l.keys @@ replace(${keyOf('', lexeme)}, ${CHUNK}, listing_chunk(l.listing_no)::text)::tsquery then 0.2 else 0`
      : sql`else 0.2`;
    return sql`case when l.heads @@ ${`${query}:A`}::tsquery then 1 when l.heads @@ ${`${query}:B`}::tsquery then 0.4 ${elsewhere} end`;
  });
  return sql`round(((${join(parts, ' + ')}) / ${lexemes.length}::numeric), 3)::float8 as score`;
}

/** Upper bounds of the ranges of budgets, in units of the currency; the last one is open. */
const RANGES: Readonly<Record<Currency, readonly number[]>> = {
  RUB: [5_000, 20_000, 50_000, 150_000],
  USD: [50, 200, 500, 1_500],
  EUR: [50, 200, 500, 1_500],
  KZT: [25_000, 100_000, 250_000, 750_000],
  BYN: [150, 600, 1_500, 5_000],
  JPY: [10_000, 30_000, 75_000, 250_000],
  KWD: [15, 60, 150, 500],
};

/** All ranges in minor units, both ends included. */
export const BUDGET_RANGES = Object.entries(RANGES).flatMap(([currency, bounds]) => {
  const unit = 10 ** CURRENCIES[currency as Currency];
  return [0, ...bounds].map((from, at) => {
    const to = bounds[at];
    return { currency: currency as Currency, min: from * unit, max: to === undefined ? null : to * unit - 1 };
  });
});
const RANGES_JSON = JSON.stringify(BUDGET_RANGES.map((range, at) => ({ ...range, at })));

export interface FacetRow {
  facet: string;
  key: string;
  count: number;
}

/** Counts over `counted`, the twenty most frequent of each. */
export function facetRows(): Sql {
  const top = (facet: string, from: Sql) =>
    sql`(select ${facet}::text as facet, k::text as key, count(*)::int as count from ${from} group by k order by 3 desc, 2 limit 20)`;
  return join(
    [
      sql`select 'total' as facet, '' as key, count(*)::int as count from counted`,
      top('category', sql`(select category as k from counted) one`),
      top('skill', sql`counted, unnest(skills) k`),
      top('style', sql`counted, unnest(styles) k`),
      top('tag', sql`counted, unnest(tags) k`),
      top(
        'kind',
        sql`(select 'urgent' as k from counted where urgent union all select 'nda' from counted where nda) one`,
      ),
      sql`(select 'budget', r.at::text, count(*)::int from jsonb_to_recordset(${RANGES_JSON}::jsonb) r(at int, currency text, min bigint, max bigint)
        join counted on counted.currency = r.currency and counted.budget_max >= r.min and (r.max is null or counted.budget_min <= r.max) group by r.at order by r.at)`,
    ],
    ' union all ',
  );
}
