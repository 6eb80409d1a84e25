import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { settleTopup, chargeBack } from '../ledger/transfers.ts';
import { admins, type Bank, openBank, RUB } from './bank.ts';

let bank: Bank;
beforeAll(async () => {
  bank = await openBank();
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

const topUp = async (user: Principal, amount: number) => {
  const { topupId } = (await bank.call('startTopup', user, { body: { amount: RUB(amount) } })).body;
  await bank.ctx.books.tx([], (tx) => settleTopup(tx, topupId, true, bank.platform.clock.now()));
  return topupId as string;
};
const takeBack = (topupId: string) => bank.ctx.books.tx([], (tx) => chargeBack(tx, topupId, bank.platform.clock.now()));
const rub = async (user: Principal) => (await bank.call('getOwnAccounts', user)).body.items[0];
const withdraw = (user: Principal, amount: number) =>
  bank.call('requestWithdrawal', user, {
    body: { amount: RUB(amount), destination: { kind: 'card', token: '****4242' } },
  });

test('a chargeback takes what is there; what is spent becomes a debt, never a balance below zero', async () => {
  const user = await bank.somebody();
  const topupId = await topUp(user, 1_000);
  await withdraw(user, 700);
  await Promise.all([takeBack(topupId), takeBack(topupId), takeBack(topupId)]);
  expect(await rub(user)).toMatchObject({ available: RUB(0), debt: RUB(700) });
  expect((await bank.call('getTopup', user, { params: { topupId } })).body.status).toBe('charged_back');
  // Nothing leaves while something is owed; it is paid when its owner says so.
  await bank.call('requestAdjustment', admins[0], {
    body: { userId: user.userId, amount: RUB(500), reason: 'earned' },
  });
  await expect(withdraw(user, 100)).rejects.toMatchObject({ code: 'payments.debt_first' });
  expect((await bank.call('payDebt', user, { body: { currency: 'RUB' } })).body).toEqual({
    paid: RUB(500),
    debt: RUB(200),
  });
  await expect(bank.call('payDebt', user, { body: { currency: 'RUB' } })).rejects.toMatchObject({
    code: 'payments.not_enough_money',
  });
  await bank.call('requestAdjustment', admins[0], {
    body: { userId: user.userId, amount: RUB(300), reason: 'earned' },
  });
  await Promise.allSettled(Array.from({ length: 5 }, () => bank.call('payDebt', user, { body: { currency: 'RUB' } })));
  expect(await rub(user)).toMatchObject({ available: RUB(100), debt: RUB(0) });
  await expect(bank.call('payDebt', user, { body: { currency: 'RUB' } })).rejects.toMatchObject({ code: 'conflict' });
  expect((await withdraw(user, 100)).body.status).toBe('requested');
});

test('a chargeback that overtakes its success leaves nothing behind; of an unknown top-up it is not taken', async () => {
  const user = await bank.somebody();
  const { topupId } = (await bank.call('startTopup', user, { body: { amount: RUB(400) } })).body;
  expect(await takeBack(topupId)).toBe(true);
  await bank.ctx.books.tx([], (tx) => settleTopup(tx, topupId, true, bank.platform.clock.now()));
  expect(await rub(user)).toMatchObject({ available: RUB(0), debt: RUB(0) });
  expect(await takeBack(randomUUID())).toBe(false);
});
