import { type Queries, sql } from '#kit/db/db.ts';

export interface RecordRow {
  completed: number;
  onTime: number;
  late: number;
  repeatClients: number;
  answersInHours: number | null;
  placed: number;
  hired: number;
  clientCompleted: number;
  spent: bigint;
}

/** What deals say of a person on both sides. */
export async function recordOf(db: Queries, userId: string) {
  const row = await db.one<RecordRow>(sql`
    select f.completed, f."onTime", f.late, (select count(*)::int from (select client_id from deals where freelancer_id = ${userId} and completed group by client_id having count(*) > 1) r) as "repeatClients",
      (select ceil(extract(epoch from avg(answered_at - asked_at)) / 3600)::int from first_answers where user_id = ${userId} and answered_at > asked_at) as "answersInHours", c.placed, c.hired, c."clientCompleted", c.spent
    from (select count(*) filter (where completed)::int as completed, count(*) filter (where completed and on_time)::int as "onTime", count(*) filter (where completed and not on_time)::int as late from deals where freelancer_id = ${userId}) f,
      (select count(*) filter (where published)::int as placed, count(*) filter (where hired)::int as hired, count(*) filter (where completed)::int as "clientCompleted", coalesce(sum(price) filter (where completed and currency = 'RUB'), 0)::int8 as spent from deals where client_id = ${userId}) c`);
  return {
    asFreelancer: {
      completed: row.completed,
      onTime: row.onTime,
      late: row.late,
      repeatClients: row.repeatClients,
      answersInHours: row.answersInHours,
    },
    asClient: {
      ordersPlaced: row.placed,
      hired: row.hired,
      completed: row.clientCompleted,
      spend: spendBand(row.spent),
      hireRate: row.placed === 0 ? null : Math.round((row.hired / row.placed) * 100),
    },
  };
}

const RUBLES = 100n;

/** How much a client has paid for finished work, as a band: enough to judge by, too little to count his money. */
export function spendBand(spent: bigint): 'none' | 'under_50k' | '50k_250k' | '250k_1m' | 'over_1m' {
  if (spent <= 0n) return 'none';
  if (spent < 50_000n * RUBLES) return 'under_50k';
  if (spent < 250_000n * RUBLES) return '50k_250k';
  return spent < 1_000_000n * RUBLES ? '250k_1m' : 'over_1m';
}
