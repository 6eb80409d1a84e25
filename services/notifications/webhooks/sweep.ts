import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { NotificationsContext } from '../context.ts';

const KEEP_MS = 30 * 86_400_000;
const AT_ONCE = 5_000;

/** The log of calls is kept for 30 days; what still waits stays. */
export const sweepWebhooks: Job<NotificationsContext, Record<string, never>> = {
  payload: z.object({}).strict(),
  cron: '40 3 * * *',
  async run(ctx) {
    const old = new Date(ctx.clock.nowMs() - KEEP_MS);
    while (
      (await ctx.db.run(sql`
        delete from webhook_calls where call_id in (
          select call_id from webhook_calls where created_at < ${old} and state <> 'waiting' limit ${AT_ONCE})`)) ===
      AT_ONCE
    );
  },
};
