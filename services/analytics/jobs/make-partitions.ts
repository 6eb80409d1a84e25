import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';

/** The months to come get their partitions before they begin. */
export const makePartitions: Job<AnalyticsContext, Record<string, never>> = {
  payload: z.strictObject({}),
  cron: '17 3 * * *',
  async run(ctx) {
    await ctx.db.one(sql`/* writes */ select make_partitions(${ctx.clock.now()}) as made`);
  },
};
