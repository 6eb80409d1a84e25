import { ordersEvents } from '#contracts/orders/events.ts';
import type { ReasonCode } from '#contracts/orders/reasons.ts';
import type { Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { found } from '#kit/service/reply.ts';
import type { OrdersContext } from './context.ts';
import { settleHolds } from './data/holds.ts';
import { type Order, orderById } from './data/orders.ts';
import { decideProposal, insertProposal, lapseProposals, proposalById, type Terms } from './data/proposals.ts';
import type { Side } from '#contracts/orders/process-types.ts';
import { closeMilestones } from './milestone-step.ts';
import { closeResponses } from './response-step.ts';
import { move, type Step } from './step.ts';
import { closeWeeks } from './week-step.ts';

type By = Omit<Step, 'action'> & { readonly actor: Side; readonly actorId: string };

/** The fee of a publication that nobody answered is given back. */
export function refundPlacement(tx: Tx, order: Order, reason: string): void {
  const { placementId, orderId, clientId } = order;
  if (placementId && order.responseCount === 0)
    tx.emit(ordersEvents.placementRefundRequested, orderId, { placementId, orderId, clientId, reason }, order.version);
}

/** Ends an order that is on the market: responses are closed, the fee goes back when nobody answered. */
export async function closePublished(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  step: Step,
  code: ReasonCode,
): Promise<Order> {
  const after = await move(tx, ctx, order, step);
  await closeResponses(tx, ctx, after, { action: code === 'order_expired' ? 'expire' : 'close', code });
  refundPlacement(tx, after, step.reason ?? code);
  return after;
}

/** Ends a running deal before its completion; the freelancer keeps `freelancerAmount` of what is held. */
export async function endDeal(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  of: { freelancerAmount: bigint; released: boolean; reason: string },
): Promise<void> {
  await closeMilestones(tx, ctx, order, of.released);
  await closeWeeks(tx, ctx, order, of.released);
  await settleHolds(tx, order, of.freelancerAmount, of.reason);
  await lapseProposals(tx, order, ctx.clock.now());
}

/** The order as it is after what followed a step. */
async function reread(tx: Tx, order: Order): Promise<Order> {
  return found(await orderById(tx, order.orderId));
}

/** One side asks the other for a change of the deal. */
export async function raiseProposal(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  step: By & Pick<Step, 'action'>,
  terms: Terms,
): Promise<Order> {
  const after = await move(tx, ctx, order, { ...step, changes: { proposal: terms } });
  const of = { proposalId: newId(), orderId: order.orderId, by: step.actor, status: 'open', terms } as const;
  const proposal = { ...of, reason: step.reason ?? '', createdAt: ctx.clock.now(), decidedAt: null };
  await insertProposal(tx, after, proposal, step);
  return await reread(tx, after);
}

/** The freelancer leaves the deal: whatever is held goes back to the client. */
export async function giveUp(tx: Tx, ctx: OrdersContext, order: Order, step: By): Promise<Order> {
  const after = await move(tx, ctx, order, { ...step, action: 'give_up' });
  await endDeal(tx, ctx, after, {
    freelancerAmount: 0n,
    released: false,
    reason: step.reason ?? ('given_up' satisfies ReasonCode),
  });
  return await reread(tx, after);
}

/** The other side consents to the end that was proposed, under its terms. */
export async function agreeCancellation(tx: Tx, ctx: OrdersContext, order: Order, step: By): Promise<Order> {
  const proposal = found(await proposalById(tx, order.orderId, found(order.proposal).proposalId));
  const after = await move(tx, ctx, order, {
    ...step,
    action: 'agree_cancellation',
    reason: step.reason ?? proposal.reason,
    reasonCode: 'agreed_cancellation',
  });
  // The end of the deal tells of it.
  await decideProposal(tx, after, proposal, 'agreed', { actorId: step.actorId, at: ctx.clock.now(), action: null });
  const freelancerAmount = BigInt(
    proposal.terms.kind === 'cancellation' ? proposal.terms.freelancerAmount.amount : '0',
  );
  await endDeal(tx, ctx, after, { freelancerAmount, released: false, reason: proposal.reason });
  return await reread(tx, after);
}

/** A delivery is an answer too: the client's wish to cancel is off the table. */
export async function answerCancellation(tx: Tx, ctx: OrdersContext, order: Order): Promise<Order> {
  if (order.proposal?.kind !== 'cancellation' || order.proposal.by !== 'client') return order;
  await lapseProposals(tx, order, ctx.clock.now());
  return await reread(tx, order);
}
