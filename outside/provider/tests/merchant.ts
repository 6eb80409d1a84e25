/** A merchant for the tests: takes callbacks over real HTTP and calls the merchant API. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { silentLog } from '../../log.ts';
import type { Payment, Payout, ProviderEvent } from '../model.ts';
import { type Provider, type ProviderOptions, startProvider } from '../provider.ts';

export const API_KEY = 'merchant-key';
export const WEBHOOK_SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes, ok').toString('base64')}`;

export interface Delivery {
  readonly id: string;
  readonly event: ProviderEvent;
}

export interface Merchant {
  readonly callbackUrl: string;
  /** Every delivery whose signature was right, refused ones too. */
  readonly deliveries: Delivery[];
  /** Deliveries whose signature was wrong. */
  readonly forged: string[];
  /** Statuses of the next answers; 200 when there is none left. */
  readonly answers: number[];
  /** Resolves when so many deliveries have come. */
  came(count: number): Promise<void>;
  close(): Promise<void>;
}

export async function startMerchant(): Promise<Merchant> {
  const deliveries: Delivery[] = [];
  const forged: string[] = [];
  const answers: number[] = [];
  const waiting = new Set<() => void>();
  const server = createServer(async (req, res) => {
    // Whoever follows a redirect ends here, and it looks like success.
    if (req.url !== '/callbacks') return res.writeHead(200).end();
    let body = '';
    for await (const chunk of req) body += chunk;
    const headers = req.headers as Record<string, string>;
    try {
      const event = new Webhook(WEBHOOK_SECRET).verify(body, headers) as ProviderEvent;
      deliveries.push({ id: headers['webhook-id'] ?? '', event });
    } catch (error) {
      forged.push(String(error));
    }
    res.writeHead(answers.shift() ?? 200, { Location: '/elsewhere' }).end();
    for (const tell of waiting) tell();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    callbackUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/callbacks`,
    deliveries,
    forged,
    answers,
    came: (count) =>
      new Promise((resolve) => {
        const tell = () => {
          if (deliveries.length < count) return;
          waiting.delete(tell);
          resolve();
        };
        waiting.add(tell);
        tell();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A provider that retries and settles within milliseconds. */
export function startTestProvider(more: Partial<ProviderOptions> = {}): Promise<Provider> {
  const timing = { payoutMs: 5, lateMs: 200, retryMs: [1, 1, 1, 1, 1], ...more.timing };
  return startProvider({ port: 0, apiKey: API_KEY, webhookSecret: WEBHOOK_SECRET, log: silentLog, ...more, timing });
}

export type ShownPayment = Payment & { readonly pageUrl: string };

/** The merchant API, each call with its status. */
export function merchantApi(provider: Provider, callbackUrl: string) {
  const call = async <T>(path: string, body?: unknown, key = API_KEY) => {
    const response = await fetch(`${provider.url}${path}`, {
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as T };
  };
  const rubles = { value: '123450', currency: 'RUB' };
  return {
    call,
    paymentBody: (reference: string, more: object = {}) => ({
      amount: rubles,
      reference,
      returnUrl: 'http://shop.test/wallet?done=1',
      callbackUrl,
      description: 'Пополнение <счёта>',
      ...more,
    }),
    pay(reference: string, more: object = {}) {
      return call<ShownPayment>('/v1/payments', this.paymentBody(reference, more));
    },
    payout: (reference: string, more: object = {}) =>
      call<Payout>('/v1/payouts', {
        amount: rubles,
        reference,
        destination: { kind: 'card', masked: '•••• 4242' },
        callbackUrl,
        ...more,
      }),
    simulate: (id: string, outcome: string) => call<ShownPayment>(`/v1/payments/${id}/simulate`, { outcome }),
    press: (pageUrl: string, outcome: string) =>
      fetch(pageUrl, { method: 'POST', redirect: 'manual', body: new URLSearchParams({ outcome }) }),
    behave: (behaviour: object) => call('/v1/behaviour', behaviour),
  };
}
