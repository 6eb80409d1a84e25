import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { DAY, type Market, openMarket, type Order, RUB } from './market.ts';

let market: Market;
let client: Principal;
let freelancer: Principal;
const FEE = 10_000n;
const PRICE = 1_000_000n;

beforeAll(async () => {
  market = await openMarket();
  client = await market.client(100_000_000n);
  freelancer = await market.freelancer();
});
afterAll(async () => {
  await market?.checkBooks();
  await market?.close();
});

const changes = (orderId: string) =>
  market
    .seen('orders.order.status-changed.v1')
    .filter((event) => event.subject === orderId)
    .map((event) => event.data.to as string);
/** Makes a timer due now, whatever its time. */
const fire = (key: string) =>
  market.asOwner(async (db) => {
    const { rowCount } = await db.query('update orders_jobs._private_jobs set run_at = now() where key = $1', [key]);
    expect(rowCount).toBe(1);
  });
const cancel = (user: Principal, orderId: string) => market.act('cancelOrder', user, orderId, { reason: 'передумали' });
const deliver = (orderId: string) => market.act('deliverOrder', freelancer, orderId, { text: 'Готово' });
const responsesOf = async (user: Principal, orderId: string) =>
  (await market.call('listResponses', user, { params: { orderId } })).body.items as { status: string }[];
const dispute = (orderId: string, actorId: string) =>
  market.platform.call('orders', 'openDispute', {
    caller: 'support',
    params: { orderId },
    body: { actorId, ticketId: randomUUID(), reason: 'не то' },
  });
const rule = async (orderId: string, outcome: string, minor = 0) => {
  await market.platform.call('orders', 'ruleDispute', {
    caller: 'support',
    params: { orderId },
    body: { actorId: randomUUID(), ticketId: randomUUID(), outcome, freelancerAmount: RUB(minor), reason: 'решение' },
  });
  await market.platform.drain();
};

describe('the whole deal', () => {
  test('from a draft to the payment, with every step in the history', async () => {
    const start = await market.money(client);
    const order = await market.started(client, freelancer, PRICE);
    expect(order).toMatchObject({ funding: 'held', price: RUB(PRICE), terms: { placementFee: RUB(FEE) } });
    expect(await market.money(client)).toEqual({
      available: start.available - FEE - PRICE,
      escrow: start.escrow + PRICE,
    });
    const delivered = await deliver(order.orderId);
    expect(delivered).toMatchObject({ status: 'delivered', deliveries: [{ text: 'Готово' }] });
    const again = await market.act('requestRevision', client, order.orderId, { reason: 'другой цвет' });
    expect(again).toMatchObject({ status: 'in_progress', revisions: { used: 1, limit: 3 }, reviewEndsAt: null });
    await deliver(order.orderId);
    const earned = (await market.money(freelancer)).available;
    const done = await market.act('completeOrder', client, order.orderId, { bonus: RUB(5_000) });
    expect(done).toMatchObject({ status: 'completed', funding: 'settled' });
    expect((await market.money(freelancer)).available - earned).toBe(900_000n + 5_000n);
    expect((await market.money(client)).escrow).toBe(start.escrow);
    const steps = ['draft', 'awaiting_payment', 'published', 'in_progress', 'delivered', 'in_progress', 'delivered'];
    expect(changes(order.orderId)).toEqual([...steps, 'completed']);
    const { items } = (await market.call('getHistory', freelancer, { params: { orderId: order.orderId } })).body;
    expect(items.map((row: { action: string }) => row.action)).toEqual([
      'create',
      'publish',
      'placement_charged',
      'respond',
      'accept_response',
      'response_accept',
      'start',
      'response_start',
      'deliver',
      'request_revision',
      'deliver',
      'complete',
    ]);
  });

  test('steps that are not due are refused, also twice at once', async () => {
    const { orderId } = await market.started(client, freelancer);
    const refused = (route: string, user: Principal, body?: unknown) =>
      expect(market.call(route, user, { params: { orderId }, body }), route).rejects.toMatchObject({
        code: 'orders.not_now',
      });
    await refused('completeOrder', client, {});
    await refused('publishOrder', client);
    await refused('requestRevision', client, { reason: 'ещё' });
    await refused('deliverOrder', client, { text: 'x' });
    await refused('addReview', client, { rating: 5, text: 'рано' });
    await deliver(orderId);
    await refused('completeOrder', freelancer, {});
    const both = await Promise.allSettled(
      Array.from({ length: 10 }, () => market.call('completeOrder', client, { params: { orderId }, body: {} })),
    );
    expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });

  test('a bonus in another currency is refused', async () => {
    const { orderId } = await market.started(client, freelancer);
    await deliver(orderId);
    await expect(
      market.call('completeOrder', client, {
        params: { orderId },
        body: { bonus: { amount: '1', currency: 'USD' } },
      }),
    ).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

describe('publication', () => {
  test('without money the order is a draft again, with the reason and what is missing', async () => {
    const poor = await market.client(4_000n);
    const order = await market.published(poor);
    expect(order).toMatchObject({ status: 'draft', refusal: { code: 'not_enough_money', missing: RUB(6_000) } });
    expect((await market.money(poor)).available).toBe(4_000n);
  });

  test('unpaid for 24 h: a draft; a charge that comes later is given back', async () => {
    const { orderId } = await market.draft(client);
    // As when payments is away: the request does not reach it.
    await market.asOwner(async (db) => {
      await db.query('begin');
      await db.query('lock table payments.placements in access exclusive mode');
      await market.call('publishOrder', client, { params: { orderId } });
      await fire(`unpaid:${orderId}`);
      await expect.poll(async () => (await market.read(orderId, client)).status, { timeout: 10_000 }).toBe('draft');
      await db.query('commit');
    });
    await market.platform.drain();
    const order = await market.read(orderId, client);
    expect(order).toMatchObject({ status: 'draft', refusal: { code: 'timed_out' } });
    const kinds = await market.asOwner(
      async (db) =>
        (await db.query('select kind from payments.transactions where order_id = $1 order by at, kind', [orderId]))
          .rows,
    );
    expect(kinds.map((row) => row.kind).sort()).toEqual(['placement_fee', 'placement_refund']);
    expect((await market.act('publishOrder', client, orderId)).status).toBe('published');
  });

  test('a deadline that has passed is refused', async () => {
    const deadline = new Date(market.platform.clock.nowMs() + DAY).toISOString();
    const { orderId } = await market.draft(client, { deadline });
    await market.platform.advance(2 * DAY);
    await expect(market.call('publishOrder', client, { params: { orderId } })).rejects.toMatchObject({
      code: 'orders.deadline_past',
    });
    await expect(market.draft(client, { deadline })).rejects.toMatchObject({ code: 'orders.deadline_past' });
  });
});

describe('acceptance', () => {
  test('a hold that is refused leaves the order published and the response open', async () => {
    const poor = await market.client(20_000n);
    const { orderId } = await market.published(poor);
    const responseId = await market.respond(freelancer, orderId);
    await market.accept(poor, orderId, responseId);
    expect(await market.read(orderId, poor)).toMatchObject({
      status: 'published',
      funding: 'none',
      refusal: { code: 'not_enough_money', missing: RUB(PRICE - 10_000n) },
    });
    expect(await responsesOf(poor, orderId)).toMatchObject([{ status: 'submitted' }]);
    expect((await market.money(poor)).available).toBe(10_000n);
  });

  test('the others are declined; nobody is accepted twice', async () => {
    const { orderId } = await market.published(client);
    const rival = await market.freelancer();
    const [chosen] = [await market.respond(freelancer, orderId), await market.respond(rival, orderId)];
    const accept = () => market.call('acceptResponse', client, { params: { orderId, responseId: chosen } });
    const results = await Promise.allSettled(Array.from({ length: 5 }, accept));
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    await market.platform.drain();
    expect(await market.read(orderId, client)).toMatchObject({ status: 'in_progress' });
    expect((await responsesOf(client, orderId)).map((row) => row.status).sort()).toEqual(['accepted', 'declined']);
  });

  test('told again of the hold under another id, the deal goes on and keeps its money', async () => {
    const order = await market.started(client, freelancer);
    const { holdId } = (
      await market.asOwner((db) =>
        db.query('select hold_id as "holdId" from holds where order_id = $1', [order.orderId]),
      )
    ).rows[0];
    await market.platform.publish('payments.escrow.held.v1', order.orderId, {
      holdId,
      orderId: order.orderId,
      clientId: client.userId,
      freelancerId: freelancer.userId,
      amount: RUB(PRICE),
    });
    await market.platform.drain();
    expect(await market.read(order.orderId, client)).toMatchObject({ status: 'in_progress', funding: 'held' });
    await market.checkBooks();
  });

  test('the terms of the deal stay as they were when it began', async () => {
    const order = await market.started(client, freelancer);
    const set = (bps: number, version: number) =>
      market.platform.publish('admin.setting.changed.v1', randomUUID(), {
        settingId: randomUUID(),
        key: 'payments.commission',
        version,
        value: { bps, min: RUB(0), byCategory: {} },
        actsFrom: market.platform.clock.now().toISOString(),
        actorId: null,
      });
    await set(5_000, 1);
    await deliver(order.orderId);
    const earned = (await market.money(freelancer)).available;
    await market.act('completeOrder', client, order.orderId, {});
    expect((await market.money(freelancer)).available - earned).toBe(900_000n);
    await set(1_000, 2);
    await market.platform.drain();
  });
});

describe('cancellation, and where the money goes', () => {
  test('before anybody responded: the fee comes back', async () => {
    const start = await market.money(client);
    const { orderId } = await market.published(client);
    expect((await cancel(client, orderId)).status).toBe('cancelled');
    expect(await market.money(client)).toEqual(start);
  });

  test('after a response: the fee stays with the platform, the response is declined', async () => {
    const start = await market.money(client);
    const { orderId } = await market.published(client);
    await market.respond(freelancer, orderId);
    expect((await cancel(client, orderId)).status).toBe('cancelled');
    expect(await market.money(client)).toEqual({ ...start, available: start.available - FEE });
    expect(await responsesOf(client, orderId)).toMatchObject([{ status: 'declined' }]);
  });

  test('of a running deal the client proposes, the freelancer consents: the price comes back', async () => {
    const start = await market.money(client);
    const order = await market.started(client, freelancer);
    const proposed = await cancel(client, order.orderId);
    expect(proposed).toMatchObject({ status: 'in_progress', cancellationProposedBy: client.userId });
    expect((await cancel(freelancer, order.orderId)).status).toBe('cancelled');
    expect(await market.money(client)).toEqual({ ...start, available: start.available - FEE });
  });

  test('the freelancer gives up, also after a delivery: the price comes back', async () => {
    const start = await market.money(client);
    const order = await market.started(client, freelancer);
    await deliver(order.orderId);
    expect((await cancel(freelancer, order.orderId)).status).toBe('cancelled');
    expect(await market.money(client)).toEqual({ ...start, available: start.available - FEE });
  });

  test('a delivery answers a proposal to cancel', async () => {
    const order = await market.started(client, freelancer);
    await cancel(client, order.orderId);
    expect(await deliver(order.orderId)).toMatchObject({ status: 'delivered', cancellationProposedBy: null });
  });

  test.each([
    ['release', 0, 'completed', PRICE],
    ['refund', 0, 'cancelled', 0n],
    ['split', 400_000, 'split', 400_000n],
  ] as const)('a dispute that ends in a %s', async (outcome, minor, status, part) => {
    const start = { client: await market.money(client), freelancer: await market.money(freelancer) };
    const order = await market.started(client, freelancer);
    await dispute(order.orderId, freelancer.userId);
    await expect(dispute(order.orderId, client.userId)).rejects.toMatchObject({ code: 'orders.not_now' });
    for (const user of [client, freelancer])
      await expect(cancel(user, order.orderId)).rejects.toMatchObject({ code: 'orders.not_now' });
    await rule(order.orderId, outcome, minor);
    await expect(rule(order.orderId, 'refund')).rejects.toMatchObject({ code: 'orders.not_now' });
    expect((await market.read(order.orderId, client)).status).toBe(status);
    expect((await market.money(client)).available).toBe(start.client.available - FEE - part);
    expect((await market.money(freelancer)).available).toBe(start.freelancer.available + (part * 9n) / 10n);
  });

  test('a split that gives all or nothing is refused', async () => {
    const order = await market.started(client, freelancer);
    await dispute(order.orderId, client.userId);
    for (const minor of [0, Number(PRICE), Number(PRICE) + 1])
      await expect(rule(order.orderId, 'split', minor)).rejects.toMatchObject({ code: 'validation_failed' });
    await rule(order.orderId, 'refund');
  });

  test('a blocked or erased client leaves the market; the fee of what nobody answered comes back', async () => {
    for (const type of ['users.user.blocked.v1', 'users.user.erased.v1']) {
      const gone = await market.client(50_000n);
      const { orderId } = await market.published(gone);
      const data = { userId: gone.userId, actorId: randomUUID(), until: null };
      await market.platform.publish(type, gone.userId, data);
      await market.platform.drain();
      expect((await market.read(orderId, gone)).status, type).toBe('cancelled');
      expect((await market.money(gone)).available).toBe(50_000n);
    }
  });
});

test('the limit of revisions', async () => {
  const order = await market.started(client, freelancer);
  for (let i = 0; i < 3; i++) {
    await deliver(order.orderId);
    await market.act('requestRevision', client, order.orderId, { reason: 'ещё раз' });
  }
  await deliver(order.orderId);
  await expect(
    market.call('requestRevision', client, { params: { orderId: order.orderId }, body: { reason: 'и ещё' } }),
  ).rejects.toMatchObject({ code: 'orders.no_revisions_left' });
});

describe('timers (M11)', () => {
  // People of their own: the timers of other tests' deals move money too.
  let client: Principal;
  let freelancer: Principal;
  beforeEach(async () => {
    client = await market.client();
    freelancer = await market.freelancer();
  });
  const deliver = (orderId: string) => market.act('deliverOrder', freelancer, orderId, { text: 'Готово' });
  const reminders = (orderId: string, kind: string) =>
    market.seen('orders.deadline.near.v1').filter((event) => event.subject === orderId && event.data.kind === kind)
      .length;

  test('silence accepts after 14 days, with reminders at 7, 3 and 1; the work was in time', {
    timeout: 60_000,
  }, async () => {
    const order: Order = await market.started(client, freelancer);
    await market.platform.advance(6 * DAY + 1_000);
    expect(reminders(order.orderId, 'delivery_due')).toBe(1);
    await deliver(order.orderId);
    const earned = (await market.money(freelancer)).available;
    for (const [days, reminded] of [
      [6.9, 0],
      [0.2, 1],
      [3.8, 1],
      [0.2, 2],
      [1.8, 2],
      [0.2, 3],
    ] as const) {
      await market.platform.advance(days * DAY);
      expect(reminders(order.orderId, 'review_due')).toBe(reminded);
    }
    expect((await market.read(order.orderId, client)).status).toBe('delivered');
    await market.platform.advance(DAY);
    expect((await market.read(order.orderId, client)).status).toBe('completed');
    expect((await market.money(freelancer)).available - earned).toBe(900_000n);
    expect(reminders(order.orderId, 'delivery_late')).toBe(0);
    const last = market.seen('orders.order.status-changed.v1').findLast((event) => event.subject === order.orderId);
    expect(last?.data).toMatchObject({ to: 'completed', onTime: true, action: 'complete_by_silence' });
    await market.platform.advance(30 * DAY);
    expect(changes(order.orderId).filter((to) => to === 'completed')).toHaveLength(1);
  });

  test('late work is said to be late', { timeout: 60_000 }, async () => {
    const order = await market.started(client, freelancer);
    await market.platform.advance(7 * DAY + 60_000);
    expect(reminders(order.orderId, 'delivery_late')).toBe(1);
    await deliver(order.orderId);
    const last = market.seen('orders.order.status-changed.v1').findLast((event) => event.subject === order.orderId);
    expect(last?.data).toMatchObject({ to: 'delivered', onTime: false });
  });

  test('a publication that leads to nothing expires; the fee comes back when nobody responded', {
    timeout: 60_000,
  }, async () => {
    const start = await market.money(client);
    const [silent, answered] = [await market.published(client), await market.published(client)];
    await market.respond(freelancer, answered.orderId);
    await market.platform.advance(29 * DAY);
    expect((await market.read(silent.orderId, client)).status).toBe('published');
    await market.platform.advance(DAY + 60_000);
    for (const { orderId } of [silent, answered]) expect((await market.read(orderId, client)).status).toBe('expired');
    expect(await market.money(client)).toEqual({ ...start, available: start.available - FEE });
    expect(await responsesOf(client, answered.orderId)).toMatchObject([{ status: 'expired' }]);
  });

  test('a timer that fires while a price is being held comes again', { timeout: 60_000 }, async () => {
    const poor = await market.client(20_000n);
    const { orderId } = await market.published(poor);
    const responseId = await market.respond(freelancer, orderId);
    await market.asOwner(async (db) => {
      await db.query('begin');
      await db.query('lock table payments.holds in access exclusive mode');
      await market.call('acceptResponse', poor, { params: { orderId, responseId } });
      await fire(`no-response:${orderId}`);
      await expect
        .poll(
          async () =>
            (
              await market.asOwner((other) =>
                other.query(
                  "select 1 from orders_jobs._private_jobs where key = 'no-response:' || $1 and run_at > now() + interval '50 minutes' and run_at < now() + interval '2 hours'",
                  [orderId],
                ),
              )
            ).rowCount,
          { timeout: 10_000 },
        )
        .toBe(1);
      await db.query('commit');
    });
    await market.platform.drain();
    expect((await market.read(orderId, poor)).status).toBe('published');
    await market.platform.advance(2 * 3_600_000);
    expect((await market.read(orderId, poor)).status).toBe('expired');
  });
});
