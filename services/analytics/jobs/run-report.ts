import { z } from 'zod';
import { analyticsEvents } from '#contracts/analytics/events.ts';
import { openFile } from '#kit/export/table.ts';
import type { Job } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import { dictionaries } from '../data/figures.ts';
import {
  CONTENT_TYPES,
  fileKey,
  finishReport,
  noteProgress,
  noteReportFailure,
  type ReportRow,
  reportById,
} from '../data/reports.ts';
import { makeReport, REPORT_TITLES, reportFile } from '../domain/report.ts';

const payload = z.object({ reportId: z.uuid() });
const MOST_TRIES = 5;

/** Makes a report's file and tells its owner how far it is. A repeat makes the same file in the same place. */
export const runReport: Job<AnalyticsContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { reportId }) {
    const row = await reportById(ctx.db, reportId);
    if (!row || row.state === 'done' || row.state === 'failed') return;
    try {
      await make(ctx, row);
    } catch (error) {
      const after = await noteReportFailure(ctx.db, reportId, { most: MOST_TRIES, now: ctx.clock.now() });
      if (after?.state !== 'failed') throw error;
      ctx.log.error({ err: error, reportId }, 'a report could not be made');
      tell(ctx, after);
    }
  },
};

async function make(ctx: AnalyticsContext, row: ReportRow): Promise<void> {
  const { reportId, report, locale, format } = row;
  const range = { ...row, category: row.category ?? undefined };
  const reader = { locale, dictionaries: await dictionaries(ctx.db) };
  const table = await makeReport(ctx.db, report, range, reader, async (part) => {
    tell(ctx, await noteProgress(ctx.db, reportId, Math.round(part * 80)));
  });
  const file = await openFile[format](reportFile(table, report, reader));
  tell(ctx, await noteProgress(ctx.db, reportId, 90));
  const size = await ctx.files.putStream(fileKey(row), file, CONTENT_TYPES[format]);
  const now = ctx.clock.now();
  const expiresAt = new Date(now.getTime() + ctx.config.REPORT_KEEP);
  const done = await ctx.db.tx(async (tx) => {
    const ended = await finishReport(tx, reportId, { size, now, expiresAt });
    if (!ended) return undefined;
    await tx.schedule('expireReport', { reportId }, { at: expiresAt, key: `expire:${reportId}` });
    if (ended.scheduleId !== null)
      tx.emit(analyticsEvents.reportReady, reportId, {
        reportId,
        recipientId: ended.ownerId,
        title: REPORT_TITLES[report],
        from: ended.from,
        to: ended.to,
        expiresAt: expiresAt.toISOString(),
      });
    return ended;
  });
  // Deleted meanwhile: its file goes too.
  if (!done) await ctx.files.delete(fileKey(row));
  tell(ctx, done);
}

/** Live to whoever waits for it. */
function tell(ctx: AnalyticsContext, row: ReportRow | undefined): void {
  if (row)
    ctx.live.push([row.ownerId], { type: 'report', reportId: row.reportId, state: row.state, percent: row.percent });
}
