import type { Currency, Locale } from '#contracts/common/values.ts';
import type { paymentsContract } from '#contracts/payments/index.ts';
import { empty, type Queries, sql } from '#kit/db/db.ts';
import { type ExportTable, toCsv, toPdf } from '#kit/export/table.ts';
import { isProblem } from '#kit/problem.ts';
import { pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import { major } from '../domain/amounts.ts';
import { memoIn } from '../domain/memo.ts';
import { hasRatesByRole, quote } from '../domain/quote.ts';
import { arithmeticOf } from '#contracts/orders/terms.ts';
import type { TransactionKind } from '../ledger/post.ts';
import { chainHead } from '../ledger/seal.ts';
import { cursorOf } from './cursors.ts';

type H = Handlers<typeof paymentsContract, PaymentsContext>;
const FILE_ROWS = 5_000;

export const getOwnAccounts: H['getOwnAccounts'] = async (ctx, req) => {
  const rows = await ctx.db.many<{ currency: Currency; kind: string; balance: bigint }>(
    sql`select currency, kind, balance from accounts where user_id = ${req.user.userId}`,
  );
  const currencies = [...new Set<Currency>(['RUB', ...rows.map((row) => row.currency)])];
  const balance = (currency: Currency, kind: string) => ({
    amount: (rows.find((row) => row.currency === currency && row.kind === kind)?.balance ?? 0n).toString(),
    currency,
  });
  const debt = (currency: Currency) => {
    const { amount } = balance(currency, 'recovery');
    return { amount: amount.startsWith('-') ? amount.slice(1) : '0', currency };
  };
  return {
    body: {
      items: currencies.map((currency) => ({
        currency,
        available: balance(currency, 'available'),
        escrow: balance(currency, 'escrow'),
        pendingWithdrawal: balance(currency, 'pending_withdrawal'),
        reserved: balance(currency, 'reserved'),
        debt: debt(currency),
      })),
    },
  };
};

interface Entry {
  postingId: bigint;
  transactionId: string;
  kind: TransactionKind;
  at: Date;
  orderId: string | null;
  memo: string | null;
  amount: bigint;
  balance: bigint;
}
interface Filter {
  from?: string;
  to?: string;
  kind?: TransactionKind;
  currency: Currency;
}

/** The beginning of a day in UTC, whatever time zone the database keeps; a year that it does not know is the first it does. */
function dayOf(date: string | undefined): string | null {
  return date === undefined ? null : `${date < '1000' ? '1000-01-01' : date}T00:00:00Z`;
}

/** Movements of a person's available money, newest first, each with the balance after it. */
function entries(db: Queries, userId: string, filter: Filter, before: bigint | null, limit: number): Promise<Entry[]> {
  return db.many<Entry>(sql`
    select p.posting_id as "postingId", t.transaction_id as "transactionId", t.kind, t.at, t.order_id as "orderId", t.memo, p.amount, p.balance_after as balance
    from accounts a join postings p using (account_id) join transactions t using (transaction_id)
    where a.kind = 'available' and a.user_id = ${userId} and a.currency = ${filter.currency} and (${before}::bigint is null or p.posting_id < ${before})
      and (${filter.kind ?? null}::text is null or t.kind = ${filter.kind ?? null}) and (${dayOf(filter.from)}::timestamptz is null or t.at >= ${dayOf(filter.from)}::timestamptz) and (${dayOf(filter.to)}::timestamptz is null or t.at < ${dayOf(filter.to)}::timestamptz + interval '1 day')
    order by p.posting_id desc limit ${limit}`);
}

export const getStatement: H['getStatement'] = async (ctx, req) => {
  const after = cursorOf(req.query.cursor, 'integer');
  const rows = await entries(
    ctx.db,
    req.user.userId,
    req.query,
    after ? BigInt(after[0] as string) : null,
    req.query.limit + 1,
  );
  const { currency } = req.query;
  const page = pageOf(rows, req.query.limit, (last) => [last.postingId.toString()]);
  return {
    body: {
      nextCursor: page.nextCursor,
      items: page.items.map((row) => ({
        transactionId: row.transactionId,
        kind: row.kind,
        at: row.at.toISOString(),
        orderId: row.orderId,
        memo: memoIn(row.memo, req.locale),
        amount: { amount: row.amount.toString(), currency },
        balance: { amount: row.balance.toString(), currency },
      })),
    },
  };
};

const KINDS: Readonly<Record<TransactionKind, { ru: string; en: string }>> = {
  topup: { ru: 'Пополнение', en: 'Top-up' },
  placement_fee: { ru: 'Публикация заказа', en: 'Placement fee' },
  placement_refund: { ru: 'Возврат за публикацию', en: 'Placement refund' },
  escrow_hold: { ru: 'Удержание по сделке', en: 'Held for a deal' },
  escrow_release: { ru: 'Оплата работы', en: 'Payment for work' },
  escrow_refund: { ru: 'Возврат по сделке', en: 'Refund of a deal' },
  escrow_split: { ru: 'Раздел по спору', en: 'Split of a deal' },
  client_bonus: { ru: 'Премия заказчика', en: 'Client bonus' },
  platform_bonus: { ru: 'Премия платформы', en: 'Platform bonus' },
  withdrawal_request: { ru: 'Вывод', en: 'Withdrawal' },
  withdrawal_paid: { ru: 'Вывод выполнен', en: 'Withdrawal paid' },
  withdrawal_returned: { ru: 'Вывод возвращён', en: 'Withdrawal returned' },
  adjustment: { ru: 'Корректировка', en: 'Adjustment' },
  chargeback: { ru: 'Отзыв платежа', en: 'Chargeback' },
  debt_payment: { ru: 'Погашение долга', en: 'Debt payment' },
  reserve: { ru: 'Резерв', en: 'Reserved' },
  reserve_posted: { ru: 'Списание резерва', en: 'Reserved money posted' },
  reserve_returned: { ru: 'Возврат резерва', en: 'Reserved money returned' },
  reversal: { ru: 'Сторно', en: 'Reversal' },
};

function statementTable(rows: readonly Entry[], filter: Filter, locale: Locale): ExportTable {
  const ru = locale === 'ru';
  return {
    title: ru ? 'Выписка по счёту' : 'Statement',
    notes: [`${filter.from ?? '…'} — ${filter.to ?? '…'}, ${filter.currency}`],
    columns: [
      { title: ru ? 'Когда' : 'When', weight: 1.4 },
      { title: ru ? 'Операция' : 'Operation', weight: 1.8 },
      { title: ru ? 'Описание' : 'Description', weight: 2.2 },
      { title: ru ? 'Сумма' : 'Sum', align: 'end' },
      { title: ru ? 'Остаток' : 'Balance', align: 'end' },
    ],
    rows: rows.map((row) => [
      row.at.toISOString().slice(0, 16).replace('T', ' '),
      KINDS[row.kind][locale],
      memoIn(row.memo, locale) ?? '',
      major(row.amount, filter.currency),
      major(row.balance, filter.currency),
    ]),
  };
}

export const getStatementFile: H['getStatementFile'] = async (ctx, req) => {
  const table = statementTable(
    await entries(ctx.db, req.user.userId, req.query, null, FILE_ROWS),
    req.query,
    req.locale,
  );
  const csv = req.query.format === 'csv';
  return {
    body: csv ? toCsv(table) : await toPdf(table),
    headers: {
      'content-type': csv ? 'text/csv; charset=utf-8' : 'application/pdf',
      'content-disposition': `attachment; filename="artel-statement.${req.query.format}"`,
      'cache-control': 'private, no-store',
    },
  };
};

export const quoteTerms: H['quoteTerms'] = async (ctx, req) => {
  const { category, currency, price } = req.query;
  // As whoever asks: the role that he has of a side decides on that side's share.
  const roles = req.user?.roles ?? [];
  const of = { category, currency, at: ctx.clock.now(), clientRoles: roles, freelancerRoles: roles };
  const { placementFee, terms } = await quote(ctx.db, of);
  const parts = price === undefined ? null : arithmeticOf({ amount: price, currency }, terms);
  return {
    body: {
      placementFee,
      commissionBps: terms.commissionBps,
      commissionMin: terms.commissionMin,
      clientFeeBps: terms.clientFeeBps,
      clientFeeMin: terms.clientFeeMin,
      price: price === undefined ? null : { amount: price, currency },
      commission: parts?.commission ?? null,
      freelancerGets: parts?.toFreelancer ?? null,
      clientFee: parts?.clientFee ?? null,
      clientPays: parts?.clientPays ?? null,
    },
  };
};

const rolesOf = async (ctx: PaymentsContext, userId: string | undefined): Promise<readonly string[]> =>
  userId === undefined ? [] : (await ctx.clients.roles.getRights({ params: { userId } })).roles;

export const getTerms: H['getTerms'] = async (ctx, req) => {
  const { category, currency, clientId, freelancerId } = req.query;
  const at = ctx.clock.now();
  // Roles are asked for when a rate goes by them: most platforms have none.
  const byRole = await hasRatesByRole(ctx.db, at);
  const [clientRoles, freelancerRoles] = byRole
    ? await Promise.all([rolesOf(ctx, clientId), rolesOf(ctx, freelancerId)])
    : [[], []];
  return { body: await quote(ctx.db, { category, currency: currency as Currency, at, clientRoles, freelancerRoles }) };
};

export const getOrderMoney: H['getOrderMoney'] = async (ctx, req) => {
  const { orderId } = req.params;
  // A deal may have several: one per milestone, week or extra.
  const hold = await ctx.db.maybe<{ currency: Currency; held: bigint; frozen: boolean }>(
    sql`select currency, coalesce(sum(amount) filter (where status = 'held'), 0)::bigint as held, coalesce(bool_or(frozen) filter (where status = 'held'), false) as frozen from holds where order_id = ${orderId} and status <> 'refused' group by currency`,
  );
  const currency = hold?.currency ?? 'RUB';
  const rows = await ctx.db.many<{
    transactionId: string;
    kind: string;
    at: Date;
    amount: bigint;
    released: bigint;
    refunded: bigint;
    commission: bigint;
  }>(sql`
    select t.transaction_id as "transactionId", t.kind, t.at, max(abs(p.amount))::bigint as amount,
      coalesce(sum(p.amount) filter (where t.kind in ('escrow_release', 'escrow_split') and a.kind = 'available' and a.user_id = h.freelancer_id), 0)::bigint as released,
      coalesce(sum(p.amount) filter (where t.kind in ('escrow_refund', 'escrow_split', 'escrow_release') and a.kind = 'available' and a.user_id = h.client_id), 0)::bigint as refunded,
      coalesce(sum(p.amount) filter (where a.kind in ('commission', 'client_fees')), 0)::bigint as commission
    from transactions t join postings p using (transaction_id) join accounts a using (account_id) left join (select distinct order_id, client_id, freelancer_id from holds where order_id = ${orderId} and status <> 'refused') h on h.order_id = t.order_id
    where t.order_id = ${orderId} group by t.transaction_id order by t.at limit 200`);
  const money = (amount: bigint) => ({ amount: amount.toString(), currency });
  const sum = (pick: (row: (typeof rows)[number]) => bigint) => money(rows.reduce((all, row) => all + pick(row), 0n));
  return {
    body: {
      orderId,
      frozen: hold?.frozen ?? false,
      held: money(hold?.held ?? 0n),
      released: sum((row) => row.released),
      refunded: sum((row) => row.refunded),
      commission: sum((row) => row.commission),
      transactions: rows.map((row) => ({
        transactionId: row.transactionId,
        kind: row.kind,
        amount: money(row.amount),
        at: row.at.toISOString(),
      })),
    },
  };
};

async function invariants(db: Queries) {
  const sums = await db.many<{ currency: Currency; total: bigint; escrow: bigint }>(sql`
    select a.currency, sum(p.amount)::bigint as total, coalesce(sum(p.amount) filter (where a.kind = 'escrow'), 0)::bigint as escrow from postings p join accounts a using (account_id) group by a.currency order by a.currency`);
  const { transactions } = await db.one<{ transactions: number }>(
    sql`select count(*)::int as transactions from transactions`,
  );
  const head = await chainHead(db);
  return {
    balanced: sums.every((row) => row.total === 0n),
    transactions,
    escrow: sums.map((row) => ({ amount: row.escrow.toString(), currency: row.currency })),
    chainHead: head.hash,
    sealed: Number(head.position),
  };
}

export const getInvariants: H['getInvariants'] = async (ctx) => {
  const { sealed: _sealed, ...body } = await invariants(ctx.db);
  return { body };
};

type Invariants = Awaited<ReturnType<typeof invariants>>;
const counting = new WeakMap<Queries, Promise<Invariants>>();

/** Anybody may ask, and it reads the whole ledger: those who ask while it is counted share the one count. */
function sharedInvariants(db: Queries): Promise<Invariants> {
  const running = counting.get(db);
  if (running) return running;
  const count = invariants(db).finally(() => counting.delete(db));
  counting.set(db, count);
  return count;
}

/** M8: what escrow holds, beside what open deals say it must. */
export const getPublicInvariants: H['getPublicInvariants'] = async (ctx) => {
  const [books, deals] = await Promise.all([
    sharedInvariants(ctx.db),
    ctx.clients.orders.getOpenEscrow({}).catch((error: unknown) => {
      if (isProblem(error, 'unavailable') || isProblem(error, 'timeout')) return null;
      throw error;
    }),
  ]);
  const open = deals?.totals ?? null;
  const nonZero = (rows: { amount: string; currency: string }[]) =>
    rows
      .filter((row) => row.amount !== '0')
      .map((row) => `${row.amount} ${row.currency}`)
      .sort()
      .join();
  return {
    body: {
      ...books,
      openDeals: open,
      escrowEqualsDeals: open === null ? null : nonZero(open) === nonZero(books.escrow),
    },
  };
};

export const listTransactions: H['listTransactions'] = async (ctx, req) => {
  const { kind, userId, orderId, limit } = req.query;
  const after = cursorOf(req.query.cursor, 'time', 'id');
  const rows = await ctx.db.many<{
    transactionId: string;
    kind: TransactionKind;
    at: Date;
    orderId: string | null;
    memo: string | null;
    postings: { account: string; userId: string | null; amount: string; currency: Currency }[];
  }>(sql`
    select t.transaction_id as "transactionId", t.kind, t.at, t.order_id as "orderId", t.memo,
      (select jsonb_agg(jsonb_build_object('account', a.kind, 'userId', a.user_id, 'amount', p.amount::text, 'currency', a.currency) order by p.posting_id) from postings p join accounts a using (account_id) where p.transaction_id = t.transaction_id) as postings
    from transactions t where (${kind ?? null}::text is null or t.kind = ${kind ?? null}) ${orderId === undefined ? empty : sql`and t.order_id = ${orderId}`}
      ${userId === undefined ? empty : sql`and t.transaction_id in (select p.transaction_id from accounts a join postings p using (account_id) where a.user_id = ${userId})`}
      and (${after?.[0] ?? null}::timestamptz is null or (t.at, t.transaction_id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::uuid))
    order by t.at desc, t.transaction_id desc limit ${limit + 1}`);
  const page = pageOf(rows, limit, (last) => [last.at.toISOString(), last.transactionId]);
  return {
    body: {
      nextCursor: page.nextCursor,
      items: page.items.map((row) => ({
        ...row,
        at: row.at.toISOString(),
        postings: row.postings.map(({ account, userId: owner, amount, currency }) => ({
          account,
          userId: owner,
          amount: { amount, currency },
        })),
      })),
    },
  };
};
