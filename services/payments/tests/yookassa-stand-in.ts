/** Speaks YooKassa's API v3 as published: payments, payouts, idempotency keys, its errors. */
import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type Call, HttpError, type HttpRoute, jsonBody, sendJson, serveHttp } from '#outside/http.ts';
import { silentLog } from '#outside/log.ts';

const amount = z.strictObject({ value: z.string().regex(/^\d+\.\d{2}$/), currency: z.string().length(3) });
const metadata = z.record(z.string().max(32), z.string().max(512));
const newPayment = z.strictObject({
  amount,
  capture: z.literal(true),
  confirmation: z.strictObject({
    type: z.literal('redirect'),
    return_url: z.url(),
    locale: z.enum(['ru_RU', 'en_US']).optional(),
  }),
  description: z.string().max(128).optional(),
  metadata: metadata.optional(),
});
const newPayout = z.strictObject({
  amount,
  payout_token: z.string(),
  description: z.string().max(128).optional(),
  metadata: metadata.optional(),
});

export const SHOP = { id: '100500', key: 'test_shop' };
export const AGENT = { id: '500100', key: 'test_agent' };

export async function startYookassa() {
  const objects = new Map<string, Record<string, unknown>>();
  const keys = new Map<string, { body: string; id: string }>();
  let dropNext = false;

  function signedIn(call: Call, who: typeof SHOP): void {
    const given = Buffer.from((call.req.headers.authorization ?? '').replace(/^Basic /, ''), 'base64').toString();
    if (given !== `${who.id}:${who.key}`)
      throw new HttpError(401, 'invalid_credentials', 'Basic authentication failed');
  }
  function create(call: Call, who: typeof SHOP, schema: z.ZodType<object>, first: (body: object) => object): void {
    signedIn(call, who);
    const key = String(call.req.headers['idempotence-key'] ?? '');
    if (key === '' || key.length > 64) throw new HttpError(400, 'invalid_request', 'Idempotence-Key');
    const body = jsonBody(call, schema);
    const text = JSON.stringify(body);
    const known = keys.get(`${who.id}:${key}`);
    if (known && known.body !== text) throw new HttpError(400, 'invalid_request', 'Idempotence key duplicated');
    const id = known?.id ?? randomUUID();
    if (!known) {
      keys.set(`${who.id}:${key}`, { body: text, id });
      objects.set(id, { id, status: 'pending', ...first(body), created_at: new Date().toISOString() });
    }
    if (dropNext) {
      dropNext = false;
      call.req.socket.destroy();
      return;
    }
    sendJson(call.res, 200, objects.get(id));
  }
  const show = (who: typeof SHOP) => (call: Call) => {
    signedIn(call, who);
    const found = objects.get(call.params['id'] ?? '');
    if (!found) throw new HttpError(404, 'not_found', 'No such object');
    sendJson(call.res, 200, found);
  };
  const list = (who: typeof SHOP, mark: string, by: string) => (call: Call) => {
    signedIn(call, who);
    const [from, to] = [call.query.get(`${by}.gte`) ?? '', call.query.get(`${by}.lt`) ?? 'z'];
    const all = [...objects.values()].filter(
      (one) =>
        mark in one &&
        one['status'] === call.query.get('status') &&
        String(one['created_at']) >= from &&
        String(one['created_at']) < to,
    );
    // Small pages, so that the next one is asked for.
    const start = Number(call.query.get('cursor') ?? 0);
    const next = start + 2 < all.length ? { next_cursor: String(start + 2) } : {};
    sendJson(call.res, 200, { type: 'list', items: all.slice(start, start + 2), ...next });
  };
  const routes: HttpRoute[] = [
    {
      method: 'POST',
      path: '/v3/payments',
      handle: (call) =>
        create(call, SHOP, newPayment, (body) => {
          const { amount: sum, metadata: meta, description } = body as z.output<typeof newPayment>;
          return {
            amount: sum,
            metadata: meta,
            description,
            paid: false,
            confirmation: { type: 'redirect', confirmation_url: 'https://yoomoney.example/checkout' },
          };
        }),
    },
    { method: 'GET', path: '/v3/payments', handle: list(SHOP, 'confirmation', 'captured_at') },
    { method: 'GET', path: '/v3/payouts', handle: list(AGENT, 'payout_destination', 'succeeded_at') },
    {
      method: 'GET',
      path: '/v3/payouts/search',
      handle(call) {
        signedIn(call, AGENT);
        const items = [...objects.values()].filter(
          (one) =>
            'payout_destination' in one &&
            (one['metadata'] as { reference?: string }).reference === call.query.get('metadata[reference]'),
        );
        sendJson(call.res, 200, { type: 'list', items });
      },
    },
    { method: 'GET', path: '/v3/payments/:id', handle: show(SHOP) },
    { method: 'GET', path: '/v3/refunds/:id', handle: show(SHOP) },
    {
      method: 'POST',
      path: '/v3/payouts',
      handle: (call) =>
        create(call, AGENT, newPayout, (body) => {
          const { amount: sum, metadata: meta, description } = body as z.output<typeof newPayout>;
          return { amount: sum, metadata: meta, description, payout_destination: { type: 'bank_card' } };
        }),
    },
    { method: 'GET', path: '/v3/payouts/:id', handle: show(AGENT) },
  ];
  const server = await serveHttp({ name: 'yookassa', host: '127.0.0.1', port: 0, log: silentLog, routes });
  return {
    url: `${server.url}/v3`,
    close: () => server.close(),
    objects,
    of: (reference: string) =>
      [...objects.values()].filter(
        (one) => (one['metadata'] as { reference?: string } | undefined)?.reference === reference,
      ),
    /** A day has passed: its idempotency keys count no more. */
    forgetKeys: () => keys.clear(),
    /** The next one is taken, then the connection drops. */
    dropAfterAccept: () => {
      dropNext = true;
    },
  };
}
