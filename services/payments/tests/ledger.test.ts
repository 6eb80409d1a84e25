import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { sealBatch } from '../ledger/seal.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { admins, type Bank, openBank, RUB } from './bank.ts';

let bank: Bank;
const card = { kind: 'card', token: '****4242' };

beforeAll(async () => {
  bank = await openBank();
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

test('M2: posted entries refuse changes by the service itself', async () => {
  await bank.somebody(1_000n);
  const { db } = bank.ctx;
  for (const table of ['transactions', 'postings', 'seals'])
    await expect(db.run(sql([`delete from ${table}`]))).rejects.toThrow(/permission denied/);
  await expect(db.run(sql`update postings set amount = 1`)).rejects.toThrow(/permission denied/);
  await expect(db.run(sql`update transactions set memo = ''`)).rejects.toThrow(/permission denied/);
  await expect(db.run(sql`update seals set hash = ''`)).rejects.toThrow(/permission denied/);
  await expect(db.run(sql`truncate postings cascade`)).rejects.toThrow(/permission denied/);
  await expect(db.run(sql`delete from accounts`)).rejects.toThrow(/permission denied/);
});

test('M2: the owner of the tables is refused too; of an account only the balance can change', async () => {
  await bank.somebody(1_000n);
  for (const statement of [
    'update transactions set memo = null',
    'update postings set amount = amount',
    'update seals set hash = hash',
    'delete from postings',
    'delete from seals',
    'delete from transactions',
    'truncate seals',
    'truncate postings',
    'truncate transactions cascade',
  ])
    await expect(
      bank.asOwner((client) => client.query(statement)),
      statement,
    ).rejects.toThrow(/is history/);
  const { db } = bank.ctx;
  for (const column of ['user_id', 'kind', 'currency', 'account_id'])
    await expect(db.run(sql([`update accounts set ${column} = ${column}`]))).rejects.toThrow(/permission denied/);
});

test('M2: nothing is added to a sealed transaction, also when it nets to zero', async () => {
  const user = await bank.somebody(1_000n);
  await bank.checkBooks();
  const add = () =>
    bank.ctx.db.tx((tx) =>
      tx.run(
        sql`insert into postings (transaction_id, account_id, amount) select p.transaction_id, p.account_id, v.amount from postings p join accounts a using (account_id), (values (5), (-5)) as v (amount) where a.user_id = ${user.userId}`,
      ),
    );
  await expect(add()).rejects.toThrow(/is sealed/);
});

test('M1: a posting that does not net to zero is refused by the database, at commit', async () => {
  const user = await bank.somebody(1_000n);
  const before = await bank.available(user);
  const add = () =>
    bank.ctx.db.tx((tx) =>
      tx.run(
        sql`insert into postings (transaction_id, account_id, amount) select p.transaction_id, p.account_id, 5 from postings p join accounts a using (account_id) where a.user_id = ${user.userId} limit 1`,
      ),
    );
  await expect(add()).rejects.toThrow(/does not net to zero/);
  expect(await bank.available(user)).toBe(before);
});

test('M3: of 50 parallel withdrawals of everything exactly one succeeds', async () => {
  const user = await bank.somebody(77_700n);
  const results = await Promise.allSettled(
    Array.from({ length: 50 }, () =>
      bank.call('requestWithdrawal', user, { body: { amount: RUB(77_700), destination: card } }),
    ),
  );
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
  for (const result of results)
    if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'payments.not_enough_money' });
  expect(await bank.available(user)).toBe(0n);
});

describe('M9: bad amounts are refused', () => {
  test.each([
    ['a float', '10.5'],
    ['negative', '-1'],
    ['zero', '0'],
    ['2^63', '9223372036854775808'],
    ['a number', 1000],
    ['an exponent', '1e3'],
    ['hex', '0x10'],
    ['a leading zero', '0100'],
    ['empty', ''],
    ['spaces', ' 100'],
  ])('%s', async (_name, amount) => {
    const user = await bank.somebody(1_000n);
    const money = { amount, currency: 'RUB' };
    await expect(bank.call('startTopup', user, { body: { amount: money } })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    await expect(
      bank.call('requestWithdrawal', user, { body: { amount: money, destination: card } }),
    ).rejects.toMatchObject({ code: 'validation_failed' });
    expect(await bank.available(user)).toBe(1_000n);
  });

  test('a currency that is not there, or not his', async () => {
    const user = await bank.somebody(1_000n);
    const ask = (currency: string) =>
      bank.call('requestWithdrawal', user, { body: { amount: { amount: '100', currency }, destination: card } });
    await expect(ask('ABC')).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(ask('USD')).rejects.toMatchObject({ code: 'payments.not_enough_money' });
    await expect(
      bank.call('startTopup', user, { body: { amount: { amount: '10000000001', currency: 'RUB' } } }),
    ).rejects.toMatchObject({ code: 'payments.too_much' });
  });
});

describe('M10: idempotency keys', () => {
  test('the same key and body replay the answer, another body is 422, no key is 400', async () => {
    const user = await bank.somebody(1_000n);
    const idempotencyKey = randomUUID();
    const ask = (amount: number) =>
      bank.call('requestWithdrawal', user, { idempotencyKey, body: { amount: RUB(amount), destination: card } });
    const first = await ask(300);
    expect((await ask(300)).body).toEqual(first.body);
    await expect(ask(301)).rejects.toMatchObject({ code: 'idempotency_mismatch' });
    expect(await bank.available(user)).toBe(700n);
    await expect(
      bank.call('requestWithdrawal', user, {
        idempotencyKey: undefined,
        body: { amount: RUB(1), destination: card },
      }),
    ).rejects.toMatchObject({ code: 'idempotency_key_required' });
  });

  test('of concurrent calls with one key one acts; the others are told 409 or the same answer', async () => {
    const user = await bank.somebody(10_000n);
    const idempotencyKey = randomUUID();
    const results = await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        bank.call('requestWithdrawal', user, { idempotencyKey, body: { amount: RUB(100), destination: card } }),
      ),
    );
    const ids = new Set(results.flatMap((one) => (one.status === 'fulfilled' ? [one.value.body.withdrawalId] : [])));
    expect(ids.size).toBe(1);
    for (const result of results)
      if (result.status === 'rejected') expect(result.reason).toMatchObject({ code: 'idempotency_in_progress' });
    expect(await bank.available(user)).toBe(9_900n);
  });

  test('a failed call keeps its key free', async () => {
    const user = await bank.somebody();
    const idempotencyKey = randomUUID();
    const ask = () =>
      bank.call('requestWithdrawal', user, { idempotencyKey, body: { amount: RUB(100), destination: card } });
    await expect(ask()).rejects.toMatchObject({ code: 'payments.not_enough_money' });
    await bank.call('grantBonus', admins[0], {
      body: { userId: user.userId, amount: RUB(100), reason: 'for a test' },
    });
    expect((await ask()).status).toBe(201);
  });
});

describe('M12: manual adjustments', () => {
  const ask = (userId: string, amount: object) =>
    bank.call('requestAdjustment', admins[0], { body: { userId, amount, reason: 'for a test' } });
  const approve = (adjustmentId: string, by: (typeof admins)[number]) =>
    bank.call('approveAdjustment', by, { params: { adjustmentId } });

  test('above the set sum a second admin is needed, and only once', async () => {
    const user = await bank.somebody();
    const { body } = await ask(user.userId, RUB(1_000_001));
    expect(body.status).toBe('waiting_for_approval');
    expect(await bank.available(user)).toBe(0n);
    await expect(approve(body.adjustmentId, admins[0])).rejects.toMatchObject({ code: 'payments.own_adjustment' });
    const both = await Promise.allSettled([
      approve(body.adjustmentId, admins[1]),
      approve(body.adjustmentId, admins[1]),
    ]);
    expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect(await bank.available(user)).toBe(1_000_001n);
  });

  test('the second admin finds what waits, page after page', async () => {
    const user = await bank.somebody();
    const asked: string[] = [];
    for (const minor of [1_000_001, 1_000_002, 500])
      asked.push((await ask(user.userId, RUB(minor))).body.adjustmentId as string);
    const list = async (query: object) =>
      (await bank.call('listAdjustments', admins[1], { query: { limit: 1, ...query } })).body;
    const first = await list({ status: 'waiting_for_approval' });
    expect(first.items).toMatchObject([{ adjustmentId: asked[1], requestedBy: admins[0].userId, approvedBy: null }]);
    const next = await list({ status: 'waiting_for_approval', cursor: first.nextCursor });
    expect(next.items).toMatchObject([{ adjustmentId: asked[0] }]);
    expect((await list({})).items).toMatchObject([{ adjustmentId: asked[2], status: 'posted' }]);
    await expect(bank.call('listAdjustments', user)).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('a sum below it acts at once; of another currency it never does', async () => {
    const user = await bank.somebody();
    expect((await ask(user.userId, RUB(1_000_000))).body.status).toBe('posted');
    expect((await ask(user.userId, { amount: '1', currency: 'KWD' })).body.status).toBe('waiting_for_approval');
  });

  test('it can not take what is not there; zero and nobody are refused', async () => {
    const user = await bank.somebody(100n);
    await expect(ask(user.userId, RUB(-101))).rejects.toMatchObject({ code: 'payments.not_enough_money' });
    expect((await ask(user.userId, RUB(-100))).body.status).toBe('posted');
    const big = (await ask(user.userId, RUB(-2_000_000))).body;
    await expect(approve(big.adjustmentId, admins[1])).rejects.toMatchObject({ code: 'payments.not_enough_money' });
    await expect(ask(user.userId, RUB(0))).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(ask(randomUUID(), RUB(1))).rejects.toMatchObject({ code: 'not_found' });
    await expect(approve(randomUUID(), admins[1])).rejects.toMatchObject({ code: 'not_found' });
  });
});

test('a blocked person moves no money (I18)', async () => {
  const user = await bank.somebody(1_000n);
  await bank.asOwner((client) =>
    client.query("update users.profiles set status = 'blocked' where user_id = $1", [user.userId]),
  );
  await expect(
    bank.call('requestWithdrawal', user, { body: { amount: RUB(1), destination: card } }),
  ).rejects.toMatchObject({ code: 'payments.user_blocked' });
  await expect(bank.call('startTopup', user, { body: { amount: RUB(1) } })).rejects.toMatchObject({
    code: 'payments.user_blocked',
  });
});

test('verifyLedger names what was tampered with', async () => {
  await bank.somebody(4_242n);
  await bank.checkBooks();
  // Past every trigger and constraint, as only the owner of the server can.
  const change = (statement: string, ...values: unknown[]) =>
    bank.asOwner(async (client) => {
      await client.query('set session_replication_role = replica');
      return await client.query(statement, values);
    });
  const row = (
    await change('select posting_id as id, transaction_id as t, amount from postings order by 1 desc limit 1')
  ).rows[0];
  const faults = async () => (await verifyLedger(bank.platform.adminUrl)).faults.join('\n');
  await change('update postings set amount = amount + 1 where posting_id = $1', row.id);
  expect(await faults()).toContain(`transaction ${row.t} (position`);
  expect(await faults()).toContain(`transaction ${row.t} does not net to zero in RUB: 1`);
  await change('update postings set amount = amount - 1 where posting_id = $1', row.id);
  expect(await faults()).toBe('');

  const memo = (await change('select memo from transactions where transaction_id = $1', row.t)).rows[0].memo;
  await change('update transactions set memo = $2 where transaction_id = $1', row.t, 'something else');
  expect(await faults()).toContain(`transaction ${row.t}`);
  await change('update transactions set memo = $2 where transaction_id = $1', row.t, memo);

  const account = (await change('select account_id as id from accounts where user_id is not null limit 1')).rows[0].id;
  await change('update accounts set balance = balance + 7 where account_id = $1', account);
  expect(await faults()).toContain(`account ${account}`);
  await change('update accounts set balance = balance - 7 where account_id = $1', account);

  const shown = (await change('select posting_id as id from postings where balance_after is not null limit 1')).rows[0]
    .id;
  await change('update postings set balance_after = balance_after + 3 where posting_id = $1', shown);
  expect(await faults()).toContain(`posting ${shown} says a balance of`);
  await change('update postings set balance_after = balance_after - 3 where posting_id = $1', shown);

  const hold = randomUUID();
  await change(
    "insert into holds (hold_id, order_id, client_id, freelancer_id, amount, currency, terms, status, at) values ($1, $1, $1, $1, 55, 'RUB', '{}', 'held', now())",
    hold,
  );
  expect(await faults()).toContain(`escrow of ${hold} is 0 RUB, the holds say 55`);
  await change('delete from holds where hold_id = $1', hold);
  await change(
    "insert into withdrawals (withdrawal_id, user_id, amount, currency, destination, status, created_at) values ($1, $1, 66, 'RUB', '{}', 'sent', now())",
    hold,
  );
  expect(await faults()).toContain(`pending withdrawals of ${hold} are 0 RUB, the withdrawals say 66`);
  await change('delete from withdrawals where withdrawal_id = $1', hold);

  const lost = randomUUID();
  await change(
    "insert into transactions (transaction_id, reference, body_hash, kind, at) values ($1::uuid, 'nobody:1', '', 'adjustment', now())",
    lost,
  );
  expect(await faults()).toContain(`transaction ${lost} has no postings`);
  expect(await faults()).toContain(`transaction ${lost} is neither sealed nor waiting for its seal`);
  await change('delete from transactions where transaction_id = $1', lost);
  expect(await faults()).toBe('');

  await change(`create table gone as select * from transactions where transaction_id = '${row.t}'`);
  await change('delete from transactions where transaction_id = $1', row.t);
  expect(await faults()).toContain(`transaction ${row.t} (position`);
  expect(await faults()).toContain('is gone');
  await change('insert into transactions select * from gone');
  await change('drop table gone');
  expect(await faults()).toBe('');
});

test('what was committed while nobody sealed is sealed later, in batches', { timeout: 60_000 }, async () => {
  await bank.somebody(1_000n);
  await bank.checkBooks();
  await bank.asOwner(async (client) => {
    // As a process leaves them that dies between its commit and the sealing.
    await client.query(
      `with made as (insert into transactions (transaction_id, reference, body_hash, kind, at) select gen_random_uuid(), 'lost:' || i, '', 'adjustment', now() from generate_series(1, 1200) i returning transaction_id)
       insert into postings (transaction_id, account_id, amount) select m.transaction_id, a.account_id, s from made m, accounts a, (values (1), (-1)) as v (s) where a.user_id is null and a.kind = 'adjustments' and a.currency = 'RUB'`,
    );
  });
  await Promise.all([sealBatch(bank.ctx.db), sealBatch(bank.ctx.db), sealBatch(bank.ctx.db)]);
  expect(await sealBatch(bank.ctx.db)).toBe(0);
  await bank.checkBooks();
});
