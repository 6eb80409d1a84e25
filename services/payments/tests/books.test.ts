import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { sql } from '#kit/db/db.ts';
import { createBooks } from '../ledger/books.ts';
import { post } from '../ledger/round.ts';
import type { Movement } from '../ledger/post.ts';
import { type Bank, openBank } from './bank.ts';

let bank: Bank;
beforeAll(async () => {
  bank = await openBank();
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

function transfer(from: Principal, to: Principal, amount: bigint, reference: string = randomUUID()): Movement {
  return {
    reference,
    kind: 'client_bonus',
    currency: 'RUB',
    orderId: null,
    actorId: null,
    memo: null,
    at: bank.platform.clock.now(),
    postings: [
      { account: 'available', userId: from.userId, amount: -amount },
      { account: 'available', userId: to.userId, amount },
    ],
  };
}
const commits = async () =>
  (
    await bank.asOwner(
      async (client) => (await client.query('select count(distinct xmin::text)::int as n from transactions')).rows[0],
    )
  ).n as number;

test('a thousand transfers on one hot account: what arrives during a commit is the next one', async () => {
  const hot = await bank.somebody(1_000_000n);
  const others = await Promise.all(Array.from({ length: 5 }, () => bank.somebody()));
  const before = await commits();
  const posted = await Promise.all(
    Array.from({ length: 1_000 }, (_, i) => bank.ctx.books.submit(transfer(hot, others[i % 5] as Principal, 3n))),
  );
  expect(posted.every((one) => one.ok && !one.replayed)).toBe(true);
  expect((await commits()) - before).toBeLessThan(10);
  expect(await bank.available(hot)).toBe(1_000_000n - 3_000n);
  for (const other of others) expect(await bank.available(other)).toBe(600n);
  await bank.checkBooks();
});

test('M3: in one batch money is given out once; who is refused holds up nobody', async () => {
  const [from, to] = [await bank.somebody(100n), await bank.somebody()];
  const posted = await Promise.all(Array.from({ length: 50 }, () => bank.ctx.books.submit(transfer(from, to, 100n))));
  expect(posted.filter((one) => one.ok)).toHaveLength(1);
  expect(posted.filter((one) => !one.ok && one.missing === 100n)).toHaveLength(49);
  expect(await bank.available(to)).toBe(100n);
});

test('a reference moves money once, in one batch, over two processes, and later; another body is refused', async () => {
  const [from, to] = [await bank.somebody(1_000n), await bank.somebody()];
  const other = createBooks(bank.ctx.db, () => {});
  const reference = randomUUID();
  const same = () => transfer(from, to, 10n, reference);
  const posted = await Promise.all(
    Array.from({ length: 500 }, (_, i) => (i % 2 === 0 ? bank.ctx.books : other).submit(same())),
  );
  expect(new Set(posted.map((one) => (one.ok ? one.transactionId : 'refused'))).size).toBe(1);
  expect(posted.filter((one) => one.ok && !one.replayed)).toHaveLength(1);
  expect(await bank.ctx.books.submit(same())).toMatchObject({ ok: true, replayed: true });
  const [wrong, right] = await Promise.allSettled([
    bank.ctx.books.submit(transfer(from, to, 11n, reference)),
    bank.ctx.books.submit(transfer(from, to, 1n)),
  ]);
  expect(wrong).toMatchObject({ reason: { code: 'payments.reference_reused' } });
  expect(right.status).toBe('fulfilled');
  // What is said about it is part of it.
  await expect(bank.ctx.books.submit({ ...same(), memo: 'something else' })).rejects.toMatchObject({
    code: 'payments.reference_reused',
  });
  const [first, second] = await Promise.allSettled(
    ['one', 'other'].map((memo) => bank.ctx.books.submit({ ...transfer(from, to, 1n, `memo:${reference}`), memo })),
  );
  expect([first?.status, second]).toMatchObject(['fulfilled', { reason: { code: 'payments.reference_reused' } }]);
  expect(await bank.available(to)).toBe(12n);
});

test('units of one batch: who refuses before he writes, and who breaks it after, cost the others nothing', async () => {
  const [from, to] = [await bank.somebody(1_000n), await bank.somebody()];
  const before = await commits();
  const results = await Promise.allSettled([
    bank.ctx.books.submit(transfer(from, to, 1n)),
    bank.ctx.books.tx([], async () => {
      throw new Error('no');
    }),
    bank.ctx.books.submit(transfer(from, to, 2n)),
  ]);
  expect(results.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect((await commits()) - before).toBe(1);
  const broken = await Promise.allSettled([
    bank.ctx.books.submit(transfer(from, to, 4n)),
    bank.ctx.books.tx([], async (tx) => {
      await post(tx, transfer(from, to, 500n));
      throw new Error('too late');
    }),
    bank.ctx.books.tx([], (tx) => tx.run(sql`select 1 / 0`)),
    bank.ctx.books.submit(transfer(from, to, 8n)),
  ]);
  expect(broken.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'rejected', 'fulfilled']);
  expect(await bank.available(to)).toBe(15n);
  expect(await bank.available(from)).toBe(985n);
});

test('units with a key in common never share a batch, the others do', async () => {
  const seen: string[] = [];
  const unit = (key: string, name: string) =>
    bank.ctx.books.tx([key], async (tx) => {
      const { id } = await tx.one<{ id: string }>(sql`select pg_current_xact_id()::text as id`);
      seen.push(`${name} ${id}`);
      return id;
    });
  const [a, b, c, d] = await Promise.all([unit('x', 'a'), unit('y', 'b'), unit('x', 'c'), unit('z', 'd')]);
  expect(a).toBe(b);
  expect(a).toBe(d);
  expect(c).not.toBe(a);
  expect(seen.at(-1)).toBe(`c ${c}`);
});

test('a row that somebody holds for too long is the matter of who needs it', { timeout: 60_000 }, async () => {
  const [from, to] = [await bank.somebody(100n), await bank.somebody()];
  const stuck = await bank.somebody(100n);
  await bank.asOwner(async (client) => {
    await client.query('begin');
    await client.query('select 1 from accounts where user_id = $1 for update', [stuck.userId]);
    const waits = bank.ctx.books.submit(transfer(stuck, to, 1n)).catch((error: unknown) => error);
    await expect.poll(async () => (await client.query('select 1 from pg_locks where not granted')).rowCount).toBe(1);
    // The lane is slow, so the others take another one.
    expect((await bank.ctx.books.submit(transfer(from, to, 5n))).ok).toBe(true);
    expect(await waits).toMatchObject({ code: 'unavailable' });
    await client.query('rollback');
  });
  expect((await bank.ctx.books.submit(transfer(stuck, to, 1n))).ok).toBe(true);
});

test('one that the ledger can not take fails alone', async () => {
  const [from, to] = [await bank.somebody(1_000n), await bank.somebody()];
  const bad = {
    ...transfer(from, to, 5n),
    postings: [{ account: 'available', userId: from.userId, amount: -5n }] as const,
  };
  const results = await Promise.allSettled([
    bank.ctx.books.submit(transfer(from, to, 1n)),
    bank.ctx.books.submit(bad),
    bank.ctx.books.submit(transfer(from, to, 2n)),
  ]);
  expect(results.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(await bank.available(to)).toBe(3n);
});

test('M1, M3: random transfers in both directions over two processes at once', { timeout: 60_000 }, async () => {
  const people = await Promise.all(Array.from({ length: 4 }, () => bank.somebody(500n)));
  const other = createBooks(bank.ctx.db, () => {});
  const one = fc.record({
    from: fc.nat(3),
    step: fc.integer({ min: 1, max: 3 }),
    amount: fc.bigInt({ min: 1n, max: 400n }),
    here: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 40 }), async (all) => {
      await Promise.all(
        all.map(({ from, step, amount, here }) =>
          (here ? bank.ctx.books : other).submit(
            transfer(people[from] as Principal, people[(from + step) % 4] as Principal, amount),
          ),
        ),
      );
      const balances = await Promise.all(people.map((person) => bank.available(person)));
      expect(balances.reduce((a, b) => a + b)).toBe(2_000n);
      expect(balances.every((balance) => balance >= 0n)).toBe(true);
    }),
    { numRuns: 25 },
  );
});
