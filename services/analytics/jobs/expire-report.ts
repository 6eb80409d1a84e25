import { z } from 'zod';
import type { Job } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import { fileKey, removeReport, reportById } from '../data/reports.ts';

const payload = z.object({ reportId: z.uuid() });

/** Reports do not lie around: they go with their file when their time is over. */
export const expireReport: Job<AnalyticsContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { reportId }) {
    const row = await reportById(ctx.db, reportId);
    if (!row) return;
    await ctx.files.delete(fileKey(row));
    await removeReport(ctx.db, reportId);
  },
};
