import { z } from 'zod';
import { paymentsEvents } from '#contracts/payments/events.ts';
import { sql } from '#kit/db/db.ts';
import { isId, newId } from '#kit/ids.ts';
import type { Job } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import type { StatementLine } from '../provider/provider.ts';

const HOUR_MS = 3_600_000;
/** What is younger may still be on its way to the other side. */
const YOUNG_MS = HOUR_MS;
const WINDOW_MS = 26 * HOUR_MS;
const PAGE = 500;

interface Difference {
  what: StatementLine['kind'];
  kind: 'missing_here' | 'missing_there' | 'other_sum' | 'other_state';
  reference: string;
  userId: string | null;
  ours: string | null;
  theirs: string | null;
}

/** Compares the ledger with the provider's statement of the last day. A difference becomes a ticket of support, once. */
export const compareStatement: Job<PaymentsContext, Record<string, never>> = {
  payload: z.strictObject({}),
  cron: '20 * * * *',
  async run(ctx) {
    const to = ctx.clock.nowMs() - YOUNG_MS;
    await compare(ctx, new Date(to - WINDOW_MS), new Date(to), HOUR_MS);
  },
};

/** `slackMs`: by how much the two sides may date a movement differently. */
export async function compare(ctx: PaymentsContext, from: Date, to: Date, slackMs: number): Promise<void> {
  const seen = new Set<string>();
  for await (const lines of ctx.provider.statement(from, to)) {
    for (const line of lines) seen.add(`${line.kind}:${line.reference}`);
    await tell(ctx, await wrongLines(ctx, lines));
  }
  const inner = { from: new Date(from.getTime() + slackMs), to: new Date(to.getTime() - slackMs) };
  for (let after: string | undefined; ; ) {
    const rows = await ownMovements(ctx, inner, after);
    const missing = rows.filter(
      (row) => ctx.provider.statementOf.includes(row.what) && !seen.has(`${row.what}:${row.id}`),
    );
    await tell(
      ctx,
      missing.map((row) => ({
        what: row.what,
        kind: 'missing_there',
        reference: row.id,
        userId: row.userId,
        ours: `${row.amount} ${row.currency}`,
        theirs: null,
      })),
    );
    if (rows.length < PAGE) return;
    after = rows.at(-1)?.transactionId;
  }
}

interface Own {
  id: string;
  userId: string;
  amount: bigint;
  currency: string;
  status: string;
}

/** Lines that name nothing of ours, another sum, or something that has not happened here. */
async function wrongLines(ctx: PaymentsContext, lines: readonly StatementLine[]): Promise<Difference[]> {
  const ids = lines.map((line) => line.reference).filter(isId);
  const own = await ctx.db.many<Own & { what: StatementLine['kind'] }>(sql`
    select 'payment' as what, topup_id as id, user_id as "userId", amount, currency, status from topups where topup_id = any(${ids}::uuid[])
    union all select 'payout', withdrawal_id, user_id, amount, currency, status from withdrawals where withdrawal_id = any(${ids}::uuid[])`);
  const known = new Map(own.map((row) => [`${row.what}:${row.id}`, row]));
  return lines.flatMap((line): Difference[] => {
    const row = known.get(`${line.kind}:${line.reference}`);
    const theirs = `${line.amount.value} ${line.amount.currency}`;
    const about = { what: line.kind, reference: line.reference.slice(0, 100), theirs };
    if (!row) return [{ ...about, kind: 'missing_here', userId: null, ours: null }];
    const ours = `${row.amount} ${row.currency}`;
    if (ours !== theirs) return [{ ...about, kind: 'other_sum', userId: row.userId, ours }];
    if (['succeeded', 'charged_back', 'paid'].includes(row.status)) return [];
    return [{ ...about, kind: 'other_state', userId: row.userId, ours: row.status }];
  });
}

type OwnMovement = Omit<Own, 'status'> & { what: StatementLine['kind']; transactionId: string };

/** What the ledger says came from the provider or went to it, a page in the order of time. */
async function ownMovements(
  ctx: PaymentsContext,
  { from, to }: { from: Date; to: Date },
  after: string | undefined,
): Promise<OwnMovement[]> {
  return await ctx.db.many<OwnMovement>(sql`
    select t.transaction_id as "transactionId", case t.kind when 'topup' then 'payment' else 'payout' end as what, split_part(t.reference, ':', 2) as id,
      a.user_id as "userId", abs(p.amount) as amount, a.currency
    from transactions t join postings p using (transaction_id) join accounts a using (account_id)
    where t.at >= ${from} and t.at < ${to} and t.kind in ('topup', 'withdrawal_paid') and a.user_id is not null
      and (${after ?? null}::uuid is null or t.transaction_id > ${after ?? null}::uuid)
    order by t.transaction_id limit ${PAGE}`);
}

async function tell(ctx: PaymentsContext, differences: readonly Difference[]): Promise<void> {
  if (differences.length === 0) return;
  const at = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const fresh = await tx.many<{ differenceId: string; what: string; reference: string; kind: string }>(sql`
      insert into provider_differences (difference_id, what, kind, reference, found_at)
      select i, w, k, r, ${at} from unnest(${differences.map(() => newId())}::uuid[], ${differences.map((one) => one.what)}::text[], ${differences.map((one) => one.kind)}::text[], ${differences.map((one) => one.reference)}::text[]) as t (i, w, k, r)
      on conflict do nothing returning difference_id as "differenceId", what, reference, kind`);
    for (const { differenceId, ...row } of fresh) {
      const found = differences.find(
        (one) => one.what === row.what && one.reference === row.reference && one.kind === row.kind,
      );
      if (found)
        tx.emit(paymentsEvents.differenceFound, differenceId, { ...found, differenceId, at: at.toISOString() });
    }
  });
}
