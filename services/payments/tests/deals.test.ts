import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { type Bank, dealOf, openBank, RUB, TYPE } from './bank.ts';
import { completionConfirmed, escrowRequested, settlementRequested, userRegistered } from '../consumers/deals.ts';

let bank: Bank;
let client: Principal;
let freelancer: Principal;

beforeAll(async () => {
  bank = await openBank();
  client = await bank.somebody(100_000_000n);
  freelancer = await bank.somebody();
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

const publish = (type: string, subject: string, data: unknown, id?: string) =>
  bank.platform.publish(type, subject, data, id === undefined ? {} : { id });

const apply: Bank['apply'] = (...of) => bank.apply(...of);

const settledOf = async (holdId: string) =>
  await bank.asOwner(
    async (db) =>
      (await db.query('select kind from transactions where reference = $1', [`settle:${holdId}`])).rows as {
        kind: string;
      }[],
  );

test('a hold moves the price to escrow; a release pays the freelancer less commission', async () => {
  const before = await bank.accounts(client);
  const deal = dealOf(client, freelancer, 1_234_567n);
  await publish(TYPE.hold, deal.orderId, deal.escrowRequested);
  await bank.platform.drain();
  expect(await bank.accounts(client)).toMatchObject({
    available: before.available - 1_234_567n,
    escrow: before.escrow + 1_234_567n,
  });
  const earned = await bank.available(freelancer);
  await publish(TYPE.complete, deal.orderId, { ...deal.completionConfirmed, bonus: RUB(1000) });
  await bank.platform.drain();
  expect((await bank.available(freelancer)) - earned).toBe(1_234_567n - 123_456n + 1000n);
  expect(await bank.accounts(client)).toMatchObject({ escrow: before.escrow });
  const money = (
    await bank.platform.call('payments', 'getOrderMoney', { caller: 'support', params: { orderId: deal.orderId } })
  ).body;
  expect(money).toMatchObject({ held: RUB(0), released: RUB(1_111_111), refunded: RUB(0), commission: RUB(123_456) });
});

test('a bonus that the client can not pay leaves the rest of the settlement standing', async () => {
  const poor = await bank.somebody(1_000n);
  const deal = dealOf(poor, freelancer, 1_000n);
  await publish(TYPE.hold, deal.orderId, deal.escrowRequested);
  const earned = await bank.available(freelancer);
  await publish(TYPE.complete, deal.orderId, { ...deal.completionConfirmed, bonus: RUB(1) });
  await bank.platform.drain();
  expect((await bank.available(freelancer)) - earned).toBe(900n);
  expect(await bank.accounts(poor)).toMatchObject({ available: 0n, escrow: 0n });
});

test('the orders out of turn: a release that overtakes its hold waits for it', async () => {
  const deal = dealOf(client, freelancer, 5_000n);
  const earned = await bank.available(freelancer);
  await publish(TYPE.complete, deal.orderId, deal.completionConfirmed);
  await publish(TYPE.hold, deal.orderId, deal.escrowRequested);
  await expect.poll(() => bank.available(freelancer), { timeout: 10_000 }).toBe(earned + 4_500n);
});

test('M4: of release, refund and ruling on one hold exactly one moves the money, 200 times', {
  timeout: 240_000,
}, async () => {
  const PRICE = 10_007n;
  const before = { client: await bank.available(client), freelancer: await bank.available(freelancer) };
  let expected = { client: before.client, freelancer: before.freelancer };
  const kinds = new Map<string, number>();
  for (let round = 0; round < 200; round += 10) {
    const deals = Array.from({ length: 10 }, () => dealOf(client, freelancer, PRICE));
    await Promise.all(deals.map((deal) => apply(escrowRequested, deal.escrowRequested)));
    await Promise.all(
      deals.flatMap((deal, index) => {
        const rivals = [
          () => apply(completionConfirmed, deal.completionConfirmed),
          () => apply(settlementRequested, deal.settlement('refund', 0n)),
          () => apply(settlementRequested, deal.settlement('split', 3_001n)),
        ];
        // Each kind of rival is the first in turn.
        return [0, 1, 2].map((offset) => (rivals[(index + offset) % 3] as () => Promise<void>)());
      }),
    );
    for (const deal of deals) {
      const rows = await settledOf(deal.holdId);
      expect(rows).toHaveLength(1);
      const kind = rows[0]?.kind ?? '';
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      const part = { escrow_release: PRICE, escrow_refund: 0n, escrow_split: 3_001n }[kind] as bigint;
      expected = {
        client: expected.client - part,
        freelancer: expected.freelancer + part - part / 10n,
      };
    }
  }
  expect(await bank.available(client)).toBe(expected.client);
  expect(await bank.available(freelancer)).toBe(expected.freelancer);
  expect((await bank.accounts(client)).escrow).toBe(0n);
  expect(kinds.size).toBeGreaterThan(1);
});

test('M5: 500 duplicates of one release, of one id and of many, move the money once', {
  timeout: 240_000,
}, async () => {
  const deal = dealOf(client, freelancer, 20_000n);
  const earned = await bank.available(freelancer);
  const id = randomUUID();
  for (let i = 0; i < 5; i++) await publish(TYPE.hold, deal.orderId, deal.escrowRequested, i < 2 ? id : undefined);
  const release = randomUUID();
  await Promise.all(
    Array.from({ length: 500 }, (_, i) =>
      publish(TYPE.complete, deal.orderId, deal.completionConfirmed, i % 2 === 0 ? release : undefined),
    ),
  );
  await bank.platform.drain();
  expect((await bank.available(freelancer)) - earned).toBe(18_000n);
  expect(await bank.platform.bus.deadLetters.list('payments', 10)).toEqual([]);
});

test('M5: concurrent requests of one hold on two replicas hold it once', async () => {
  const before = await bank.accounts(client);
  const deal = dealOf(client, freelancer, 777n);
  await Promise.all(Array.from({ length: 5 }, () => apply(escrowRequested, deal.escrowRequested)));
  expect((await bank.accounts(client)).escrow - before.escrow).toBe(777n);
  await apply(settlementRequested, deal.settlement('refund', 0n));
  expect(await bank.accounts(client)).toEqual(before);
});

test('a hold without money is refused with what is missing, and nothing settles it later', async () => {
  const poor = await bank.somebody(100n);
  const deal = dealOf(poor, freelancer, 350n);
  await apply(escrowRequested, deal.escrowRequested);
  const earned = await bank.available(freelancer);
  await apply(completionConfirmed, deal.completionConfirmed);
  await apply(settlementRequested, deal.settlement('release', 350n));
  expect(await bank.available(freelancer)).toBe(earned);
  expect(await bank.available(poor)).toBe(100n);
});

describe('E6: placement fees', () => {
  const placement = (user: Principal, fee: number) => {
    const ids = { placementId: randomUUID(), orderId: randomUUID(), clientId: user.userId };
    return { ...ids, ask: { ...ids, title: 'Логотип', fee: RUB(fee) }, back: { ...ids, reason: 'nobody responded' } };
  };

  test('charged once and given back once, duplicated and out of turn', async () => {
    const user = await bank.somebody(10_000n);
    const one = placement(user, 2_500);
    await publish(TYPE.placementRefund, one.orderId, one.back);
    for (let i = 0; i < 3; i++) await publish(TYPE.placement, one.orderId, one.ask);
    for (let i = 0; i < 3; i++) await publish(TYPE.placementRefund, one.orderId, one.back);
    await expect.poll(() => bank.available(user), { timeout: 10_000 }).toBe(10_000n);
    await bank.platform.drain();
    const rows = await bank.asOwner(
      async (db) =>
        (await db.query('select kind from transactions where order_id = $1 order by kind', [one.orderId])).rows,
    );
    expect(rows.map((row) => row.kind)).toEqual(['placement_fee', 'placement_refund']);
  });

  test('refused without money, free when it is 0; the refusal is not refunded', async () => {
    const user = await bank.somebody(100n);
    const dear = placement(user, 101);
    const free = placement(user, 0);
    await publish(TYPE.placement, dear.orderId, dear.ask);
    await publish(TYPE.placementRefund, dear.orderId, dear.back);
    await publish(TYPE.placement, free.orderId, free.ask);
    await publish(TYPE.placementRefund, free.orderId, free.back);
    await bank.platform.drain();
    expect(await bank.available(user)).toBe(100n);
  });

  test('a refund goes to who paid, whatever the request says', async () => {
    const user = await bank.somebody(1_000n);
    const one = placement(user, 400);
    await publish(TYPE.placement, one.orderId, one.ask);
    await publish(TYPE.placementRefund, one.orderId, { ...one.back, clientId: freelancer.userId });
    await bank.platform.drain();
    expect(await bank.available(user)).toBe(1_000n);
  });
});

test('a dispute freezes the hold, its end lifts it, whatever the order of arrival', async () => {
  const deal = dealOf(client, freelancer, 300n);
  await publish(TYPE.hold, deal.orderId, deal.escrowRequested);
  await bank.platform.drain();
  const status = (from: string, to: string, sequence: number) =>
    bank.platform.publish(
      'orders.order.status-changed.v1',
      deal.orderId,
      {
        orderId: deal.orderId,
        title: 'Логотип',
        category: 'logo-design',
        clientId: client.userId,
        freelancerId: freelancer.userId,
        from,
        to,
        actorId: null,
        actorKind: 'system',
        action: 'x',
        reason: null,
        price: null,
        deadline: null,
        onTime: null,
      },
      { sequence },
    );
  const money = async () =>
    (await bank.platform.call('payments', 'getOrderMoney', { caller: 'support', params: { orderId: deal.orderId } }))
      .body;
  await status('delivered', 'disputed', 7);
  await status('in_progress', 'delivered', 6);
  await bank.platform.drain();
  expect(await money()).toMatchObject({ frozen: true, held: RUB(300) });
  await publish(TYPE.settle, deal.orderId, deal.settlement('split', 100n));
  await status('disputed', 'split', 8);
  await bank.platform.drain();
  expect(await money()).toMatchObject({ frozen: false, held: RUB(0), released: RUB(90), refunded: RUB(200) });
});

describe('terms by date', () => {
  const set = (key: string, version: number, value: unknown, actsFrom: Date) =>
    bank.platform.publish('admin.setting.changed.v1', randomUUID(), {
      settingId: randomUUID(),
      key,
      version,
      value,
      actsFrom: actsFrom.toISOString(),
      actorId: null,
    });
  const quote = async (query: object = {}) =>
    (await bank.platform.call('payments', 'quoteTerms', { query: { price: '100000', ...query } })).body;

  test('a setting acts from its date on, and not before', async () => {
    const now = bank.platform.clock.now();
    await set('payments.commission', 1, { bps: 1500, min: RUB(0), byCategory: { logos: 500 } }, now);
    await set(
      'payments.commission',
      2,
      { bps: 2000, min: RUB(0), byCategory: {} },
      new Date(now.getTime() + 86_400_000),
    );
    await bank.platform.drain();
    expect(await quote()).toMatchObject({ commissionBps: 1500, commission: RUB(15_000), freelancerGets: RUB(85_000) });
    expect(await quote({ category: 'logos' })).toMatchObject({ commissionBps: 500 });
    await bank.platform.advance(86_400_001);
    expect(await quote({ category: 'logos' })).toMatchObject({ commissionBps: 2000 });
  });

  test('a category by the name of a property of every object has the common terms', async () => {
    expect(await quote({ category: 'constructor' })).toMatchObject({ commissionBps: 2000 });
  });

  test('the first completed order brings the bonus of the platform, once', async () => {
    await set('payments.first-order-bonus', 1, RUB(700), bank.platform.clock.now());
    await bank.platform.drain();
    const newcomer = await bank.somebody();
    const deals = [dealOf(client, newcomer, 1_000n), dealOf(client, newcomer, 1_000n)];
    await Promise.all(deals.map((deal) => apply(escrowRequested, deal.escrowRequested)));
    await Promise.all(deals.map((deal) => apply(completionConfirmed, deal.completionConfirmed)));
    await bank.platform.drain();
    expect(await bank.available(newcomer)).toBe(2n * 900n + 700n);
  });

  test('who brought a person gets the referral bonus for his first completed order, once, and not for an order of their own', async () => {
    await set('payments.first-order-bonus', 2, RUB(0), bank.platform.clock.now());
    await set('payments.referral-bonus', 1, RUB(333), bank.platform.clock.now());
    const [referrer, brought] = [await bank.somebody(10_000n), await bank.somebody()];
    await apply(userRegistered, { userId: brought.userId, referrerId: referrer.userId });
    const complete = async (who: Principal) => {
      const deal = dealOf(who, brought, 1_000n);
      await apply(escrowRequested, deal.escrowRequested);
      await apply(completionConfirmed, deal.completionConfirmed);
      await bank.platform.drain();
    };
    await complete(referrer);
    expect(await bank.available(referrer)).toBe(9_000n);
    await complete(client);
    await complete(client);
    expect(await bank.available(referrer)).toBe(9_333n);
    await apply(userRegistered, { userId: brought.userId, referrerId: client.userId });
    await complete(client);
    expect(await bank.available(referrer)).toBe(9_333n);
  });
});
