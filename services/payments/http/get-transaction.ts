import type { Currency } from '#contracts/common/values.ts';
import type { paymentsContract } from '#contracts/payments/index.ts';
import { sql } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import { memoIn } from '../domain/memo.ts';

type H = Handlers<typeof paymentsContract, PaymentsContext>;

export const getTransaction: H['getTransaction'] = async (ctx, req) => {
  const { transactionId } = req.params;
  const row = found(
    await ctx.db.maybe<{
      kind: string;
      at: Date;
      orderId: string | null;
      memo: string | null;
      postings: { account: string; own: boolean; amount: string; currency: Currency }[];
    }>(sql`
      select t.kind, t.at, t.order_id as "orderId", t.memo,
        (select jsonb_agg(jsonb_build_object('account', a.kind, 'own', a.user_id is not distinct from ${req.query.userId}::uuid, 'amount', p.amount::text, 'currency', a.currency) order by p.posting_id)
          from postings p join accounts a using (account_id) where p.transaction_id = t.transaction_id) as postings
      from transactions t where t.transaction_id = ${transactionId}`),
  );
  if (!row.postings.some((posting) => posting.own)) found(undefined);
  const { kind, orderId } = row;
  return {
    body: {
      transactionId,
      kind,
      orderId,
      memo: memoIn(row.memo, req.locale),
      at: row.at.toISOString(),
      postings: row.postings.map(({ account, own, amount, currency }) => ({
        account,
        own,
        amount: { amount, currency },
      })),
    },
  };
};

export const getPersonMoney: H['getPersonMoney'] = async (ctx, req) => {
  const rows = await ctx.db.many<{ currency: Currency; kind: string; balance: bigint }>(
    sql`select currency, kind, balance from accounts where user_id = ${req.params.userId} order by currency`,
  );
  const currencies = [...new Set(rows.map((row) => row.currency))];
  const sum = (currency: Currency, kind: string) => ({
    amount: (rows.find((row) => row.currency === currency && row.kind === kind)?.balance ?? 0n).toString(),
    currency,
  });
  return {
    body: {
      items: currencies.map((currency) => ({
        currency,
        available: sum(currency, 'available'),
        escrow: sum(currency, 'escrow'),
        debt: sum(currency, 'recovery'),
      })),
    },
  };
};
