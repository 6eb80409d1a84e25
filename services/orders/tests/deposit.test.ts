/** The fair response deposit (O4): held with the response, spent only on a decision, back in every other end, once. */
import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { isProblem } from '#kit/problem.ts';
import type { Principal } from '#kit/service/types.ts';
import { person } from '#testing/env.ts';
import { DAY, type Market, openMarket, RUB } from './market.ts';

vi.setConfig({ testTimeout: 240_000 });
const DEPOSIT = 5_000n;
const admin = person({ permissions: ['payments.bonus.grant'] });

let market: Market;
let version = 0;
/** What the administration sets acts on orders that are published from then on. */
async function setDeposit(amount: bigint, currency = 'RUB'): Promise<void> {
  version += 1;
  await market.platform.publish('admin.setting.changed.v1', 'orders.response-deposit', {
    settingId: randomUUID(),
    key: 'orders.response-deposit',
    version,
    value: { deposit: { amount: String(amount), currency }, silenceDays: 10 },
    actsFrom: new Date(market.platform.clock.nowMs() - 1_000).toISOString(),
    actorId: randomUUID(),
  });
  await market.platform.drain();
}

async function freelancer(minor = 100_000n): Promise<Principal> {
  const user = await market.freelancer();
  if (minor > 0n)
    await market.platform.call('payments', 'grantBonus', {
      user: admin,
      idempotencyKey: randomUUID(),
      body: { userId: user.userId, amount: RUB(minor), reason: 'for a test' },
    });
  return user;
}

/** Money of a freelancer, and what of it is set aside. */
async function purse(user: Principal): Promise<{ available: bigint; reserved: bigint }> {
  await market.platform.drain();
  const { body } = await market.platform.call('payments', 'getOwnAccounts', { user });
  const rub = body.items.find((item: { currency: string }) => item.currency === 'RUB');
  return { available: BigInt(rub?.available.amount ?? 0), reserved: BigInt(rub?.reserved.amount ?? 0) };
}

const step = (route: string, user: Principal, orderId: string, responseId: string, body?: unknown) =>
  market.call(route, user, { params: { orderId, responseId }, ...(body === undefined ? {} : { body }) });

beforeAll(async () => {
  market = await openMarket();
  await setDeposit(DEPOSIT);
});
afterAll(async () => {
  await market?.checkBooks();
  await market?.close();
});

const REFUSAL = { reason: 'Не подходит' };
const COUNTER = { price: RUB(900_000), days: 5 };

describe('a response deposit', () => {
  test('is told before it binds, held with the response, and seen beside it', async () => {
    const [client, author] = [await market.client(), await freelancer()];
    const { orderId } = await market.published(client);
    const seen = await market.read(orderId, author);
    expect(seen['responseDeposit']).toMatchObject({ amount: RUB(DEPOSIT), silenceDays: 10 });
    expect(seen['responseDeposit'].rule).toContain('вернётся');
    const respond = seen['actions'].find((one: { name: string }) => one.name === 'respond');
    expect(respond.moneyEffect).toBe(seen['responseDeposit'].rule);
    const responseId = await market.respond(author, orderId);
    expect(await purse(author)).toEqual({ available: 95_000n, reserved: DEPOSIT });
    const { body } = await step('getResponse', author, orderId, responseId);
    expect(body).toMatchObject({ deposit: { amount: RUB(DEPOSIT), status: 'held' }, openedAt: null });
  });

  test('without the money the response is refused, and nothing is kept', async () => {
    const [client, author] = [await market.client(), await freelancer(DEPOSIT - 1n)];
    const { orderId } = await market.published(client);
    await expect(market.respond(author, orderId)).rejects.toMatchObject({ code: 'orders.no_money_for_deposit' });
    expect(await purse(author)).toEqual({ available: DEPOSIT - 1n, reserved: 0n });
    expect((await market.read(orderId, client))['responses']).toBe(0);
    await market.platform.advance(DAY / 24);
    expect(await purse(author)).toEqual({ available: DEPOSIT - 1n, reserved: 0n });
  });

  test.each([
    ['shortlisted', 'shortlistResponse', undefined],
    ['declined', 'declineResponse', REFUSAL],
    ['countered', 'makeCounterOffer', COUNTER],
  ])('is spent once the client %s it, and withdrawing brings nothing back', async (_what, route, body) => {
    const [client, author] = [await market.client(), await freelancer()];
    const { orderId } = await market.published(client);
    const responseId = await market.respond(author, orderId);
    await step(route, client, orderId, responseId, body);
    expect(await purse(author)).toEqual({ available: 95_000n, reserved: 0n });
    const after = (await step('getResponse', author, orderId, responseId)).body;
    expect(after).toMatchObject({ deposit: { status: 'spent' } });
    expect(after.openedAt).not.toBeNull();
    await step('withdrawResponse', author, orderId, responseId).catch(() => undefined);
    expect(await purse(author)).toEqual({ available: 95_000n, reserved: 0n });
  });

  test('of the chosen one it is spent; of another one if the client had opened it, else it comes back', async () => {
    const client = await market.client();
    const [chosen, opened, unseen] = [await freelancer(), await freelancer(), await freelancer()];
    const { orderId } = await market.published(client);
    const ids = [];
    for (const who of [chosen, opened, unseen]) ids.push(await market.respond(who, orderId));
    await step('openResponse', client, orderId, ids[1] as string);
    await step('openResponse', client, orderId, ids[1] as string);
    await market.accept(client, orderId, ids[0] as string);
    expect(await purse(chosen)).toEqual({ available: 95_000n, reserved: 0n });
    expect(await purse(opened)).toEqual({ available: 95_000n, reserved: 0n });
    expect(await purse(unseen)).toEqual({ available: 100_000n, reserved: 0n });
    const { items } = (await market.call('getHistory', opened, { params: { orderId } })).body;
    const actions = items.map((one: { action: string }) => one.action);
    expect(actions).toEqual(['respond', 'response_open', 'response_choose_other', 'deposit_spent']);
  });

  test.each(['withdrawn', 'cancelled', 'expired', 'silence', 'own expiry', 'blocked'] as const)(
    'comes back: %s',
    async (how) => {
      const [client, author] = [await market.client(), await freelancer()];
      const { orderId } = await market.published(client);
      const { responseId } = (
        await market.call('respond', author, {
          params: { orderId },
          body: {
            price: RUB(1_000_000),
            days: 7,
            letter: 'Сделаю три варианта.',
            validDays: how === 'own expiry' ? 3 : null,
          },
        })
      ).body;
      // A look alone decides nothing.
      await step('openResponse', client, orderId, responseId);
      if (how === 'withdrawn') await step('withdrawResponse', author, orderId, responseId);
      if (how === 'cancelled') await market.act('cancelOrder', client, orderId, { reason: 'Передумали' });
      if (how === 'expired') await market.platform.advance(31 * DAY);
      if (how === 'silence') await market.platform.advance(10 * DAY + 1_000);
      if (how === 'own expiry') await market.platform.advance(3 * DAY + 1_000);
      if (how === 'blocked') {
        const data = { userId: client.userId, reason: 'x', actorId: randomUUID(), until: null };
        await market.platform.publish('users.user.blocked.v1', client.userId, data);
      }
      expect(await purse(author)).toEqual({ available: 100_000n, reserved: 0n });
      const after = (await step('getResponse', author, orderId, responseId)).body;
      expect(after).toMatchObject({ deposit: { status: 'returned' } });
      if (how === 'silence') {
        expect(after.status).toBe('submitted');
        await step('shortlistResponse', client, orderId, responseId);
        expect(await purse(author)).toEqual({ available: 100_000n, reserved: 0n });
      }
      if (how === 'own expiry') expect(after.status).toBe('expired');
    },
  );

  test('a decision and a withdrawal at once: one of them has it, the money moves once', async () => {
    for (let i = 0; i < 10; i++) {
      const [client, author] = [await market.client(), await freelancer()];
      const { orderId } = await market.published(client);
      const responseId = await market.respond(author, orderId);
      const results = await Promise.allSettled([
        step('declineResponse', client, orderId, responseId, REFUSAL),
        step('withdrawResponse', author, orderId, responseId),
        step('declineResponse', client, orderId, responseId, REFUSAL),
      ]);
      expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
      const spent = results[1]?.status === 'rejected';
      expect(await purse(author)).toEqual({ available: spent ? 95_000n : 100_000n, reserved: 0n });
    }
  });

  test('set to nothing, or in another currency, it asks for nothing; an order keeps what it was published with', async () => {
    const [client, author] = [await market.client(), await freelancer(0n)];
    const before = await market.published(client);
    await setDeposit(0n);
    const { orderId } = await market.published(client);
    await setDeposit(DEPOSIT, 'USD');
    const other = await market.published(client);
    await setDeposit(DEPOSIT);
    await market.respond(author, orderId);
    await market.respond(author, other.orderId);
    await expect(market.respond(author, before.orderId)).rejects.toMatchObject({
      code: 'orders.no_money_for_deposit',
    });
  });
});

/** What may be refused in any order of steps. */
const REFUSED = ['orders.not_now', 'orders.responded_already', 'orders.no_money_for_deposit', 'precondition_failed'];

test('whatever is done with responses in whatever order, each deposit has one end and none is lost', async () => {
  const client = await market.client(100_000_000n);
  const people: Principal[] = [];
  for (let i = 0; i < 3; i++) people.push(await freelancer(1_000_000n));
  const spentOf = async () =>
    await market.asOwner(
      async (db) =>
        (
          await db.query(`select
            (select count(*)::int from orders.responses where deposit_status = 'held') as held,
            (select count(*)::int from orders.responses where deposit_status = 'spent') as spent,
            (select count(*)::int from orders.responses r where deposit is not null and not exists (select 1 from payments.reservations v where v.reservation_id = r.deposit_id)) as unknown,
            (select count(*)::int from orders.responses r join payments.reservations v on v.reservation_id = r.deposit_id
              where (r.deposit_status, v.status) not in (('held', 'held'), ('spent', 'posted'), ('returned', 'voided'))) as differ,
            (select count(*)::int from payments.reservations v where v.account = 'reserved' and v.status = 'held' and not exists (select 1 from orders.responses r where r.deposit_id = v.reservation_id)) as orphans,
            (select coalesce(sum(balance), 0)::bigint from payments.accounts where kind = 'reserved') as reserved`)
        ).rows[0],
    );
  const who = fc.integer({ min: 0, max: 2 });
  const operation = fc.record({
    kind: fc.constantFrom('respond', 'open', 'withdraw', 'shortlist', 'decline', 'counter', 'accept', 'cancel', 'wait'),
    who,
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 4 }), { minLength: 2, maxLength: 5 }),
      async (rounds) => {
        const { orderId } = await market.published(client);
        const ids: (string | undefined)[] = [];
        const run = async ({ kind, who: index }: { kind: string; who: number }) => {
          const author = people[index] as Principal;
          const responseId = ids[index] ?? randomUUID();
          if (kind === 'respond') ids[index] = await market.respond(author, orderId);
          else if (kind === 'open') await step('openResponse', client, orderId, responseId);
          else if (kind === 'withdraw') await step('withdrawResponse', author, orderId, responseId);
          else if (kind === 'shortlist') await step('shortlistResponse', client, orderId, responseId);
          else if (kind === 'decline') await step('declineResponse', client, orderId, responseId, REFUSAL);
          else if (kind === 'counter') await step('makeCounterOffer', client, orderId, responseId, COUNTER);
          else if (kind === 'accept') await step('acceptResponse', client, orderId, responseId, {});
          else if (kind === 'cancel')
            await market.call('cancelOrder', client, { params: { orderId }, body: { reason: 'Передумали' } });
          else await market.platform.advance(4 * DAY);
        };
        for (const round of rounds) {
          const waits = round.filter((one) => one.kind === 'wait');
          const results = await Promise.allSettled(round.filter((one) => one.kind !== 'wait').map(run));
          for (const one of waits) await run(one);
          for (const result of results)
            if (result.status === 'rejected' && !isProblem(result.reason, 'not_found'))
              expect(REFUSED, String(result.reason)).toContain(result.reason.code);
          await market.platform.drain();
          const now = await spentOf();
          expect(now).toMatchObject({ unknown: 0, differ: 0, orphans: 0 });
          expect(BigInt(now.reserved)).toBe(BigInt(now.held) * DEPOSIT);
        }
        await market.checkBooks();
      },
    ),
    { numRuns: 8 },
  );
});
