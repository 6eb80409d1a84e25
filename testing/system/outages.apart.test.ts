import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { newId } from '#kit/ids.ts';
import { everyMailOnce, NEWS } from '../mail-once.ts';
import { Api } from './api.ts';
import { type ApartWorld, apart } from './apart.ts';
import { type Broker, ownBroker } from '../broker.ts';
import { PASSWORD, registerAndConfirm } from './deal.ts';
import { ADMIN } from './world.ts';

/**
 * F2, F6, F8, F9, F10, F12, F13: what people see while parts are down, slow or restarted. Two replicas of every service; the clocks
 * of the second ones are wrong by a minute and a half, those of one half of the services ahead, of the other behind.
 */
const SKEW_MS = 90_000;
const RECOVERY_MS = 30_000;
/** Between two requests of one caller: enough of them run at any moment, and 22 processes on few cores can still be started. */
const PAUSE_MS = 60;

/** A read of each service that needs its own data. */
const PROBES: Readonly<Record<Exclude<ServiceName, 'gateway'>, string>> = {
  users: '/me/profile',
  auth: '/sessions',
  roles: '/me/rights',
  orders: '/me/orders',
  messenger: '/conversations',
  notifications: '/notifications',
  payments: '/me/accounts',
  support: '/tickets',
  analytics: '/me/statistics',
  admin: '/admin/settings',
};
const PROBED = Object.keys(PROBES) as (keyof typeof PROBES)[];
/** Services that are restarted at the same time. */
const AT_ONCE = 3;

let broker: Broker;
let world: ApartWorld;
let admin: Api;
let person: Api;

beforeAll(async () => {
  broker = await ownBroker({ threads: 1 });
  world = await apart({
    replicas: 2,
    amqpUrl: broker.url,
    skew: (service, index) => (index === 0 ? 0 : SERVICES.indexOf(service) % 2 === 0 ? SKEW_MS : -SKEW_MS),
  });
  admin = new Api(world);
  await world.drain();
  await admin.signIn(ADMIN.email, ADMIN.password);
  person = new Api(world);
  await registerAndConfirm(person, { name: 'Вера Стойкая', roles: ['client', 'freelancer'], locale: 'ru' });
}, 400_000);
afterAll(async () => {
  await world?.close();
  await broker?.close();
}, 120_000);

interface Look {
  readonly status: number;
  readonly ms: number;
  readonly retryAfter: string | null;
}

/** One request to one gateway, however it ends. 0: the connection failed. */
async function look(path: string, options: { gateway?: number; method?: string; body?: unknown } = {}): Promise<Look> {
  const begun = performance.now();
  const method = options.method ?? 'GET';
  try {
    const answer = await fetch(`${world.gateways[options.gateway ?? 0]}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${(path.startsWith('/admin') ? admin : person).token}`,
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'GET' ? {} : { 'idempotency-key': randomUUID() }),
      },
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: AbortSignal.timeout(20_000),
    });
    await answer.arrayBuffer();
    return {
      status: answer.status,
      ms: performance.now() - begun,
      retryAfter: answer.headers.get('retry-after'),
    };
  } catch {
    return { status: 0, ms: performance.now() - begun, retryAfter: null };
  }
}

const draft = () => ({
  title: `Заказ ${randomUUID().slice(0, 8)}`,
  description: 'Проверка того, что заказ сохранится, что бы ни упало рядом.',
  category: 'logo-design',
  budget: { min: '500000', max: '1500000', currency: 'RUB' },
});

describe('F12: clocks that differ by 90 s', () => {
  test('tokens of each replica are good at every other, and nothing is refused', async () => {
    for (let i = 0; i < 6; i++) {
      const again = new Api(world);
      await again.signIn(person.email, PASSWORD);
      for (const service of PROBED.filter((one) => one !== 'admin'))
        expect((await again.get(PROBES[service])).status, service).toBe(200);
      await again.refresh();
      expect((await again.get(PROBES.orders)).status).toBe(200);
    }
  }, 60_000);
});

describe('F8: one service down, in turn', () => {
  test.each(PROBED)('%s', async (down) => {
    await world.kill(down);
    try {
      const others = PROBED.filter((service) => service !== down);
      const seen = await Promise.all(others.map(async (service) => [service, (await look(PROBES[service])).status]));
      expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(others.map((service) => [service, 200])));
      const refused = await look(PROBES[down]);
      expect(refused.status).toBe(503);
      expect(Number(refused.retryAfter)).toBeGreaterThan(0);
      // Told at once, not at the deadline of the request.
      expect(refused.ms).toBeLessThan(5_000);
    } finally {
      await world.revive(down);
    }
    const back = Date.now();
    while ((await look(PROBES[down])).status !== 200) {
      expect(Date.now() - back, `${down} has recovered`).toBeLessThan(RECOVERY_MS);
      await sleep(200);
    }
  });

  test('gateway: the other one serves, and it comes back', async () => {
    await world.kill('gateway', 0);
    expect((await look('/me/orders')).status).toBe(0);
    for (const path of Object.values(PROBES)) expect((await look(path, { gateway: 1 })).status, path).toBe(200);
    await world.revive('gateway');
    expect((await look('/me/orders')).status).toBe(200);
  });
});

describe('F10: a hung peer', () => {
  test('users stop answering: who asks them goes on, within the deadline', async () => {
    const { orderId } = (await person.post('/orders', draft())).body;
    const hung = world.replicas.filter((replica) => replica.service === 'users');
    try {
      for (const replica of hung) replica.process.kill('SIGSTOP');
      const orders = await Promise.all([look('/me/orders'), look(`/orders/${orderId}`), look('/conversations')]);
      for (const seen of orders) {
        expect(seen.status).toBe(200);
        expect(seen.ms).toBeLessThan(12_000);
      }
      const own = await look(PROBES.users);
      expect([503, 504]).toContain(own.status);
      expect(own.ms).toBeLessThan(12_000);
    } finally {
      for (const replica of hung) replica.process.kill('SIGCONT');
    }
    const until = Date.now() + RECOVERY_MS;
    while ((await look(PROBES.users)).status !== 200 && Date.now() < until) await sleep(200);
    expect((await look(PROBES.users)).status).toBe(200);
  });
});

describe('F9: a rolling restart', () => {
  test('each replica ended with SIGTERM and started again under load: no 5xx, no write lost', async () => {
    let going = true;
    const bad: string[] = [];
    const made: string[] = [];
    let answers = 0;
    const note = (what: string, status: number) => {
      answers++;
      if (status >= 500 || status === 0) bad.push(`${what} → ${status}`);
    };
    const readers = Object.entries(PROBES).map(async ([service, path]) => {
      while (going) {
        // Its balancer sends nothing to a gateway that is going down; the service's replicas are the gateways' business.
        note(`GET ${path} (${service})`, (await look(path)).status);
        await sleep(PAUSE_MS);
      }
    });
    const writer = async () => {
      while (going) {
        const body = draft();
        const seen = await look('/orders', { method: 'POST', body });
        note('POST /orders', seen.status);
        if (seen.status === 201) made.push(body.title);
        await sleep(PAUSE_MS);
      }
    };
    const load = Promise.all([...readers, writer(), writer()]);
    const left = [...PROBED];
    while (left.length > 0) {
      // A few at a time, as an orchestrator would; of each the other replica goes on meanwhile.
      const few = left.splice(0, AT_ONCE);
      for (const index of [0, 1]) {
        const codes = await Promise.all(few.map(async (service) => [service, await world.stop(service, index)]));
        expect(Object.fromEntries(codes), 'all end in order').toEqual(Object.fromEntries(few.map((one) => [one, 0])));
        await Promise.all(few.map((service) => world.revive(service)));
      }
    }
    going = false;
    await load;
    expect(bad).toEqual([]);
    expect(answers).toBeGreaterThan(500);
    await world.drain();
    const kept = new Set<string>();
    for (let cursor: string | null = ''; cursor !== null; ) {
      const { body } = await person.get(`/me/orders?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
      for (const order of body.items) kept.add(order.title);
      cursor = body.nextCursor;
    }
    expect(made.filter((title) => !kept.has(title))).toEqual([]);
  }, 600_000);

  test('a gateway ends in order: what runs is answered', async () => {
    const running = Array.from({ length: 20 }, () => look('/me/orders', { gateway: 1 }));
    await sleep(5);
    const [code, ...seen] = await Promise.all([world.stop('gateway', 1), ...running]);
    expect(code).toBe(0);
    expect(seen.filter((one) => one.status >= 500)).toEqual([]);
    await world.revive('gateway');
  });
});

describe('F5, F6: the broker', () => {
  test('under an alarm work is accepted at once, and told to everybody when it is over', async () => {
    await broker.alarm(true);
    let made: string[];
    try {
      await sleep(500);
      const seen = await Promise.all(
        Array.from({ length: 20 }, () => person.post('/orders', draft()).then(({ body }) => body.orderId as string)),
      );
      made = seen;
      const publish = await look(`/orders/${made[0]}/publication`, { method: 'POST', body: {} });
      expect(publish.ms).toBeLessThan(5_000);
      expect(publish.status).toBeLessThan(500);
    } finally {
      await broker.alarm(false);
    }
    await world.drain();
    expect(await world.deadLetters()).toEqual([]);
    const order = (await person.get(`/orders/${made[0]}`)).body;
    expect(order.status).not.toBe('awaiting_payment');
  }, 240_000);

  test('killed under load it loses nothing, and the API goes on', async () => {
    const ids: string[] = [];
    const load = (async () => {
      for (let i = 0; i < 60; i++) {
        ids.push((await person.post('/orders', draft())).body.orderId as string);
        await look(`/orders/${ids.at(-1)}/publication`, { method: 'POST', body: {} });
      }
    })();
    await sleep(300);
    await broker.kill();
    try {
      await load;
    } finally {
      await broker.start();
    }
    await world.drain();
    expect(await world.deadLetters()).toEqual([]);
    for (const id of [ids[0], ids[30], ids[59]])
      expect((await person.get(`/orders/${id}`)).body.status).not.toBe('awaiting_payment');
  }, 300_000);
});

describe('F2, F13: a burst of news', () => {
  test('1,000 events three times each, a kill -9 of one replica of notifications: every mail once', async () => {
    const people = Array.from({ length: NEWS }, () => {
      const userId = newId();
      return { userId, email: `${userId}@example.com` };
    });
    await world.bus.publish(
      people.map(({ userId, email }) => ({
        specversion: '1.0',
        id: userId,
        type: 'auth.user.registered.v1',
        source: '/services/auth',
        subject: userId,
        time: world.now().toISOString(),
        datacontenttype: 'application/json',
        data: {
          ...{ userId, email, displayName: 'Анна Одна', locale: 'ru', country: null, phone: null },
          ...{ timeZone: 'Europe/Moscow', roles: ['client'], confirmed: true },
        },
      })),
    );
    await world.drain();
    const { bus, adminUrl, drain } = world;
    const catcherUrl = world.outside.catcherUrl;
    // Not the one whose clock is right: by that of the other, which is behind, its mail would be due in a minute and a half.
    await everyMailOnce({ bus, adminUrl, catcherUrl, kill: () => world.kill('notifications', 1), drain }, people);
    await world.revive('notifications');
    expect(await world.deadLetters()).toEqual([]);
  }, 400_000);
});
