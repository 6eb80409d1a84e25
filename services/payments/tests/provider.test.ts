import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { sql } from '#kit/db/db.ts';
import { reconcileOpen, sendWithdrawal } from '../jobs/jobs.ts';
import { post } from '../ledger/round.ts';
import { type Bank, openBank, RUB } from './bank.ts';

let bank: Bank;

beforeAll(async () => {
  bank = await openBank();
}, 300_000);
afterEach(() => bank.provider.behave({ payments: 'ok', payouts: 'ok', callbacks: 'on' }));
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

const soon = () => new Date(bank.platform.clock.nowMs() + 1_000);
const topUp = async (user: Principal, amount: number) =>
  (await bank.call('startTopup', user, { body: { amount: RUB(amount) } })).body as { topupId: string; pageUrl: string };
const withdraw = async (user: Principal, amount: number, token = '****4242') =>
  (
    await bank.call('requestWithdrawal', user, {
      body: { amount: RUB(amount), destination: { kind: 'card', token } },
    })
  ).body.withdrawalId as string;
const statusOf = async (user: Principal, withdrawalId: string) =>
  (await bank.call('listWithdrawals', user)).body.items.find(
    (row: { withdrawalId: string }) => row.withdrawalId === withdrawalId,
  )?.status as string;

/** A callback as the provider signs it. */
function callback(
  type: string,
  reference: string,
  options: { amount?: number; secret?: string; at?: Date; body?: string } = {},
) {
  const key = (options.secret ?? bank.provider.secret).replace(/^whsec_/, '');
  const at = options.at ?? new Date();
  const body =
    options.body ??
    JSON.stringify({
      type,
      data: {
        id: 'p1',
        reference,
        amount: { value: String(options.amount ?? 100), currency: 'RUB' },
        status: 'succeeded',
        at: at.toISOString(),
      },
    });
  const signature = new Webhook(Buffer.from(key, 'base64'), { format: 'raw' }).sign('msg_1', at, body);
  return bank.platform.call('payments', 'providerCallback', {
    body: Buffer.from(body),
    headers: {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
      'webhook-signature': signature,
    },
  });
}

describe('M6: top-ups', () => {
  test('paid, then the connection drops: the reconciliation books it, and only once', async () => {
    const user = await bank.somebody();
    const { topupId, pageUrl } = await topUp(user, 4_200);
    expect(pageUrl).toMatch(/^http/);
    await bank.provider.end(topupId, 'drop');
    expect(await bank.available(user)).toBe(0n);
    await Promise.all([reconcileOpen(bank.ctx, soon()), reconcileOpen(bank.ctx, soon())]);
    await callback('payment.succeeded', topupId, { amount: 4_200 });
    await reconcileOpen(bank.ctx, soon());
    expect(await bank.available(user)).toBe(4_200n);
    expect((await bank.call('getTopup', user, { params: { topupId } })).body.status).toBe('succeeded');
  });

  test('one that is declined moves nothing, also when a success is told later', async () => {
    const user = await bank.somebody();
    const { topupId } = await topUp(user, 100);
    await callback('payment.declined', topupId);
    await callback('payment.succeeded', topupId);
    expect(await bank.available(user)).toBe(0n);
  });

  test('an answer that is lost is 503, and no money or top-up comes of it', async () => {
    const user = await bank.somebody();
    await bank.provider.behave({ payments: 'drop-after-accept' });
    await expect(topUp(user, 100)).rejects.toMatchObject({ code: 'payments.provider_away' });
    await reconcileOpen(bank.ctx, soon());
    expect(await bank.available(user)).toBe(0n);
  });

  test('hundreds of abandoned pages do not keep a lost callback from being asked about', async () => {
    const user = await bank.somebody();
    await bank.asOwner((client) =>
      client.query(
        "insert into topups (topup_id, user_id, amount, currency, status, provider_id, created_at) select gen_random_uuid(), $1, 100, 'RUB', 'pending', 'left', $2::timestamptz - interval '1 hour' from generate_series(1, 250)",
        [user.userId, bank.platform.clock.now()],
      ),
    );
    const { topupId } = await topUp(user, 900);
    await bank.provider.end(topupId, 'drop');
    for (let minute = 0; minute < 3 && (await bank.available(user)) === 0n; minute++)
      await reconcileOpen(bank.ctx, soon());
    expect(await bank.available(user)).toBe(900n);
    await bank.asOwner((client) => client.query("delete from topups where provider_id = 'left'"));
  });

  test("Z2: somebody else's top-up is not found", async () => {
    const { topupId } = await topUp(await bank.somebody(), 100);
    await expect(bank.call('getTopup', await bank.somebody(), { params: { topupId } })).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('signed callbacks', () => {
  test('a wrong signature, an old one and none are 401', async () => {
    const user = await bank.somebody();
    const { topupId } = await topUp(user, 100);
    const wrong = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
    await expect(callback('payment.succeeded', topupId, { secret: wrong })).rejects.toMatchObject({
      code: 'payments.signature_wrong',
    });
    await expect(
      callback('payment.succeeded', topupId, { at: new Date(Date.now() - 3_600_000) }),
    ).rejects.toMatchObject({ code: 'payments.signature_wrong' });
    await expect(
      bank.platform.call('payments', 'providerCallback', { body: Buffer.from('{}'), headers: {} }),
    ).rejects.toMatchObject({ code: 'payments.signature_wrong' });
    expect(await bank.available(user)).toBe(0n);
  });

  test('a replay is harmless, 20 at once', async () => {
    const user = await bank.somebody();
    const { topupId } = await topUp(user, 100);
    await Promise.all(Array.from({ length: 20 }, () => callback('payment.succeeded', topupId)));
    await callback('payment.succeeded', topupId);
    expect(await bank.available(user)).toBe(100n);
  });

  test('an unknown reference is 404, so that it is told again; what is no event is 400', async () => {
    for (const reference of ['00000000-0000-7000-8000-000000000000', 'nonsense', '-'.repeat(36)])
      await expect(callback('payment.succeeded', reference)).rejects.toMatchObject({ code: 'not_found' });
    await expect(callback('', '', { body: '{"type":"refund.created","data":{}}' })).rejects.toMatchObject({
      code: 'validation_failed',
    });
  });

  test('another sum than was asked for is refused', async () => {
    const user = await bank.somebody();
    const { topupId } = await topUp(user, 100);
    await expect(callback('payment.succeeded', topupId, { amount: 99 })).rejects.toMatchObject({ code: 'conflict' });
    expect(await bank.available(user)).toBe(0n);
  });
});

test('a chargeback that the provider tells of, 10 at once, and one that only the reconciliation finds', async () => {
  const user = await bank.somebody();
  const { topupId } = await topUp(user, 300);
  await bank.provider.end(topupId, 'drop');
  await callback('payment.succeeded', topupId, { amount: 300 });
  expect(await bank.available(user)).toBe(300n);
  await Promise.all(Array.from({ length: 10 }, () => callback('payment.charged_back', topupId, { amount: 300 })));
  expect(await bank.available(user)).toBe(0n);
  expect((await bank.call('getTopup', user, { params: { topupId } })).body.status).toBe('charged_back');
});

describe('M6: withdrawals', () => {
  test('paid, whoever tells it first', async () => {
    const user = await bank.somebody(1_000n);
    const id = await withdraw(user, 600);
    await bank.platform.drain();
    expect(['sent', 'paid']).toContain(await statusOf(user, id));
    await expect.poll(async () => (await bank.provider.payouts(id))[0]?.status).toBe('paid');
    await Promise.all([callback('payout.paid', id, { amount: 600 }), reconcileOpen(bank.ctx, soon())]);
    await callback('payout.failed', id, { amount: 600 });
    expect(await statusOf(user, id)).toBe('paid');
    expect(await bank.accounts(user)).toMatchObject({ available: 400n, pending: 0n });
  });

  test('accepted, then the connection drops: the same payout is found again, never a second', async () => {
    const user = await bank.somebody(1_000n);
    await bank.provider.behave({ payouts: 'drop-after-accept' });
    const id = await withdraw(user, 1_000);
    await expect.poll(async () => (await bank.provider.payouts(id))[0]?.status, { timeout: 10_000 }).toBe('paid');
    // Its job has failed and waits for another turn; the reconciliation need not.
    await Promise.all([reconcileOpen(bank.ctx, soon()), reconcileOpen(bank.ctx, soon())]);
    expect(await statusOf(user, id)).toBe('paid');
    await bank.platform.advance(120_000);
    expect(await bank.accounts(user)).toMatchObject({ available: 0n, pending: 0n });
    expect((await bank.provider.statement()).filter((row) => row.reference === id)).toHaveLength(1);
  });

  test('E9: failed: the money is back, and each state is told, failed before returned, once', async () => {
    const told: { withdrawalId: string; status: string; userId: string; amount: unknown }[] = [];
    await bank.platform.bus.subscribe({
      queue: 'listener',
      types: ['payments.withdrawal.changed.v1'],
      prefetch: 50,
      onBatch: async (batch) => {
        for (const delivery of batch) {
          told.push(JSON.parse(delivery.raw.toString('utf8')).data);
          delivery.ack();
        }
      },
    });
    const user = await bank.somebody(1_000n);
    const id = await withdraw(user, 1_000, '****0002');
    await expect.poll(async () => (await bank.provider.payouts(id))[0]?.status, { timeout: 10_000 }).toBe('failed');
    await Promise.all([
      reconcileOpen(bank.ctx, soon()),
      callback('payout.failed', id, { amount: 1_000 }),
      callback('payout.failed', id, { amount: 1_000 }),
    ]);
    expect(await statusOf(user, id)).toBe('returned');
    expect(await bank.accounts(user)).toMatchObject({ available: 1_000n, pending: 0n });
    await bank.platform.drain();
    const mine = told.filter((one) => one.withdrawalId === id);
    expect(mine.map((one) => one.status)).toEqual(['requested', 'sent', 'failed', 'returned']);
    for (const one of mine) expect(one).toMatchObject({ userId: user.userId, amount: RUB(1_000) });
  });

  test('refused for what it is: the money is back, and nobody offers it again', async () => {
    const user = await bank.somebody(1_000n);
    const id = await withdraw(user, 400);
    await bank.platform.drain();
    await expect.poll(async () => (await bank.provider.payouts(id))[0]?.status, { timeout: 10_000 }).toBe('paid');
    await reconcileOpen(bank.ctx, soon());
    // As it stood before its hand-over, to a destination that the stand-in answers with 400.
    const refused = randomUUID();
    await bank.ctx.books.tx([], async (tx) => {
      await post(tx, {
        reference: `withdrawal:${refused}`,
        kind: 'withdrawal_request',
        currency: 'RUB',
        orderId: null,
        actorId: user.userId,
        memo: null,
        at: bank.platform.clock.now(),
        postings: [
          { account: 'available', userId: user.userId, amount: -600n },
          { account: 'pending_withdrawal', userId: user.userId, amount: 600n },
        ],
      });
      await tx.run(
        sql`insert into withdrawals (withdrawal_id, user_id, amount, currency, destination, status, created_at) values (${refused}, ${user.userId}, 600, 'RUB', '{"kind": "wire", "token": "x"}', 'requested', ${bank.platform.clock.now()})`,
      );
    });
    await sendWithdrawal.run(bank.ctx, { withdrawalId: refused });
    expect(await statusOf(user, refused)).toBe('returned');
    await sendWithdrawal.run(bank.ctx, { withdrawalId: refused });
    expect(await bank.accounts(user)).toMatchObject({ available: 600n, pending: 0n });
    expect(await bank.provider.payouts(refused)).toEqual([]);
  });

  test('one whose job was lost is handed over by the reconciliation', async () => {
    const user = await bank.somebody(1_000n);
    const lost = await withdraw(user, 500);
    await bank.ctx.db.tx((tx) => tx.unschedule(`withdrawal:${lost}`));
    await reconcileOpen(bank.ctx, soon());
    await expect.poll(async () => (await bank.provider.payouts(lost))[0]?.status, { timeout: 10_000 }).toBe('paid');
  });

  test('erasure keeps where money goes until the provider has it, then forgets it (P2)', async () => {
    const user = await bank.somebody(1_000n);
    const id = await withdraw(user, 500);
    await bank.platform.publish('users.user.erased.v1', user.userId, { userId: user.userId, actorId: user.userId });
    await expect.poll(async () => (await bank.provider.payouts(id)).length, { timeout: 10_000 }).toBe(1);
    await bank.platform.drain();
    const { rows } = await bank.asOwner((client) =>
      client.query('select destination from withdrawals where withdrawal_id = $1', [id]),
    );
    expect(rows[0].destination).toEqual({});
  });
});
