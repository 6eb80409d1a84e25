import { serveFile } from '#kit/files/serve.ts';
import type { analyticsContract } from '#contracts/analytics/index.ts';
import { Problem } from '#kit/problem.ts';
import { decodeCursor, found, pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import {
  addReport,
  CONTENT_TYPES,
  countUnfinished,
  fileKey,
  fileName,
  ownReport,
  ownReports,
  removeReport,
  viewReport,
} from '../data/reports.ts';
import { checkRange } from '../domain/range.ts';

type H = Handlers<typeof analyticsContract, AnalyticsContext>;

/** Reports of one person that may be made at a time. */
const MOST_AT_ONCE = 10;

export const requestReport: H['requestReport'] = async (ctx, req) => {
  const { locale = req.locale, category, ...rest } = req.body;
  const range = checkRange(rest);
  return req.tx(async (tx) => {
    const { userId } = req.user;
    if ((await countUnfinished(tx, userId)) >= MOST_AT_ONCE) throw new Problem('analytics.too_many_reports');
    const row = found(await addReport(tx, { ...range, ownerId: userId, locale, category }, ctx.clock.now(), undefined));
    return { body: viewReport(row), version: row.version };
  });
};

export const listReports: H['listReports'] = async (ctx, req) => {
  const { limit } = req.query;
  const [before] = decodeCursor(req.query.cursor, 1) ?? [];
  const rows = await ownReports(ctx.db, req.user.userId, { before: before?.toString(), limit: limit + 1 });
  const { items, nextCursor } = pageOf(rows, limit, (row) => [row.reportId]);
  return { body: { items: items.map(viewReport), nextCursor } };
};

export const getReportState: H['getReportState'] = async (ctx, req) => {
  const row = found(await ownReport(ctx.db, req.params.reportId, req.user.userId));
  return { body: viewReport(row), version: row.version };
};

export const downloadReport: H['downloadReport'] = async (ctx, req) => {
  const row = found(await ownReport(ctx.db, req.params.reportId, req.user.userId));
  if (row.state !== 'done') throw new Problem('analytics.report_not_ready', { detail: row.state });
  const file = found(await ctx.files.open(fileKey(row)));
  return await serveFile(file, req, row.reportId, {
    'content-type': CONTENT_TYPES[row.format],
    'content-disposition': `attachment; filename="${fileName(row)}"`,
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
};

export const deleteReport: H['deleteReport'] = async (ctx, req) => {
  const row = found(await ownReport(ctx.db, req.params.reportId, req.user.userId));
  await ctx.db.tx(async (tx) => {
    await removeReport(tx, row.reportId);
    await tx.unschedule(`expire:${row.reportId}`);
    await tx.unschedule(`report:${row.reportId}`);
  });
  await ctx.files.delete(fileKey(row));
  return { body: null };
};

/** Only of a report on schedule, for the person it was made for. */
export const getReportAttachment: H['getReportAttachment'] = async (ctx, req) => {
  const row = found(await ownReport(ctx.db, req.params.reportId, req.query.recipientId));
  if (row.scheduleId === null || row.state !== 'done') throw new Problem('not_found');
  const file = found(await ctx.files.get(fileKey(row)));
  return {
    body: {
      fileName: fileName(row),
      contentType: CONTENT_TYPES[row.format],
      base64: file.content.toString('base64'),
    },
  };
};
