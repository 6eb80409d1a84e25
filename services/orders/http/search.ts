import type { z } from 'zod';
import type { ordersContract } from '#contracts/orders/index.ts';
import type { facets } from '#contracts/orders/search.ts';
import { join, type Queries, type Sql, sql } from '#kit/db/db.ts';
import { encodeCursor } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { cursorOf } from '../cursor.ts';
import {
  BUDGET_RANGES,
  type Conditions,
  conditionsOf,
  type FacetRow,
  facetRows,
  firstBy,
  isListed,
  lexemeQuery,
  newest,
  scoreOf,
  WEIGHTS,
} from '../data/listings.ts';
import { orderColumns, type OrderRow } from '../data/orders.ts';
import { correct } from '../data/dictionary.ts';
import { type Words, wordsOf } from '../data/words.ts';
import { searchable } from '../domain/query.ts';
import { peopleOf, summaryView } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;
type Query = Parameters<H['searchOrders']>[1]['query'];

/** Matches that relevance ranks: of a common word the newest thousand, because all of them cost most and tell least. */
const RANKED = 1_000;
/** Matches that facets count, the newest of a wide search. */
const COUNTED_MOST = 500;

const NOTHING = { items: [], nextCursor: null, facets: null, corrected: null };

export const searchOrders: H['searchOrders'] = async (ctx, req) => {
  const { query } = req;
  const after = cursorFor(query);
  const q = searchable(query.q);
  if (query.q && q === undefined) return { body: NOTHING };
  const typed = q === undefined ? undefined : await wordsOf(ctx.db, q);
  if (q !== undefined && !typed) return { body: NOTHING };
  let words = typed;
  let found = after?.corrected ? undefined : await find(ctx.db, query, words, after);
  let corrected = null;
  if (typed && !query.exact && (!found || (!after && found.hits.length === 0))) {
    const better = await correct(ctx.db, typed, (lexeme) => isListed(ctx.db, lexeme));
    const other = better && (await find(ctx.db, query, better, after));
    if (better && other && other.hits.length > 0) {
      [words, found] = [better, other];
      corrected = { from: typed.q, to: better.q };
    }
  }
  if (!found) return { body: NOTHING };
  const items = await hitsView(ctx, found.hits, words);
  const nextCursor = found.next && encodeCursor([...found.next, corrected ? 1 : 0]);
  return { body: { items, nextCursor, facets: found.facets, corrected } };
};

/** Where the page before ended; the last value says whether its words were corrected ones. */
interface After {
  readonly values: readonly (string | number | null)[];
  readonly corrected: boolean;
}

/** Of the cursors; the last one is the mark of corrected words. */
const SHAPES = {
  newest: ['integer', 'number'],
  budget: ['integer', 'integer', 'number'],
  deadline: ['time', 'integer', 'number'],
  relevance: ['number', 'integer', 'integer', 'number'],
} as const;

function cursorFor({ cursor, sort, q }: Query): After | undefined {
  const shape = sort === 'relevance' && !q ? SHAPES.newest : SHAPES[sort];
  const values = cursorOf(cursor, shape);
  return values && { values, corrected: values.at(-1) === 1 };
}

interface Hit extends OrderRow {
  no: bigint;
  score: number | null;
  /** For each word the letters of the fields where it stands. */
  places: string[] | null;
}
interface Found {
  readonly hits: readonly Hit[];
  /** Cursor of the next page. */
  readonly next: readonly (string | number | null)[] | null;
  readonly facets: z.input<typeof facets> | null;
}

function find(db: Queries, query: Query, words: Words | undefined, after: After | undefined): Promise<Found> {
  const of = conditionsOf(words, query);
  if (query.sort === 'relevance' && words) return ranked(db, of, words, query.limit, after);
  return query.sort === 'newest' || query.sort === 'relevance'
    ? byNumber(db, of, query.limit, after)
    : byValue(db, of, query.sort, query.limit, after);
}

const COUNTED = sql`l.category, l.tags, l.skills, l.styles, l.budget_min, l.budget_max, l.currency, l.urgent, l.nda`;
const counted = sql`counted as (select * from hits order by listing_no desc limit ${COUNTED_MOST})`;
/** The facets come with the first row of a page; one row without an order, when there is none. */
type Row = Hit & { facets: FacetRow[] | null; matches: number; latest: bigint | null };

/**
 * The page and its facets from one look at the listings: `hits` and `page` (with `listing_no`, `order_id` and `score`) are made by `tables`.
 */
function read(db: Queries, tables: Sql, words: Words | undefined, by: Sql, facets: boolean): Promise<Row[]> {
  const told = facets
    ? sql`(select jsonb_agg(jsonb_build_object('facet', facet, 'key', key, 'count', count)) from (${facetRows()}) f)`
    : sql`null::jsonb`;
  return db.many<Row>(sql`
    with ${tables}${facets ? sql`, ${counted}` : sql``}, told as materialized (select ${told} as facets, (select count(*)::int from hits) as matches, (select max(listing_no) from hits) as latest)
    select case when row_number() over (order by ${by}) = 1 then told.facets end as facets, told.matches, told.latest, p.*, ${orderColumns}, ${placesOf(words)} as places
    from told left join (select listing_no as no, score, order_id as id from page) p on true left join orders o on o.order_id = p.id order by ${by}`);
}

/** Newest first: in the order of publication. */
async function byNumber(db: Queries, of: Conditions, limit: number, after: After | undefined): Promise<Found> {
  const columns = sql`l.listing_no, l.order_id, null::float8 as score`;
  const hits = after
    ? newest(of, columns, limit + 1, sql`${after.values[0]}::bigint`)
    : newest(of, sql`${columns}, ${COUNTED}`, COUNTED_MOST + 1);
  const page = sql`page as (select * from hits order by listing_no desc limit ${limit + 1})`;
  const rows = await read(db, sql`${hits}, ${page}`, of.words, sql`p.no desc`, !after);
  return { ...cut(rows, limit, (last) => [last.no.toString()]), facets: after ? null : facetsOf(rows) };
}

/** The cursor also keeps up to which listing was looked at first: what is published later moves nothing (L5). */
async function ranked(
  db: Queries,
  of: Conditions,
  words: Words,
  limit: number,
  after: After | undefined,
): Promise<Found> {
  const columns = sql`l.listing_no, l.order_id, ${scoreOf(words)}`;
  const hits = after
    ? newest(of, columns, RANKED, sql`(${after.values[2]}::bigint + 1)`)
    : newest(of, sql`${columns}, ${COUNTED}`, RANKED + 1);
  const next = after ? sql`(score, listing_no) < (${after.values[0]}::float8, ${after.values[1]}::bigint)` : sql`true`;
  const page = sql`page as (
    select * from (select * from hits order by listing_no desc limit ${RANKED}) r where ${next} order by score desc, listing_no desc limit ${limit + 1})`;
  const rows = await read(db, sql`${hits}, ${page}`, words, sql`p.score desc, p.no desc`, !after);
  const until = after?.values[2] ?? rows[0]?.latest?.toString() ?? '0';
  return {
    ...cut(rows, limit, (hit) => [hit.score ?? 0, hit.no.toString(), until]),
    facets: after ? null : facetsOf(rows),
  };
}

const ORDERS = {
  budget: {
    type: sql`bigint`,
    column: sql`l.budget_max`,
    by: sql`l.budget_max desc, l.listing_no desc`,
    than: sql`<`,
    way: sql`desc`,
  },
  deadline: {
    type: sql`timestamptz`,
    column: sql`l.deadline`,
    by: sql`l.deadline, l.listing_no`,
    than: sql`>`,
    way: sql`asc`,
  },
} as const;

async function byValue(
  db: Queries,
  of: Conditions,
  sort: 'budget' | 'deadline',
  limit: number,
  after: After | undefined,
): Promise<Found> {
  const { type, column, by, than, way } = ORDERS[sort];
  const [value, no] = after?.values ?? [];
  const from = after ? sql`(${column}, l.listing_no) ${than} (${value}::${type}, ${no}::bigint)` : sql`true`;
  const rows = await firstBy<Hit & { value: bigint | Date }>(db, of, {
    by,
    after: sort === 'deadline' ? sql`l.deadline is not null and ${from}` : from,
    count: limit + 1,
    columns: sql`l.order_id, l.listing_no as no, ${column} as value`,
    rows: (found) => sql`
      select f.no, f.value, null as score, ${orderColumns}, ${placesOf(of.words)} as places from (${found}) f join orders o using (order_id) order by f.value ${way}, f.no ${way}`,
  });
  const facets = after
    ? null
    : facetsOf(
        await read(
          db,
          sql`${newest(of, sql`l.listing_no, l.order_id, null::float8 as score, ${COUNTED}`, COUNTED_MOST + 1)}, page as (select * from hits limit 0)`,
          undefined,
          sql`p.no`,
          true,
        ),
      );
  const nextOf = (last: (typeof rows)[number]) => [
    last.value instanceof Date ? last.value.toISOString() : last.value.toString(),
    last.no.toString(),
  ];
  return { ...cut(rows, limit, nextOf), facets };
}

function cut<T extends Hit>(rows: readonly T[], limit: number, nextOf: (last: T) => (string | number)[]) {
  const found = rows.filter((row) => row.orderId !== null);
  const hits = found.slice(0, limit);
  const last = hits.at(-1);
  return { hits, next: found.length > limit && last ? nextOf(last) : null };
}

function facetsOf(found: readonly Row[]): z.input<typeof facets> {
  const atLeast = (found[0]?.matches ?? 0) > COUNTED_MOST;
  const rows = found.find((row) => row.facets)?.facets ?? [];
  const of = (facet: string) =>
    rows.filter((row) => row.facet === facet).map(({ key, count }) => ({ key, count, atLeast }));
  return {
    total: { count: of('total')[0]?.count ?? 0, atLeast },
    categories: of('category'),
    skills: of('skill'),
    styles: of('style'),
    tags: of('tag'),
    kinds: of('kind'),
    budgets: of('budget').flatMap(({ key, count }) => {
      const range = BUDGET_RANGES[Number(key)];
      if (!range) return [];
      const { currency, min, max } = range;
      return [{ currency, min: String(min), max: max === null ? null : String(max), count, atLeast }];
    }),
  };
}

/** The orders of a page, each with where its words stand. */
async function hitsView(ctx: OrdersContext, hits: readonly Hit[], words: Words | undefined) {
  const people = await peopleOf(
    ctx,
    hits.map((hit) => hit.clientId),
  );
  return hits.map((hit) => ({ ...summaryView(hit, people), why: whyOf(hit.places, words), score: hit.score }));
}

/** For each word the fields where it stands, as letters of their weights. */
function placesOf(words: Words | undefined): Sql {
  if (!words) return sql`null::text[]`;
  const places = words.words.map(({ lexeme }) => {
    const at = WEIGHTS.map(
      ({ label }) => sql`case when o.search @@ ${`${lexemeQuery(lexeme)}:${label}`}::tsquery then ${label} else '' end`,
    );
    return sql`concat(${join(at)})`;
  });
  return sql`array[${join(places)}]`;
}

function whyOf(places: readonly (readonly string[] | string)[] | null, words: Words | undefined) {
  if (!places || !words) return [];
  return WEIGHTS.flatMap(({ field, label, weight }) => {
    const typed = words.words.filter((_, at) => places[at]?.includes(label)).map((word) => word.typed);
    return typed.length === 0 ? [] : [{ field, weight, words: [...new Set(typed)] }];
  });
}
