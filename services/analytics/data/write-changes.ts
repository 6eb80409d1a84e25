import { raw, sql, type Sql, type Tx } from '#kit/db/db.ts';
import { type Changes, ORDER_MOMENTS, type OrderMoment, type SumRow } from '../domain/changes.ts';
import { type Metric, METRICS } from '../domain/metrics.ts';

/** The tables of all figures: what a rebuild makes anew. */
export const FIGURE_TABLES = [
  'rollups',
  'level_sums',
  'activity',
  'order_facts',
  'bid_facts',
  'user_facts',
  'user_money',
  'ticket_facts',
  'profile_views',
] as const;
export type FigureTable = (typeof FIGURE_TABLES)[number];

/** The figures that are read, or the set that a rebuild makes beside them. */
export type FigureSet = 'live' | 'next';
export function tableOf(table: FigureTable, set: FigureSet): Sql {
  return raw(set === 'live' ? table : `${table}_next`);
}

/**
 * Adds changes to the figures, a statement per table. Rows are locked in one order everywhere: two portions on the same rows
 * must not wait for each other in a ring.
 */
export function writeChanges(tx: Tx, changes: Changes, set: FigureSet): void {
  writeSums(tx, changes, set);
  writeActivity(tx, changes, set);
  writeOrders(tx, changes, set);
  writeBids(tx, changes, set);
  writeUsers(tx, changes, set);
  writeMoney(tx, changes, set);
  writeTickets(tx, changes, set);
  writeViews(tx, changes, set);
}

function sorted<T>(map: ReadonlyMap<string, T>): T[] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)).map(([, row]) => row);
}
const column = <T, V>(rows: readonly T[], of: (row: T) => V): V[] => rows.map(of);

function writeSums(tx: Tx, changes: Changes, set: FigureSet): void {
  const rows = sorted(changes.sums).filter((row) => row.value !== 0n);
  if (rows.length === 0) return;
  tx.send(sql`
    insert into ${tableOf('rollups', set)} as t (metric, bucket, dimension, category, value)
    select * from unnest(${column(rows, (r) => r.metric)}::text[], ${column(rows, (r) => r.bucket)}::timestamptz[],
      ${column(rows, (r) => r.dimension)}::text[], ${column(rows, (r) => r.category)}::text[], ${column(rows, (r) => String(r.value))}::numeric[])
    on conflict (metric, bucket, dimension, category) do update set value = t.value + excluded.value`);
  const levels = levelSums(rows);
  if (levels.length === 0) return;
  tx.send(sql`
    insert into ${tableOf('level_sums', set)} as t (metric, grain, start, dimension, category, value)
    select * from unnest(${column(levels, (r) => r.metric)}::text[], ${column(levels, (r) => r.grain)}::text[], ${column(levels, (r) => r.bucket)}::timestamptz[],
      ${column(levels, (r) => r.dimension)}::text[], ${column(levels, (r) => r.category)}::text[], ${column(levels, (r) => String(r.value))}::numeric[])
    on conflict (metric, grain, start, dimension, category) do update set value = t.value + excluded.value`);
}

interface LevelSum extends SumRow {
  grain: 'day' | 'month';
}

function levelSums(rows: readonly SumRow[]): LevelSum[] {
  const sums = new Map<string, LevelSum>();
  for (const row of rows) {
    if ((METRICS[row.metric] as Metric).kind !== 'level') continue;
    const day = row.bucket.toISOString().slice(0, 10);
    for (const [grain, start] of [
      ['day', day],
      ['month', `${day.slice(0, 7)}-01`],
    ] as const) {
      const key = `${row.metric}|${grain}|${start}|${row.dimension}|${row.category}`;
      const sum = sums.get(key);
      if (sum) sum.value += row.value;
      else sums.set(key, { ...row, grain, bucket: new Date(`${start}T00:00:00Z`) });
    }
  }
  return sorted(sums).filter((row) => row.value !== 0n);
}

function writeActivity(tx: Tx, changes: Changes, set: FigureSet): void {
  const rows = sorted(changes.active);
  if (rows.length === 0) return;
  tx.send(sql`
    insert into ${tableOf('activity', set)} (user_id, bucket)
    select * from unnest(${column(rows, (r) => r.userId)}::uuid[], ${column(rows, (r) => r.bucket)}::timestamptz[]) on conflict do nothing`);
}

const MOMENT_COLUMNS: Readonly<Record<OrderMoment, string>> = {
  created: 'created_at',
  published: 'published_at',
  firstResponse: 'first_response_at',
  started: 'started_at',
  completed: 'completed_at',
  disputed: 'disputed_at',
  ended: 'ended_at',
};
const MOMENT_NAMES = ORDER_MOMENTS.map((moment) => MOMENT_COLUMNS[moment]);

/** The row that came holds the later word; of two at one moment the greater, so that the order of arrival never counts. */
const isLater = (at: string, value: string): Sql =>
  raw(
    `(excluded.${at} is not null and (t.${at} is null or (excluded.${at}, excluded.${value}) > (t.${at}, t.${value})))`,
  );

function writeOrders(tx: Tx, changes: Changes, set: FigureSet): void {
  const rows = sorted(changes.orders);
  if (rows.length === 0) return;
  const at = (moment: OrderMoment) => column(rows, (r) => r.moments[moment] ?? null);
  tx.send(sql`
    insert into ${tableOf('order_facts', set)} as t (order_id, client_id, category, described_at, freelancer_id, taken_at, ${raw(MOMENT_NAMES.join(', '))})
    select * from unnest(${column(rows, (r) => r.orderId)}::uuid[], ${column(rows, (r) => r.clientId)}::uuid[],
      ${column(rows, (r) => r.category?.value ?? '')}::text[], ${column(rows, (r) => r.category?.at ?? null)}::timestamptz[],
      ${column(rows, (r) => r.freelancer?.value ?? null)}::uuid[], ${column(rows, (r) => r.freelancer?.at ?? null)}::timestamptz[],
      ${at('created')}::timestamptz[], ${at('published')}::timestamptz[], ${at('firstResponse')}::timestamptz[], ${at('started')}::timestamptz[],
      ${at('completed')}::timestamptz[], ${at('disputed')}::timestamptz[], ${at('ended')}::timestamptz[])
    on conflict (order_id) do update set
      client_id = coalesce(t.client_id, excluded.client_id),
      category = case when ${isLater('described_at', 'category')} then excluded.category else t.category end,
      described_at = greatest(t.described_at, excluded.described_at),
      freelancer_id = case when ${isLater('taken_at', 'freelancer_id')} then excluded.freelancer_id else t.freelancer_id end,
      taken_at = greatest(t.taken_at, excluded.taken_at),
      ${raw(MOMENT_NAMES.map((name) => `${name} = least(t.${name}, excluded.${name})`).join(', '))}`);
}

function writeBids(tx: Tx, changes: Changes, set: FigureSet): void {
  const rows = sorted(changes.bids);
  if (rows.length === 0) return;
  tx.send(sql`
    insert into ${tableOf('bid_facts', set)} as t (order_id, freelancer_id, invited_at, responded_at, hired_at)
    select * from unnest(${column(rows, (r) => r.orderId)}::uuid[], ${column(rows, (r) => r.freelancerId)}::uuid[],
      ${column(rows, (r) => r.invited ?? null)}::timestamptz[], ${column(rows, (r) => r.responded ?? null)}::timestamptz[], ${column(rows, (r) => r.hired ?? null)}::timestamptz[])
    on conflict (order_id, freelancer_id) do update set invited_at = least(t.invited_at, excluded.invited_at),
      responded_at = least(t.responded_at, excluded.responded_at), hired_at = least(t.hired_at, excluded.hired_at)`);
}

function writeUsers(tx: Tx, changes: Changes, set: FigureSet): void {
  const ids = [...new Set([...changes.registered.keys(), ...changes.skills.keys()])].sort();
  if (ids.length === 0) return;
  // An array of arrays of different lengths is none: the lists travel as JSON.
  const skills = column(ids, (id) => JSON.stringify(changes.skills.get(id)?.value ?? []));
  tx.send(sql`
    insert into ${tableOf('user_facts', set)} as t (user_id, registered_at, skills, skills_at)
    select user_id, registered_at, array(select jsonb_array_elements_text(skills)), skills_at
    from unnest(${ids}::uuid[], ${column(ids, (id) => changes.registered.get(id) ?? null)}::timestamptz[], ${skills}::jsonb[],
      ${column(ids, (id) => changes.skills.get(id)?.at ?? null)}::timestamptz[]) as u (user_id, registered_at, skills, skills_at)
    on conflict (user_id) do update set registered_at = least(t.registered_at, excluded.registered_at),
      skills = case when ${isLater('skills_at', 'skills')} then excluded.skills else t.skills end,
      skills_at = greatest(t.skills_at, excluded.skills_at)`);
}

function writeMoney(tx: Tx, changes: Changes, set: FigureSet): void {
  const rows = sorted(changes.money).filter((row) => row.income !== 0n || row.spent !== 0n);
  if (rows.length === 0) return;
  tx.send(sql`
    insert into ${tableOf('user_money', set)} as t (user_id, currency, bucket, income, spent)
    select * from unnest(${column(rows, (r) => r.userId)}::uuid[], ${column(rows, (r) => r.currency)}::text[], ${column(rows, (r) => r.bucket)}::timestamptz[],
      ${column(rows, (r) => String(r.income))}::numeric[], ${column(rows, (r) => String(r.spent))}::numeric[])
    on conflict (user_id, currency, bucket) do update set income = t.income + excluded.income, spent = t.spent + excluded.spent`);
}

function writeTickets(tx: Tx, changes: Changes, set: FigureSet): void {
  const rows = sorted(changes.tickets);
  if (rows.length === 0) return;
  tx.send(sql`
    insert into ${tableOf('ticket_facts', set)} as t (ticket_id, kind, opened_at, first_answer_seconds, resolution_seconds, satisfaction, rated_at)
    select * from unnest(${column(rows, (r) => r.ticketId)}::uuid[], ${column(rows, (r) => r.kind)}::text[], ${column(rows, (r) => r.opened ?? null)}::timestamptz[],
      ${column(rows, (r) => r.firstAnswer)}::int[], ${column(rows, (r) => r.resolution)}::int[],
      ${column(rows, (r) => r.satisfaction?.value ?? null)}::int[], ${column(rows, (r) => r.satisfaction?.at ?? null)}::timestamptz[])
    on conflict (ticket_id) do update set opened_at = least(t.opened_at, excluded.opened_at),
      first_answer_seconds = least(t.first_answer_seconds, excluded.first_answer_seconds),
      resolution_seconds = greatest(t.resolution_seconds, excluded.resolution_seconds),
      satisfaction = case when ${isLater('rated_at', 'satisfaction')} then excluded.satisfaction else t.satisfaction end,
      rated_at = greatest(t.rated_at, excluded.rated_at)`);
}

function writeViews(tx: Tx, changes: Changes, set: FigureSet): void {
  const rows = sorted(changes.views);
  if (rows.length === 0) return;
  tx.send(sql`
    insert into ${tableOf('profile_views', set)} (user_id, day, viewer)
    select * from unnest(${column(rows, (r) => r.userId)}::uuid[], ${column(rows, (r) => r.day)}::date[], ${column(rows, (r) => r.viewer)}::text[]) on conflict do nothing`);
}
