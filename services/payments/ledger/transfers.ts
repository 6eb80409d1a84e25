import type { Currency } from '#contracts/common/values.ts';
import { paymentsEvents } from '#contracts/payments/events.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { post } from './round.ts';
import { endReservation, type Reservation } from './reservations.ts';

export interface Topup {
  topupId: string;
  userId: string;
  amount: bigint;
  currency: Currency;
  status: 'pending' | 'succeeded' | 'declined' | 'charged_back';
  pageUrl: string | null;
  createdAt: Date;
}

export interface Withdrawal {
  withdrawalId: string;
  userId: string;
  amount: bigint;
  currency: Currency;
  /** `forget`: the person was erased; kept until the provider has it. */
  destination: { kind?: string; token?: string; forget?: boolean };
  status: 'requested' | 'sent' | 'paid' | 'failed' | 'returned';
  providerId: string | null;
  createdAt: Date;
}

const topupColumns = sql`topup_id as "topupId", user_id as "userId", amount, currency, status, page_url as "pageUrl", created_at as "createdAt"`;
export const withdrawalColumns = sql`withdrawal_id as "withdrawalId", user_id as "userId", amount, currency, destination, status, provider_id as "providerId", created_at as "createdAt"`;

export function topupById(db: Queries, topupId: string): Promise<Topup | undefined> {
  return db.maybe<Topup>(sql`select ${topupColumns} from topups where topup_id = ${topupId}`);
}

/** What the provider says of a top-up takes effect once. False: no such top-up. */
export async function settleTopup(tx: Tx, topupId: string, paid: boolean, at: Date): Promise<boolean> {
  const topup = await tx.maybe<Topup>(sql`select ${topupColumns} from topups where topup_id = ${topupId} for update`);
  if (!topup) return false;
  if (topup.status !== 'pending') return true;
  const { userId, amount, currency } = topup;
  if (paid) {
    await post(tx, {
      reference: `topup:${topupId}`,
      kind: 'topup',
      currency,
      orderId: null,
      actorId: userId,
      memo: null,
      at,
      postings: [
        { account: 'provider_clearing', userId: null, amount: -amount },
        { account: 'available', userId, amount },
      ],
    });
  } else {
    tx.emit(paymentsEvents.topupFailed, topupId, {
      topupId,
      userId,
      amount: { amount: amount.toString(), currency },
      reason: 'declined',
    });
  }
  await tx.run(sql`update topups set status = ${paid ? 'succeeded' : 'declined'} where topup_id = ${topupId}`);
  return true;
}

/**
 * The payer's bank took a top-up back. What is still there goes; what is spent or paid on becomes the person's debt, on an
 * account of its own that may be below zero, so that no balance ever is. False: no such top-up.
 */
export async function chargeBack(tx: Tx, topupId: string, at: Date): Promise<boolean> {
  // Its success may have been told after its end, or never.
  if (!(await settleTopup(tx, topupId, true, at))) return false;
  const topup = await tx.one<Topup>(sql`select ${topupColumns} from topups where topup_id = ${topupId} for update`);
  if (topup.status !== 'succeeded') return true;
  const { userId, amount, currency } = topup;
  await post(tx, {
    reference: `chargeback:${topupId}`,
    kind: 'chargeback',
    currency,
    orderId: null,
    actorId: null,
    memo: null,
    at,
    postings: {
      accounts: [
        { account: 'available', userId },
        { account: 'recovery', userId },
        { account: 'provider_clearing', userId: null },
      ],
      decide([left = 0n]) {
        const taken = left < amount ? left : amount;
        return [
          { account: 'available', userId, amount: -taken },
          { account: 'recovery', userId, amount: taken - amount },
          { account: 'provider_clearing', userId: null, amount },
        ];
      },
    },
  });
  await tx.run(sql`update topups set status = 'charged_back' where topup_id = ${topupId}`);
  return true;
}

export function lockWithdrawal(tx: Tx, withdrawalId: string): Promise<Withdrawal | undefined> {
  return tx.maybe<Withdrawal>(
    sql`select ${withdrawalColumns} from withdrawals where withdrawal_id = ${withdrawalId} for update`,
  );
}

export async function moveWithdrawal(tx: Tx, withdrawal: Withdrawal, status: Withdrawal['status']): Promise<void> {
  const { withdrawalId, userId, amount, currency } = withdrawal;
  await tx.run(
    sql`update withdrawals set status = ${status}, destination = case when destination ? 'forget' and ${status} <> 'requested' then '{}' else destination end where withdrawal_id = ${withdrawalId}`,
  );
  tx.emit(paymentsEvents.withdrawalChanged, withdrawalId, {
    withdrawalId,
    userId,
    amount: { amount: amount.toString(), currency },
    status,
  });
}

/** A withdrawal is a reservation under its own id, until the provider has told the end. */
export const withdrawnMoney = (
  of: Pick<Withdrawal, 'withdrawalId' | 'userId' | 'amount' | 'currency'>,
): Reservation => ({
  reservationId: of.withdrawalId,
  reference: `withdrawal:${of.withdrawalId}`,
  userId: of.userId,
  account: 'pending_withdrawal',
  amount: of.amount,
  currency: of.currency,
  orderId: null,
  expiresAt: null,
});

/** What the provider says of a payout takes effect once: paid out, or given back. False: no such withdrawal. */
export async function settleWithdrawal(tx: Tx, withdrawalId: string, paid: boolean, at: Date): Promise<boolean> {
  const withdrawal = await lockWithdrawal(tx, withdrawalId);
  if (!withdrawal) return false;
  if (withdrawal.status !== 'requested' && withdrawal.status !== 'sent') return true;
  const { userId, amount } = withdrawal;
  await endReservation(tx, withdrawnMoney(withdrawal), {
    status: paid ? 'posted' : 'voided',
    reference: `withdrawal-end:${withdrawalId}`,
    kind: paid ? 'withdrawal_paid' : 'withdrawal_returned',
    actorId: null,
    memo: null,
    at,
    to: [paid ? { account: 'provider_clearing', userId: null, amount } : { account: 'available', userId, amount }],
  });
  if (paid) await moveWithdrawal(tx, withdrawal, 'paid');
  else for (const status of ['failed', 'returned'] as const) await moveWithdrawal(tx, withdrawal, status);
  return true;
}

/** The sum of a top-up or a withdrawal as it was asked for. */
export function askedFor(
  db: Queries,
  what: 'topup' | 'withdrawal',
  id: string,
): Promise<{ amount: bigint; currency: Currency } | undefined> {
  return what === 'topup'
    ? db.maybe(sql`select amount, currency from topups where topup_id = ${id}`)
    : db.maybe(sql`select amount, currency from withdrawals where withdrawal_id = ${id}`);
}
