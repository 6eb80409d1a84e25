import { z } from 'zod';
import { internal, route } from '../common/define.ts';
import { id, money, positiveMoney, signedMoney, slug, text, timestamp } from '../common/values.ts';
import { dealTerms } from '../orders/events.ts';
import { personalDataRoutes } from '../common/personal-data.ts';
import { vitalsRoutes } from '../common/vitals.ts';

/** Money set aside for something that is not decided yet. It counts against the available money until its end. */
const reservation = z.object({
  reservationId: id,
  reference: z.string(),
  userId: id,
  amount: money,
  orderId: id.nullable(),
  /** `expired`: nobody decided before `expiresAt`; all of it went back. */
  status: z.enum(['held', 'posted', 'voided', 'expired']),
  /** How much was posted; the rest went back. */
  posted: money,
  expiresAt: timestamp.nullable(),
  at: timestamp,
});

export const paymentsInternal = {
  ...personalDataRoutes,
  ...vitalsRoutes,
  /** What publishing costs now and which terms a deal that starts now keeps. */
  getTerms: route({
    method: 'GET',
    path: '/internal/terms',
    summary: 'Placement fee and commission in force',
    access: internal,
    query: z.object({
      category: slug.optional(),
      currency: z.string().length(3).default('RUB'),
      clientId: id.optional(),
      freelancerId: id.optional(),
    }),
    reply: z.object({ placementFee: money, terms: dealTerms }),
  }),
  getOrderMoney: route({
    method: 'GET',
    path: '/internal/orders/{orderId}/money',
    summary: 'What an order holds and has moved, for support',
    access: internal,
    params: z.object({ orderId: id }),
    reply: z.object({
      orderId: id,
      held: money,
      released: money,
      refunded: money,
      commission: money,
      frozen: z.boolean(),
      transactions: z.array(z.object({ transactionId: id, kind: z.string(), amount: money, at: timestamp })),
    }),
  }),
  /**
   * The first phase. `reference` is the caller's own name for it: a repeat answers with the same reservation, with another
   * body it is refused. Nothing is kept of a refusal: the same reference may be tried again once there is money.
   */
  reserveMoney: route({
    method: 'POST',
    path: '/internal/reservations',
    summary: "Set some of a person's available money aside until it is posted, given back or its time runs out",
    access: internal,
    body: z.strictObject({
      reference: z.string().regex(/^[\w:.-]{8,100}$/),
      userId: id,
      amount: positiveMoney,
      orderId: id.nullable().default(null),
      /** Shown in the person's statement; a key of `memos.ts` in the reader's language. */
      memo: text(1, 300).nullable().default(null),
      expiresAt: timestamp.nullable().default(null),
    }),
    reply: reservation,
    errors: ['payments.not_enough_money', 'payments.user_blocked', 'payments.reference_reused'],
  }),
  getReservation: route({
    method: 'GET',
    path: '/internal/reservations/{reservationId}',
    summary: 'One reservation',
    access: internal,
    params: z.object({ reservationId: id }),
    reply: reservation,
  }),
  /** The second phase, one of two. A repeat answers the same; anything else after an end is `payments.reservation_ended`. */
  postReservation: route({
    method: 'POST',
    path: '/internal/reservations/{reservationId}/posting',
    summary: 'Give reserved money to whom it goes, in full or in part; the rest goes back',
    access: internal,
    params: z.object({ reservationId: id }),
    body: z.strictObject({
      /** Default: all of it. */
      amount: positiveMoney.optional(),
      to: z.discriminatedUnion('account', [
        z.strictObject({ account: z.literal('available'), userId: id }),
        z.strictObject({ account: z.enum(['commission', 'placement_fees', 'dispute_fees']) }),
      ]),
      memo: text(1, 300).nullable().default(null),
    }),
    status: 200,
    reply: reservation,
    errors: ['payments.reservation_ended', 'payments.reserved_less'],
  }),
  voidReservation: route({
    method: 'POST',
    path: '/internal/reservations/{reservationId}/voiding',
    summary: 'Give reserved money back, all of it',
    access: internal,
    params: z.object({ reservationId: id }),
    status: 200,
    reply: reservation,
    errors: ['payments.reservation_ended'],
  }),
  /** 404 unless it moved money of that person. */
  getTransaction: route({
    method: 'GET',
    path: '/internal/transactions/{transactionId}',
    summary: 'One movement of a person’s money, for support',
    access: internal,
    params: z.object({ transactionId: id }),
    query: z.object({ userId: id }),
    reply: z.object({
      transactionId: id,
      kind: z.string(),
      orderId: id.nullable(),
      at: timestamp,
      memo: z.string().nullable(),
      postings: z.array(z.object({ account: z.string(), own: z.boolean(), amount: signedMoney })),
    }),
  }),
  getPersonMoney: route({
    method: 'GET',
    path: '/internal/people/{userId}/money',
    summary: 'The balances of a person, for the administration',
    access: internal,
    params: z.object({ userId: id }),
    reply: z.object({
      items: z.array(
        z.object({ currency: z.string(), available: signedMoney, escrow: signedMoney, debt: signedMoney }),
      ),
    }),
  }),
  /** Debits = credits per currency, escrow = open deals, chain head. */
  getInvariants: route({
    method: 'GET',
    path: '/internal/invariants',
    summary: 'The ledger invariants as they stand',
    access: internal,
    reply: z.object({
      balanced: z.boolean(),
      transactions: z.number().int(),
      escrow: z.array(money),
      chainHead: z.string(),
    }),
  }),
};
