import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { admins, type Bank, dealOf, openBank, RUB, TYPE } from '#services/payments/tests/bank.ts';
import { chargeBack, settleTopup, settleWithdrawal } from '#services/payments/ledger/transfers.ts';
import { person } from '#testing/env.ts';

/** The figures of analytics against the ledger itself, read by its owner: to the kopeck. */
let bank: Bank;
let client: Principal;
let freelancer: Principal;
const analyst = person({ permissions: ['analytics.view', 'analytics.rebuild'] });

beforeAll(async () => {
  bank = await openBank({}, ['analytics']);
  client = await bank.somebody(50_000_003n);
  freelancer = await bank.somebody();
}, 60_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

const publish = (type: string, subject: string, data: unknown) => bank.platform.publish(type, subject, data);
const now = () => bank.platform.clock.now();

async function hold(price: bigint, orderId?: string) {
  const deal = dealOf(client, freelancer, price);
  const ids = orderId === undefined ? {} : { orderId };
  await publish(TYPE.hold, orderId ?? deal.orderId, { ...deal.escrowRequested, ...ids });
  await bank.platform.drain();
  return deal;
}

/** Everything that moves money: releases with a bonus, splits, refunds, several holds of one order, fees, charge-backs, payouts. */
async function movements(): Promise<void> {
  for (const price of [1_234_567n, 99_999n, 1n, 33n]) {
    const deal = await hold(price);
    await publish(TYPE.complete, deal.orderId, { ...deal.completionConfirmed, bonus: price > 50n ? RUB(701) : null });
  }
  const order = randomUUID();
  for (const price of [10_007n, 20_009n, 30_011n]) {
    const part = await hold(price, order);
    await publish(TYPE.complete, order, { ...part.completionConfirmed, orderId: order });
  }
  const split = await hold(77_777n);
  await publish(TYPE.settle, split.orderId, split.settlement('split', 33_333n));
  const refunded = await hold(55_555n);
  await publish(TYPE.settle, refunded.orderId, refunded.settlement('refund', 0n));
  await hold(44_441n);
  const placement = { placementId: randomUUID(), orderId: randomUUID(), clientId: client.userId };
  for (const one of [placement, { ...placement, placementId: randomUUID(), orderId: randomUUID() }])
    await publish(TYPE.placement, one.orderId, { ...one, title: 'x', fee: RUB(30_001) });
  await bank.platform.drain();
  await publish(TYPE.placementRefund, placement.orderId, { ...placement, reason: 'x' });
  for (const [amount, back] of [
    [100_003, false],
    [5_009, true],
  ] as const) {
    const { topupId } = (await bank.call('startTopup', client, { body: { amount: RUB(amount) } })).body;
    await bank.ctx.books.tx([topupId], (tx) => settleTopup(tx, topupId, true, now()));
    if (back) await bank.ctx.books.tx([topupId], (tx) => chargeBack(tx, topupId, now()));
  }
  await bank.call('grantBonus', admins[0], {
    body: { userId: freelancer.userId, amount: RUB(303), reason: 'за труд' },
  });
  for (const paid of [true, false]) {
    const { withdrawalId } = (
      await bank.call('requestWithdrawal', freelancer, {
        body: { amount: RUB(10_101), destination: { kind: 'card', token: '****4242' } },
      })
    ).body;
    await bank.platform.drain();
    await bank.ctx.books.tx([withdrawalId], (tx) => settleWithdrawal(tx, withdrawalId, paid, now()));
  }
  await bank.platform.drain();
}

/** What the ledger says, by its own words: balances, and sums of transactions by kind. */
async function ledger(): Promise<Record<string, string>> {
  return await bank.asOwner(async (db) => {
    const one = async (text: string) => String((await db.query(text)).rows[0]?.sum ?? '0');
    const moved = (kinds: string, account: string, more = '') =>
      one(`select coalesce(sum(p.amount), 0) as sum from postings p join accounts a using (account_id) join transactions t using (transaction_id)
           where t.kind in (${kinds}) and a.kind = '${account}' and a.currency = 'RUB' ${more}`);
    const balance = (kind: string) =>
      one(`select coalesce(sum(p.amount), 0) as sum from postings p join accounts a using (account_id)
           where a.kind = '${kind}' and a.currency = 'RUB'`);
    const earned = await moved(
      "'escrow_release', 'escrow_split'",
      'available',
      `and a.user_id = '${freelancer.userId}'`,
    );
    return {
      commission: await balance('commission'),
      placement_fees: await balance('placement_fees'),
      escrow_held: await balance('escrow'),
      topups: await moved("'topup'", 'available'),
      chargebacks: (
        -BigInt(await moved("'chargeback'", 'available')) - BigInt(await moved("'chargeback'", 'recovery'))
      ).toString(),
      bonuses: await moved("'client_bonus', 'platform_bonus'", 'available', 'and p.amount > 0'),
      withdrawals: (-BigInt(await moved("'withdrawal_paid'", 'pending_withdrawal'))).toString(),
      gmv: (BigInt(earned) + BigInt(await balance('commission'))).toString(),
    };
  });
}

async function figures(): Promise<Record<string, string>> {
  const day = now().toISOString().slice(0, 10);
  const { body } = await bank.platform.call('analytics', 'getDashboard', {
    user: analyst,
    params: { name: 'finance' },
    query: { from: day, to: day, timeZone: 'UTC' },
  });
  return Object.fromEntries(
    body.panels
      .filter((panel: { unit: string }) => panel.unit === 'money')
      .map((panel: { metric: string; total: string }) => [panel.metric, panel.total]),
  );
}

test('E14: every figure of money equals the ledger to the kopeck, a rebuild included', async () => {
  await movements();
  const books = await ledger();
  // Nothing is equal by being nothing.
  expect(Object.entries(books).filter(([, sum]) => sum === '0')).toEqual([]);
  expect(await figures()).toEqual(books);
  const { body } = await bank.platform.call('analytics', 'startRebuild', { user: analyst });
  await bank.platform.drain();
  const ended = await bank.platform.call('analytics', 'getRebuild', {
    user: analyst,
    params: { rebuildId: body.rebuildId },
  });
  expect(ended.body).toMatchObject({ state: 'done', equal: true });
  expect(await figures()).toEqual(books);
}, 60_000);

test('own income and spending equal what the ledger moved', async () => {
  const own = async (user: Principal) =>
    (await bank.platform.call('analytics', 'getOwnStatistics', { user: person({ userId: user.userId }) })).body;
  const sumOf = (user: Principal) =>
    bank.asOwner(
      async (db) =>
        (
          await db.query(
            `select sum(p.amount)::text as sum from postings p join accounts a using (account_id) join transactions t using (transaction_id)
             where a.user_id = $1 and a.kind in ('available', 'escrow') and t.kind in ('escrow_release', 'escrow_split', 'client_bonus', 'platform_bonus')`,
            [user.userId],
          )
        ).rows[0].sum as string,
    );
  expect((await own(freelancer)).asFreelancer.income).toEqual([RUB(BigInt(await sumOf(freelancer)))]);
  expect((await own(client)).asClient.spent).toEqual([RUB(-BigInt(await sumOf(client)))]);
});
