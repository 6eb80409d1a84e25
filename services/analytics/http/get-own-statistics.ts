import type { analyticsContract } from '#contracts/analytics/index.ts';
import type { Currency } from '#contracts/common/values.ts';
import { sql } from '#kit/db/db.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import { checkTimeZone } from '../domain/range.ts';
import { type MonthRow, ownMoney, ownViews } from '../data/own.ts';

interface Work {
  invitations: number;
  responses: number;
  answered: number;
  hires: number;
  completed: number;
}
interface Orders {
  orders: number;
  published: number;
  hires: number;
  completed: number;
  timeToHire: number | null;
}

/** What a person sees of his own work and spending. */
export const getOwnStatistics: Handlers<typeof analyticsContract, AnalyticsContext>['getOwnStatistics'] = async (
  ctx,
  req,
) => {
  const { userId } = req.user;
  const { timeZone } = req.query;
  checkTimeZone(timeZone);
  const now = ctx.clock.now();
  const [work, orders, money, views] = await Promise.all([
    ctx.db.one<Work>(sql`
      select count(invited_at)::int as invitations, count(responded_at)::int as responses,
        count(*) filter (where invited_at is not null and responded_at is not null)::int as answered, count(hired_at)::int as hires,
        (select count(completed_at)::int from order_facts where freelancer_id = ${userId}) as completed
      from bid_facts where freelancer_id = ${userId}`),
    ctx.db.one<Orders>(sql`
      select count(*)::int as orders, count(published_at)::int as published, count(started_at)::int as hires, count(completed_at)::int as completed,
        percentile_cont(0.5) within group (order by extract(epoch from started_at - published_at)) filter (where started_at >= published_at) as "timeToHire"
      from order_facts where client_id = ${userId}`),
    ownMoney(ctx.db, userId, timeZone),
    ownViews(ctx.db, userId, now),
  ]);
  return {
    body: {
      asFreelancer: {
        views: views.recent,
        viewsBefore: views.before,
        invitations: work.invitations,
        responses: work.responses,
        responseRate: work.invitations === 0 ? null : Math.round((work.answered / work.invitations) * 1000),
        hires: work.hires,
        completed: work.completed,
        income: totals(money, 'income'),
      },
      asClient: {
        ...orders,
        timeToHire: orders.timeToHire === null ? null : Math.round(orders.timeToHire),
        spent: totals(money, 'spent'),
      },
      months: lastMonths(now, timeZone).map((month) => {
        const own = money.filter((row) => row.month === month);
        return {
          month,
          income: totals(own, 'income'),
          spent: totals(own, 'spent'),
          views: views.months.get(month) ?? 0,
        };
      }),
    },
  };
};

/** Sums per currency, without those of nothing. */
function totals(rows: readonly MonthRow[], of: 'income' | 'spent'): { amount: string; currency: Currency }[] {
  const sums = new Map<Currency, bigint>();
  for (const row of rows) sums.set(row.currency, (sums.get(row.currency) ?? 0n) + BigInt(row[of]));
  return [...sums]
    .filter(([, sum]) => sum !== 0n)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([currency, sum]) => ({ amount: sum.toString(), currency }));
}

/** Names of the last twelve months in a time zone, the present one last. */
function lastMonths(now: Date, timeZone: string): string[] {
  const here = new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit' }).format(now);
  const [year = 0, month = 0] = here.split('-').map(Number);
  return Array.from({ length: 12 }, (_, place) =>
    new Date(Date.UTC(year, month - 12 + place, 1)).toISOString().slice(0, 7),
  );
}
