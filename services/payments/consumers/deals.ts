import type { Currency } from '#contracts/common/values.ts';
import type { paymentsContract } from '#contracts/payments/index.ts';
import { paymentsEvents } from '#contracts/payments/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import { settingAt } from '../data/settings.ts';
import { type Hold, holdPrice, isFrozen, lockHold, settleHold } from '../ledger/deals.ts';
import { post } from '../ledger/round.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

type C = Consumers<typeof paymentsContract, PaymentsContext>;

/** Whether the person may move money now (I18). Unknown people may not. */
export async function mayMoveMoney(ctx: PaymentsContext, userId: string): Promise<boolean> {
  try {
    return (await ctx.clients.users.getIdentity({ params: { userId } })).status === 'active';
  } catch (error) {
    if (isProblem(error, 'not_found')) return false;
    throw error;
  }
}

/** E6: charges the placement fee; the outcome goes back as an event. */
export const placementRequested: C['placementRequested'] = async (ctx, event) => {
  const { placementId, orderId, clientId, title } = event.data;
  const fee = BigInt(event.data.fee.amount);
  const currency = event.data.fee.currency;
  const allowed = await mayMoveMoney(ctx, clientId);
  return async (tx) => {
    const fresh = await tx.run(
      sql`insert into placements (placement_id, order_id, client_id, fee, currency, status) values (${placementId}, ${orderId}, ${clientId}, ${fee}, ${currency}, 'charged') on conflict do nothing`,
    );
    if (fresh === 0) return;
    const posted =
      !allowed || fee === 0n
        ? undefined
        : await post(tx, {
            reference: `placement:${placementId}`,
            kind: 'placement_fee',
            currency,
            orderId,
            actorId: clientId,
            memo: title,
            at: ctx.clock.now(),
            postings: [
              { account: 'available', userId: clientId, amount: -fee },
              { account: 'placement_fees', userId: null, amount: fee },
            ],
          });
    if (allowed && (fee === 0n || posted?.ok)) {
      tx.emit(paymentsEvents.placementCharged, orderId, { placementId, orderId, clientId, fee: event.data.fee });
      return;
    }
    await tx.run(sql`update placements set status = 'refused' where placement_id = ${placementId}`);
    tx.emit(paymentsEvents.placementRefused, orderId, {
      placementId,
      orderId,
      clientId,
      code: allowed ? 'not_enough_money' : 'user_blocked',
      missing: posted && !posted.ok ? { amount: posted.missing.toString(), currency } : null,
    });
  };
};

export const placementRefundRequested: C['placementRefundRequested'] = async (ctx, event) => async (tx) => {
  const { placementId, orderId, reason } = event.data;
  const row = await tx.maybe<{ clientId: string; fee: bigint; currency: Currency; status: string }>(
    sql`select client_id as "clientId", fee, currency, status from placements where placement_id = ${placementId} for update`,
  );
  // The charge may still be on its way: the refund waits for it.
  if (!row) throw new Problem('unavailable', { detail: 'the charge has not arrived yet' });
  if (row.status !== 'charged') return;
  if (row.fee > 0n) {
    await post(tx, {
      reference: `placement-refund:${placementId}`,
      kind: 'placement_refund',
      currency: row.currency,
      orderId,
      actorId: null,
      memo: reason,
      at: ctx.clock.now(),
      postings: [
        { account: 'placement_fees', userId: null, amount: -row.fee },
        // Who paid, whatever the request says.
        { account: 'available', userId: row.clientId, amount: row.fee },
      ],
    });
  }
  await tx.run(sql`update placements set status = 'refunded' where placement_id = ${placementId}`);
};

export const escrowRequested: C['escrowRequested'] = async (ctx, event) => {
  const { holdId, orderId, clientId, freelancerId, title, price, terms } = event.data;
  const allowed = await mayMoveMoney(ctx, clientId);
  return async (tx) => {
    await holdPrice(tx, {
      holdId,
      orderId,
      clientId,
      freelancerId,
      title,
      terms,
      price: BigInt(price.amount),
      currency: price.currency,
      at: ctx.clock.now(),
      blocked: !allowed,
    });
  };
};

/**
 * The hold that an event settles. Its request may still be on its way: tried again later, with an end, so that an event
 * about a hold that never was is parked where people see it.
 */
async function heldFor(tx: Tx, holdId: string): Promise<Hold> {
  const hold = await lockHold(tx, holdId);
  if (!hold) throw new Problem('conflict', { detail: `hold ${holdId} has not arrived yet` });
  return hold;
}

/** E7: pays the freelancer, takes the commission, pays the bonus. */
export const completionConfirmed: C['completionConfirmed'] = async (ctx, event) => async (tx) => {
  const { holdId, bonus, freelancerAmount } = event.data;
  const hold = await heldFor(tx, holdId);
  if (hold.status === 'held' && (await isFrozen(tx, hold.orderId, event.sequence)))
    throw new Problem('conflict', { detail: `a dispute keeps hold ${holdId} back` });
  const at = ctx.clock.now();
  const settled = await settleHold(tx, hold, {
    // Of a week the hours that were worked.
    freelancerPart: freelancerAmount ? BigInt(freelancerAmount.amount) : hold.price,
    kind: 'escrow_release',
    bonus: bonus ? BigInt(bonus.amount) : 0n,
    memo: null,
    at,
  });
  if (!settled) return;
  await rewardCompletion(tx, hold, at);
};

/**
 * The bonuses by rule: for somebody's first completed order, and to who brought him. Each is a movement of its own under a
 * reference that makes it the only one, so it shares a commit with others instead of prolonging this one.
 */
async function rewardCompletion(tx: Tx, hold: Hold, at: Date): Promise<void> {
  const { currency, orderId } = hold;
  const pay = async (rule: 'first-order' | 'referral', of: string, userId: string) => {
    const { amount, currency: its } = (await settingAt(tx, `payments.${rule}-bonus`, at)).value;
    if (amount === '0' || its !== currency) return;
    const reference = `${rule}:${of}`;
    if (await tx.maybe(sql`select 1 from transactions where reference = ${reference}`)) return;
    await tx.schedule('payRuleBonus', { rule, of, userId, amount, currency, orderId }, { key: reference });
  };
  await pay('first-order', hold.freelancerId, hold.freelancerId);
  const brought = await tx.many<{ userId: string; referrerId: string }>(
    sql`select user_id as "userId", referrer_id as "referrerId" from referrals where user_id in (${hold.clientId}, ${hold.freelancerId})`,
  );
  // Two who brought each other, or one who works for who brought him, could make such orders up.
  const parties = [hold.clientId, hold.freelancerId];
  for (const { userId, referrerId } of brought)
    if (!parties.includes(referrerId)) await pay('referral', userId, referrerId);
}

/** Who brought a new person. */
export const userRegistered: C['userRegistered'] = async (_ctx, event) => async (tx) => {
  const { userId, referrerId } = event.data;
  if (referrerId === undefined || referrerId === null || referrerId === userId) return;
  await tx.run(
    sql`insert into referrals (user_id, referrer_id) values (${userId}, ${referrerId}) on conflict do nothing`,
  );
};

const KINDS = { refund: 'escrow_refund', release: 'escrow_release', split: 'escrow_split' } as const;

/** A cancelled or ruled deal. */
export const settlementRequested: C['settlementRequested'] = async (ctx, event) => async (tx) => {
  const { holdId, freelancerAmount, outcome, reason } = event.data;
  const hold = await heldFor(tx, holdId);
  await settleHold(tx, hold, {
    freelancerPart: BigInt(freelancerAmount.amount),
    kind: KINDS[outcome],
    bonus: 0n,
    memo: reason.slice(0, 300),
    at: ctx.clock.now(),
  });
};

/** A dispute freezes what the order holds; its end lifts it. The newest state counts, whatever the order of arrival. */
export const orderStatusChanged: C['orderStatusChanged'] = async (_ctx, event) => {
  const { orderId, to, freelancerId } = event.data;
  // Nothing is held for a deal that nobody works on.
  if (freelancerId === null) return undefined;
  return async (tx) => {
    const newer = await tx.run(sql`
      insert into order_states (order_id, sequence, disputed) values (${orderId}, ${event.sequence ?? 0n}, ${to === 'disputed'})
      on conflict (order_id) do update set sequence = excluded.sequence, disputed = excluded.disputed where order_states.sequence < excluded.sequence`);
    if (newer > 0)
      await tx.run(sql`update holds set frozen = ${to === 'disputed'} where order_id = ${orderId} and status = 'held'`);
  };
};

export const settingChanged: C['settingChanged'] = async (_ctx, event) => async (tx) => {
  const { key, version, value, actsFrom } = event.data;
  if (!key.startsWith('payments.')) return;
  await tx.run(
    sql`insert into settings (key, version, value, acts_from) values (${key}, ${version}, ${JSON.stringify(value)}, ${actsFrom}) on conflict do nothing`,
  );
};

/** The ledger keeps the id as a pseudonym; where money went to goes (P2). */
export const userErased: C['userErased'] = async (_ctx, event) => async (tx) => {
  const { userId } = event.data;
  await forgetStoredReplies(tx, userId);
  // One that the provider does not have yet could never arrive without it: it goes once handed over. In one statement,
  // because the hand-over may happen between two.
  await tx.run(sql`delete from referrals where user_id = ${userId} or referrer_id = ${userId}`);
  await tx.run(sql`
    update withdrawals set destination = case when status = 'requested' then destination || '{"forget": true}' else '{}' end where user_id = ${userId}`);
};
