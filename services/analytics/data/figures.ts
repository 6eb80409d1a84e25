import { empty, type Queries, type Sql, sql } from '#kit/db/db.ts';
import type { MetricName } from '../domain/metrics.ts';
import { dictionaryKey, type Dictionaries } from '../domain/parts.ts';
import type { Bilingual } from '#contracts/common/values.ts';

export interface Range {
  /** First and last day, in the time zone. */
  readonly from: string;
  readonly to: string;
  readonly step: 'day' | 'week' | 'month';
  readonly timeZone: string;
  /** Only orders of this category, where a figure can be had for one. */
  readonly category?: string | undefined;
}

export interface Point {
  at: string;
  /** What the metric's sums are divided by: currency, status, skill, category. */
  dimension: string;
  value: string;
}

const start = (range: Range) => sql`(${range.from}::date)::timestamp at time zone ${range.timeZone}`;
const end = (range: Range) => sql`(${range.to}::date + 1)::timestamp at time zone ${range.timeZone}`;
const step = (range: Range) =>
  sql`to_char(date_trunc(${range.step}, bucket at time zone ${range.timeZone}), 'YYYY-MM-DD')`;
const ofCategory = (range: Range): Sql =>
  range.category === undefined ? empty : sql`and category = ${range.category}`;

/** Sums of a metric per step of the range and dimension (or category). */
export async function series(
  db: Queries,
  metric: MetricName,
  range: Range,
  by: 'dimension' | 'category' = 'dimension',
): Promise<Point[]> {
  const part = by === 'category' ? sql`category` : sql`dimension`;
  return await db.many<Point>(sql`
    select ${step(range)} as at, ${part} as dimension, sum(value)::text as value
    from rollups where metric = ${metric} and bucket >= ${start(range)} and bucket < ${end(range)} ${ofCategory(range)}
    group by 1, 2 order by 1, 2`);
}

/**
 * What stood at the end of the range: whole months, then whole days, then quarters of an hour (UTC) up to it. Reads some hundred
 * rows, however many the rollups have.
 */
export async function level(
  db: Queries,
  metric: MetricName,
  range: Range,
): Promise<{ dimension: string; value: string }[]> {
  const until = end(range);
  const upTo = (grain: 'day' | 'month', from: Sql | undefined) => sql`
    select dimension, value from level_sums where metric = ${metric} and grain = ${grain} ${ofCategory(range)}
      and start < date_trunc(${grain}, ${until}, 'UTC') ${from ? sql`and start >= ${from}` : empty}`;
  return await db.many(sql`
    select dimension, sum(value)::text as value from (
      ${upTo('month', undefined)}
      union all ${upTo('day', sql`date_trunc('month', ${until}, 'UTC')`)}
      union all select dimension, value from rollups where metric = ${metric} ${ofCategory(range)}
        and bucket >= date_trunc('day', ${until}, 'UTC') and bucket < ${until}) parts
    group by 1 having sum(value) <> 0 order by 1`);
}

export async function activeUsers(db: Queries, range: Range): Promise<{ total: string; points: Point[] }> {
  const points = await db.many<Point>(sql`
    select ${step(range)} as at, '' as dimension, count(distinct user_id)::text as value
    from activity where bucket >= ${start(range)} and bucket < ${end(range)} group by 1 order by 1`);
  const { total } = await db.one<{ total: string }>(
    sql`select count(distinct user_id)::text as total from activity where bucket >= ${start(range)} and bucket < ${end(range)}`,
  );
  return { total, points };
}

export interface OrderFigures {
  created: number;
  published: number;
  responded: number;
  started: number;
  completed: number;
  disputed: number;
  /** Median seconds from publication to the first response. */
  firstResponse: number | null;
}

/** Orders made in the range and how far they came. */
export async function orderFigures(db: Queries, range: Range): Promise<OrderFigures> {
  return await db.one<OrderFigures>(sql`
    select count(*)::int as created, count(published_at)::int as published, count(first_response_at)::int as responded, count(started_at)::int as started,
      count(completed_at)::int as completed, count(disputed_at)::int as disputed,
      percentile_cont(0.5) within group (order by extract(epoch from first_response_at - published_at)) filter (where first_response_at >= published_at) as "firstResponse"
    from order_facts where created_at >= ${start(range)} and created_at < ${end(range)} ${ofCategory(range)}`);
}

export async function ticketFigures(
  db: Queries,
  range: Range,
): Promise<{ answer: number | null; resolution: number | null; satisfaction: number | null }> {
  return await db.one(sql`
    select percentile_cont(0.5) within group (order by first_answer_seconds) as answer, percentile_cont(0.5) within group (order by resolution_seconds) as resolution, avg(satisfaction)::float8 as satisfaction
    from ticket_facts where opened_at >= ${start(range)} and opened_at < ${end(range)}`);
}

export interface Cohort {
  month: string;
  registered: number;
  /** Active in the month of registration and in each month after. */
  active: number[];
}

/** Per month of registration (in the time zone): how many came, and how many of them were active in each month from then on. */
export async function retention(db: Queries, of: { months: number; now: Date; timeZone: string }): Promise<Cohort[]> {
  const month = (at: Sql) => sql`date_trunc('month', ${at} at time zone ${of.timeZone})`;
  const rows = await db.many<{ month: string; registered: number; later: number | null; active: number }>(sql`
    with cohorts as (
      select user_id, ${month(sql`registered_at`)} as month from user_facts
      where registered_at >= (${month(sql`${of.now}::timestamptz`)} - make_interval(months => ${of.months - 1})) at time zone ${of.timeZone}),
    sizes as (select month, count(*)::int as registered from cohorts group by 1),
    seen as (
      select c.month, (extract(year from age(a.month, c.month)) * 12 + extract(month from age(a.month, c.month)))::int as later, count(*)::int as active
      from cohorts c join lateral (
        select distinct ${month(sql`bucket`)} as month from activity where activity.user_id = c.user_id) a on a.month >= c.month
      group by 1, 2)
    select to_char(s.month, 'YYYY-MM') as month, s.registered, seen.later, coalesce(seen.active, 0) as active
    from sizes s left join seen on seen.month = s.month order by 1, 3`);
  const result = new Map<string, Cohort>();
  for (const row of rows) {
    const cohort = result.get(row.month) ?? { month: row.month, registered: row.registered, active: [] };
    if (row.later !== null) {
      while (cohort.active.length < row.later) cohort.active.push(0);
      cohort.active[row.later] = row.active;
    }
    result.set(row.month, cohort);
  }
  return [...result.values()];
}

/** How many freelancers have each skill on their profile, most common first. */
export async function skillsOffered(db: Queries, limit: number): Promise<{ dimension: string; value: string }[]> {
  return await db.many(sql`
    select skill as dimension, count(*)::text as value from user_facts, unnest(skills) as skill group by 1 order by count(*) desc, 1 limit ${limit}`);
}

/** Titles of categories and skills. */
export async function dictionaries(db: Queries): Promise<Dictionaries> {
  const rows = await db.many<{ dictionary: 'categories' | 'skills'; titles: Record<string, Bilingual> }>(
    sql`select dictionary, titles from dictionaries`,
  );
  return new Map(
    rows.flatMap(({ dictionary, titles }) =>
      Object.entries(titles).map(([key, title]) => [dictionaryKey(dictionary, key), title] as const),
    ),
  );
}
