import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { compare } from '../jobs/compare-statement.ts';
import { settleTopup } from '../ledger/transfers.ts';
import { type Bank, openBank, RUB } from './bank.ts';

let bank: Bank;
const found: { kind: string; what: string; reference: string; userId: string | null }[] = [];
beforeAll(async () => {
  bank = await openBank();
  await bank.platform.bus.subscribe({
    queue: 'listener',
    types: ['payments.reconciliation.difference-found.v1'],
    prefetch: 50,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        found.push(JSON.parse(delivery.raw.toString('utf8')).data);
        delivery.ack();
      }
    },
  });
}, 300_000);
afterAll(() => bank?.close());

const topUp = async (user: Principal, amount: number) =>
  (await bank.call('startTopup', user, { body: { amount: RUB(amount) } })).body.topupId as string;
const book = (topupId: string) =>
  bank.ctx.books.tx([], (tx) => settleTopup(tx, topupId, true, bank.platform.clock.now()));
const round = async () => {
  const now = bank.platform.clock.nowMs();
  await compare(bank.ctx, new Date(now - 3_600_000), new Date(now + 3_600_000), 60_000);
  await bank.platform.drain();
};

test('what both sides have alike is no difference; what they do not is told, once', async () => {
  const user = await bank.somebody();
  const alike = await topUp(user, 100);
  await bank.provider.end(alike, 'drop');
  await book(alike);
  await round();
  expect(found).toEqual([]);

  const onlyHere = await topUp(user, 200);
  await book(onlyHere);
  const notBooked = await topUp(user, 300);
  await bank.provider.end(notBooked, 'drop');
  const otherSum = await topUp(user, 400);
  await bank.provider.end(otherSum, 'drop');
  await book(otherSum);
  await bank.asOwner((client) => client.query('update topups set amount = 399 where topup_id = $1', [otherSum]));
  const strange = randomUUID();
  await fetch(`${bank.provider.url}/v1/payments`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bank.ctx.config.PROVIDER_API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      reference: strange,
      amount: { value: '500', currency: 'RUB' },
      returnUrl: 'http://127.0.0.1/',
      callbackUrl: 'http://127.0.0.1/',
    }),
  });
  await bank.provider.end(strange, 'drop');
  await round();
  await round();
  const by = (kind: string) => found.filter((one) => one.kind === kind);
  expect(found).toHaveLength(4);
  expect(by('missing_there')).toMatchObject([
    { what: 'payment', reference: onlyHere, userId: user.userId, ours: '200 RUB' },
  ]);
  expect(by('other_state')).toMatchObject([{ reference: notBooked, ours: 'pending', theirs: '300 RUB' }]);
  expect(by('other_sum')).toMatchObject([{ reference: otherSum, ours: '399 RUB', theirs: '400 RUB' }]);
  expect(by('missing_here')).toMatchObject([{ reference: strange, userId: null, theirs: '500 RUB' }]);
});
