import type { Currency } from '#contracts/common/values.ts';
import { type Queries, sql } from '#kit/db/db.ts';

export interface MonthRow {
  month: string;
  currency: Currency;
  income: string;
  spent: string;
}

/** What a person earned and spent in deals, by month of his time zone and currency. */
export async function ownMoney(db: Queries, userId: string, timeZone: string): Promise<MonthRow[]> {
  return await db.many<MonthRow>(sql`
    select to_char(bucket at time zone ${timeZone}, 'YYYY-MM') as month, currency, sum(income)::text as income, sum(spent)::text as spent
    from user_money where user_id = ${userId} group by 1, 2 order by 1, 2`);
}

export interface Views {
  /** Of the last 30 days, and of the 30 before. */
  recent: number;
  before: number;
  months: ReadonlyMap<string, number>;
}

/** Looks at a person's profile. */
export async function ownViews(db: Queries, userId: string, now: Date): Promise<Views> {
  const today = now.toISOString().slice(0, 10);
  const { recent, before } = await db.one<{ recent: number; before: number }>(sql`
    select count(*) filter (where day > ${today}::date - 30)::int as recent, count(*) filter (where day <= ${today}::date - 30)::int as before
    from profile_views where user_id = ${userId} and day > ${today}::date - 60`);
  const rows = await db.many<{ month: string; views: number }>(sql`
    select to_char(day, 'YYYY-MM') as month, count(*)::int as views from profile_views
    where user_id = ${userId} and day >= date_trunc('month', ${today}::date) - interval '11 months' group by 1`);
  return { recent, before, months: new Map(rows.map((row) => [row.month, row.views])) };
}
