import type { SettingValue } from '#contracts/admin/settings.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import type { Handlers } from '#kit/service/types.ts';
import { DAY, HOUR } from '../clocks.ts';
import type { OrdersContext } from '../context.ts';
import { releaseHolds } from '../data/holds.ts';
import { lockOrder, type Order, orderById } from '../data/orders.ts';
import { lapseProposals } from '../data/proposals.ts';
import { settingsAt } from '../data/settings.ts';
import { agreeCancellation, answerCancellation, closePublished, giveUp, raiseProposal } from '../endings.ts';
import { move } from '../step.ts';
import { answer } from './answer.ts';
import { own, requireFuture } from './drafts.ts';
import { requireParty } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

/** One set in another currency does not apply. */
function depositTerms(of: SettingValue<'orders.response-deposit'>, currency: string): string | null {
  const { deposit, silenceDays } = of;
  return deposit.amount === '0' || deposit.currency !== currency
    ? null
    : JSON.stringify({ amount: deposit, silenceDays });
}

/** E6: asks payments for the placement fee; the order waits for the answer. */
export const publishOrder: H['publishOrder'] = async (ctx, req) => {
  const draft = own(await orderById(ctx.db, req.params.orderId), req.user.userId);
  const now = ctx.clock.now();
  requireFuture(draft.deadline?.toISOString(), now);
  const { category, currency } = draft;
  const { placementFee } = await ctx.clients.payments.getTerms({ query: { category, currency } });
  return req.tx(async (tx) => {
    const order = own(await lockOrder(tx, draft.orderId), req.user.userId);
    const placementId = newId();
    // The timers of the deal are those in force now, to its end.
    const settings = await settingsAt(tx, ['orders.timers', 'orders.response-deposit'], now);
    const timers = settings['orders.timers'];
    const deposit = settings['orders.response-deposit'];
    const unpaidUntil = new Date(now.getTime() + timers.unpaidHours * HOUR);
    const after = await move(tx, ctx, order, {
      action: 'publish',
      actor: 'client',
      actorId: req.user.userId,
      locale: req.locale,
      set: [
        sql`placement_id = ${placementId}, placement_fee = ${placementFee.amount}, refusal = null, unpaid_until = ${unpaidUntil},
          response_deposit = ${depositTerms(deposit, order.currency)}, timers = ${JSON.stringify(timers)}, review_days = ${timers.reviewDays}, reveal_days = ${timers.revealDays}`,
      ],
    });
    const { orderId, clientId, title } = order;
    const request = { placementId, orderId, clientId, title, fee: placementFee };
    tx.emit(ordersEvents.placementRequested, orderId, request, after.version);
    return await answer(tx, after, req);
  });
};

/** Keeps a delivery with its files, which must be the freelancer's own and not delivered yet. */
export async function keepDelivery(
  tx: Tx,
  order: Order,
  of: { text: string; attachmentIds: readonly string[]; userId: string; milestoneId: string | null; at: Date },
): Promise<void> {
  const deliveryId = newId();
  await tx.run(
    sql`insert into deliveries (delivery_id, order_id, milestone_id, text, at) values (${deliveryId}, ${order.orderId}, ${of.milestoneId}, ${of.text}, ${of.at})`,
  );
  const files = [...new Set(of.attachmentIds)];
  if (files.length === 0) return;
  const linked = await tx.run(
    sql`update attachments set delivery_id = ${deliveryId} where attachment_id = any(${files}::uuid[]) and order_id = ${order.orderId} and owner_id = ${of.userId} and kind = 'work' and delivery_id is null`,
  );
  if (linked !== files.length)
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/body/attachmentIds', detail: 'not files of this delivery' }],
    });
}

export const deliverOrder: H['deliverOrder'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), userId);
    const now = ctx.clock.now();
    const reviewEndsAt = new Date(now.getTime() + order.reviewDays * DAY);
    const after = await move(tx, ctx, order, {
      action: 'deliver',
      actor: side,
      actorId: userId,
      locale: req.locale,
      set: [sql`review_ends_at = ${reviewEndsAt}, delivered_at = ${now}`],
    });
    await keepDelivery(tx, order, { ...req.body, userId, milestoneId: null, at: now });
    return await answer(tx, await answerCancellation(tx, ctx, after), req);
  });

export const requestRevision: H['requestRevision'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), req.user.userId);
    const after = await move(tx, ctx, order, {
      action: 'request_revision',
      actor: side,
      actorId: req.user.userId,
      locale: req.locale,
      reason: req.body.reason,
      set: [sql`revisions_used = revisions_used + 1, review_ends_at = null`],
    });
    return await answer(tx, after, req);
  });

export function checkBonus(order: Order, bonus: { currency: string } | null): void {
  if (bonus && bonus.currency !== order.currency)
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/body/bonus/currency', detail: `the deal is in ${order.currency}` }],
    });
}

export const completeOrder: H['completeOrder'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), req.user.userId);
    const { bonus } = req.body;
    checkBonus(order, bonus);
    const after = await move(tx, ctx, order, {
      action: 'complete',
      actor: side,
      actorId: req.user.userId,
      locale: req.locale,
      set: [sql`completed_at = ${ctx.clock.now()}`],
    });
    await releaseHolds(tx, after, { bonus, automatic: false });
    await lapseProposals(tx, after, ctx.clock.now());
    return await answer(tx, after, req);
  });

/** Before the start the client cancels alone; after it he proposes, and the freelancer agrees or gives up by himself. */
export const cancelOrder: H['cancelOrder'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const { order, side } = requireParty(await lockOrder(tx, req.params.orderId), userId);
    const { reason } = req.body;
    const step = { actor: side, actorId: userId, reason, locale: req.locale } as const;
    const running = order.status === 'in_progress' || order.status === 'delivered';
    if (side === 'client' && !running) {
      const after = await closePublished(tx, ctx, order, { ...step, action: 'cancel' }, 'order_cancelled');
      return await answer(tx, after, req);
    }
    if (side === 'client') {
      const freelancerAmount = { amount: '0', currency: order.currency };
      const terms = { kind: 'cancellation', freelancerAmount } as const;
      const after = await raiseProposal(tx, ctx, order, { ...step, action: 'propose_cancellation' }, terms);
      return await answer(tx, after, req);
    }
    // To agree to the client's proposal is the same as to cancel; without one all the money goes back.
    const proposed = order.proposal?.kind === 'cancellation' && order.proposal.by === 'client';
    const after = proposed ? await agreeCancellation(tx, ctx, order, step) : await giveUp(tx, ctx, order, step);
    return await answer(tx, after, req);
  });
