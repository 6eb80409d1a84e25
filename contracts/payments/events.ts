import { z } from 'zod';
import { event } from '../common/define.ts';
import { id, money, signedMoney, timestamp } from '../common/values.ts';

export const TRANSACTION_KINDS = [
  'topup',
  'placement_fee',
  'placement_refund',
  'escrow_hold',
  'escrow_release',
  'escrow_refund',
  'escrow_split',
  'client_bonus',
  'platform_bonus',
  'withdrawal_request',
  'withdrawal_paid',
  'withdrawal_returned',
  'adjustment',
  'chargeback',
  'debt_payment',
  'reserve',
  'reserve_posted',
  'reserve_returned',
  'reversal',
] as const;
export const transactionKind = z.enum(TRANSACTION_KINDS);

export const ACCOUNT_KINDS = [
  'available',
  'escrow',
  'pending_withdrawal',
  'reserved',
  'placement_fees',
  'commission',
  'dispute_fees',
  'client_fees',
  'bonus_fund',
  'provider_clearing',
  'adjustments',
  'recovery',
] as const;
export const accountKind = z.enum(ACCOUNT_KINDS);

export const paymentsEvents = {
  placementCharged: event({
    type: 'payments.placement.charged.v1',
    summary: 'The placement fee was charged (also when it is 0)',
    subject: 'orderId',
    data: z.object({ placementId: id, orderId: id, clientId: id, fee: money }),
  }),
  placementRefused: event({
    type: 'payments.placement.refused.v1',
    summary: 'The placement fee could not be charged',
    subject: 'orderId',
    data: z.object({
      placementId: id,
      orderId: id,
      clientId: id,
      code: z.enum(['not_enough_money', 'user_blocked']),
      missing: money.nullable(),
    }),
  }),
  escrowHeld: event({
    type: 'payments.escrow.held.v1',
    summary: 'The price of a deal is held',
    subject: 'orderId',
    data: z.object({ holdId: id, orderId: id, clientId: id, freelancerId: id, amount: money }),
  }),
  escrowRefused: event({
    type: 'payments.escrow.refused.v1',
    summary: 'The price of a deal could not be held',
    subject: 'orderId',
    data: z.object({
      holdId: id,
      orderId: id,
      clientId: id,
      freelancerId: id,
      code: z.enum(['not_enough_money', 'user_blocked']),
      missing: money.nullable(),
    }),
  }),
  /** The hold is settled: nothing of it is left. */
  escrowSettled: event({
    type: 'payments.escrow.settled.v1',
    summary: 'A held price was paid out, given back or divided',
    subject: 'orderId',
    data: z.object({
      holdId: id,
      orderId: id,
      clientId: id,
      freelancerId: id,
      toFreelancer: money,
      toClient: money,
      commission: money,
      clientFee: money.optional(),
      bonus: money.nullable(),
    }),
  }),
  /** The bonus that a client promised could not be paid (no money); the rest of the settlement went through. */
  bonusRefused: event({
    type: 'payments.bonus.refused.v1',
    summary: 'A client bonus could not be paid',
    subject: 'orderId',
    data: z.object({ orderId: id, clientId: id, freelancerId: id, bonus: money }),
  }),
  /** Every ledger transaction (E9 and E14): notifications tells the users named, analytics counts. */
  transactionPosted: event({
    type: 'payments.transaction.posted.v1',
    summary: 'A ledger transaction was posted',
    subject: 'transactionId',
    data: z.object({
      transactionId: id,
      kind: transactionKind,
      orderId: id.nullable(),
      at: timestamp,
      /** Who caused it; null: the platform itself. Of older events unknown. */
      actorId: id.nullish(),
      /** Why, where an admin moved money: of adjustments and granted bonuses. */
      reason: z.string().nullish(),
      postings: z.array(
        z.object({
          account: accountKind,
          userId: id.nullable(),
          amount: signedMoney,
        }),
      ),
    }),
  }),
  /** M12: an adjustment above the set sum was asked for; nothing moves until a second admin approves it. */
  adjustmentRequested: event({
    type: 'payments.adjustment.requested.v1',
    summary: 'An adjustment waits for a second admin',
    subject: 'adjustmentId',
    data: z.object({ adjustmentId: id, userId: id, amount: signedMoney, reason: z.string(), actorId: id }),
  }),
  topupFailed: event({
    type: 'payments.topup.failed.v1',
    summary: 'A top-up was declined or ran out',
    subject: 'topupId',
    data: z.object({ topupId: id, userId: id, amount: money, reason: z.string() }),
  }),
  /** The ledger and the provider's statement do not say the same; support opens a ticket. */
  differenceFound: event({
    type: 'payments.reconciliation.difference-found.v1',
    summary: "The ledger differs from the provider's statement",
    subject: 'differenceId',
    data: z.object({
      differenceId: id,
      what: z.enum(['payment', 'payout']),
      kind: z.enum(['missing_here', 'missing_there', 'other_sum', 'other_state']),
      reference: z.string(),
      userId: id.nullable(),
      /** Sums as each side has them: minor units and currency. */
      ours: z.string().nullable(),
      theirs: z.string().nullable(),
      at: timestamp,
    }),
  }),
  withdrawalChanged: event({
    type: 'payments.withdrawal.changed.v1',
    summary: 'A withdrawal changed its state',
    subject: 'withdrawalId',
    data: z.object({
      withdrawalId: id,
      userId: id,
      amount: money,
      status: z.enum(['requested', 'sent', 'paid', 'failed', 'returned']),
    }),
  }),
  /** Reserved money got where it goes: in full or in part to somebody, or all of it back. Once for each reservation. */
  reservationEnded: event({
    type: 'payments.reservation.ended.v1',
    summary: 'Reserved money was posted, given back, or its time ran out',
    subject: 'reservationId',
    data: z.object({
      reservationId: id,
      reference: z.string(),
      userId: id,
      orderId: id.nullable(),
      status: z.enum(['posted', 'voided', 'expired']),
      posted: money,
      returned: money,
    }),
  }),
};
