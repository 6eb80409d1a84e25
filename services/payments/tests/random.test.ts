import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { newCall, runInCall } from '#kit/call-context.ts';
import type { Tx } from '#kit/db/db.ts';
import { isProblem } from '#kit/problem.ts';
import {
  completionConfirmed,
  escrowRequested,
  placementRefundRequested,
  placementRequested,
  settlementRequested,
} from '../consumers/deals.ts';
import { expireReservation } from '../jobs/expire-reservation.ts';
import { chargeBack, settleTopup, settleWithdrawal } from '../ledger/transfers.ts';
import { admins, type Bank, dealOf, openBank, RUB } from './bank.ts';

let bank: Bank;
beforeAll(async () => {
  bank = await openBank();
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

const apply: Bank['apply'] = (...of) => bank.apply(...of);

/** What may be refused: money that is not there, a hold or a charge that is not there yet, a second approval. */
const REFUSALS = [
  'payments.not_enough_money',
  'payments.debt_first',
  'payments.reservation_ended',
  'payments.reserved_less',
  'payments.reference_reused',
  'unavailable',
  'conflict',
] as const;

const who = fc.integer({ min: 0, max: 3 });
const amount = fc.integer({ min: 1, max: 60_000 });
const slot = fc.integer({ min: 0, max: 4 });
const operation = fc.oneof(
  fc.record({ kind: fc.constant('withdraw' as const), who, amount }),
  fc.record({ kind: fc.constant('adjust' as const), who, amount: fc.integer({ min: -60_000, max: 60_000 }) }),
  fc.record({ kind: fc.constant('hold' as const), slot }),
  fc.record({ kind: fc.constant('release' as const), slot, amount }),
  fc.record({ kind: fc.constant('settle' as const), slot, amount }),
  fc.record({ kind: fc.constant('charge' as const), slot }),
  fc.record({ kind: fc.constant('refund' as const), slot }),
  fc.record({ kind: fc.constant('topup' as const), slot }),
  fc.record({ kind: fc.constant('chargeback' as const), slot }),
  fc.record({ kind: fc.constant('payout' as const), slot, paid: fc.boolean() }),
  fc.record({ kind: fc.constant('grant' as const), who, amount }),
  fc.record({ kind: fc.constant('debt' as const), who }),
  fc.record({ kind: fc.constant('reserve' as const), slot, amount }),
  fc.record({ kind: fc.constant('end' as const), slot, how: fc.constantFrom('post', 'void', 'expire'), amount }),
);
type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

const inCall = <T>(work: () => Promise<T>) => runInCall(newCall({ timeoutMs: 30_000 }), work);
let turn = 0;
/** In the books of one process or another, each with its lanes. */
const book = (id: string, work: (tx: Tx, id: string) => Promise<unknown>) => {
  const books = [bank.ctx.books, ...bank.others][turn++ % 3] as Bank['others'][number];
  return inCall(() => books.tx([id], (tx) => work(tx, id)));
};
async function openWithdrawal(index: number): Promise<string | undefined> {
  const rows = await bank.asOwner((client) =>
    client.query(
      "select withdrawal_id as id from withdrawals where status in ('requested', 'sent') order by 1 limit 5",
    ),
  );
  return rows.rows[index % Math.max(1, rows.rows.length)]?.id;
}

async function invariants(): Promise<void> {
  const row = await bank.asOwner(
    async (client) =>
      (
        await client.query(`select
          (select coalesce(sum(amount), 0)::text from postings) as total,
          (select count(*)::int from accounts where user_id is not null and kind <> 'recovery' and balance < 0) as negative,
          (select count(*)::int from (select 1 from transactions t join postings p using (transaction_id) join accounts a using (account_id) group by t.transaction_id, a.currency having sum(p.amount) <> 0) x) as unbalanced,
          (select count(*)::int from (select kind, user_id, currency, balance from accounts where kind in ('escrow', 'pending_withdrawal', 'reserved')) e full join (select account as kind, user_id, currency, sum(amount) as amount from reservations where status = 'held' group by 1, 2, 3) r using (kind, user_id, currency) where coalesce(e.balance, 0) <> coalesce(r.amount, 0)) as adrift,
          (select count(*)::int from reservations where status <> 'held' and (select count(*) from transactions t where t.reference in ('end:' || reservation_id, 'settle:' || reservation_id, 'withdrawal-end:' || reservation_id)) <> 1) as twice,
          (select count(*)::int from (select 1 from postings p join accounts a using (account_id) where a.user_id is not null group by a.account_id, a.balance having sum(p.amount) <> a.balance) x) as wrong,
          (select coalesce(sum(balance), 0)::text from accounts where kind = 'escrow') as escrow,
          (select coalesce(sum(amount), 0)::text from holds where status = 'held') as held,
          (select coalesce(sum(fee), 0)::text from placements where status = 'charged') as charged,
          (select coalesce(sum(p.amount), 0)::text from postings p join accounts a using (account_id) where a.kind = 'placement_fees') as fees`)
      ).rows[0],
  );
  // M1, M3, the kept balances, M8, and the fees of what stands.
  expect(row).toMatchObject({ total: '0', negative: 0, wrong: 0, unbalanced: 0, adrift: 0, twice: 0 });
  expect(row.escrow).toBe(row.held);
  expect(row.fees).toBe(row.charged);
}

test('M1, M3–M5, M7, M8 hold after any operations in any order, side by side over three processes', {
  timeout: 300_000,
}, async () => {
  const people: Principal[] = [];
  for (let i = 0; i < 4; i++) people.push(await bank.somebody(100_000n));
  const person = (index: number) => people[index] as Principal;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(operation, { minLength: 1, maxLength: 8 }), { minLength: 1, maxLength: 5 }),
      async (rounds) => {
        const deals = Array.from({ length: 5 }, (_, i) =>
          dealOf(person(i % 4), person((i + 1) % 4), 15_001n + BigInt(i)),
        );
        const fees = Array.from({ length: 5 }, (_, i) => ({
          placementId: randomUUID(),
          orderId: randomUUID(),
          clientId: person(i % 4).userId,
          title: 'x',
          fee: RUB(3_000 + i),
          reason: 'x',
        }));
        const topups = await Promise.all(
          Array.from(
            { length: 5 },
            async (_, i) =>
              (await bank.call('startTopup', person(i % 4), { body: { amount: RUB(7_000 + i) } })).body
                .topupId as string,
          ),
        );
        const reserved = new Map<number, string>();
        const references = Array.from({ length: 5 }, () => `random:${randomUUID()}`);
        const aside = (route: string, input: object) =>
          bank.platform.call('payments', route, { caller: 'orders', ...input } as never);
        const run = async (op: Operation): Promise<unknown> => {
          const deal = 'slot' in op ? (deals[op.slot] as (typeof deals)[number]) : undefined;
          switch (op.kind) {
            case 'withdraw':
              return await bank.call('requestWithdrawal', person(op.who), {
                body: { amount: RUB(op.amount), destination: { kind: 'card', token: '****4242' } },
              });
            case 'adjust':
              if (op.amount === 0) return undefined;
              return await bank.call('requestAdjustment', admins[0], {
                body: { userId: person(op.who).userId, amount: RUB(op.amount), reason: 'random' },
              });
            case 'topup':
              return await book(topups[op.slot] as string, (tx, id) =>
                settleTopup(tx, id, true, bank.platform.clock.now()),
              );
            case 'chargeback':
              return await book(topups[op.slot] as string, (tx, id) => chargeBack(tx, id, bank.platform.clock.now()));
            case 'payout': {
              const open = await openWithdrawal(op.slot);
              return open === undefined
                ? undefined
                : await book(open, (tx, id) => settleWithdrawal(tx, id, op.paid, bank.platform.clock.now()));
            }
            case 'grant':
              return await bank.call('grantBonus', admins[0], {
                body: { userId: person(op.who).userId, amount: RUB(op.amount), reason: 'random' },
              });
            case 'debt':
              return await bank.call('payDebt', person(op.who), { body: { currency: 'RUB' } });
            case 'reserve': {
              const expiresAt = new Date(bank.platform.clock.nowMs() + 3_600_000 * (op.slot + 1)).toISOString();
              const { body } = await aside('reserveMoney', {
                body: {
                  reference: references[op.slot],
                  userId: person(op.slot % 4).userId,
                  amount: RUB(op.amount),
                  expiresAt,
                },
              });
              reserved.set(op.slot, body.reservationId);
              return body;
            }
            case 'end': {
              const reservationId = reserved.get(op.slot);
              if (reservationId === undefined) return undefined;
              if (op.how === 'void') return await aside('voidReservation', { params: { reservationId } });
              if (op.how === 'expire') return await inCall(() => expireReservation.run(bank.ctx, { reservationId }));
              return await aside('postReservation', {
                params: { reservationId },
                body: {
                  to: { account: 'available', userId: person((op.slot + 1) % 4).userId },
                  amount: RUB(op.amount),
                },
              });
            }
            case 'hold':
              return await apply(escrowRequested, deal?.escrowRequested);
            case 'release':
              return await apply(completionConfirmed, { ...deal?.completionConfirmed, bonus: RUB(op.amount) });
            case 'settle':
              return await apply(settlementRequested, deal?.settlement('split', BigInt(op.amount)));
            case 'charge':
              return await apply(placementRequested, fees[op.slot]);
            case 'refund':
              return await apply(placementRefundRequested, fees[op.slot]);
          }
        };
        for (const round of rounds) {
          const results = await Promise.allSettled(round.map(run));
          for (const result of results)
            if (result.status === 'rejected' && !REFUSALS.some((code) => isProblem(result.reason, code)))
              throw result.reason;
          await invariants();
        }
      },
    ),
    { numRuns: 25 },
  );
});
