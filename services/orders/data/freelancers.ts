import { join, type Sql, sql } from '#kit/db/db.ts';
import { lexemeQuery } from './listings.ts';
import type { Words } from './words.ts';

/** What a word weighs by the best place where it stands. */
export const PLACES = [
  { field: 'headline', label: 'A', weight: 1 },
  { field: 'name', label: 'D', weight: 0.8 },
  { field: 'skills', label: 'B', weight: 0.6 },
  { field: 'about', label: 'C', weight: 0.2 },
] as const;
/** What makes the score: the words, the rating, being available. */
export const SHARES = { words: 0.7, rating: 0.2, availability: 0.1 } as const;

interface Keys {
  userId: string;
  rating: number | null;
  rate: bigint | null;
  score: number | null;
}
interface Sort {
  readonly shape: readonly ('number' | 'integer' | 'id')[];
  /** Over `hits h`. */
  readonly by: Sql;
  /** Over `freelancers f`, by an index. */
  readonly inner: Sql;
  after(value: unknown, id: unknown): Sql;
  key(row: Keys): string | number;
  compare(a: Keys, b: Keys): number;
}

const byId = (a: Keys, b: Keys) => (a.userId < b.userId ? 1 : -1);
export const SORTS = {
  rating: {
    shape: ['number', 'id', 'number'],
    by: sql`coalesce(h.rating, 0) desc, h.user_id desc`,
    inner: sql`coalesce(f.rating, 0) desc, f.user_id desc`,
    after: (value, id) => sql`(coalesce(f.rating, 0), f.user_id) < (${value}::float8, ${id}::uuid)`,
    key: (row) => row.rating ?? 0,
    compare: (a, b) => (b.rating ?? 0) - (a.rating ?? 0) || byId(a, b),
  },
  newest: {
    shape: ['number', 'id', 'number'],
    by: sql`h.user_id desc`,
    inner: sql`f.user_id desc`,
    after: (_value, id) => sql`f.user_id < ${id}::uuid`,
    key: () => 0,
    compare: byId,
  },
  rate: {
    shape: ['integer', 'id', 'number'],
    by: sql`h.rate, h.user_id`,
    inner: sql`f.rate, f.user_id`,
    after: (value, id) => sql`(f.rate, f.user_id) > (${value}::bigint, ${id}::uuid)`,
    key: (row) => (row.rate ?? 0n).toString(),
    compare: (a, b) => Number((a.rate ?? 0n) - (b.rate ?? 0n)) || -byId(a, b),
  },
  relevance: {
    shape: ['number', 'id', 'number'],
    by: sql`h.score desc, h.user_id desc`,
    inner: sql`coalesce(f.rating, 0) desc, f.user_id desc`,
    after: (value, id) => sql`(h.score, h.user_id) < (${value}::float8, ${id}::uuid)`,
    key: (row) => row.score ?? 0,
    compare: (a, b) => (b.score ?? 0) - (a.score ?? 0) || byId(a, b),
  },
} as const satisfies Record<string, Sort>;

/** Rows that fit, of the first ones in an order: bounded, however rare they are. */
export function byIndex(sort: Pick<Sort, 'inner'>, where: Sql, after: Sql, count: number): Sql {
  return sql`(select * from freelancers f where f.is_freelancer and ${after} order by ${sort.inner} limit ${count}) f where ${where}`;
}

export function scoreOf(words: Words): Sql {
  const lexemes = [...new Set(words.words.map((word) => word.lexeme))];
  const parts = lexemes.map((lexeme) => {
    const cases = PLACES.map(
      ({ label, weight }) =>
        sql`when f.search @@ ${`${lexemeQuery(lexeme)}:${label}`}::tsquery then ${weight}::numeric`,
    );
    return sql`case ${join(cases, ' ')} else 0 end`;
  });
  return sql`round((${join(parts, ' + ')}) / ${lexemes.length}::numeric * ${SHARES.words}::numeric + coalesce(f.rating, 0)::numeric / 5 * ${SHARES.rating}::numeric
    + case when f.availability = 'available' then ${SHARES.availability}::numeric else 0 end, 3)::float8`;
}

/** For each word the letters of the places where it stands. */
export function wordPlaces(words: Words | undefined): Sql {
  if (!words) return sql`null::text[]`;
  const places = words.words.map(({ lexeme }) => {
    const at = PLACES.map(
      ({ label }) => sql`case when f.search @@ ${`${lexemeQuery(lexeme)}:${label}`}::tsquery then ${label} else '' end`,
    );
    return sql`concat(${join(at)})`;
  });
  return sql`array[${join(places)}]`;
}

/** Counts over `counted`, the twenty most frequent of each; a guest is not told what is for members. */
export function facetRows(guest: boolean): Sql {
  const top = (facet: string, from: Sql) =>
    sql`(select ${facet}::text as facet, k::text as key, count(*)::int as count from ${from} group by k order by 3 desc, 2 limit 20)`;
  const shown = (field: string) => (guest ? sql`not members_only @> array[${field}]` : sql`true`);
  return join(
    [
      sql`select 'total' as facet, '' as key, count(*)::int as count from counted`,
      top('skill', sql`counted, unnest(skills) k`),
      top('style', sql`counted, unnest(styles) k`),
      top('language', sql`(select * from counted where ${shown('languages')}) c, unnest(languages) k`),
      top('country', sql`(select country as k from counted where country is not null and ${shown('country')}) one`),
      top('availability', sql`(select availability as k from counted) one`),
      top('rating', sql`(select k from counted, unnest(array[4, 4.5]) k where rating >= k) one`),
    ],
    ' union all ',
  );
}
