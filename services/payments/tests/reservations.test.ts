import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { newCall, runInCall } from '#kit/call-context.ts';
import { expireReservation } from '../jobs/expire-reservation.ts';
import { type Bank, openBank, RUB } from './bank.ts';

let bank: Bank;
beforeAll(async () => {
  bank = await openBank();
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

const HOUR = 3_600_000;
const call = (route: string, input: object) =>
  bank.platform.call('payments', route, { caller: 'orders', ...input } as never);
const reserve = (user: Principal, amount: number, more: object = {}) =>
  call('reserveMoney', {
    body: { reference: `test:${randomUUID()}`, userId: user.userId, amount: RUB(amount), ...more },
  });
const held = async (user: Principal, amount: number, more: object = {}) =>
  (await reserve(user, amount, more)).body.reservationId as string;
const post = (reservationId: string, to: Principal, amount?: number) =>
  call('postReservation', {
    params: { reservationId },
    body: {
      to: { account: 'available', userId: to.userId },
      ...(amount === undefined ? {} : { amount: RUB(amount) }),
    },
  });
const giveBack = (reservationId: string) => call('voidReservation', { params: { reservationId } });
const inHours = (hours: number) => new Date(bank.platform.clock.nowMs() + hours * HOUR).toISOString();
const money = async (user: Principal) => {
  const { available, reserved } = (await bank.call('getOwnAccounts', user)).body.items[0];
  return [Number(available.amount), Number(reserved.amount)];
};
/** The clock of these tests goes on by hours; a sign-in does not. */
const fresh = (user: Principal): Principal => ({ ...user, authTime: bank.platform.clock.nowMs() / 1000 });
const endings = async (reservationId: string) =>
  (
    await bank.asOwner((client) =>
      client.query('select kind from transactions where reference = $1', [`end:${reservationId}`]),
    )
  ).rows.length;

describe('a reservation', () => {
  test('counts against the available money; posted in part, the rest goes back', async () => {
    const [payer, payee] = [await bank.somebody(1_000n), await bank.somebody()];
    const reservationId = await held(payer, 700);
    expect(await money(payer)).toEqual([300, 700]);
    await expect(
      bank.call('requestWithdrawal', payer, {
        body: { amount: RUB(301), destination: { kind: 'card', token: '****4242' } },
      }),
    ).rejects.toMatchObject({ code: 'payments.not_enough_money' });
    await expect(reserve(payer, 301)).rejects.toMatchObject({ code: 'payments.not_enough_money' });
    const { body } = await post(reservationId, payee, 450);
    expect(body).toMatchObject({ status: 'posted', posted: RUB(450), amount: RUB(700) });
    expect(await money(payer)).toEqual([550, 0]);
    expect(await money(payee)).toEqual([450, 0]);
    expect((await post(reservationId, payee, 450)).body).toEqual(body);
    await expect(post(reservationId, payee, 449)).rejects.toMatchObject({ code: 'payments.reservation_ended' });
    await expect(giveBack(reservationId)).rejects.toMatchObject({ code: 'payments.reservation_ended' });
    expect(await money(payee)).toEqual([450, 0]);
  });

  test('is posted in full to the platform, or given back', async () => {
    const payer = await bank.somebody(1_000n);
    const [spent, returned] = [await held(payer, 400), await held(payer, 500)];
    const fee = await call('postReservation', {
      params: { reservationId: spent },
      body: { to: { account: 'placement_fees' } },
    });
    expect(fee.body).toMatchObject({ status: 'posted', posted: RUB(400) });
    expect((await giveBack(returned)).body).toMatchObject({ status: 'voided', posted: RUB(0) });
    expect((await giveBack(returned)).body.status).toBe('voided');
    expect(await money(payer)).toEqual([600, 0]);
    await expect(post(returned, await bank.somebody())).rejects.toMatchObject({
      code: 'payments.reservation_ended',
    });
  });

  test('runs out once, and later than its time it is not posted any more (M11)', async () => {
    const [payer, payee] = [await bank.somebody(1_000n), await bank.somebody()];
    const [out, early] = [
      await held(payer, 300, { expiresAt: inHours(2) }),
      await held(payer, 200, { expiresAt: inHours(2) }),
    ];
    await post(early, payee);
    await bank.platform.advance(HOUR);
    expect(await money(payer)).toEqual([500, 300]);
    bank.platform.clock.advance(HOUR);
    // Its job is late: it is over all the same.
    await expect(post(out, payee)).rejects.toMatchObject({ code: 'payments.reservation_ended' });
    const expire = () =>
      runInCall(newCall({ timeoutMs: 10_000 }), () => expireReservation.run(bank.ctx, { reservationId: out }));
    await Promise.all([bank.platform.advance(HOUR), expire(), expire()]);
    await expire();
    expect(await money(payer)).toEqual([800, 0]);
    expect(await money(payee)).toEqual([200, 0]);
    expect([await endings(out), await endings(early)]).toEqual([1, 1]);
    expect((await call('getReservation', { params: { reservationId: out } })).body.status).toBe('expired');
    expect((await giveBack(out)).body.status).toBe('expired');
  });

  test('of post, void and time-out exactly one moves the money, 60 times', async () => {
    const [payer, payee] = [await bank.somebody(60_000n), await bank.somebody()];
    const ids = await Promise.all(Array.from({ length: 60 }, () => held(payer, 1_000, { expiresAt: inHours(1) })));
    const rivals = (reservationId: string, first: number) => {
      const all = [
        () => post(reservationId, payee, 400),
        () => giveBack(reservationId),
        () => post(reservationId, payee),
      ];
      return [0, 1, 2].map((offset) => all[(first + offset) % 3]?.());
    };
    await Promise.allSettled(ids.flatMap((reservationId, index) => rivals(reservationId, index)));
    for (const reservationId of ids) expect(await endings(reservationId)).toBe(1);
    const states = await Promise.all(
      ids.map(async (reservationId) => (await call('getReservation', { params: { reservationId } })).body),
    );
    const posted = states.reduce((sum, one) => sum + Number(one.posted.amount), 0);
    expect(await money(payer)).toEqual([60_000 - posted, 0]);
    expect(await money(payee)).toEqual([posted, 0]);
    expect(new Set(states.map((one) => one.status)).size).toBe(2);
  });
});

test('a reference names one reservation; another body is refused; a refusal leaves it free', async () => {
  const payer = await bank.somebody(1_000n);
  const body = { reference: `test:${randomUUID()}`, userId: payer.userId, amount: RUB(600) };
  const all = await Promise.allSettled(Array.from({ length: 20 }, () => call('reserveMoney', { body })));
  const ids = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value.body.reservationId] : []));
  expect([ids.length, new Set(ids).size]).toEqual([20, 1]);
  expect(await money(payer)).toEqual([400, 600]);
  for (const other of [{ amount: RUB(601) }, { orderId: randomUUID() }, { expiresAt: inHours(1) }])
    await expect(call('reserveMoney', { body: { ...body, ...other } })).rejects.toMatchObject({
      code: 'payments.reference_reused',
    });
  const later = { ...body, reference: `test:${randomUUID()}`, amount: RUB(500) };
  await expect(call('reserveMoney', { body: later })).rejects.toMatchObject({ code: 'payments.not_enough_money' });
  await giveBack(ids[0]);
  expect((await call('reserveMoney', { body: later })).body.status).toBe('held');
});

test('who may, and what is refused', async () => {
  const [payer, payee] = [await bank.somebody(1_000n), await bank.somebody()];
  const reservationId = await held(payer, 100);
  await expect(
    bank.platform.call('payments', 'voidReservation', { caller: 'messenger', params: { reservationId } } as never),
  ).rejects.toMatchObject({ code: 'forbidden' });
  await expect(post(reservationId, payee, 101)).rejects.toMatchObject({ code: 'payments.reserved_less' });
  await expect(post(reservationId, payer)).rejects.toMatchObject({ code: 'validation_failed' });
  await expect(post(randomUUID(), payee)).rejects.toMatchObject({ code: 'not_found' });
  await expect(reserve(payer, 1, { expiresAt: inHours(-1) })).rejects.toMatchObject({ code: 'validation_failed' });
  for (const amount of ['0', '-1', '1.5', '9223372036854775808'])
    await expect(reserve(payer, 0, { amount: { amount, currency: 'RUB' } })).rejects.toMatchObject({
      code: 'validation_failed',
    });
  // A withdrawal is a reservation too, but it ends by its own rules.
  const { withdrawalId } = (
    await bank.call('requestWithdrawal', fresh(payer), {
      body: { amount: RUB(100), destination: { kind: 'card', token: '****4242' } },
    })
  ).body;
  await expect(giveBack(withdrawalId)).rejects.toMatchObject({ code: 'not_found' });
  await bank.asOwner((client) =>
    client.query("update users.profiles set status = 'blocked' where user_id = $1", [payer.userId]),
  );
  await expect(reserve(payer, 1)).rejects.toMatchObject({ code: 'payments.user_blocked' });
});
