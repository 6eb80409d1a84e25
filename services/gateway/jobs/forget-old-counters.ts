import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { GatewayContext } from '../context.ts';

/** Counters of minutes that are over serve nobody. */
export const forgetOldCounters: Job<GatewayContext, Record<string, never>> = {
  payload: z.strictObject({}),
  cron: '*/5 * * * *',
  async run(ctx) {
    await ctx.db.run(sql`delete from rate_counters where window_start < now() - interval '2 minutes'`);
  },
};
