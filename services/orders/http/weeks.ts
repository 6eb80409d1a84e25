import type { ordersContract } from '#contracts/orders/index.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found, pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import { DAY, timersOf } from '../clocks.ts';
import type { OrdersContext } from '../context.ts';
import { cursorOf } from '../cursor.ts';
import { lockOrder, orderById } from '../data/orders.ts';
import { lapseProposals } from '../data/proposals.ts';
import { entriesOf, weekById, weeksOf } from '../data/weeks.ts';
import { move, type Step } from '../step.ts';
import { holdWeek, moveWeek, payWeek, wrapUpWeeks } from '../week-step.ts';
import { answer } from './answer.ts';
import { checkBonus } from './deal.ts';
import { requireParty } from './views.ts';
import { weekDtos } from './week-views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

export const listWeeks: H['listWeeks'] = async (ctx, req) => {
  const { order, side } = requireParty(await orderById(ctx.db, req.params.orderId), req.user.userId);
  const { limit, cursor } = req.query;
  const after = cursorOf(cursor, ['integer']);
  const rows = await weeksOf(ctx.db, order.orderId, {
    limit: limit + 1,
    ...(after ? { below: Number(after[0]) } : {}),
  });
  const page = pageOf(rows, limit, (last) => [String(last.number)]);
  const items = await weekDtos(ctx.db, order, page.items, side, req.locale);
  return { body: { items, nextCursor: page.nextCursor } };
};

type OfWeek = { params: { orderId: string; weekId: string }; user: { userId: string }; locale: Step['locale'] };

async function lockWeek(tx: Tx, req: OfWeek) {
  const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), req.user.userId);
  const week = found(await weekById(tx, order.orderId, req.params.weekId));
  const by = { actor: side, actorId: req.user.userId, ...(req.locale ? { locale: req.locale } : {}) } as const;
  return { order, week, by };
}

/** After a rest: payments answers by an event, then the work goes on. */
export const fundWeek: H['fundWeek'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, week, by } = await lockWeek(tx, req);
    const moved = await moveWeek(tx, ctx, order, week, { ...by, action: 'fund', set: [sql`decides_at = null`] });
    await holdWeek(tx, ctx, moved.order, moved.week);
    return await answer(tx, found(await orderById(tx, order.orderId)), req);
  });

export const approveWeek: H['approveWeek'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, week, by } = await lockWeek(tx, req);
    const { bonus } = req.body;
    checkBonus(order, bonus);
    const step = { ...by, action: 'approve', minutes: week.minutes, bonus, automatic: false } as const;
    return await answer(tx, await payWeek(tx, ctx, order, week, step), req);
  });

export const contestWeek: H['contestWeek'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, week, by } = await lockWeek(tx, req);
    const { reason } = req.body;
    const ids = [...new Set(req.body.entryIds)];
    const entries = (await entriesOf(tx, [week.weekId])).filter((entry) => ids.includes(entry.entryId));
    if (entries.length !== ids.length)
      throw new Problem('validation_failed', {
        errors: [{ pointer: '/body/entryIds', detail: 'not entries of this week' }],
      });
    await tx.run(sql`update time_entries set objection = ${reason} where entry_id = any(${ids}::uuid[])`);
    const decidesAt = new Date(ctx.clock.nowMs() + timersOf(order).weekCorrectionDays * DAY);
    const step = { ...by, action: 'contest', reason, set: [sql`decides_at = ${decidesAt}`] } as const;
    const moved = await moveWeek(tx, ctx, order, week, { ...step, changes: { entryIds: ids } });
    return await answer(tx, moved.order, req);
  });

/** Corrected or explained: the client decides anew, and has his days again. */
export const resubmitWeek: H['resubmitWeek'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, week, by } = await lockWeek(tx, req);
    await tx.run(sql`update time_entries set objection = null where week_id = ${week.weekId}`);
    const decidesAt = new Date(ctx.clock.nowMs() + timersOf(order).weekApprovalDays * DAY);
    const set = [sql`decides_at = ${decidesAt}`];
    const moved = await moveWeek(tx, ctx, order, week, { ...by, action: 'resubmit', reason: req.body.reason, set });
    return await answer(tx, moved.order, req);
  });

export const concedeWeek: H['concedeWeek'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, week, by } = await lockWeek(tx, req);
    const step = { ...by, action: 'concede', minutes: week.uncontested, bonus: null, automatic: false } as const;
    return await answer(tx, await payWeek(tx, ctx, order, week, step), req);
  });

/** Either side ends an hourly deal at any time: what was worked is approved and paid as ever. */
export const finishOrder: H['finishOrder'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), req.user.userId);
    const now = ctx.clock.now();
    const after = await move(tx, ctx, order, {
      action: 'finish',
      actor: side,
      actorId: req.user.userId,
      locale: req.locale,
      reason: req.body.reason,
      set: [sql`delivered_at = ${now}`],
    });
    await lapseProposals(tx, after, now);
    return await answer(tx, await wrapUpWeeks(tx, ctx, after), req);
  });
