import type { analyticsContract } from '#contracts/analytics/index.ts';
import { toCsv, toPdf, toXlsx } from '#kit/export/table.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import { dictionaries } from '../data/figures.ts';
import { CONTENT_TYPES, fileName } from '../data/reports.ts';
import { checkRange } from '../domain/range.ts';
import { makeReport, reportFile } from '../domain/report.ts';

type H = Handlers<typeof analyticsContract, AnalyticsContext>;

export const getReport: H['getReport'] = async (ctx, req) => ({
  body: await makeReport(ctx.db, req.query.report, checkRange(req.query), req.query),
});

const MAKE = { csv: async (table: Parameters<typeof toCsv>[0]) => toCsv(table), xlsx: toXlsx, pdf: toPdf } as const;

export const getReportFile: H['getReportFile'] = async (ctx, req) => {
  const { report, format, locale } = req.query;
  const reader = { locale, dictionaries: await dictionaries(ctx.db) };
  const table = reportFile(await makeReport(ctx.db, report, checkRange(req.query), reader), report, reader);
  return {
    body: await MAKE[format](table),
    headers: {
      'content-type': CONTENT_TYPES[format],
      'content-disposition': `attachment; filename="${fileName(req.query)}"`,
    },
  };
};
