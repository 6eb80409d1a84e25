import { z } from 'zod';
import { Webhook } from 'standardwebhooks';
import { Problem } from '#kit/problem.ts';

const TIMEOUT_MS = 8_000;

const payment = z.object({
  id: z.string(),
  status: z.enum(['pending', 'succeeded', 'declined', 'charged_back']),
  pageUrl: z.string().optional(),
  reference: z.string(),
});
const payout = z.object({ id: z.string(), status: z.enum(['pending', 'paid', 'failed']), reference: z.string() });
const statementPage = z.object({
  items: z.array(
    z.object({
      kind: z.enum(['payment', 'payout']),
      reference: z.string(),
      amount: z.object({ value: z.string(), currency: z.string() }),
    }),
  ),
  nextCursor: z.string().nullable(),
});
const callback = z.object({
  type: z.enum(['payment.succeeded', 'payment.declined', 'payment.charged_back', 'payout.paid', 'payout.failed']),
  data: z.object({
    id: z.string(),
    reference: z.string(),
    amount: z.object({ value: z.string(), currency: z.string() }),
    status: z.string(),
  }),
});
export type ProviderCallback = z.infer<typeof callback>;

/** The provider took the request and will never do it: a destination that it does not serve, a sum out of its bounds. */
export class ProviderRefusal extends Error {
  override readonly name = 'ProviderRefusal';
}

export type Payment = z.infer<typeof payment>;
export type Payout = z.infer<typeof payout>;

/** How an operation is known: by our name for it, and by the provider's once it has told that. */
export interface Known {
  reference: string;
  providerId: string | null;
}

/** Money that moved, as the provider's statement has it. */
export interface StatementLine {
  readonly kind: 'payment' | 'payout';
  readonly reference: string;
  readonly amount: { readonly value: string; readonly currency: string };
}

export interface Provider {
  readonly name: 'simulated' | 'yookassa';
  createPayment(of: {
    reference: string;
    amount: string;
    currency: string;
    returnUrl: string;
    callbackUrl: string;
    description: string;
    locale: string;
  }): Promise<Payment>;
  findPayment(of: Known): Promise<Payment | undefined>;
  createPayout(of: {
    reference: string;
    amount: string;
    currency: string;
    destination: { kind?: string | undefined; token?: string | undefined };
    callbackUrl: string;
    /** When it was asked for. */
    since: Date;
    /** Throws `ProviderRefusal`. */
  }): Promise<Payout>;
  findPayout(of: Known): Promise<Payout | undefined>;
  /** Of which the statement tells. */
  readonly statementOf: readonly StatementLine['kind'][];
  /** What moved from `from` (inclusive) to `to` (exclusive), page by page. */
  statement(from: Date, to: Date): AsyncGenerator<readonly StatementLine[]>;
  /** What a callback from an address tells, once it is known to be the provider's. Throws `payments.signature_wrong`. */
  readCallback(body: Buffer, headers: Readonly<Record<string, string>>, from: string): Promise<ProviderCallback>;
}

/** The simulated provider, over its merchant API. A time-out says nothing about what happened there (M6): ask by reference. */
export function createSimulatedProvider(config: {
  PROVIDER_URL: string;
  PROVIDER_API_KEY: string;
  PROVIDER_WEBHOOK_SECRET: string;
}): Provider {
  const webhook = new Webhook(Buffer.from(config.PROVIDER_WEBHOOK_SECRET.replace(/^whsec_/, ''), 'base64'), {
    format: 'raw',
  });
  async function ask(method: 'GET' | 'POST', path: string, body?: unknown): Promise<unknown> {
    let response: Response;
    try {
      response = await fetch(`${config.PROVIDER_URL}${path}`, {
        method,
        signal: AbortSignal.timeout(TIMEOUT_MS),
        redirect: 'error',
        headers: {
          authorization: `Bearer ${config.PROVIDER_API_KEY}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        body: body === undefined ? undefined : JSON.stringify(body),
      });
    } catch (error) {
      throw new Problem('payments.provider_away', { retryAfter: 5, cause: error });
    }
    // Only what speaks of the request itself: a wrong key (401) or a known reference (409) is no refusal of it.
    if (response.status === 400 || response.status === 422)
      throw new ProviderRefusal(`the provider refused ${method} ${path}: ${response.status}`);
    if (!response.ok)
      throw new Problem('payments.provider_away', {
        detail: `the provider answered ${response.status}`,
        retryAfter: 5,
      });
    return await response.json();
  }
  const one = <T>(schema: z.ZodType<T>) => z.object({ items: z.array(schema) });
  return {
    name: 'simulated',
    async createPayment({ amount, currency, ...rest }) {
      return payment.parse(await ask('POST', '/v1/payments', { amount: { value: amount, currency }, ...rest }));
    },
    async findPayment({ reference }) {
      return one(payment).parse(await ask('GET', `/v1/payments?reference=${encodeURIComponent(reference)}`)).items[0];
    },
    async createPayout({ amount, currency, since: _since, ...rest }) {
      return payout.parse(await ask('POST', '/v1/payouts', { amount: { value: amount, currency }, ...rest }));
    },
    async findPayout({ reference }) {
      return one(payout).parse(await ask('GET', `/v1/payouts?reference=${encodeURIComponent(reference)}`)).items[0];
    },
    statementOf: ['payment', 'payout'],
    async *statement(from, to) {
      let cursor: string | null = null;
      do {
        const query = new URLSearchParams({ from: from.toISOString(), to: to.toISOString(), limit: '500' });
        if (cursor !== null) query.set('cursor', cursor);
        const page: z.infer<typeof statementPage> = statementPage.parse(await ask('GET', `/v1/statement?${query}`));
        yield page.items;
        cursor = page.nextCursor;
      } while (cursor !== null);
    },
    async readCallback(body, headers) {
      try {
        webhook.verify(body.toString('utf8'), { ...headers });
      } catch (error) {
        throw new Problem('payments.signature_wrong', { cause: error });
      }
      // Signed but of a kind that this release does not know: refused as faulty input, the provider tries again later.
      const known = callback.safeParse(JSON.parse(body.toString('utf8')));
      if (!known.success) throw new Problem('validation_failed', { detail: 'not an event that is known here' });
      return known.data;
    },
  };
}
