import type { Currency, Locale } from '#contracts/common/values.ts';
import type { paymentsContract } from '#contracts/payments/index.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import { type ExportTable, toCsv, toPdf } from '#kit/export/table.ts';
import { Problem } from '#kit/problem.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import { major } from '../domain/amounts.ts';
import { memoIn } from '../domain/memo.ts';

type H = Handlers<typeof paymentsContract, PaymentsContext>;
const MOST_ROWS = 5_000;

interface Service {
  at: Date;
  kind: 'placement_fee' | 'placement_refund' | 'commission' | 'client_fee' | 'reserve_posted';
  title: string | null;
  orderId: string | null;
  /** What the platform took; below zero: gave back. */
  amount: bigint;
  /** Of the whole month, should there be more rows than an act shows. */
  total: bigint;
}

const WORDS = {
  ru: {
    title: (month: string) => `Акт об оказанных услугах за ${month}`,
    person: 'Пользователь',
    period: 'Период (UTC)',
    total: 'Всего оказано услуг на сумму',
    columns: ['Когда', 'Услуга', 'Заказ', 'Сумма'],
    kinds: {
      placement_fee: 'Публикация заказа',
      placement_refund: 'Возврат за публикацию',
      commission: 'Комиссия',
      reserve_posted: 'Списание резерва',
      client_fee: 'Сбор с заказчика',
    },
  },
  en: {
    title: (month: string) => `Act of services for ${month}`,
    person: 'User',
    period: 'Period (UTC)',
    total: 'Services in total',
    columns: ['When', 'Service', 'Order', 'Sum'],
    kinds: {
      placement_fee: 'Placement',
      placement_refund: 'Placement refund',
      commission: 'Commission',
      reserve_posted: 'Reserved money posted',
      client_fee: 'Client’s fee',
    },
  },
} as const;

/** What the platform did for a person in a month and took for it. */
export const getAct: H['getAct'] = async (ctx, req) => {
  const { month } = req.params;
  const { currency, format } = req.query;
  const from = new Date(`${month}-01T00:00:00Z`);
  const to = new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
  if (to > ctx.clock.now()) throw new Problem('payments.month_not_over');
  const rows = await services(ctx.db, req.user.userId, currency, from, to);
  const { displayName } = await ctx.clients.users.getIdentity({ params: { userId: req.user.userId } });
  const person = `${displayName} (${req.user.userId})`;
  const table = actTable(rows, { month, from, to, currency, person, locale: req.locale });
  const csv = format === 'csv';
  return {
    body: csv ? toCsv(table) : await toPdf(table),
    headers: {
      'content-type': csv ? 'text/csv; charset=utf-8' : 'application/pdf',
      'content-disposition': `attachment; filename="artel-act-${month}.${format}"`,
      'cache-control': 'private, no-store',
    },
  };
};

function services(db: Queries, userId: string, currency: Currency, from: Date, to: Date): Promise<Service[]> {
  return db.many<Service>(sql`
    select *, (sum(amount) over ())::bigint as total from (select t.at, t.kind, t.memo as title, t.order_id as "orderId", -p.amount as amount
    from accounts a join postings p using (account_id) join transactions t using (transaction_id)
    where a.kind = 'available' and a.user_id = ${userId} and a.currency = ${currency} and t.kind in ('placement_fee', 'placement_refund') and t.at >= ${from} and t.at < ${to}
    union all
    select t.at, 'commission', h.title, t.order_id, p.amount
    from (select 'settle:' || hold_id as settled, (select memo from transactions where reference = 'hold:' || hold_id) as title from holds where freelancer_id = ${userId} and currency = ${currency} and at < ${to}) h
    join transactions t on t.reference = h.settled join postings p using (transaction_id) join accounts a using (account_id)
    where a.kind = 'commission' and t.at >= ${from} and t.at < ${to}
    union all
    select t.at, 'reserve_posted', t.memo, t.order_id, p.amount
    from reservations r join transactions t on t.reference = 'end:' || r.reservation_id join postings p using (transaction_id) join accounts a using (account_id)
    where r.user_id = ${userId} and r.currency = ${currency} and r.status = 'posted' and r.account = 'reserved' and r.at < ${to} and a.user_id is null and t.at >= ${from} and t.at < ${to}
    union all
    select t.at, 'client_fee', h.title, t.order_id, p.amount
    from (select 'settle:' || hold_id as settled, (select memo from transactions where reference = 'hold:' || hold_id) as title from holds where client_id = ${userId} and currency = ${currency} and at < ${to} and amount > coalesce(price, amount)) h
    join transactions t on t.reference = h.settled join postings p using (transaction_id) join accounts a using (account_id)
    where a.kind = 'client_fees' and t.at >= ${from} and t.at < ${to}
    ) s order by at limit ${MOST_ROWS}`);
}

function actTable(
  rows: readonly Service[],
  of: { month: string; from: Date; to: Date; currency: Currency; person: string; locale: Locale },
): ExportTable {
  const words = WORDS[of.locale];
  const day = (at: Date) => at.toISOString().slice(0, 10);
  const total = rows[0]?.total ?? 0n;
  const [when, service, order, sum] = words.columns;
  return {
    title: words.title(of.month),
    notes: [
      `${words.person}: ${of.person}`,
      `${words.period}: ${day(of.from)} — ${day(new Date(of.to.getTime() - 1))}`,
      `${words.total}: ${major(total, of.currency)} ${of.currency}`,
    ],
    columns: [
      { title: when },
      { title: service, weight: 1.5 },
      { title: order, weight: 3 },
      { title: sum, align: 'end' },
    ],
    rows: [
      ...rows.map((row) => [
        day(row.at),
        words.kinds[row.kind],
        memoIn(row.title, of.locale) ?? row.orderId ?? '',
        major(row.amount, of.currency),
      ]),
      ['', words.total, '', major(total, of.currency)],
    ],
  };
}
