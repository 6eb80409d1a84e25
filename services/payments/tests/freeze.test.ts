import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { completionConfirmed, escrowRequested, orderStatusChanged, settlementRequested } from '../consumers/deals.ts';
import { type Bank, dealOf, openBank, RUB, TYPE } from './bank.ts';

let bank: Bank;
let client: Principal;
let freelancer: Principal;

beforeAll(async () => {
  bank = await openBank();
  client = await bank.somebody(1_000_000n);
  freelancer = await bank.somebody();
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

const apply: Bank['apply'] = (...of) => bank.apply(...of);

type Deal = ReturnType<typeof dealOf>;
const statusData = (deal: Deal, from: string, to: string) => ({
  orderId: deal.orderId,
  title: 'Логотип',
  category: 'logo-design',
  clientId: deal.clientId,
  freelancerId: deal.freelancerId,
  from,
  to,
  actorId: null,
  actorKind: 'system',
  action: 'x',
  reason: null,
  price: null,
  deadline: null,
  onTime: null,
});
const becomes = (deal: Deal, from: string, to: string, sequence: bigint) =>
  apply(orderStatusChanged, statusData(deal, from, to), sequence);
const frozen = async (deal: Deal) =>
  (await bank.platform.call('payments', 'getOrderMoney', { caller: 'support', params: { orderId: deal.orderId } })).body
    .frozen as boolean;

async function heldDeal(price = 1_000n): Promise<Deal> {
  const deal = dealOf(client, freelancer, price);
  await apply(escrowRequested, deal.escrowRequested);
  return deal;
}

describe('a frozen hold', () => {
  test('is not released while the dispute lasts; the ruling divides it', async () => {
    const deal = await heldDeal();
    const before = await bank.available(freelancer);
    await becomes(deal, 'delivered', 'disputed', 5n);
    await expect(apply(completionConfirmed, deal.completionConfirmed, 6n)).rejects.toMatchObject({ code: 'conflict' });
    // One that does not say when it was decided is not believed to be older than the dispute.
    await expect(apply(completionConfirmed, deal.completionConfirmed)).rejects.toMatchObject({ code: 'conflict' });
    expect(await bank.available(freelancer)).toBe(before);
    await apply(settlementRequested, deal.settlement('split', 100n), 6n);
    expect(await bank.available(freelancer)).toBe(before + 90n);
  });

  test('is released by a ruling whose event overtook the end of the dispute, once that arrived', async () => {
    const deal = await heldDeal();
    const before = await bank.available(freelancer);
    const publish = (type: string, data: unknown, sequence: number) =>
      bank.platform.publish(type, deal.orderId, data, { sequence });
    await publish('orders.order.status-changed.v1', statusData(deal, 'delivered', 'disputed'), 5);
    await bank.platform.drain();
    await publish(TYPE.complete, deal.completionConfirmed, 6);
    await publish('orders.order.status-changed.v1', statusData(deal, 'disputed', 'completed'), 6);
    await expect.poll(() => bank.available(freelancer), { timeout: 10_000 }).toBe(before + 900n);
    await bank.platform.drain();
    expect(await bank.platform.bus.deadLetters.list('payments', 10)).toEqual([]);
  });

  test('does not keep back what was released before the dispute and arrives after it', async () => {
    const deal = await heldDeal();
    const before = await bank.available(freelancer);
    await becomes(deal, 'in_progress', 'disputed', 9n);
    await apply(completionConfirmed, deal.completionConfirmed, 8n);
    expect(await bank.available(freelancer)).toBe(before + 900n);
  });

  test('is frozen from its start when the order is in dispute already', async () => {
    const deal = dealOf(client, freelancer, 1_000n);
    await becomes(deal, 'in_progress', 'disputed', 3n);
    await apply(escrowRequested, deal.escrowRequested);
    expect(await frozen(deal)).toBe(true);
    await becomes(deal, 'disputed', 'cancelled', 4n);
    expect(await frozen(deal)).toBe(false);
    await apply(settlementRequested, deal.settlement('refund', 0n), 4n);
  });
});

test('what settles a hold that nobody knows is tried again and then parked, not tried for ever (F4)', async () => {
  const deal = dealOf(client, freelancer, 1_000n);
  // Any code but those that are waited out without counting (`unavailable`, `timeout`).
  for (const [consumer, data] of [
    [completionConfirmed, deal.completionConfirmed],
    [settlementRequested, deal.settlement('refund', 0n)],
  ] as const)
    await expect(apply(consumer, data, 1n)).rejects.toMatchObject({ code: 'conflict' });
});

test('two who work for each other complete with a bonus at once: no deadlock in the middle', {
  timeout: 60_000,
}, async () => {
  const [one, other] = [await bank.somebody(500_000n), await bank.somebody(500_000n)];
  const start = await deadlocks();
  for (let round = 0; round < 15; round++) {
    const deals = [dealOf(one, other, 1_000n), dealOf(other, one, 1_000n)];
    for (const deal of deals) await apply(escrowRequested, deal.escrowRequested);
    await Promise.all(
      deals.map((deal) => apply(completionConfirmed, { ...deal.completionConfirmed, bonus: RUB(10) }, 1n)),
    );
  }
  // Two releases of one pair, of which one goes back in full: its accounts come in another order.
  for (let round = 0; round < 15; round++) {
    const deals = [dealOf(one, other, 1_000n), dealOf(other, one, 1_000n)];
    for (const deal of deals) await apply(escrowRequested, deal.escrowRequested);
    await Promise.all([
      apply(completionConfirmed, { ...(deals[0] as Deal).completionConfirmed, bonus: RUB(10) }, 1n),
      apply(settlementRequested, (deals[1] as Deal).settlement('refund', 0n), 1n),
    ]);
  }
  expect(await deadlocks()).toBe(start);
});

/** Deadlocks that the server has broken in this test's database; its counters come with a delay of up to a second. */
async function deadlocks(): Promise<number> {
  return await bank.asOwner(async (db) => {
    await db.query('select pg_stat_clear_snapshot()');
    const { rows } = await db.query<{ n: number }>(
      'select deadlocks::int as n from pg_stat_database where datname = current_database()',
    );
    return rows[0]?.n ?? 0;
  });
}

test('postings of one transaction on one account carry the balance after each of them', async () => {
  const user = await bank.somebody(10_000n);
  const reference = `test:${randomUUID()}`;
  await bank.ctx.books.submit({
    reference,
    kind: 'adjustment',
    currency: 'RUB',
    orderId: null,
    actorId: null,
    memo: null,
    at: bank.platform.clock.now(),
    postings: [
      { account: 'available', userId: user.userId, amount: -300n },
      { account: 'available', userId: user.userId, amount: -200n },
      { account: 'adjustments', userId: null, amount: 500n },
    ],
  });
  const rows = await bank.asOwner(
    async (db) =>
      (
        await db.query<{ after: string | null }>(
          'select balance_after as after from postings join transactions using (transaction_id) where reference = $1 order by posting_id',
          [reference],
        )
      ).rows,
  );
  expect(rows.map((row) => row.after)).toEqual(['9700', '9500', null]);
});
