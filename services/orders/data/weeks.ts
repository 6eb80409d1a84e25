import { worthOf } from '#contracts/orders/terms.ts';
import type { WeekStatus } from '#contracts/orders/process-types.ts';
import { type Queries, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { DAY, HOUR, type TimerSettings } from '../clocks.ts';
import type { Order } from './orders.ts';

export interface Week {
  weekId: string;
  orderId: string;
  number: number;
  status: WeekStatus;
  /** Minor units of an hour. */
  rate: bigint;
  weeklyHours: number;
  startsAt: Date;
  endsAt: Date;
  fundsAt: Date;
  closesAt: Date;
  decidesAt: Date | null;
  /** Its money was missing first. */
  rested: boolean;
  paid: bigint | null;
  /** Of all its entries, and of those that the client does not contest. */
  minutes: number;
  uncontested: number;
}

const columns = sql`w.week_id as "weekId", w.order_id as "orderId", w.number, w.status, w.rate, w.weekly_hours as "weeklyHours", w.starts_at as "startsAt", w.ends_at as "endsAt", w.funds_at as "fundsAt", w.closes_at as "closesAt", w.decides_at as "decidesAt", w.rested, w.paid,
  (select coalesce(sum(t.minutes), 0)::int from time_entries t where t.week_id = w.week_id) as minutes,
  (select coalesce(sum(t.minutes), 0)::int from time_entries t where t.week_id = w.week_id and t.objection is null) as uncontested`;

/** Newest first, a page from below a number. */
export function weeksOf(db: Queries, orderId: string, of: { below?: number; limit: number }): Promise<Week[]> {
  return db.many<Week>(
    sql`select ${columns} from weeks w where w.order_id = ${orderId} and ${of.below === undefined ? sql`true` : sql`w.number < ${of.below}`} order by w.number desc limit ${of.limit}`,
  );
}

/** The weeks that have not ended, oldest first: few at any time. */
export function openWeeks(db: Queries, orderId: string): Promise<Week[]> {
  return db.many<Week>(
    sql`select ${columns} from weeks w where w.order_id = ${orderId} and w.status not in ('approved', 'cancelled') order by w.number limit 100`,
  );
}

async function one(db: Queries, where: Sql): Promise<Week | undefined> {
  return await db.maybe<Week>(sql`select ${columns} from weeks w where ${where}`);
}
export function weekById(db: Queries, orderId: string, weekId: string): Promise<Week | undefined> {
  return one(db, sql`w.week_id = ${weekId} and w.order_id = ${orderId}`);
}
export async function lastWeek(db: Queries, orderId: string): Promise<Week | undefined> {
  const [week] = await weeksOf(db, orderId, { limit: 1 });
  return week;
}
/** The open week that a day belongs to; weeks begin and end with days (UTC). */
export function weekOfDay(db: Queries, orderId: string, day: string): Promise<Week | undefined> {
  return one(
    db,
    sql`w.order_id = ${orderId} and w.status = 'open' and ${day}::date >= (w.starts_at at time zone 'utc')::date and ${day}::date < (w.ends_at at time zone 'utc')::date`,
  );
}

/** Seven days (UTC) from the one of `from`, and its moments by the settings of the deal. */
export function spanOf(from: Date, settings: TimerSettings) {
  const endsAt = Math.floor(from.getTime() / DAY) * DAY + 7 * DAY;
  return {
    startsAt: from,
    endsAt: new Date(endsAt),
    fundsAt: new Date(endsAt - settings.weekFundAheadHours * HOUR),
    closesAt: new Date(endsAt + settings.weekCloseHours * HOUR),
  };
}

/** A week to be funded, at the rate and cap that are agreed now. */
export async function insertWeek(tx: Tx, order: Order, from: Date, settings: TimerSettings): Promise<string> {
  const weekId = newId();
  const { startsAt, endsAt, fundsAt, closesAt } = spanOf(from, settings);
  const last = await lastWeek(tx, order.orderId);
  await tx.run(sql`
    insert into weeks (week_id, order_id, number, status, rate, weekly_hours, starts_at, ends_at, funds_at, closes_at)
    values (${weekId}, ${order.orderId}, ${(last?.number ?? 0) + 1}, 'funding', ${order.price}, ${order.weeklyHours}, ${startsAt}, ${endsAt}, ${fundsAt}, ${closesAt})`);
  return weekId;
}

/** The most that a week may cost. */
export const capOf = (week: Pick<Week, 'rate' | 'weeklyHours'>): bigint => worthOf(week.rate, week.weeklyHours * 60);

export interface TimeEntry {
  entryId: string;
  orderId: string;
  weekId: string;
  day: string;
  minutes: number;
  note: string;
  objection: string | null;
  createdAt: Date;
}

const entryColumns = sql`entry_id as "entryId", order_id as "orderId", week_id as "weekId", day::text as day, minutes, note, objection, created_at as "createdAt"`;

export function entriesOf(db: Queries, weekIds: readonly string[]): Promise<TimeEntry[]> {
  return db.many<TimeEntry>(
    sql`select ${entryColumns} from time_entries where week_id = any(${weekIds}::uuid[]) order by day, created_at, entry_id`,
  );
}
export function entryById(db: Queries, orderId: string, entryId: string): Promise<TimeEntry | undefined> {
  return db.maybe<TimeEntry>(
    sql`select ${entryColumns} from time_entries where entry_id = ${entryId} and order_id = ${orderId}`,
  );
}
