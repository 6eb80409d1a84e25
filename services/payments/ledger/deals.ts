import type { Currency } from '#contracts/common/values.ts';
import { paymentsEvents } from '#contracts/payments/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { divide, heldFor, type Terms } from '../domain/terms.ts';
import type { Movement } from './post.ts';
import { endReservation, type Reservation, reserve } from './reservations.ts';

export interface Hold {
  holdId: string;
  orderId: string;
  clientId: string;
  freelancerId: string;
  /** All that is held: the price, and the client's fee on top. */
  amount: bigint;
  price: bigint;
  currency: Currency;
  terms: Terms;
  status: 'held' | 'refused' | 'settled';
}

const columns = sql`hold_id as "holdId", order_id as "orderId", client_id as "clientId", freelancer_id as "freelancerId", amount, coalesce(price, amount) as price, currency, terms, status`;

/** The hold for a change: whoever has it decides, the others find it settled (M4). */
export function lockHold(tx: Tx, holdId: string): Promise<Hold | undefined> {
  return tx.maybe<Hold>(sql`select ${columns} from holds where hold_id = ${holdId} for update`);
}

/**
 * Whether a dispute keeps a release back. One that was decided before the dispute began goes through, however late it
 * arrives: the ruling does not cover its hold. One decided after it waits until the dispute is known to have ended.
 */
export async function isFrozen(tx: Tx, orderId: string, decidedAt: bigint | undefined): Promise<boolean> {
  const state = await tx.maybe<{ sequence: bigint; disputed: boolean }>(
    sql`select sequence, disputed from order_states where order_id = ${orderId}`,
  );
  return state?.disputed === true && (decidedAt === undefined || decidedAt >= state.sequence);
}

/** A deal's price is a reservation under the hold's own id; it has no time, the deal has. */
const reservationOf = (of: {
  holdId: string;
  orderId: string;
  clientId: string;
  amount: bigint;
  currency: Currency;
}): Reservation => ({
  reservationId: of.holdId,
  reference: `hold:${of.holdId}`,
  userId: of.clientId,
  account: 'escrow',
  amount: of.amount,
  currency: of.currency,
  orderId: of.orderId,
  expiresAt: null,
});

/** Moves the price, with the client's fee, from his available money to escrow. Answers by an event either way. */
export async function holdPrice(
  tx: Tx,
  of: {
    holdId: string;
    orderId: string;
    clientId: string;
    freelancerId: string;
    price: bigint;
    currency: Currency;
    terms: Terms;
    title: string;
    at: Date;
    blocked: boolean;
  },
): Promise<void> {
  const { holdId, orderId, clientId, freelancerId, price, currency } = of;
  const amount = heldFor(price, of.terms);
  // The row first: of two requests under one id the second waits here, then finds it there.
  const fresh = await tx.run(sql`
    insert into holds (hold_id, order_id, client_id, freelancer_id, amount, price, currency, terms, status, at, frozen) values (${holdId}, ${orderId}, ${clientId}, ${freelancerId}, ${amount}, ${price}, ${currency}, ${JSON.stringify(of.terms)}, 'held', ${of.at}, exists (select 1 from order_states where order_id = ${orderId} and disputed))
    on conflict do nothing`);
  if (fresh === 0) return;
  const refused = of.blocked
    ? ({ code: 'user_blocked', missing: null } as const)
    : await reserve(tx, {
        ...reservationOf({ ...of, amount }),
        kind: 'escrow_hold',
        memo: of.title,
        at: of.at,
      });
  if (refused === undefined) {
    tx.emit(paymentsEvents.escrowHeld, orderId, {
      holdId,
      orderId,
      clientId,
      freelancerId,
      amount: { amount: amount.toString(), currency },
    });
    return;
  }
  await tx.run(sql`update holds set status = 'refused' where hold_id = ${holdId}`);
  tx.emit(paymentsEvents.escrowRefused, orderId, {
    holdId,
    orderId,
    clientId,
    freelancerId,
    code: of.blocked ? 'user_blocked' : 'not_enough_money',
    missing: refused.missing === null ? null : { amount: refused.missing.toString(), currency },
  });
}

/**
 * Empties a hold once and for all: the freelancer's part less commission, the commission, the rest to the client. A
 * settled hold stays as it is: a repeat, and the loser of a race, change nothing (M4, M5).
 */
export async function settleHold(
  tx: Tx,
  hold: Hold,
  of: {
    freelancerPart: bigint;
    kind: 'escrow_release' | 'escrow_refund' | 'escrow_split';
    bonus: bigint;
    memo: string | null;
    at: Date;
  },
): Promise<boolean> {
  if (hold.status !== 'held') return false;
  const { holdId, orderId, clientId, freelancerId, currency } = hold;
  const parts = divide(hold, of.freelancerPart, hold.terms);
  const settled = await endReservation(tx, reservationOf(hold), {
    status: of.kind === 'escrow_refund' ? 'voided' : 'posted',
    reference: `settle:${holdId}`,
    kind: of.kind,
    actorId: null,
    memo: of.memo,
    at: of.at,
    to: [
      { account: 'available', userId: freelancerId, amount: parts.toFreelancer },
      { account: 'commission', userId: null, amount: parts.commission },
      { account: 'client_fees', userId: null, amount: parts.clientFee },
      { account: 'available', userId: clientId, amount: parts.toClient },
    ],
    // From what is left to the client after the settlement; without it the rest of the settlement stands.
    also: of.bonus > 0n ? bonusOf(hold, of.bonus, of.at) : undefined,
  });
  if (!settled) throw new Error(`hold ${holdId} is open, its reservation is not`);
  await tx.run(sql`update holds set status = 'settled' where hold_id = ${holdId}`);
  const money = (amount: bigint) => ({ amount: amount.toString(), currency });
  if (settled.also?.ok === false)
    tx.emit(paymentsEvents.bonusRefused, orderId, { orderId, clientId, freelancerId, bonus: money(of.bonus) });
  tx.emit(paymentsEvents.escrowSettled, orderId, {
    holdId,
    orderId,
    clientId,
    freelancerId,
    toFreelancer: money(parts.toFreelancer),
    toClient: money(parts.toClient),
    commission: money(parts.commission),
    clientFee: money(parts.clientFee),
    bonus: settled.also?.ok ? money(of.bonus) : null,
  });
  return true;
}

/** The client's own bonus, from his available money. */
const bonusOf = ({ holdId, orderId, clientId, freelancerId, currency }: Hold, bonus: bigint, at: Date): Movement => ({
  reference: `bonus:${holdId}`,
  kind: 'client_bonus',
  currency,
  orderId,
  actorId: clientId,
  memo: null,
  at,
  postings: [
    { account: 'available', userId: clientId, amount: -bonus },
    { account: 'available', userId: freelancerId, amount: bonus },
  ],
});
