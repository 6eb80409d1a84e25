import type { ordersContract } from '#contracts/orders/index.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { requestHold } from '../data/holds.ts';
import { milestoneById } from '../data/milestones.ts';
import { lockOrder, orderById } from '../data/orders.ts';
import { finishMilestone, moveMilestone } from '../milestone-step.ts';
import { answer } from './answer.ts';
import { checkBonus, keepDelivery } from './deal.ts';
import { requireParty } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;
const DAY = 86_400_000;

async function lockMilestone(
  tx: Tx,
  req: { params: { orderId: string; milestoneId: string }; user: { userId: string } },
) {
  const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), req.user.userId);
  return { order, side, milestone: found(await milestoneById(tx, order.orderId, req.params.milestoneId)) };
}

/** The next milestone's price is held; payments answers by an event. */
export const fundMilestone: H['fundMilestone'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side, milestone } = await lockMilestone(tx, req);
    const step = { action: 'fund', actor: side, actorId: req.user.userId, locale: req.locale } as const;
    const moved = await moveMilestone(tx, ctx, order, milestone, step);
    const { milestoneId, amount } = milestone;
    const freelancerId = found(order.freelancerId);
    const at = ctx.clock.now();
    await requestHold(tx, moved.order, { purpose: 'milestone', milestoneId, amount, freelancerId, at });
    return await answer(tx, found(await orderById(tx, order.orderId)), req);
  });

export const deliverMilestone: H['deliverMilestone'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const { order, side, milestone } = await lockMilestone(tx, req);
    const now = ctx.clock.now();
    const reviewEndsAt = new Date(now.getTime() + order.reviewDays * DAY);
    const moved = await moveMilestone(tx, ctx, order, milestone, {
      action: 'deliver',
      actor: side,
      actorId: userId,
      locale: req.locale,
      set: [sql`review_ends_at = ${reviewEndsAt}, delivered_at = ${now}`],
    });
    await keepDelivery(tx, order, { ...req.body, userId, milestoneId: milestone.milestoneId, at: now });
    return await answer(tx, moved.order, req);
  });

export const requestMilestoneRevision: H['requestMilestoneRevision'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side, milestone } = await lockMilestone(tx, req);
    const moved = await moveMilestone(tx, ctx, order, milestone, {
      action: 'request_revision',
      actor: side,
      actorId: req.user.userId,
      locale: req.locale,
      reason: req.body.reason,
      set: [sql`revisions_used = revisions_used + 1, review_ends_at = null`],
    });
    return await answer(tx, moved.order, req);
  });

export const completeMilestone: H['completeMilestone'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side, milestone } = await lockMilestone(tx, req);
    const { bonus } = req.body;
    checkBonus(order, bonus);
    const step = { action: 'complete', actor: side, actorId: req.user.userId, locale: req.locale } as const;
    const after = await finishMilestone(tx, ctx, order, milestone, { ...step, bonus, automatic: false });
    return await answer(tx, found(await orderById(tx, after.orderId)), req);
  });
