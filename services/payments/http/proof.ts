import type { paymentsContract } from '#contracts/payments/index.ts';
import { sql } from '#kit/db/db.ts';
import { pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import type { TransactionKind } from '../ledger/post.ts';
import { GENESIS, SEALABLE, type Sealable } from '../ledger/seal.ts';
import { cursorOf } from './cursors.ts';

type H = Handlers<typeof paymentsContract, PaymentsContext>;
type Proven = Omit<Sealable, 'kind'> & {
  kind: TransactionKind;
  postingId: bigint;
  position: bigint | null;
  hash: string | null;
  previousHash: string | null;
};

/** What `artel ledger verify --statement` checks, without us. */
export const getStatementProof: H['getStatementProof'] = async (ctx, req) => {
  const { currency, limit, cursor } = req.query;
  const { userId } = req.user;
  const after = cursorOf(cursor, 'integer')?.[0] ?? '0';
  // One row for a transaction, however many of its postings are on this account.
  const rows = await ctx.db.many<Proven>(sql`
    select ${SEALABLE}, m.id as "postingId", s.position, s.hash, b.hash as "previousHash"
    from (select max(p.posting_id) as id, p.transaction_id from accounts a join postings p using (account_id)
      where a.kind = 'available' and a.user_id = ${userId} and a.currency = ${currency} and p.posting_id > ${after}::bigint
      group by p.transaction_id order by 1 limit ${limit + 1}) m
    join transactions t using (transaction_id) left join seals s using (transaction_id) left join seals b on b.position = s.position - 1 order by m.id`);
  const page = pageOf(rows, limit, (last) => [last.postingId.toString()]);
  return {
    body: {
      account: { kind: 'available', userId, currency },
      nextCursor: page.nextCursor,
      items: page.items.map(({ postingId: _id, position, hash, previousHash, ...transaction }) => ({
        seal:
          position === null || hash === null
            ? null
            : { position: Number(position), previousHash: previousHash ?? GENESIS, hash },
        transaction: {
          ...transaction,
          at: transaction.at.toISOString(),
          postings: transaction.postings as (Sealable['postings'][number] & { currency: typeof currency })[],
        },
      })),
    },
  };
};
