import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { minorOf } from '../domain/amounts.ts';
import { reconcileOpen } from '../jobs/jobs.ts';
import type { StatementLine } from '../provider/provider.ts';
import { type Bank, openBank, RUB } from './bank.ts';
import { AGENT, SHOP, startYookassa } from './yookassa-stand-in.ts';

let bank: Bank;
let yookassa: Awaited<ReturnType<typeof startYookassa>>;
beforeAll(async () => {
  yookassa = await startYookassa();
  bank = await openBank({
    YOOKASSA_URL: yookassa.url,
    YOOKASSA_SHOP_ID: SHOP.id,
    YOOKASSA_SECRET_KEY: SHOP.key,
    YOOKASSA_PAYOUT_AGENT_ID: AGENT.id,
    YOOKASSA_PAYOUT_SECRET_KEY: AGENT.key,
  });
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
  await yookassa?.close();
});

const topUp = async (user: Principal, minor: number) =>
  (await bank.call('startTopup', user, { body: { amount: RUB(minor) } })).body as { topupId: string; pageUrl: string };
const withdraw = async (user: Principal, minor: number, kind = 'card') =>
  (
    await bank.call('requestWithdrawal', user, {
      body: { amount: RUB(minor), destination: { kind, token: 'pt-1234' } },
    })
  ).body.withdrawalId as string;
const statusOf = async (user: Principal, id: string) =>
  (await bank.call('listWithdrawals', user)).body.items.find((row: { withdrawalId: string }) => row.withdrawalId === id)
    .status;
const only = (reference: string) => {
  const found = yookassa.of(reference);
  expect(found).toHaveLength(1);
  return found[0] as { id: string; status: string; amount: unknown };
};
const notify = (event: string, object: object, ip = '185.71.76.17') =>
  bank.platform.call('payments', 'yookassaCallback', {
    body: Buffer.from(JSON.stringify({ type: 'notification', event, object })),
    origin: { ip, userAgent: 'YooKassa' },
  });
const soon = () => new Date(bank.platform.clock.nowMs() + 1_000);

describe('YooKassa: payments', () => {
  test('a sum in major units, the page of the provider, and a notification that only counts when the API says the same', async () => {
    const user = await bank.somebody();
    const { topupId, pageUrl } = await topUp(user, 123_405);
    expect(pageUrl).toBe('https://yoomoney.example/checkout');
    const payment = only(topupId);
    expect(payment.amount).toEqual({ value: '1234.05', currency: 'RUB' });
    // Made up by somebody: the payment is still pending.
    await expect(notify('payment.succeeded', { id: payment.id, status: 'succeeded' })).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(await bank.available(user)).toBe(0n);
    payment.status = 'succeeded';
    // From somewhere else it is not even looked at.
    for (const ip of ['127.0.0.1', '185.71.76.32', '77.75.154.127', '2a02:5181::1', 'x', ''])
      await expect(notify('payment.succeeded', { id: payment.id }, ip), ip).rejects.toMatchObject({
        code: 'payments.signature_wrong',
      });
    expect(await bank.available(user)).toBe(0n);
    // It takes no other answer than 200 for one, and tells again for a day.
    expect((await notify('payment.succeeded', { id: payment.id }, '2a02:5180::7')).status).toBe(200);
    await Promise.all(Array.from({ length: 10 }, () => notify('payment.succeeded', { id: payment.id })));
    expect(await bank.available(user)).toBe(123_405n);
    await expect(notify('payment.succeeded', { id: 'no-such' })).rejects.toMatchObject({ code: 'not_found' });
    await expect(notify('payment.succeeded', { id: '../payouts/x' })).rejects.toMatchObject({
      code: 'validation_failed',
    });
  });

  test('another sum than was asked for is refused; canceled moves nothing', async () => {
    const user = await bank.somebody();
    const payment = only((await topUp(user, 500)).topupId);
    Object.assign(payment, { status: 'succeeded', amount: { value: '4.00', currency: 'RUB' } });
    await expect(notify('payment.succeeded', { id: payment.id })).rejects.toMatchObject({ code: 'conflict' });
    const { topupId } = await topUp(user, 600);
    Object.assign(only(topupId), { status: 'canceled' });
    await notify('payment.canceled', { id: only(topupId).id });
    expect((await bank.call('getTopup', user, { params: { topupId } })).body.status).toBe('declined');
    expect(await bank.available(user)).toBe(0n);
    Object.assign(payment, { status: 'canceled', amount: { value: '5.00', currency: 'RUB' } });
  });

  test('M6: a lost notification is found by the reconciliation', async () => {
    const user = await bank.somebody();
    const { topupId } = await topUp(user, 700);
    only(topupId).status = 'succeeded';
    await reconcileOpen(bank.ctx, soon());
    expect(await bank.available(user)).toBe(700n);
  });

  test('the statement has what succeeded, page by page, in minor units', async () => {
    const user = await bank.somebody();
    const asked: string[] = [];
    for (const minor of [101, 102, 103, 104, 105]) asked.push((await topUp(user, minor)).topupId);
    for (const reference of asked.slice(1)) only(reference).status = 'succeeded';
    const lines: StatementLine[] = [];
    for await (const page of bank.ctx.provider.statement(new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)))
      lines.push(...page);
    const mine = lines.filter((line) => asked.includes(line.reference));
    expect(mine.map((line) => [line.reference, line.amount.value])).toEqual(
      asked.slice(1).map((reference, i) => [reference, String(102 + i)]),
    );
    await reconcileOpen(bank.ctx, soon());
  });

  test('a payment given back as a whole is a chargeback; a part of it is left to the comparison', async () => {
    const user = await bank.somebody();
    const { topupId } = await topUp(user, 900);
    const payment = Object.assign(only(topupId), { status: 'succeeded' }) as ReturnType<typeof only> & object;
    await notify('payment.succeeded', { id: payment.id });
    yookassa.objects.set('refund-1', { id: 'refund-1', status: 'succeeded', payment_id: payment.id });
    Object.assign(payment, { refunded_amount: { value: '4.00', currency: 'RUB' } });
    await expect(notify('refund.succeeded', { id: 'refund-1' })).rejects.toMatchObject({ code: 'not_found' });
    const window = [new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)] as const;
    const line = async () => {
      for await (const page of bank.ctx.provider.statement(...window)) {
        const mine = page.find((one) => one.reference === topupId);
        if (mine) return mine.amount.value;
      }
      return undefined;
    };
    expect(await line()).toBe('500');
    expect(await bank.available(user)).toBe(900n);
    Object.assign(payment, { refunded_amount: { value: '9.00', currency: 'RUB' } });
    await Promise.all(Array.from({ length: 5 }, () => notify('refund.succeeded', { id: 'refund-1' })));
    expect(await bank.available(user)).toBe(0n);
    expect((await bank.call('getTopup', user, { params: { topupId } })).body.status).toBe('charged_back');
    expect(await line()).toBe('900');
  });

  test('callbacks of the simulation are not taken meanwhile', async () => {
    await expect(
      bank.platform.call('payments', 'providerCallback', { body: Buffer.from('{}'), headers: {} }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('YooKassa: payouts', () => {
  test('M6: taken, then the connection drops: the repeat under the same key is the same payout', async () => {
    const user = await bank.somebody(5_000n);
    yookassa.dropAfterAccept();
    const id = await withdraw(user, 5_000);
    await bank.platform.drain();
    expect(await statusOf(user, id)).toBe('requested');
    await bank.platform.advance(15_000);
    expect(await statusOf(user, id)).toBe('sent');
    only(id).status = 'succeeded';
    await notify('payout.succeeded', { id: only(id).id });
    expect(await statusOf(user, id)).toBe('paid');
    expect(await bank.accounts(user)).toMatchObject({ available: 0n, pending: 0n });
  });

  test('canceled, or to where it does not pay: the money is back', async () => {
    const user = await bank.somebody(1_000n);
    const id = await withdraw(user, 400);
    await bank.platform.drain();
    only(id).status = 'canceled';
    await reconcileOpen(bank.ctx, soon());
    expect(await statusOf(user, id)).toBe('returned');
    const sbp = await withdraw(user, 300, 'sbp');
    await bank.platform.drain();
    expect(await statusOf(user, sbp)).toBe('returned');
    expect(yookassa.of(sbp)).toEqual([]);
    expect(await bank.accounts(user)).toMatchObject({ available: 1_000n, pending: 0n });
  });

  test('one whose key counts no more is found by our reference, not repeated', async () => {
    const user = await bank.somebody(1_000n);
    yookassa.dropAfterAccept();
    const id = await withdraw(user, 1_000);
    await bank.platform.drain();
    yookassa.forgetKeys();
    await bank.platform.advance(24 * 3_600_000);
    expect(yookassa.of(id)).toHaveLength(1);
    expect(await statusOf(user, id)).toBe('sent');
    only(id).status = 'succeeded';
    await reconcileOpen(bank.ctx, soon());
    const lines: StatementLine[] = [];
    for await (const page of bank.ctx.provider.statement(new Date(Date.now() - 60_000), new Date(Date.now() + 60_000)))
      lines.push(...page);
    expect(lines).toContainEqual({ kind: 'payout', reference: id, amount: { value: '1000', currency: 'RUB' } });
  });
});

test('sums are read with the decimals of their currency', () => {
  expect([minorOf('10.05', 'RUB'), minorOf('7', 'JPY'), minorOf('1.2', 'KWD'), minorOf('3', 'RUB')]).toEqual([
    1005n,
    7n,
    1200n,
    300n,
  ]);
  for (const [text, currency] of [
    ['1.005', 'RUB'],
    ['1.0', 'JPY'],
    ['-1', 'RUB'],
    ['', 'RUB'],
    ['1', 'ABC'],
    ['1', 'constructor'],
  ] as const)
    expect(minorOf(text, currency), `${text} ${currency}`).toBeUndefined();
});
