/** What the simulated provider knows: payments, payouts, and the events it tells of. */
import { z } from 'zod';

/** Minor units as an integer in a string, above zero. */
export const amount = z.strictObject({
  value: z.string().regex(/^[1-9][0-9]{0,14}$/, 'minor units, an integer above zero in a string'),
  currency: z.string().regex(/^[A-Z]{3}$/, 'ISO 4217'),
});
const reference = z.string().min(1).max(200);
const webUrl = z.url({ protocol: /^https?$/ }).max(2_000);

export const newPayment = z.strictObject({
  amount,
  /** The merchant's own name for the payment. A repeat with the same body gives the first payment, another body is 409. */
  reference,
  returnUrl: webUrl,
  callbackUrl: webUrl,
  description: z.string().max(500).default(''),
  locale: z.enum(['ru', 'en']).default('ru'),
});
export type NewPayment = z.infer<typeof newPayment>;

export const newPayout = z.strictObject({
  amount,
  reference,
  destination: z
    .strictObject({
      kind: z.enum(['card', 'sbp']),
      masked: z.string().min(1).max(100).optional(),
      token: z.string().min(1).max(200).optional(),
    })
    .refine((given) => given.masked !== undefined || given.token !== undefined, 'masked or token is needed'),
  callbackUrl: webUrl,
});
export type NewPayout = z.infer<typeof newPayout>;

interface Settling {
  readonly id: string;
  /** RFC 3339, UTC. */
  readonly createdAt: string;
  readonly settledAt: string | null;
  /** Place in the statement; null until money has moved. */
  readonly sequence: number | null;
}
export type Payment = NewPayment &
  Settling & { readonly status: 'pending' | 'succeeded' | 'declined' | 'charged_back' };
export type Payout = NewPayout &
  Settling & {
    readonly status: 'pending' | 'paid' | 'failed';
    /** Decided when the payout was taken; never shown. */
    readonly fate: 'paid' | 'failed';
  };

/**
 * How a payer ends a payment. All but `decline` take the money; `drop` then says nothing to anybody, `twice` delivers
 * the callback two times at once, `late` delivers it after a while.
 */
export const PAYMENT_OUTCOMES = ['pay', 'decline', 'drop', 'twice', 'late'] as const;
export const paymentOutcome = z.enum(PAYMENT_OUTCOMES);
export type PaymentOutcome = z.infer<typeof paymentOutcome>;

export interface ProviderEvent {
  readonly type: 'payment.succeeded' | 'payment.declined' | 'payment.charged_back' | 'payout.paid' | 'payout.failed';
  readonly data: {
    readonly id: string;
    readonly reference: string;
    readonly amount: { readonly value: string; readonly currency: string };
    readonly status: 'succeeded' | 'declined' | 'charged_back' | 'paid' | 'failed';
    /** When it was settled: RFC 3339, UTC. */
    readonly at: string;
  };
}

/** A callback that has to reach the merchant. */
export interface Callback {
  readonly id: string;
  /** `webhook-id`: the same for every delivery of one event. */
  readonly webhookId: string;
  readonly url: string;
  readonly event: ProviderEvent;
  /** Epoch milliseconds before which it isn't delivered. */
  readonly notBefore: number;
}

/** One line of the statement: money that has moved. */
export interface StatementLine {
  readonly kind: 'payment' | 'payout';
  readonly id: string;
  readonly reference: string;
  readonly amount: { readonly value: string; readonly currency: string };
  readonly at: string;
}
