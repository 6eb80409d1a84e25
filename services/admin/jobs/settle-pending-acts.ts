import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { AdminContext } from '../context.ts';
import { appendEntry, type NewEntry } from '../data/audit.ts';

/** Longer than any call may take, milliseconds. */
const LOST_AFTER_MS = 5 * 60_000;

/** Logs acts whose end was never learnt (their process died in the middle) as `unknown`. */
export const settlePendingActs: Job<AdminContext, Record<string, never>> = {
  payload: z.object({}) as unknown as z.ZodType<Record<string, never>>,
  cron: '*/5 * * * *',
  async run(ctx) {
    const before = new Date(ctx.clock.nowMs() - LOST_AFTER_MS);
    for (;;) {
      const settled = await ctx.db.tx(async (tx) => {
        const row = await tx.maybe<{ entryId: string; entry: NewEntry }>(sql`
          delete from pending_acts where entry_id = (
            select entry_id from pending_acts where begun_at < ${before} order by begun_at limit 1 for update skip locked
          ) returning entry_id as "entryId", entry`);
        if (!row) return false;
        await appendEntry(tx, ctx.auditKey, ctx.clock.now(), row.entry, { entryId: row.entryId });
        return true;
      });
      if (!settled) return;
    }
  },
};
