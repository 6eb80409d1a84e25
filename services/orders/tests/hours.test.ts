/** Deals by the hour (O2, O4, E7): weeks that are held ahead, worked, approved, contested, and every end of them. */
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { DAY, type Market, type Order, openMarket, RUB } from './market.ts';

// Weeks go by in each of them.
vi.setConfig({ testTimeout: 120_000 });

let market: Market;
beforeAll(async () => {
  market = await openMarket();
  // Weeks end at midnight and close at noon: always begun in the same hour of a day.
  const { clock } = market.platform;
  const morning = new Date(clock.nowMs() + DAY).setUTCHours(8, 0, 0, 0);
  await market.platform.advance(morning - clock.nowMs());
});
afterAll(async () => {
  await market?.checkBooks();
  await market?.close();
});

const RATE = 100_000n;
const CAP = 10;
/** What a week holds: 10 hours at 1000 ₽. */
const WEEK = RATE * BigInt(CAP);
const HOURS = { pricing: 'hourly', weeklyHours: CAP, budget: { min: '50000', max: '200000', currency: 'RUB' } };

interface Deal {
  client: Principal;
  freelancer: Principal;
  orderId: string;
}

async function started(minor = 10_000_000n): Promise<Deal> {
  const [client, freelancer] = [await market.client(minor), await market.freelancer()];
  const { orderId } = await market.published(client, HOURS);
  await market.accept(client, orderId, await market.respond(freelancer, orderId, RATE));
  return { client, freelancer, orderId };
}

const today = () => market.platform.clock.now().toISOString().slice(0, 10);

async function log({ freelancer, orderId }: Deal, minutes: number, day = today()) {
  const body = { day, minutes, note: 'Экраны профиля' };
  return (await market.call('logTime', freelancer, { params: { orderId }, body })).body;
}

/** Time goes by, the last two days one by one, as timers set timers. */
async function days(n: number): Promise<void> {
  if (n > 2) await market.platform.advance((n - 2) * DAY);
  for (let i = 0; i < Math.min(n, 2); i++) await market.platform.advance(DAY);
}

const week = (order: Order, number: number) =>
  order['weeks'].find((one: { number: number }) => one.number === number) ?? expect.fail(`no week ${number}`);

async function weekStep(route: string, who: Principal, deal: Deal, number: number, body?: unknown): Promise<Order> {
  const { weekId } = week(await market.read(deal.orderId, who), number);
  await market.call(route, who, { params: { orderId: deal.orderId, weekId }, body });
  await market.platform.drain();
  return await market.read(deal.orderId, who);
}

const refused = { code: 'orders.not_now' };

describe('an hourly deal', () => {
  test('holds a week ahead; approved hours are paid, the rest comes back; the next week is held before it begins', async () => {
    const deal = await started();
    const { client, freelancer, orderId } = deal;
    let order = await market.read(orderId, client);
    expect(order).toMatchObject({
      status: 'in_progress',
      process: 2,
      pricing: 'hourly',
      weeklyHours: CAP,
      dueAt: null,
    });
    expect(order['terms']).toMatchObject({
      commission: RUB(WEEK / 10n),
      toFreelancer: RUB(WEEK - WEEK / 10n),
      clientPays: RUB(WEEK),
    });
    expect(week(order, 1)).toMatchObject({ status: 'open', held: RUB(WEEK), minutes: 0, amount: RUB(0) });
    expect((await market.money(client)).escrow).toBe(WEEK);
    const entry = await log(deal, 90);
    await log(deal, 45);
    order = await market.read(orderId, client);
    // 135 minutes at 1000 an hour.
    expect(week(order, 1)).toMatchObject({ minutes: 135, amount: RUB(225_000), toClient: RUB(WEEK - 225_000n) });
    expect(week(order, 1).entries).toHaveLength(2);
    expect(week(order, 1).entries[0]).toMatchObject({
      entryId: entry.entryId,
      note: 'Экраны профиля',
      objection: null,
    });
    await days(7);
    // Both weeks are held now: the one that has ended, and the one that runs.
    expect((await market.money(client)).escrow).toBe(2n * WEEK);
    order = await market.read(orderId, client);
    expect(week(order, 2).status).toBe('open');
    await days(1);
    order = await market.read(orderId, client);
    expect(week(order, 1).status).toBe('submitted');
    const approve = week(order, 1).actions.find((one: { name: string }) => one.name === 'approve');
    expect(approve).toMatchObject({ allowed: true, why: null });
    expect(approve.moneyEffect.replace(/\s/g, ' ')).toBe(
      'исполнитель получит 2 025,00 ₽: 2 250,00 ₽ минус комиссия 225,00 ₽; заказчику вернётся 7 750,00 ₽',
    );
    order = await weekStep('approveWeek', client, deal, 1, { bonus: RUB(50_000) });
    expect(week(order, 1)).toMatchObject({ status: 'approved', amount: RUB(225_000), actions: [] });
    expect((await market.money(freelancer)).available).toBe(202_500n + 50_000n);
    expect((await market.money(client)).escrow).toBe(WEEK);
    await market.checkBooks();
  });

  test('a week takes no more than its cap, a day no more than it has, and only days of its own', async () => {
    const deal = await started();
    const { freelancer, client, orderId } = deal;
    const { entryId } = await log(deal, 8 * 60);
    await expect(log(deal, 2 * 60 + 1)).rejects.toMatchObject({ code: 'orders.over_cap' });
    await log(deal, 2 * 60);
    await expect(log(deal, 1)).rejects.toMatchObject({ code: 'orders.over_cap' });
    const edit = (body: object, who = freelancer) =>
      market.call('editTime', who, { params: { orderId, entryId }, body });
    await expect(edit({ minutes: 8 * 60 + 1 })).rejects.toMatchObject({ code: 'orders.over_cap' });
    expect((await edit({ minutes: 7 * 60 })).body.minutes).toBe(420);
    await expect(edit({ minutes: 60 }, client)).rejects.toMatchObject(refused);
    await expect(edit({ minutes: 60 }, await market.freelancer())).rejects.toMatchObject({ code: 'not_found' });
    const later = new Date(market.platform.clock.nowMs() + 9 * DAY).toISOString().slice(0, 10);
    await expect(log(deal, 60, later)).rejects.toMatchObject({ code: 'validation_failed' });
    const before = new Date(market.platform.clock.nowMs() - 9 * DAY).toISOString().slice(0, 10);
    await expect(log(deal, 60, before)).rejects.toMatchObject({ code: 'orders.no_week_for_day' });
    await market.call('deleteTime', freelancer, { params: { orderId, entryId } });
    expect(week(await market.read(orderId, client), 1).minutes).toBe(120);
    const { items } = (await market.call('getHistory', client, { params: { orderId } })).body;
    const changed = items.filter(
      (one: { action: string }) => one.action.startsWith('week_') && one.action.endsWith('_time'),
    );
    expect(changed.map((one: { action: string }) => one.action)).toEqual([
      'week_log_time',
      'week_log_time',
      'week_edit_time',
      'week_remove_time',
    ]);
    expect(changed[2].changes).toMatchObject({ before: { minutes: 480 }, after: { minutes: 420 } });
  });

  test('without money for the next week the work rests and both are told; money brings it back', async () => {
    const deal = await started(WEEK + 50_000n);
    const { client, freelancer, orderId } = deal;
    await days(7);
    let order = await market.read(orderId, client);
    expect(week(order, 2).status).toBe('unfunded');
    expect(order['refusal']).toMatchObject({ code: 'not_enough_money', missing: RUB(WEEK - 40_000n) });
    await expect(log(deal, 60)).rejects.toMatchObject({ code: 'orders.no_week_for_day' });
    expect(
      market
        .seen('orders.week.changed.v1')
        .filter(({ subject }) => subject === orderId)
        .at(-1)?.data,
    ).toMatchObject({
      to: 'unfunded',
      action: 'hold_refused',
      freelancerId: freelancer.userId,
    });
    // The first week ends empty: what it held comes back, and pays for the second.
    await days(1);
    order = await weekStep('fundWeek', client, deal, 2);
    expect(week(order, 2).status).toBe('open');
    expect((await log(deal, 60)).weekId).toBe(week(order, 2).weekId);
    expect((await market.money(client)).escrow).toBe(WEEK);
  });

  test('a rest that lasts too long ends the deal, and nothing stays held', async () => {
    const deal = await started(WEEK + 10_000n);
    await log(deal, 60);
    await days(7);
    expect(week(await market.read(deal.orderId, deal.client), 2).status).toBe('unfunded');
    await days(2);
    await days(6);
    // Silence has approved the first week.
    expect((await market.money(deal.freelancer)).available).toBe(90_000n);
    await days(31);
    const order = await market.read(deal.orderId, deal.client);
    expect(order.status).toBe('completed');
    expect((await market.money(deal.client)).escrow).toBe(0n);
  });

  test('two approvals at once pay once; after it nothing of the week can be done', async () => {
    const deal = await started();
    await log(deal, 600);
    await days(8);
    const { weekId } = week(await market.read(deal.orderId, deal.client), 1);
    const call = () =>
      market.call('approveWeek', deal.client, { params: { orderId: deal.orderId, weekId }, body: { bonus: null } });
    const results = await Promise.allSettled(Array.from({ length: 20 }, call));
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    for (const one of results) if (one.status === 'rejected') expect(one.reason).toMatchObject(refused);
    await market.platform.drain();
    expect((await market.money(deal.freelancer)).available).toBe(900_000n);
    await expect(
      weekStep('contestWeek', deal.client, deal, 1, { entryIds: [weekId], reason: 'Поздно' }),
    ).rejects.toThrow();
    await expect(weekStep('concedeWeek', deal.freelancer, deal, 1)).rejects.toMatchObject(refused);
  });

  test('contested entries are corrected and approved, or given up, or given up by silence', async () => {
    const deal = await started(100_000_000n);
    const { client, freelancer, orderId } = deal;
    const contest = async (number: number, minutes: number) => {
      await log(deal, 120);
      const { entryId } = await log(deal, minutes);
      await days(7);
      await days(1);
      await weekStep('contestWeek', client, deal, number, { entryIds: [entryId], reason: 'Не по задаче' });
      return entryId;
    };
    const first = await contest(1, 300);
    let order = await market.read(orderId, freelancer);
    expect(week(order, 1)).toMatchObject({ status: 'contested' });
    expect(week(order, 1).entries[1]).toMatchObject({ entryId: first, objection: 'Не по задаче' });
    await market.call('editTime', freelancer, { params: { orderId, entryId: first }, body: { minutes: 60 } });
    await weekStep('resubmitWeek', freelancer, deal, 1, { reason: 'Исправил' });
    order = await weekStep('approveWeek', client, deal, 1, {});
    expect(week(order, 1)).toMatchObject({ status: 'approved', minutes: 180, amount: RUB(300_000) });
    await contest(2, 300);
    order = await weekStep('concedeWeek', freelancer, deal, 2);
    expect(week(order, 2)).toMatchObject({ status: 'approved', amount: RUB(200_000) });
    await contest(3, 300);
    await days(6);
    order = await market.read(orderId, client);
    expect(week(order, 3)).toMatchObject({ status: 'approved', amount: RUB(200_000) });
    expect((await market.money(freelancer)).available).toBe(630_000n);
    await market.checkBooks();
  });

  test.each(['client', 'freelancer'] as const)(
    '%s ends it: worked hours wait for approval, all else comes back',
    async (side) => {
      const deal = await started();
      await log(deal, 120);
      // The next week is held already, it has not begun.
      await days(6);
      await market.platform.advance(DAY / 2);
      expect((await market.money(deal.client)).escrow).toBe(2n * WEEK);
      let order = await market.act('finishOrder', deal[side], deal.orderId, { reason: 'Всё сделано' });
      expect(order.status).toBe('delivered');
      expect((await market.money(deal.client)).escrow).toBe(WEEK);
      await expect(log(deal, 60)).rejects.toMatchObject(refused);
      order = await weekStep('approveWeek', deal.client, deal, 1, {});
      expect(order.status).toBe('completed');
      expect(await market.money(deal.client)).toMatchObject({ escrow: 0n });
      expect((await market.money(deal.freelancer)).available).toBe(180_000n);
      await market.call('addReview', deal.client, {
        params: { orderId: deal.orderId },
        body: { rating: 5, text: 'Отлично' },
      });
    },
  );

  test('ended before anything was worked it is cancelled, and all money is back', async () => {
    const deal = await started();
    const before = (await market.money(deal.client)).available;
    const order = await market.act('finishOrder', deal.client, deal.orderId, { reason: 'Планы изменились' });
    expect(order.status).toBe('cancelled');
    expect(await market.money(deal.client)).toEqual({ available: before + WEEK, escrow: 0n });
  });

  test('what is of fixed prices is refused: delivery, completion, giving up, dates, parts', async () => {
    const deal = await started();
    const { client, freelancer, orderId } = deal;
    const params = { orderId };
    await expect(market.call('deliverOrder', freelancer, { params, body: { text: 'Готово' } })).rejects.toMatchObject(
      refused,
    );
    await expect(market.call('completeOrder', client, { params, body: {} })).rejects.toMatchObject(refused);
    await expect(market.call('cancelOrder', freelancer, { params, body: { reason: 'Не могу' } })).rejects.toMatchObject(
      refused,
    );
    const terms = { kind: 'deadline', dueAt: new Date(market.platform.clock.nowMs() + 9 * DAY).toISOString() };
    await expect(
      market.call('propose', freelancer, { params, body: { terms, reason: 'Ещё неделя' } }),
    ).rejects.toMatchObject({ code: 'validation_failed' });
    const fixed = await market.started(client, freelancer);
    await expect(
      market.call('finishOrder', client, { params: { orderId: fixed.orderId }, body: { reason: 'Хватит' } }),
    ).rejects.toMatchObject(refused);
  });

  test('another rate and cap by consent of both act from the next week', async () => {
    const deal = await started();
    const { client, freelancer, orderId } = deal;
    const terms = { kind: 'rate', rate: RUB(150_000), weeklyHours: 4 };
    const raised = await market.act('propose', freelancer, orderId, { terms, reason: 'Задачи сложнее' });
    const { proposalId } = raised['proposals'][0];
    await market.call('consentToProposal', client, { params: { orderId, proposalId } });
    await days(7);
    const order = await market.read(orderId, client);
    expect(week(order, 1)).toMatchObject({ rate: RUB(RATE), weeklyHours: CAP });
    expect(week(order, 2)).toMatchObject({ status: 'open', rate: RUB(150_000), weeklyHours: 4, held: RUB(600_000) });
  });
});

describe('a dispute over an hourly deal', () => {
  const dispute = async (deal: Deal) => {
    await log(deal, 240);
    await days(7);
    await log(deal, 60);
    const body = { actorId: deal.client.userId, ticketId: crypto.randomUUID(), reason: 'Часы не сходятся' };
    await market.platform.call('orders', 'openDispute', {
      caller: 'support',
      params: { orderId: deal.orderId },
      body,
    } as never);
    await market.platform.drain();
  };
  const rule = async (deal: Deal, outcome: string, amount: bigint) => {
    const body = {
      actorId: crypto.randomUUID(),
      ticketId: crypto.randomUUID(),
      outcome,
      reason: 'Решение поддержки',
      freelancerAmount: RUB(amount),
    };
    await market.platform.call('orders', 'ruleDispute', {
      caller: 'support',
      params: { orderId: deal.orderId },
      body,
    } as never);
    await market.platform.drain();
  };

  test('stops every clock and step; released, the worked hours of each week are paid', async () => {
    const deal = await started();
    await dispute(deal);
    expect((await market.money(deal.client)).escrow).toBe(2n * WEEK);
    await days(40);
    expect((await market.read(deal.orderId, deal.client)).status).toBe('disputed');
    expect((await market.money(deal.client)).escrow).toBe(2n * WEEK);
    await expect(weekStep('approveWeek', deal.client, deal, 1, {})).rejects.toMatchObject(refused);
    await rule(deal, 'release', 2n * WEEK);
    expect((await market.read(deal.orderId, deal.client)).status).toBe('completed');
    expect((await market.money(deal.freelancer)).available).toBe(450_000n);
    expect((await market.money(deal.client)).escrow).toBe(0n);
  });

  test.each([
    ['refund', 0n, 'cancelled', 0n],
    ['split', 300_000n, 'split', 270_000n],
  ] as const)('ruled %s: every hold is settled once', async (outcome, amount, status, paid) => {
    const deal = await started();
    await dispute(deal);
    await rule(deal, outcome, amount);
    expect((await market.read(deal.orderId, deal.client)).status).toBe(status);
    expect((await market.money(deal.freelancer)).available).toBe(paid);
    expect((await market.money(deal.client)).escrow).toBe(0n);
    await market.checkBooks();
  });
});
