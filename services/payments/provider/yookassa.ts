import { BlockList, isIP, isIPv6 } from 'node:net';
import { z } from 'zod';
import type { Currency } from '#contracts/common/values.ts';
import type { Clock } from '#kit/clock.ts';
import { Problem } from '#kit/problem.ts';
import { major, minorOf } from '../domain/amounts.ts';
import {
  type Payment,
  type Payout,
  type Provider,
  type ProviderCallback,
  ProviderRefusal,
  type StatementLine,
} from './provider.ts';

const TIMEOUT_MS = 8_000;
/** It finds payouts by our reference for three months. Later an earlier try could not be told from none. */
const FINDABLE_MS = 85 * 86_400_000;
/** Where its notifications come from, as published. */
const SOURCES = [
  '185.71.76.0/27',
  '185.71.77.0/27',
  '77.75.153.0/25',
  '77.75.154.128/25',
  '77.75.156.11/32',
  '77.75.156.35/32',
  '2a02:5180::/32',
] as const;

const amount = z.object({ value: z.string(), currency: z.string() });
const metadata = z.object({ reference: z.string().optional() }).optional();
const paymentObject = z.object({
  id: z.string(),
  status: z.enum(['pending', 'waiting_for_capture', 'succeeded', 'canceled']),
  amount,
  /** What was given back to the payer of it, in the provider's cabinet or by his bank. */
  refunded_amount: amount.optional(),
  confirmation: z.object({ confirmation_url: z.string().optional() }).optional(),
  metadata,
});
const paymentList = z.object({ items: z.array(paymentObject), next_cursor: z.string().optional() });
const payoutObject = z.object({
  id: z.string(),
  status: z.enum(['pending', 'succeeded', 'canceled']),
  amount,
  metadata,
});
const payoutList = z.object({ items: z.array(payoutObject), next_cursor: z.string().optional() });
const refundObject = z.object({ id: z.string(), status: z.string(), payment_id: z.string() });
const notification = z.object({
  type: z.literal('notification'),
  event: z.string(),
  object: z.object({ id: z.string().regex(/^[\w-]{1,64}$/) }),
});

interface Credentials {
  readonly id: string;
  readonly key: string;
}

const PAYMENT = {
  pending: 'pending',
  waiting_for_capture: 'pending',
  succeeded: 'succeeded',
  canceled: 'declined',
} as const;
const PAYOUT = { pending: 'pending', succeeded: 'paid', canceled: 'failed' } as const;

/**
 * YooKassa by its published API v3: basic authentication, an `Idempotence-Key` on what creates (it counts for 24 hours),
 * sums in major units. Its notifications are not signed: they must come from its addresses, and what they say is asked
 * for again at the API, and only that answer counts.
 */
export function createYookassa(options: {
  url: string;
  shop: Credentials;
  payouts: Credentials | undefined;
  clock: Clock;
}): Provider {
  const { shop, clock } = options;

  async function ask<T>(
    who: Credentials,
    schema: z.ZodType<T>,
    path: string,
    create?: { key: string; body: unknown },
  ): Promise<T | undefined> {
    const response = await fetch(`${options.url}${path}`, {
      method: create ? 'POST' : 'GET',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      redirect: 'error',
      headers: {
        authorization: `Basic ${Buffer.from(`${who.id}:${who.key}`).toString('base64')}`,
        ...(create ? { 'content-type': 'application/json', 'idempotence-key': create.key } : {}),
      },
      body: create ? JSON.stringify(create.body) : undefined,
    }).catch((error: unknown) => {
      throw new Problem('payments.provider_away', { retryAfter: 5, cause: error });
    });
    if (response.status === 404 && !create) return undefined;
    // 400 speaks of the request itself; a wrong key, a limit or a fault (also 202: still at work) does not.
    if (response.status === 400 && create) throw new ProviderRefusal(`YooKassa refused ${path}`);
    if (response.status !== 200)
      throw new Problem('payments.provider_away', { detail: `YooKassa answered ${response.status}`, retryAfter: 5 });
    return schema.parse(await response.json());
  }

  async function* pages(
    who: Credentials,
    kind: StatementLine['kind'],
    schema: typeof paymentList | typeof payoutList,
    path: string,
    by: string,
    from: Date,
    to: Date,
  ): AsyncGenerator<readonly StatementLine[]> {
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({
        status: 'succeeded',
        limit: '100',
        [`${by}.gte`]: from.toISOString(),
        [`${by}.lt`]: to.toISOString(),
        ...(cursor === undefined ? {} : { cursor }),
      });
      const page: z.infer<typeof schema> = made(await ask<z.infer<typeof schema>>(who, schema, `${path}?${query}`));
      yield page.items.map((item) => lineOf(kind, item));
      cursor = page.next_cursor;
    } while (cursor !== undefined);
  }

  const payoutAgent = (): Credentials => {
    if (!options.payouts) throw new ProviderRefusal('no payout gateway is configured');
    return options.payouts;
  };
  const paymentOf = (from: z.infer<typeof paymentObject>): Payment => ({
    id: from.id,
    status: isRefunded(from) ? 'charged_back' : PAYMENT[from.status],
    pageUrl: from.confirmation?.confirmation_url,
    reference: from.metadata?.reference ?? '',
  });
  const payoutOf = (from: z.infer<typeof payoutObject>): Payout => ({
    id: from.id,
    status: PAYOUT[from.status],
    reference: from.metadata?.reference ?? '',
  });
  const sum = (minor: string, currency: string) => ({ value: major(BigInt(minor), currency as Currency), currency });
  function made<T>(answer: T | undefined): T {
    if (answer === undefined) throw new Problem('payments.provider_away', { retryAfter: 5 });
    return answer;
  }

  return {
    name: 'yookassa',
    async createPayment({ reference, amount: minor, currency, returnUrl, description, locale }) {
      const body = {
        amount: sum(minor, currency),
        capture: true,
        confirmation: { type: 'redirect', return_url: returnUrl, locale: locale === 'ru' ? 'ru_RU' : 'en_US' },
        description: description.slice(0, 128),
        metadata: { reference },
      };
      return paymentOf(made(await ask(shop, paymentObject, '/payments', { key: reference, body })));
    },
    async findPayment({ providerId }) {
      const found = providerId === null ? undefined : await ask(shop, paymentObject, `/payments/${providerId}`);
      return found && paymentOf(found);
    },
    async createPayout({ reference, amount: minor, currency, destination, since }) {
      const agent = payoutAgent();
      if (destination.kind !== 'card') throw new ProviderRefusal('only cards are paid out to');
      // An earlier try was looked for by our reference and is not there; while its key counts it could not be doubled.
      if (clock.nowMs() - since.getTime() > FINDABLE_MS)
        throw new Problem('payments.provider_away', { detail: `look for payout ${reference} at YooKassa by hand` });
      const body = {
        amount: sum(minor, currency),
        payout_token: destination.token,
        description: reference,
        metadata: { reference },
      };
      return payoutOf(made(await ask(agent, payoutObject, '/payouts', { key: reference, body })));
    },
    async findPayout({ reference, providerId }) {
      const agent = payoutAgent();
      if (providerId !== null) {
        const known = await ask(agent, payoutObject, `/payouts/${providerId}`);
        return known && payoutOf(known);
      }
      const query = new URLSearchParams({ 'metadata[reference]': reference });
      const [found] = made(await ask(agent, payoutList, `/payouts/search?${query}`)).items;
      return found && payoutOf(found);
    },
    statementOf: options.payouts ? ['payment', 'payout'] : ['payment'],
    async *statement(from, to) {
      yield* pages(shop, 'payment', paymentList, '/payments', 'captured_at', from, to);
      if (options.payouts) yield* pages(options.payouts, 'payout', payoutList, '/payouts', 'succeeded_at', from, to);
    },
    async readCallback(body, _headers, from) {
      if (!isSource(from)) throw new Problem('payments.signature_wrong', { detail: 'not an address of YooKassa' });
      const { event, object } = readNotification(body);
      if (event.startsWith('refund.')) {
        const refund = await ask(shop, refundObject, `/refunds/${object.id}`);
        const paid = refund && (await ask(shop, paymentObject, `/payments/${refund.payment_id}`));
        // A part that was given back is found by the comparison of statements: a person decides whose money it is.
        if (paid && isRefunded(paid)) return callbackOf('payment.charged_back', paid, 'charged_back');
      } else if (event.startsWith('payment.')) {
        const found = await ask(shop, paymentObject, `/payments/${object.id}`);
        const status = found && PAYMENT[found.status];
        if (found && status !== 'pending')
          return callbackOf(`payment.${status as 'succeeded' | 'declined'}`, found, status as string);
      } else if (event.startsWith('payout.')) {
        const found = await ask(payoutAgent(), payoutObject, `/payouts/${object.id}`);
        const status = found && PAYOUT[found.status];
        if (found && status !== 'pending')
          return callbackOf(`payout.${status as 'paid' | 'failed'}`, found, status as string);
      }
      // Made up, of another shop, or not ended yet.
      throw new Problem('not_found');
    },
  };
}

const isRefunded = (of: z.infer<typeof paymentObject>) =>
  of.status === 'succeeded' && of.refunded_amount !== undefined && of.refunded_amount.value === of.amount.value;

const sources = new BlockList();
for (const source of SOURCES) {
  const [net = '', bits] = source.split('/');
  sources.addSubnet(net, Number(bits), isIPv6(net) ? 'ipv6' : 'ipv4');
}
const isSource = (ip: string) => isIP(ip) !== 0 && sources.check(ip, isIPv6(ip) ? 'ipv6' : 'ipv4');

/** A line of the statement: what stayed with us of a payment, all of it should it have gone back as a whole. */
function lineOf(kind: StatementLine['kind'], item: z.infer<typeof paymentObject> | z.infer<typeof payoutObject>) {
  const { currency } = item.amount;
  const minor = (text: string) => minorOf(text, currency);
  const all = minor(item.amount.value);
  const back = 'refunded_amount' in item && item.refunded_amount ? minor(item.refunded_amount.value) : 0n;
  const stayed = all === undefined || back === undefined || all === back ? all : all - back;
  return {
    kind,
    reference: item.metadata?.reference ?? item.id,
    amount: { value: stayed?.toString() ?? '', currency },
  };
}

function readNotification(body: Buffer): z.infer<typeof notification> {
  try {
    return notification.parse(JSON.parse(body.toString('utf8')));
  } catch (error) {
    throw new Problem('validation_failed', { detail: 'not a notification of YooKassa', cause: error });
  }
}

function callbackOf(
  type: ProviderCallback['type'],
  from: { id: string; amount: z.infer<typeof amount>; metadata?: { reference?: string | undefined } | undefined },
  status: string,
): ProviderCallback {
  const { currency } = from.amount;
  // A sum that can't be read matches none that was asked for.
  const value = minorOf(from.amount.value, currency)?.toString() ?? '';
  return {
    type,
    data: { id: from.id, reference: from.metadata?.reference ?? '', amount: { value, currency }, status },
  };
}
