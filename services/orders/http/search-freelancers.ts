import type { z } from 'zod';
import type { ordersContract } from '#contracts/orders/index.ts';
import type { foundFreelancer, freelancerFacets } from '#contracts/orders/search.ts';
import { join, type Queries, type Sql, sql } from '#kit/db/db.ts';
import { encodeCursor } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { cursorOf } from '../cursor.ts';
import { correct } from '../data/dictionary.ts';
import { byIndex, facetRows, PLACES, scoreOf, SHARES, SORTS, wordPlaces } from '../data/freelancers.ts';
import { type FacetRow, lexemeQuery } from '../data/listings.ts';
import { type Words, wordsOf } from '../data/words.ts';
import { searchable } from '../domain/query.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;
type Query = Parameters<H['searchFreelancers']>[1]['query'];
type Hit = z.input<typeof foundFreelancer>;

/** Freelancers that are looked through in the order of the page before all that fit are collected. */
const WALKED = 3_000;
/** Most that are collected: a word so common fills its page from the first ones. */
const COLLECTED = 20_000;
/** Matches that relevance ranks and facets count: the first by rating. */
const LOOKED_AT = 1_000;
/** Matches among the first ones from which facets are told. */
const ENOUGH = 200;
const NOTHING = { items: [], nextCursor: null, facets: null, corrected: null };

interface Row {
  userId: string;
  rating: number | null;
  rate: bigint | null;
  availability: string;
  profile: Omit<Hit, 'userId' | 'why' | 'score' | 'languages'> & { languages?: string[]; membersOnly?: string[] };
  score: number | null;
  places: string[] | null;
}
interface Found {
  readonly rows: readonly Row[];
  readonly next: readonly (string | number)[] | null;
  readonly facets: z.input<typeof freelancerFacets> | null;
}

/** E3: freelancers by what their profiles' events say. Hidden and blocked ones are not found. */
export const searchFreelancers: H['searchFreelancers'] = async (ctx, req) => {
  const { query } = req;
  const after = cursorOf(query.cursor, SORTS[query.sort].shape);
  const q = searchable(query.q);
  if (query.q && q === undefined) return { body: NOTHING };
  const typed = q === undefined ? undefined : await wordsOf(ctx.db, q);
  if (q !== undefined && !typed) return { body: NOTHING };
  const guest = req.user === undefined;
  let words = typed;
  let found = after?.at(-1) === 1 ? undefined : await find(ctx.db, query, words, guest, after);
  let corrected = null;
  if (typed && !query.exact && (!found || (!after && found.rows.length === 0))) {
    const better = await correct(ctx.db, typed, (lexeme) => isKnown(ctx.db, lexeme, guest));
    const other = better && (await find(ctx.db, query, better, guest, after));
    if (better && other && other.rows.length > 0) {
      [words, found] = [better, other];
      corrected = { from: typed.q, to: better.q };
    }
  }
  if (!found) return { body: NOTHING };
  const nextCursor = found.next && encodeCursor([...found.next, corrected ? 1 : 0]);
  const items = found.rows.map((row) => hitView(row, words, guest));
  return { body: { items, nextCursor, facets: found.facets, corrected } };
};

const visible = (guest: boolean) =>
  guest ? sql`f.visibility = 'public'` : sql`f.visibility in ('public', 'signed_in')`;

async function isKnown(db: Queries, lexeme: string, guest: boolean): Promise<boolean> {
  const row = await db.maybe(
    sql`select 1 from freelancers f where f.is_freelancer and ${visible(guest)} and f.search @@ ${lexemeQuery(lexeme)}::tsquery limit 1`,
  );
  return row !== undefined;
}

function filterOf(query: Query, words: Words | undefined, guest: boolean): { where: Sql; sparse: boolean } {
  const { skill, style, language, country, rateMin, rateMax, currency, ratingMin, availability } = query;
  const shown = (field: string) => (guest ? [sql`not f.members_only @> array[${field}]`] : []);
  const byRate = rateMin || rateMax || currency || query.sort === 'rate';
  const where = [
    sql`f.is_freelancer`,
    visible(guest),
    ...(words ? [sql`f.search @@ ${words.tsquery}::tsquery`] : []),
    ...(skill ? [sql`f.skills @> ${skill}`] : []),
    ...(style ? [sql`f.styles @> ${style}`] : []),
    ...(language ? [sql`f.languages @> ${language}`, ...shown('languages')] : []),
    ...(country ? [sql`f.country = ${country}`, ...shown('country')] : []),
    ...(byRate ? [sql`f.rate is not null`, ...shown('hourlyRate')] : []),
    ...(currency ? [sql`f.currency = ${currency}`] : []),
    ...(rateMin ? [sql`f.rate >= ${rateMin}`] : []),
    ...(rateMax ? [sql`f.rate <= ${rateMax}`] : []),
    ...(ratingMin ? [sql`f.rating >= ${ratingMin}`] : []),
    ...(availability ? [sql`f.availability = ${availability}`] : []),
  ];
  return { where: join(where, ' and '), sparse: [words, skill, style, language].some((one) => one !== undefined) };
}

async function find(
  db: Queries,
  query: Query,
  words: Words | undefined,
  guest: boolean,
  after: readonly (string | number | null)[] | undefined,
): Promise<Found> {
  const filter = filterOf(query, words, guest);
  const ranked = query.sort === 'relevance' && words !== undefined;
  const order = SORTS[ranked || query.sort !== 'relevance' ? query.sort : 'rating'];
  const index = ranked ? SORTS.rating : order;
  // Relevance ranks the same matches on every page.
  const next = after && !ranked ? order.after(after[0], after[1]) : sql`true`;
  const score = ranked ? scoreOf(words) : sql`null::float8`;
  const page = sql`(select 'page' as facet, '' as key, (select count(*)::int from hits) as count, h.user_id as "userId", h.rating, h.rate, h.availability, h.score, f.profile, ${wordPlaces(words)} as places
    from (select * from hits h where ${after && ranked ? order.after(after[0], after[1]) : sql`true`} order by ${order.by} limit ${query.limit + 1}) h join freelancers f using (user_id))`;
  const facets = after
    ? sql``
    : sql` union all select facet, key, count, null, null, null, null, null, null, null from (${facetRows(guest)}) c`;
  const read = (from: Sql) =>
    db.many<Row & FacetRow>(sql`
      with hits as materialized (select f.user_id, f.skills, f.styles, f.languages, f.country, f.members_only, f.availability, f.rating, f.rate, ${score} as score from ${from} order by ${index.inner} limit ${LOOKED_AT + 1}),
      counted as (select * from hits h order by ${index.by} limit ${LOOKED_AT}) ${page} ${facets}`);
  const needed = Math.max(query.limit + 1, after && !ranked ? 0 : ENOUGH);
  let rows = await read(byIndex(index, filter.where, next, WALKED));
  let wide = true;
  if ((rows.find((row) => row.facet === 'page')?.count ?? 0) < needed) {
    rows = await read(
      filter.sparse
        ? sql`(select * from freelancers f where ${filter.where} and ${next} limit ${COLLECTED}) f`
        : sql`freelancers f where ${filter.where} and ${next}`,
    );
    wide = (rows.find((row) => row.facet === 'page')?.count ?? 0) > LOOKED_AT;
  }
  const hits = rows.filter((row) => row.facet === 'page').sort(order.compare);
  const cut = hits.slice(0, query.limit);
  const last = cut.at(-1);
  return {
    rows: cut,
    next: hits.length > query.limit && last ? [order.key(last), last.userId] : null,
    facets: after ? null : facetsOf(rows, wide),
  };
}

function facetsOf(rows: readonly FacetRow[], atLeast: boolean): z.input<typeof freelancerFacets> {
  const of = (facet: string) =>
    rows.filter((row) => row.facet === facet).map(({ key, count }) => ({ key, count, atLeast }));
  return {
    total: { count: of('total')[0]?.count ?? 0, atLeast },
    skills: of('skill'),
    styles: of('style'),
    languages: of('language'),
    countries: of('country'),
    availability: of('availability'),
    ratings: of('rating'),
  };
}

/** Without what the person shows to members only. */
function hitView(row: Row, words: Words | undefined, guest: boolean): Hit {
  const { membersOnly = [], languages = [], ...profile } = row.profile;
  const hidden = (field: string) => guest && membersOnly.includes(field);
  return {
    ...profile,
    userId: row.userId,
    country: hidden('country') ? null : profile.country,
    hourlyRate: hidden('hourlyRate') ? null : profile.hourlyRate,
    languages: hidden('languages') ? [] : languages,
    why: whyOf(row, words),
    score: row.score,
  };
}

function whyOf(row: Row, words: Words | undefined): Hit['why'] {
  if (!words || !row.places) return [];
  const { places } = row;
  const why: Hit['why'] = PLACES.flatMap(({ field, label, weight }) => {
    const typed = words.words.filter((_, at) => places[at]?.includes(label)).map((word) => word.typed);
    return typed.length === 0 ? [] : [{ field, weight: round(weight * SHARES.words), words: [...new Set(typed)] }];
  });
  if (row.score === null) return why;
  if (row.rating) why.push({ field: 'rating', weight: round((SHARES.rating * row.rating) / 5), words: [] });
  if (row.availability === 'available') why.push({ field: 'availability', weight: SHARES.availability, words: [] });
  return why;
}

const round = (value: number) => Math.round(value * 1_000) / 1_000;
