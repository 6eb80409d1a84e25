/** A small world for the tests of orders: people with rights and money, dictionaries, whole deals. */
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

export const RUB = (minor: bigint | number) => ({ amount: String(minor), currency: 'RUB' });
export const DAY = 86_400_000;
const RIGHTS = {
  client: ['orders.create', 'orders.edit', 'orders.take-part', 'payments.topup', 'payments.withdraw'],
  freelancer: ['orders.respond', 'orders.take-part', 'payments.withdraw'],
};
export const DRAFT = {
  title: 'Логотип для кофейни',
  description: 'Нужен логотип для небольшой кофейни в центре города, в спокойных тонах.',
  category: 'logo-design',
  tags: ['кофе'],
  skills: ['logo'],
  styles: ['minimalism'],
  budget: { min: '500000', max: '1500000', currency: 'RUB' },
  deadline: null as string | null,
};

// biome-ignore lint/suspicious/noExplicitAny: an answer as it came, looked into by field
export type Order = { orderId: string; status: string; version: number } & Record<string, any>;

export interface Market {
  readonly platform: TestPlatform;
  /** Events that left the services, by type, oldest first. */
  seen(type: string): Seen[];
  client(minor?: bigint): Promise<Principal>;
  freelancer(): Promise<Principal>;
  call(route: string, user: Principal | undefined, input?: object): ReturnType<TestPlatform['call']>;
  /** One step of an order, and what follows from it. */
  act(route: string, user: Principal, orderId: string, body?: unknown): Promise<Order>;
  read(orderId: string, user: Principal | undefined): Promise<Order>;
  draft(client: Principal, of?: object): Promise<Order>;
  published(client: Principal, of?: object): Promise<Order>;
  respond(freelancer: Principal, orderId: string, price?: bigint, days?: number): Promise<string>;
  accept(client: Principal, orderId: string, responseId: string): Promise<void>;
  /** An order in progress. */
  started(client: Principal, freelancer: Principal, price?: bigint): Promise<Order>;
  money(user: Principal): Promise<{ available: bigint; escrow: bigint }>;
  /** M1 and M8: the books balance and escrow is what open deals say. */
  checkBooks(): Promise<void>;
  asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

const admin = person({ permissions: ['payments.bonus.grant'] });

export async function openMarket(): Promise<Market> {
  const platform = await bootPlatform({
    services: ['users', 'roles', 'orders', 'payments'],
    env: {
      // No step here reaches the provider.
      PROVIDER_URL: 'http://127.0.0.1:9',
      PROVIDER_API_KEY: 'none',
      PROVIDER_WEBHOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
    },
  });
  const events = await listen(platform);
  for (const [dictionary, keys] of [
    ['categories', ['logo-design', 'web-design', 'texts']],
    ['skills', ['logo', 'figma', 'html']],
    ['styles', ['minimalism', 'retro']],
  ] as const)
    await platform.publish('admin.dictionary.changed.v1', randomUUID(), {
      dictionaryId: randomUUID(),
      dictionary,
      version: 1,
      entries: keys.map((key, position) => ({
        key,
        title: { ru: key, en: key },
        parent: null,
        deprecated: false,
        position,
      })),
    });
  await platform.drain();
  const steps = stepsOf(platform);
  const somebody = async (role: 'client' | 'freelancer', minor: bigint) => {
    const user = person({ permissions: RIGHTS[role], roles: [role] });
    await platform.publish('auth.user.registered.v1', user.userId, {
      userId: user.userId,
      email: `${user.userId}@example.com`,
      displayName: role === 'client' ? 'Ольга' : 'Андрей',
      locale: 'ru',
      country: null,
      phone: null,
      timeZone: 'Europe/Moscow',
      roles: [role],
      confirmed: true,
    });
    await platform.drain();
    if (minor > 0n)
      await platform.call('payments', 'grantBonus', {
        user: admin,
        idempotencyKey: randomUUID(),
        body: { userId: user.userId, amount: RUB(minor), reason: 'for a test' },
      });
    return user;
  };
  return {
    platform,
    ...steps,
    seen: (type) => events.filter((event) => event.type === type),
    client: (minor = 10_000_000n) => somebody('client', minor),
    freelancer: () => somebody('freelancer', 0n),
    async money(user) {
      const { body } = await platform.call('payments', 'getOwnAccounts', { user });
      return { available: BigInt(body.items[0].available.amount), escrow: BigInt(body.items[0].escrow.amount) };
    },
    async checkBooks() {
      await platform.drain();
      const { body } = await platform.call('payments', 'getPublicInvariants', {});
      expect(body).toMatchObject({ balanced: true, escrowEqualsDeals: true });
      for (const name of ['orders', 'payments', 'users'])
        expect(await platform.bus.deadLetters.list(name, 10)).toEqual([]);
    },
    async asOwner(work) {
      const client = new pg.Client({ connectionString: platform.adminUrl, options: '-c search_path=orders' });
      await client.connect();
      try {
        return await work(client);
      } finally {
        await client.end();
      }
    },
    close: () => platform.close(),
  };
}

// biome-ignore lint/suspicious/noExplicitAny: an event as it came, looked into by field
type Seen = { type: string; subject: string; data: any; sequence?: string };

/** Listens beside the services, as one more subscriber. */
async function listen(platform: TestPlatform): Promise<Seen[]> {
  const seen: Seen[] = [];
  await platform.bus.subscribe({
    queue: 'analytics',
    types: [
      'orders.order.status-changed.v1',
      'orders.deadline.near.v1',
      'orders.review.published.v1',
      'orders.deal.frozen.v1',
      'orders.saved-search.matched.v1',
      'orders.week.changed.v1',
      'orders.invitation.changed.v1',
    ],
    prefetch: 64,
    async onBatch(batch) {
      for (const delivery of batch) {
        seen.push(JSON.parse(delivery.raw.toString('utf8')) as Seen);
        delivery.ack();
      }
    },
  });
  return seen;
}

function stepsOf(
  platform: TestPlatform,
): Pick<Market, 'call' | 'act' | 'read' | 'draft' | 'published' | 'respond' | 'accept' | 'started'> {
  const call: Market['call'] = (route, user, input = {}) =>
    platform.call('orders', route, { user, idempotencyKey: randomUUID(), ...input });
  const read: Market['read'] = async (orderId, user) => (await call('getOrder', user, { params: { orderId } })).body;
  const act: Market['act'] = async (route, user, orderId, body) => {
    await call(route, user, { params: { orderId }, body });
    await platform.drain();
    return await read(orderId, user);
  };
  const draft: Market['draft'] = async (client, of = {}) =>
    (await call('createOrder', client, { body: { ...DRAFT, ...of } })).body;
  const published: Market['published'] = async (client, of) =>
    await act('publishOrder', client, (await draft(client, of)).orderId);
  const respond: Market['respond'] = async (freelancer, orderId, price = 1_000_000n, days = 7) =>
    (
      await call('respond', freelancer, {
        params: { orderId },
        body: { price: RUB(price), days, letter: 'Сделаю три варианта.' },
      })
    ).body.responseId;
  const accept: Market['accept'] = async (client, orderId, responseId) => {
    await call('acceptResponse', client, { params: { orderId, responseId } });
    await platform.drain();
  };
  return {
    call,
    act,
    read,
    draft,
    published,
    respond,
    accept,
    async started(client, freelancer, price) {
      const { orderId } = await published(client);
      await accept(client, orderId, await respond(freelancer, orderId, price));
      const order = await read(orderId, client);
      expect(order.status).toBe('in_progress');
      return order;
    },
  };
}
