import type { ordersContract } from '#contracts/orders/index.ts';
import type { Locale } from '#contracts/common/values.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import { DAY } from '../clocks.ts';
import type { OrdersContext } from '../context.ts';
import { lockOrder, type Order } from '../data/orders.ts';
import { entryById, type TimeEntry, type Week, weekById, weekOfDay } from '../data/weeks.ts';
import { refuse } from '../step.ts';
import { moveWeek } from '../week-step.ts';
import { requireParty } from './views.ts';
import { entryDto } from './week-views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;
type Of = { params: { orderId: string }; user: { userId: string }; locale: Locale };

/** The deal, locked, for its freelancer; for its client the action is another's, for everybody else it is not there. */
async function lockWork(tx: Tx, req: Of): Promise<Order> {
  const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), req.user.userId);
  if (side !== 'freelancer') throw refuse('not_yours', req.locale);
  if (order.pricing !== 'hourly') throw refuse('by_price', req.locale);
  return order;
}

/** The week's cap, and the hours that a day has; `besides`: the entry that is being changed. */
async function checkTime(tx: Tx, week: Week, of: { day: string; minutes: number; besides?: TimeEntry }): Promise<void> {
  const { minutes: others } = await tx.one<{ minutes: number }>(
    sql`select coalesce(sum(minutes), 0)::int as minutes from time_entries where order_id = ${week.orderId} and day = ${of.day}::date and entry_id is distinct from ${of.besides?.entryId ?? null}::uuid`,
  );
  if (others + of.minutes > 24 * 60)
    throw new Problem('validation_failed', { errors: [{ pointer: '/body/minutes', detail: 'a day has 24 hours' }] });
  const left = week.weeklyHours * 60 - (week.minutes - (of.besides?.minutes ?? 0));
  if (of.minutes > left) throw new Problem('orders.over_cap', { detail: `${left} / ${week.weeklyHours * 60}` });
}

export const logTime: H['logTime'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const order = await lockWork(tx, req);
    const { day, minutes, note } = req.body;
    const now = ctx.clock.now();
    // It is tomorrow already east of Greenwich.
    if (new Date(`${day}T00:00:00Z`).getTime() > now.getTime() + DAY)
      throw new Problem('validation_failed', { errors: [{ pointer: '/body/day', detail: 'lies in the future' }] });
    if (order.status !== 'in_progress') throw refuse('not_running', req.locale);
    const week = await weekOfDay(tx, order.orderId, day);
    if (!week) throw new Problem('orders.no_week_for_day', { detail: day });
    await checkTime(tx, week, { day, minutes });
    const entryId = newId();
    await tx.run(sql`
      insert into time_entries (entry_id, order_id, week_id, day, minutes, note, created_at)
      values (${entryId}, ${order.orderId}, ${week.weekId}, ${day}, ${minutes}, ${note}, ${now})`);
    await moveWeek(tx, ctx, order, week, {
      action: 'log_time',
      actor: 'freelancer',
      actorId: req.user.userId,
      locale: req.locale,
      changes: { entryId, after: { day, minutes, note } },
    });
    return { body: entryDto(found(await entryById(tx, order.orderId, entryId))) };
  });

async function lockEntry(tx: Tx, req: Of & { params: { entryId: string } }) {
  const order = await lockWork(tx, req);
  const entry = found(await entryById(tx, order.orderId, req.params.entryId));
  return { order, entry, week: found(await weekById(tx, order.orderId, entry.weekId)) };
}

export const editTime: H['editTime'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, entry, week } = await lockEntry(tx, req);
    const { day } = entry;
    const before = { minutes: entry.minutes, note: entry.note };
    const after = { minutes: req.body.minutes ?? entry.minutes, note: req.body.note ?? entry.note };
    await checkTime(tx, week, { day, minutes: after.minutes, besides: entry });
    await tx.run(
      sql`update time_entries set minutes = ${after.minutes}, note = ${after.note} where entry_id = ${entry.entryId}`,
    );
    await moveWeek(tx, ctx, order, week, {
      action: 'edit_time',
      actor: 'freelancer',
      actorId: req.user.userId,
      locale: req.locale,
      changes: { entryId: entry.entryId, day, before, after },
    });
    return { body: entryDto({ ...entry, ...after }) };
  });

export const deleteTime: H['deleteTime'] = async (ctx, req) =>
  await ctx.db.tx(async (tx) => {
    const { order, entry, week } = await lockEntry(tx, req);
    const { entryId, day, minutes, note } = entry;
    await tx.run(sql`delete from time_entries where entry_id = ${entryId}`);
    await moveWeek(tx, ctx, order, week, {
      action: 'remove_time',
      actor: 'freelancer',
      actorId: req.user.userId,
      locale: req.locale,
      changes: { entryId, before: { day, minutes, note } },
    });
    return { body: null };
  });
