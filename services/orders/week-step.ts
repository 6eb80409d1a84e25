import type { Currency, Locale } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import { processOf, type WeekAction } from '#contracts/orders/process.ts';
import type { Actor, WeekStatus } from '#contracts/orders/process-types.ts';
import { worthOf } from '#contracts/orders/terms.ts';
import { join, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import { clear, DAY, retime, timersOf } from './clocks.ts';
import type { OrdersContext } from './context.ts';
import { record } from './data/history.ts';
import { requestHold, settleWeekHold } from './data/holds.ts';
import { type Order, orderById } from './data/orders.ts';
import { capOf, insertWeek, lastWeek, openWeeks, spanOf, type Week, weekById } from './data/weeks.ts';
import { decideWeek } from './domain/process.ts';
import { allowed, factsOf, move, refuse } from './step.ts';

const SYSTEM = { actor: 'system', actorId: null } as const;

export interface WeekStep {
  readonly action: WeekAction;
  readonly actor: Actor;
  readonly actorId: string | null;
  readonly reason?: string | null;
  readonly locale?: Locale;
  readonly set?: readonly Sql[];
  /** What else changed: an entry before and after. */
  readonly changes?: object;
}

/** What an end of the deal does to its weeks in whatever state it is. */
const ENDS: readonly WeekAction[] = ['close', 'close_released', 'hold_refused'];

/** One step of a week: row, history of the order, event, timers; the order must be running and locked. */
export async function moveWeek(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  week: Week,
  step: WeekStep,
): Promise<{ order: Order; week: Week }> {
  const running = order.status === 'in_progress' || order.status === 'delivered';
  if (!running && !ENDS.includes(step.action)) throw refuse('not_running', step.locale);
  const to = allowed(decideWeek(order.process, step, week.status, factsOf(order)), step.locale) ?? week.status;
  const set = [sql`status = ${to}`, ...(step.set ?? [])];
  await tx.run(sql`update weeks set ${join(set)} where week_id = ${week.weekId}`);
  await tx.run(sql`update orders set version = version + 1 where order_id = ${order.orderId}`);
  const after = found(await orderById(tx, order.orderId));
  const changed = found(await weekById(tx, order.orderId, week.weekId));
  record(tx, {
    orderId: order.orderId,
    at: ctx.clock.now(),
    actor: step.actor,
    actorId: step.actorId,
    action: `week_${step.action}`,
    from: order.status,
    to: order.status,
    reason: step.reason ?? null,
    changes: { week: week.number, ...(to === week.status ? {} : { before: week.status, after: to }), ...step.changes },
  });
  if (to === week.status) return { order: after, week: changed };
  emitWeek(tx, after, week, changed, step);
  await retimeWeek(tx, ctx, order, week.status, changed);
  return { order: after, week: changed };
}

async function retimeWeek(tx: Tx, ctx: OrdersContext, order: Order, left: WeekStatus, week: Week): Promise<void> {
  await retime(tx, ctx, processOf(order.process).weekTimers, {
    id: week.weekId,
    left,
    state: week.status,
    moment: (name) => week[name],
    settings: timersOf(order),
    payload: { orderId: order.orderId, weekId: week.weekId },
  });
}

function emitWeek(tx: Tx, order: Order, before: Week, week: Week, step: WeekStep): void {
  tx.emit(
    ordersEvents.weekChanged,
    order.orderId,
    {
      orderId: order.orderId,
      weekId: week.weekId,
      title: order.title,
      category: order.category,
      number: week.number,
      clientId: order.clientId,
      freelancerId: found(order.freelancerId),
      from: before.status,
      to: week.status,
      action: step.action,
      process: order.process,
      minutes: week.minutes,
      amount: { amount: (week.paid ?? worthOf(week.rate, week.minutes)).toString(), currency: order.currency },
      actorId: step.actorId,
      actorKind: step.actor,
      reason: step.reason ?? null,
    },
    order.version,
  );
}

/** The first week is held with the acceptance; its days count from the start of the work. */
export async function firstWeek(tx: Tx, ctx: OrdersContext, order: Order, hold: { holdId: string }): Promise<void> {
  const weekId = await insertWeek(tx, order, ctx.clock.now(), timersOf(order));
  await tx.run(sql`update holds set week_id = ${weekId} where hold_id = ${hold.holdId}`);
  await weekHeld(tx, ctx, order, weekId);
}

/** The money of a week is there: it begins at its time, or at once after a rest. */
export async function weekHeld(tx: Tx, ctx: OrdersContext, order: Order, weekId: string): Promise<void> {
  const week = found(await weekById(tx, order.orderId, weekId));
  const ready = await moveWeek(tx, ctx, order, week, { ...SYSTEM, action: 'held', set: [sql`decides_at = null`] });
  await advanceWeeks(tx, ctx, ready.order, ctx.clock.now());
}

/** No money: the work rests, both are told; a rest that lasts too long ends the deal. */
export async function weekRefused(tx: Tx, ctx: OrdersContext, order: Order, week: Week): Promise<void> {
  const decidesAt = new Date(ctx.clock.nowMs() + timersOf(order).weekRestDays * DAY);
  await moveWeek(tx, ctx, order, week, {
    ...SYSTEM,
    action: 'hold_refused',
    set: [sql`decides_at = ${decidesAt}, rested = true`],
  });
}

/** Has the next week of a running deal held when it is time, and begins the one whose time has come. */
export async function advanceWeeks(tx: Tx, ctx: OrdersContext, order: Order, now: Date): Promise<Order> {
  let current = order;
  let last = await lastWeek(tx, order.orderId);
  if (order.status !== 'in_progress' || !last) return current;
  if (last.status === 'ready' && last.startsAt <= now) {
    // After a rest the days count from today.
    const rested = last.rested || last.endsAt <= now;
    const { startsAt, endsAt, fundsAt, closesAt } = spanOf(now, timersOf(order));
    const span = sql`starts_at = ${startsAt}, ends_at = ${endsAt}, funds_at = ${fundsAt}, closes_at = ${closesAt}`;
    const step = rested ? ({ action: 'resume', set: [span] } as const) : ({ action: 'begin' } as const);
    ({ order: current, week: last } = await moveWeek(tx, ctx, current, last, { ...SYSTEM, ...step }));
  }
  const ended = last.status !== 'ready' && last.status !== 'funding' && last.status !== 'unfunded';
  if (ended && last.fundsAt <= now) {
    const from = last.endsAt > now ? last.endsAt : now;
    const weekId = await insertWeek(tx, current, from, timersOf(order));
    await holdWeek(tx, ctx, current, found(await weekById(tx, order.orderId, weekId)));
  }
  return found(await orderById(tx, order.orderId));
}

/** Asks payments for the money of a week. */
export async function holdWeek(tx: Tx, ctx: OrdersContext, order: Order, week: Week): Promise<void> {
  await requestHold(tx, order, {
    purpose: 'week',
    weekId: week.weekId,
    amount: capOf(week),
    freelancerId: found(order.freelancerId),
    at: ctx.clock.now(),
  });
}

export type Bonus = { amount: string; currency: Currency } | null;

/** A week that ends with pay: what was worked is released, the rest of what was held comes back. */
export async function payWeek(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  week: Week,
  step: WeekStep & { minutes: number; bonus: Bonus; automatic: boolean },
): Promise<Order> {
  const paid = worthOf(week.rate, step.minutes);
  const set = [sql`paid = ${paid}, decides_at = null`];
  const moved = await moveWeek(tx, ctx, order, week, { ...step, set });
  await settleWeekHold(tx, moved.order, week.weekId, { amount: paid, bonus: step.bonus, automatic: step.automatic });
  return await completeIfDone(tx, ctx, found(await orderById(tx, order.orderId)));
}

/** A week in which nothing was worked: what it holds comes back. */
async function dropWeek(tx: Tx, ctx: OrdersContext, order: Order, week: Week): Promise<Order> {
  const moved = await moveWeek(tx, ctx, order, week, { ...SYSTEM, action: 'close', set: [sql`decides_at = null`] });
  await settleWeekHold(tx, moved.order, week.weekId, { amount: 0n, bonus: null, automatic: true });
  return moved.order;
}

/** The entries of a week are complete: the client has his days to approve; an empty week just ends. */
export async function closeEntries(tx: Tx, ctx: OrdersContext, order: Order, week: Week): Promise<Order> {
  if (week.minutes === 0) return await dropWeek(tx, ctx, order, week);
  const decidesAt = new Date(ctx.clock.nowMs() + timersOf(order).weekApprovalDays * DAY);
  const step = { ...SYSTEM, action: 'submit', set: [sql`decides_at = ${decidesAt}`] } as const;
  return (await moveWeek(tx, ctx, order, week, step)).order;
}

/** The deal is over: entries close, weeks that did not begin come back, the rest waits for approval. */
export async function wrapUpWeeks(tx: Tx, ctx: OrdersContext, order: Order): Promise<Order> {
  let current = order;
  for (const week of await openWeeks(tx, order.orderId)) {
    if (week.status === 'submitted' || week.status === 'contested') continue;
    current =
      week.status === 'open' ? await closeEntries(tx, ctx, current, week) : await dropWeek(tx, ctx, current, week);
  }
  return await completeIfDone(tx, ctx, found(await orderById(tx, order.orderId)));
}

/** With its last week a finished deal is completed; one in which nothing was ever paid is cancelled. */
async function completeIfDone(tx: Tx, ctx: OrdersContext, order: Order): Promise<Order> {
  if (order.status !== 'delivered' || order.weeksOpen > 0) return order;
  const done = order.weeksPaid > 0;
  return await move(tx, ctx, order, {
    ...SYSTEM,
    action: done ? 'complete_weeks' : 'close_unworked',
    reasonCode: done ? 'all_weeks_done' : 'nothing_worked',
    set: [sql`completed_at = ${ctx.clock.now()}`],
  });
}

/** With the end of the deal its weeks end too. `released`: what was worked is paid, by week; else the ending divides. */
export async function closeWeeks(tx: Tx, ctx: OrdersContext, order: Order, released: boolean): Promise<void> {
  for (const week of await openWeeks(tx, order.orderId)) {
    const worked = released && week.minutes > 0 && week.status !== 'ready';
    const paid = worked ? worthOf(week.rate, week.minutes) : null;
    const action = worked ? 'close_released' : 'close';
    const set = [sql`paid = ${paid}, decides_at = null`];
    const moved = await moveWeek(tx, ctx, order, week, { ...SYSTEM, action, set });
    if (released)
      await settleWeekHold(tx, moved.order, week.weekId, { amount: paid ?? 0n, bonus: null, automatic: false });
  }
}

/** A dispute stops every clock of the weeks; the ruling ends them. */
export async function stopWeekClocks(tx: Tx, order: Order): Promise<void> {
  const { weekTimers } = processOf(order.process);
  for (const week of await openWeeks(tx, order.orderId))
    await clear(tx, weekTimers[week.status] ?? [], week.weekId, timersOf(order));
}

/** After a stop the weeks go on, longer by the days that they stood: a week begins and ends with days. */
export async function resumeWeeks(tx: Tx, ctx: OrdersContext, order: Order, stoodMs: number): Promise<void> {
  const stood = `${Math.max(0, Math.ceil(stoodMs / DAY))} days`;
  await tx.run(sql`
    update weeks set starts_at = case when status in ('funding', 'unfunded', 'ready') then starts_at + ${stood}::interval else starts_at end, ends_at = ends_at + ${stood}::interval,
      funds_at = funds_at + ${stood}::interval, closes_at = closes_at + ${stood}::interval, decides_at = decides_at + ${stood}::interval
    where order_id = ${order.orderId} and status not in ('approved', 'cancelled')`);
  for (const week of await openWeeks(tx, order.orderId)) await retimeWeek(tx, ctx, order, week.status, week);
}
