import { ordersEvents } from '#contracts/orders/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import type { ReasonCode } from '#contracts/orders/reasons.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import type { Consumers } from '#kit/service/types.ts';
import { DAY, timersOf } from '../clocks.ts';
import type { OrdersContext } from '../context.ts';
import { type Hold, holdById, markHold, returnHold } from '../data/holds.ts';
import { milestoneById, planMilestones } from '../data/milestones.ts';
import { lockOrder, type Order, orderById } from '../data/orders.ts';
import { decideProposal, proposalById } from '../data/proposals.ts';
import { responseById } from '../data/responses.ts';
import { applied } from '../http/proposals.ts';
import { weekById } from '../data/weeks.ts';
import { firstWeek, weekHeld, weekRefused } from '../week-step.ts';
import { moveMilestone } from '../milestone-step.ts';
import { closeResponses, moveResponse } from '../response-step.ts';
import { move } from '../step.ts';

type C = Consumers<typeof ordersContract, OrdersContext>;
type Refusal = { code: 'not_enough_money' | 'user_blocked'; missing: unknown };
const SYSTEM = { actor: 'system', actorId: null } as const;

export const placementCharged: C['placementCharged'] = async (ctx, event) => async (tx) => {
  const { orderId, placementId, clientId } = event.data;
  const order = await lockOrder(tx, orderId);
  if (order?.status !== 'awaiting_payment' || order.placementId !== placementId) {
    // Published already by this very charge; else it came too late, the order is a draft again or gone.
    if (order?.placementId === placementId && order.publishedAt) return;
    const reason: ReasonCode = 'timed_out';
    const refund = { placementId, orderId, clientId, reason };
    tx.emit(ordersEvents.placementRefundRequested, orderId, refund);
    return;
  }
  const now = ctx.clock.now();
  const expiresAt = new Date(now.getTime() + timersOf(order).noResponseDays * DAY);
  const set = [sql`published_at = ${now}, expires_at = ${expiresAt}, unpaid_until = null`];
  await move(tx, ctx, order, { ...SYSTEM, action: 'placement_charged', set });
  await tx.schedule('announceListings', {}, { key: `announce:${orderId}` });
};

const refusalOf = (ctx: OrdersContext, { code, missing }: Refusal) =>
  sql`refusal = ${JSON.stringify({ code, missing, at: ctx.clock.now().toISOString() })}`;

export const placementRefused: C['placementRefused'] = async (ctx, event) => async (tx) => {
  const { orderId, placementId, code } = event.data;
  const order = await lockOrder(tx, orderId);
  if (order?.status !== 'awaiting_payment' || order.placementId !== placementId) return;
  const set = [sql`placement_id = null`, refusalOf(ctx, event.data)];
  await move(tx, ctx, order, { ...SYSTEM, action: 'placement_refused', reasonCode: code, set });
};

/** What was to be held is held. A hold that nobody waits for any more goes back; a known one changes nothing. */
export const escrowHeld: C['escrowHeld'] = async (ctx, event) => async (tx) => {
  const { orderId, holdId, freelancerId } = event.data;
  const order = await lockOrder(tx, orderId);
  const hold = order && (await holdById(tx, holdId));
  if (!order || hold?.status !== 'pending') return;
  await markHold(tx, holdId, 'held');
  const held = found(await orderById(tx, orderId));
  if (hold.purpose === 'price') await startDeal(ctx, tx, held, hold, freelancerId);
  else if (hold.purpose === 'milestone') await startMilestone(ctx, tx, held, hold, freelancerId);
  else if (hold.purpose === 'week') await startWeek(ctx, tx, held, hold, freelancerId);
  else await applyExtra(ctx, tx, held, hold, freelancerId);
};

async function startDeal(ctx: OrdersContext, tx: Tx, order: Order, hold: Hold, freelancerId: string): Promise<void> {
  const response = hold.responseId ? await responseById(tx, hold.responseId) : undefined;
  if (order.status !== 'published' || order.pendingResponseId !== hold.responseId || !response)
    return await returnHold(tx, order, hold, freelancerId);
  const { orderId, title, clientId } = order;
  const { responseId, milestones, price, currency } = response;
  const hourly = order.pricing === 'hourly';
  // Hours have no day of delivery: `days` of the response is an estimate.
  const dueAt = hourly ? null : new Date(ctx.clock.nowMs() + response.days * DAY);
  const byMilestones = milestones.length > 0;
  const started = await move(tx, ctx, order, {
    ...SYSTEM,
    action: 'start',
    changes: { responseId, price: price.toString() },
    set: [
      sql`freelancer_id = ${freelancerId}, price = ${price}, due_at = ${dueAt}, by_milestones = ${byMilestones}, pending_response_id = null`,
    ],
  });
  await moveResponse(tx, ctx, started, response, { ...SYSTEM, action: 'start' });
  const chosen = { orderId, responseId, title, clientId, freelancerId, deadline: dueAt?.toISOString() ?? null };
  const agreed = { amount: price.toString(), currency };
  tx.emit(
    ordersEvents.freelancerChosen,
    orderId,
    { ...chosen, price: agreed, pricing: order.pricing, process: order.process },
    started.version,
  );
  await closeResponses(tx, ctx, started, { action: 'choose_other', code: 'other_chosen' });
  if (hourly) return await firstWeek(tx, ctx, found(await orderById(tx, orderId)), hold);
  if (!byMilestones) return;
  const [first] = await planMilestones(tx, orderId, milestones);
  await tx.run(sql`update holds set milestone_id = ${first} where hold_id = ${hold.holdId}`);
  await tx.run(sql`update milestones set status = 'funding' where milestone_id = ${first}`);
  await startMilestone(
    ctx,
    tx,
    found(await orderById(tx, orderId)),
    { ...hold, milestoneId: first ?? null },
    freelancerId,
  );
}

async function startWeek(ctx: OrdersContext, tx: Tx, order: Order, hold: Hold, freelancerId: string): Promise<void> {
  const week = hold.weekId ? await weekById(tx, order.orderId, hold.weekId) : undefined;
  if (order.status !== 'in_progress' || week?.status !== 'funding') {
    await returnHold(tx, order, hold, freelancerId);
    // Should a frozen deal go on, the client funds the week again.
    if (order.status === 'disputed' && week?.status === 'funding') await weekRefused(tx, ctx, order, week);
    return;
  }
  await weekHeld(tx, ctx, order, week.weekId);
}

async function startMilestone(
  ctx: OrdersContext,
  tx: Tx,
  order: Order,
  hold: Hold,
  freelancerId: string,
): Promise<void> {
  const milestone = hold.milestoneId ? await milestoneById(tx, order.orderId, hold.milestoneId) : undefined;
  if (order.status !== 'in_progress' || milestone?.status !== 'funding') {
    await returnHold(tx, order, hold, freelancerId);
    // Should a frozen deal go on, the client funds the milestone again.
    if (order.status === 'disputed' && milestone?.status === 'funding')
      await moveMilestone(tx, ctx, order, milestone, { ...SYSTEM, action: 'hold_refused' });
    return;
  }
  const dueAt = new Date(ctx.clock.nowMs() + milestone.days * DAY);
  await moveMilestone(tx, ctx, order, milestone, { ...SYSTEM, action: 'held', set: [sql`due_at = ${dueAt}`] });
}

async function applyExtra(ctx: OrdersContext, tx: Tx, order: Order, hold: Hold, freelancerId: string): Promise<void> {
  const proposal = hold.proposalId ? await proposalById(tx, order.orderId, hold.proposalId) : undefined;
  const running = order.status === 'in_progress' || order.status === 'delivered';
  if (!running || proposal?.status !== 'funding') return await returnHold(tx, order, hold, freelancerId);
  const set = await applied(tx, order, proposal.terms);
  const step = { ...SYSTEM, action: 'apply_extra', changes: { agreed: proposal.terms }, retime: true } as const;
  const after = await move(tx, ctx, order, { ...step, set });
  await decideProposal(tx, after, proposal, 'agreed', { actorId: null, at: ctx.clock.now(), action: null });
}

export const escrowRefused: C['escrowRefused'] = async (ctx, event) => async (tx) => {
  const { orderId, holdId, code } = event.data;
  const locked = await lockOrder(tx, orderId);
  const hold = locked && (await holdById(tx, holdId));
  if (!locked || hold?.status !== 'pending') return;
  await markHold(tx, holdId, 'refused');
  const order = found(await orderById(tx, orderId));
  const refusal = refusalOf(ctx, event.data);
  if (hold.purpose !== 'week') {
    const { clientId, title, process } = order;
    const refused = { holdId, orderId, title, clientId, purpose: hold.purpose, process, missing: event.data.missing };
    tx.emit(ordersEvents.holdRefused, orderId, refused);
  }
  if (hold.purpose === 'price') {
    if (order.status !== 'published' || order.pendingResponseId !== hold.responseId) return;
    const response = hold.responseId ? await responseById(tx, hold.responseId) : undefined;
    if (response?.status === 'accepting')
      await moveResponse(tx, ctx, order, response, { ...SYSTEM, action: 'hold_refused', code });
    const set = [sql`pending_response_id = null, terms = null`, refusal];
    await move(tx, ctx, order, { ...SYSTEM, action: 'escrow_refused', reasonCode: code, set });
    return;
  }
  await tx.run(sql`update orders set ${refusal} where order_id = ${orderId}`);
  if (hold.purpose === 'week') {
    const week = hold.weekId ? await weekById(tx, orderId, hold.weekId) : undefined;
    if (week?.status === 'funding') await weekRefused(tx, ctx, order, week);
    return;
  }
  if (hold.purpose === 'milestone') {
    const milestone = hold.milestoneId ? await milestoneById(tx, orderId, hold.milestoneId) : undefined;
    if (milestone?.status !== 'funding') return;
    await moveMilestone(tx, ctx, order, milestone, { ...SYSTEM, action: 'hold_refused' });
    return;
  }
  const proposal = hold.proposalId ? await proposalById(tx, orderId, hold.proposalId) : undefined;
  if (proposal?.status !== 'funding') return;
  const after = await move(tx, ctx, order, { ...SYSTEM, action: 'extra_refused', reasonCode: code });
  await decideProposal(tx, after, proposal, 'refused', { actorId: null, at: ctx.clock.now(), action: null });
};

export const escrowSettled: C['escrowSettled'] = async (_ctx, event) => async (tx) => {
  await tx.run(
    sql`update holds set status = 'settled' where hold_id = ${event.data.holdId} and status in ('held', 'settling')`,
  );
};
