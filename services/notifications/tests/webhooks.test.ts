import { createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { person } from '#testing/env.ts';
import { createWebhookSender, delayAfterTry } from '../webhooks/sender.ts';
import type { BaseContext } from '../context.ts';
import { type Fixture, fixture } from './fixture.ts';

/** B9: a stub receiver over real HTTP, which checks signatures by itself. */
interface Received {
  path: string;
  headers: NodeJS.Dict<string | string[]>;
  body: string;
}
let fix: Fixture;
let stub: Server;
let base: string;
const received: Received[] = [];
let answer: (path: string, nth: number) => number = () => 204;
const platformAdmins = new Set<string>();

beforeAll(async () => {
  const nth = new Map<string, number>();
  stub = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const path = request.url ?? '';
      nth.set(path, (nth.get(path) ?? 0) + 1);
      received.push({ path, headers: request.headers, body: Buffer.concat(parts).toString('utf8') });
      response
        .writeHead(answer(path, nth.get(path) ?? 0), { location: `${base}/elsewhere` })
        .end('secret of the inside');
    });
  });
  await new Promise<void>((resolve) => stub.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(stub.address() as AddressInfo).port}`;
  fix = await fixture({ WEBHOOK_PRIVATE_HOSTS: new URL(base).host, WEBHOOK_GIVE_UP: '2d' });
  const clients = fix.platform.ctx('notifications').clients as unknown as Record<string, object>;
  clients['roles'] = {
    checkPermission: async ({ query }: { query: { userId: string } }) => ({
      allowed: platformAdmins.has(query.userId),
    }),
  };
}, 120_000);
afterAll(async () => {
  await fix?.close();
  stub.closeAllConnections();
  stub.close();
});
beforeEach(() => {
  answer = () => 204;
});

const db = () => fix.platform.ctx('notifications').db;
const at = (path: string) => received.filter((one) => one.path === path);
const url = (path: string) => `${base}${path}`;

async function register(userId: string, path: string, more: object = {}): Promise<any> {
  return (
    await fix.as(userId, 'createWebhook', {
      body: { url: url(path), events: ['order.status_changed', 'money.moved'], ...more },
    })
  ).body;
}

/** Waits until nothing is due to be sent. */
async function sent(): Promise<void> {
  await fix.platform.drain();
  await expect
    .poll(
      async () =>
        (
          await db().one<{ n: number }>(
            sql`select count(*)::int as n from webhook_endpoints e where enabled and (next_at <= ${fix.platform.clock.now()} or claim_id is not null
              or (next_at is null and exists (select 1 from webhook_calls c where c.endpoint_id = e.endpoint_id and c.state = 'waiting')))`,
          )
        ).n,
      { timeout: 20_000, interval: 20 },
    )
    .toBe(0);
}
const later = async (ms: number) => {
  await fix.platform.advance(ms);
  await sent();
};

function moved(clientId: string, freelancerId: string | null, to = 'delivered') {
  return {
    orderId: newId(),
    title: 'Тайный проект',
    category: 'design',
    clientId,
    freelancerId,
    from: 'in_progress',
    to,
    actorId: clientId,
    actorKind: 'client',
    action: 'x',
    reason: 'слова человека',
    price: { amount: '150000', currency: 'RUB' },
    deadline: null,
    onTime: null,
  };
}
const tell = (data: object, id = newId()) => fix.publish('orders.order.status-changed.v1', data, { id });

/** The scheme by hand: HMAC-SHA256 of id, time and body with the secret's bytes. */
function verifies(one: Received | undefined, secret: string): boolean {
  if (!one) return false;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${one.headers['webhook-id']}.${one.headers['webhook-timestamp']}.${one.body}`;
  const wanted = createHmac('sha256', key).update(signed).digest();
  return String(one.headers['webhook-signature'])
    .split(' ')
    .some((part) => {
      const [version, signature = ''] = part.split(',');
      const given = Buffer.from(signature, 'base64');
      return version === 'v1' && given.length === wanted.length && timingSafeEqual(given, wanted);
    });
}

describe('what is told, and to whom', () => {
  test('each side of a deal hears of it once, signed, without a word or a name; others hear nothing', async () => {
    const [client, freelancer, stranger] = [fix.someone(), fix.someone(), fix.someone()].map((one) => one.userId);
    const own = await register(client as string, '/client');
    expect(own.secret).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    await register(freelancer as string, '/freelancer');
    await register(stranger as string, '/stranger');
    const data = moved(client as string, freelancer as string);
    const id = newId();
    for (let i = 0; i < 3; i++) await tell(data, id);
    await sent();
    expect(at('/stranger')).toEqual([]);
    expect(at('/client')).toHaveLength(1);
    expect(at('/freelancer')).toHaveLength(1);
    const [call] = at('/client');
    expect(JSON.parse(call?.body ?? '')).toEqual({
      type: 'order.status_changed',
      timestamp: expect.any(String),
      data: {
        orderId: data.orderId,
        from: 'in_progress',
        to: 'delivered',
        price: data.price,
        deadline: null,
        reasonCode: null,
        role: 'client',
      },
    });
    expect(call?.body).not.toMatch(/Тайный|слова/);
    expect(verifies(call, own.secret)).toBe(true);
    expect(verifies(call, own.secret.replace(/.{5}=$/, 'AAAA='))).toBe(false);
    expect(verifies({ ...(call as Received), body: `${call?.body} ` }, own.secret)).toBe(false);
    // Never shown again.
    const { body } = await fix.as(client as string, 'listWebhooks');
    expect(JSON.stringify(body)).not.toContain('whsec_');
  });

  test('of money each sees the postings on his own accounts; the platform sees all', async () => {
    const [payer, payee, chief] = [fix.someone(), fix.someone(), fix.someone()].map((one) => one.userId) as [
      string,
      string,
      string,
    ];
    await register(payer, '/payer');
    await register(payee, '/payee');
    const admin = person({ userId: chief, permissions: ['notifications.webhooks.platform'] });
    const body = { url: url('/platform'), events: ['money.moved'], scope: 'platform' };
    await expect(fix.as(payer, 'createWebhook', { body })).rejects.toMatchObject({ code: 'forbidden' });
    platformAdmins.add(chief);
    await fix.platform.call('notifications', 'createWebhook', { user: admin, body });
    const transaction = {
      transactionId: newId(),
      kind: 'escrow_release',
      orderId: newId(),
      at: new Date().toISOString(),
      postings: [
        { account: 'escrow', userId: payer, amount: { amount: '-1000', currency: 'RUB' } },
        { account: 'available', userId: payee, amount: { amount: '900', currency: 'RUB' } },
        { account: 'commission', userId: null, amount: { amount: '100', currency: 'RUB' } },
      ],
    };
    await fix.publish('payments.transaction.posted.v1', transaction);
    await sent();
    const postings = (path: string) => JSON.parse(at(path)[0]?.body ?? '{}').data.postings;
    expect(postings('/payer')).toEqual([{ account: 'escrow', amount: { amount: '-1000', currency: 'RUB' } }]);
    expect(postings('/payee')).toEqual([{ account: 'available', amount: { amount: '900', currency: 'RUB' } }]);
    expect(postings('/platform')).toHaveLength(3);
    // Z4: without the right the platform's endpoint falls silent.
    platformAdmins.delete(chief);
    await fix.publish('payments.transaction.posted.v1', { ...transaction, transactionId: newId() });
    await sent();
    expect(at('/platform')).toHaveLength(1);
    const [stopped] = (await fix.platform.call('notifications', 'listWebhooks', { user: admin })).body.items;
    expect(stopped).toMatchObject({ enabled: false, stoppedBecause: 'not_allowed' });
  });

  test('somebody else’s endpoint is not there', async () => {
    const { userId } = fix.someone();
    const { endpointId } = await register(userId, '/mine');
    const stranger = fix.someone().userId;
    for (const route of ['deleteWebhook', 'rotateWebhookSecret', 'testWebhook', 'listWebhookCalls'])
      await expect(fix.as(stranger, route, { params: { endpointId } })).rejects.toMatchObject({ code: 'not_found' });
    expect((await fix.as(stranger, 'listWebhooks')).body.items).toEqual([]);
  });
});

describe('signatures', () => {
  test('a new secret signs beside the old one for a day, then alone', async () => {
    const { userId } = fix.someone();
    const { endpointId, secret: old } = await register(userId, '/rotated');
    const { secret } = (await fix.as(userId, 'rotateWebhookSecret', { params: { endpointId } })).body;
    expect(secret).not.toBe(old);
    await tell(moved(userId, null));
    await sent();
    expect([verifies(at('/rotated')[0], old), verifies(at('/rotated')[0], secret)]).toEqual([true, true]);
    await later(24 * 3_600_000 + 1000);
    await tell(moved(userId, null));
    await sent();
    expect([verifies(at('/rotated')[1], old), verifies(at('/rotated')[1], secret)]).toEqual([false, true]);
  });
});

describe('a receiver that does not take it', () => {
  test('is asked again after growing delays, under the same id, and what came later keeps its order', async () => {
    const { userId } = fix.someone();
    const { endpointId } = await register(userId, '/flaky');
    answer = (path, nth) => (path === '/flaky' && nth <= 3 ? 500 : 204);
    await tell(moved(userId, null, 'delivered'));
    await sent();
    await tell(moved(userId, null, 'completed'));
    await sent();
    for (const wait of [5_000, 30_000, 120_000]) await later(wait + 1_000);
    const calls = at('/flaky');
    expect(calls.map((one) => JSON.parse(one.body).data.to)).toEqual([
      'delivered',
      'delivered',
      'delivered',
      'delivered',
      'completed',
    ]);
    expect(new Set(calls.slice(0, 4).map((one) => one.headers['webhook-id'])).size).toBe(1);
    const times = calls.map((one) => Number(one.headers['webhook-timestamp']));
    for (const [place, wait] of [5, 30, 120].entries())
      expect((times[place + 1] ?? 0) - (times[place] ?? 0)).toBeGreaterThanOrEqual(wait - 1);
    const { items } = (await fix.as(userId, 'listWebhookCalls', { params: { endpointId } })).body;
    expect(items.map((one: any) => [one.state, one.attempts, one.lastStatus])).toEqual([
      ['delivered', 1, 204],
      ['delivered', 4, 204],
    ]);
    // Nothing of what the receiver said is kept or told.
    expect(JSON.stringify(items)).not.toContain('inside');
  });

  test('a redirect is a refusal, and is not followed', async () => {
    const { userId } = fix.someone();
    await register(userId, '/moved');
    answer = (path) => (path === '/moved' ? 302 : 204);
    await tell(moved(userId, null));
    await sent();
    expect(at('/moved')).toHaveLength(1);
    expect(at('/elsewhere')).toEqual([]);
  });

  test('410 stops at once; its owner is told, and can begin again and replay what was lost', async () => {
    const { userId, email } = fix.someone();
    const { endpointId } = await register(userId, '/gone');
    answer = (path) => (path === '/gone' ? 410 : 204);
    await tell(moved(userId, null));
    await sent();
    await tell(moved(userId, null));
    await sent();
    await later(3_600_000);
    expect(at('/gone')).toHaveLength(1);
    const [endpoint] = (await fix.as(userId, 'listWebhooks')).body.items;
    expect(endpoint).toMatchObject({ enabled: false, stoppedBecause: 'gone' });
    const told = (await fix.list(userId)).filter((one) => one.event === 'webhook_stopped');
    expect(told).toMatchObject([{ text: expect.stringContaining('410'), link: '/settings/webhooks' }]);
    const mails = await fix.sentTo(email);
    expect(mails.filter((one) => one.kind === 'mail' && one.subject.includes('остановлен'))).toHaveLength(1);
    const params = { endpointId };
    await expect(fix.as(userId, 'testWebhook', { params })).rejects.toMatchObject({
      code: 'notifications.webhook_stopped',
    });
    answer = () => 204;
    const again = { url: endpoint.url, events: endpoint.events, enabled: true };
    await fix.as(userId, 'changeWebhook', { params, body: again, ifMatch: `"${endpoint.version}"` });
    const { items } = (await fix.as(userId, 'listWebhookCalls', { params, query: { state: 'failed' } })).body;
    expect(items).toHaveLength(1);
    await fix.as(userId, 'replayWebhookCall', { params: { endpointId, callId: items[0].callId } });
    await sent();
    const [first, replayed] = at('/gone');
    expect(replayed?.body).toBe(first?.body);
    expect(replayed?.headers['webhook-id']).not.toBe(first?.headers['webhook-id']);
  });

  test('one that fails for days is stopped and told of once; delays grow to half a day', async () => {
    const { userId } = fix.someone();
    await register(userId, '/dead');
    answer = (path) => (path === '/dead' ? 503 : 204);
    await tell(moved(userId, null));
    await sent();
    for (let hours = 0; hours < 60; hours += 6) await later(6 * 3_600_000);
    const [endpoint] = (await fix.as(userId, 'listWebhooks')).body.items;
    expect(endpoint).toMatchObject({ enabled: false, stoppedBecause: 'failing' });
    expect((await fix.list(userId)).filter((one) => one.event === 'webhook_stopped')).toHaveLength(1);
    const calls = at('/dead').length;
    await later(24 * 3_600_000);
    expect(at('/dead')).toHaveLength(calls);
    expect([1, 2, 3, 9, 10, 50].map(delayAfterTry)).toEqual([
      5_000, 30_000, 120_000, 43_200_000, 43_200_000, 43_200_000,
    ]);
  });

  test('one that is slow or dead holds up no other', async () => {
    const [slow, quick] = [fix.someone().userId, fix.someone().userId];
    const hanging = createServer(() => {});
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    await register(slow, '/slow');
    // Its address was named by nobody: it was changed behind the check, as a name may be.
    await db().run(
      sql`update webhook_endpoints set url = ${`https://localhost:${(hanging.address() as AddressInfo).port}/`} where owner_id = ${slow}`,
    );
    await register(quick, '/quick');
    await tell(moved(slow, quick));
    await sent();
    expect(at('/quick')).toHaveLength(1);
    const row = await db().one<{ error: string }>(sql`
      select last_error as error from webhook_calls join webhook_endpoints using (endpoint_id) where owner_id = ${slow}`);
    expect(row.error).toBe('address_refused');
    hanging.close();
  });
});

test('F13: two senders share the work, and each call leaves once and in order', async () => {
  const base = fix.platform.ctx('notifications') as unknown as BaseContext;
  const second = createWebhookSender(base);
  second.start();
  const owners = Array.from({ length: 6 }, () => fix.someone().userId);
  for (const [place, owner] of owners.entries()) await register(owner, `/many/${place}`);
  const orders = Array.from({ length: 10 }, () => randomUUID());
  for (const orderId of orders)
    for (const owner of owners)
      await fix.publish('orders.order.status-changed.v1', { ...moved(owner, null), orderId }, { subject: owner });
  await sent();
  await second.close();
  for (const place of owners.keys())
    expect(at(`/many/${place}`).map((one) => JSON.parse(one.body).data.orderId)).toEqual(orders);
}, 60_000);

test('B7: an address of the own network is refused when it is given', async () => {
  const { userId } = fix.someone();
  for (const address of [
    'http://example.com/x',
    'https://169.254.169.254/',
    'https://[::1]/',
    'https://localhost/',
    `http://127.0.0.1:1/`,
  ])
    await expect(
      fix.as(userId, 'createWebhook', { body: { url: address, events: ['money.moved'] } }),
    ).rejects.toMatchObject({ code: 'notifications.webhook_address_refused' });
});

test('who is erased takes his endpoints and their log with him', async () => {
  const { userId } = fix.someone();
  const { endpointId } = await register(userId, '/erased');
  await tell(moved(userId, null));
  await sent();
  await fix.publish('users.user.erased.v1', { userId, actorId: userId });
  await fix.platform.drain();
  const left = await db().one(sql`
    select (select count(*)::int from webhook_endpoints where endpoint_id = ${endpointId}) as endpoints, (select count(*)::int from webhook_calls where endpoint_id = ${endpointId}) as calls`);
  expect(left).toEqual({ endpoints: 0, calls: 0 });
});
