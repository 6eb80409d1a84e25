import { z } from 'zod';
import { bytes, internal, route } from '../common/define.ts';
import { id, locale, slug } from '../common/values.ts';
import { personalDataRoutes } from '../common/personal-data.ts';
import { vitalsRoutes } from '../common/vitals.ts';

export const reportQuery = z.object({
  report: z.enum(['users', 'orders', 'finance', 'support']),
  from: z.iso.date(),
  to: z.iso.date(),
  step: z.enum(['day', 'week', 'month']).default('day'),
  timeZone: z.string().max(60).default('Europe/Moscow'),
  locale: locale.default('ru'),
  category: slug.optional(),
});
export const reportTable = z.object({
  report: z.string(),
  from: z.string(),
  to: z.string(),
  timeZone: z.string(),
  category: z.string().nullable(),
  columns: z.array(z.object({ key: z.string(), title: z.string(), unit: z.string() })),
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()]))),
});

export const analyticsInternal = {
  ...personalDataRoutes,
  ...vitalsRoutes,
  getReport: route({
    method: 'GET',
    path: '/internal/reports',
    summary: 'A report as a table',
    rows: ['I25', 'N-A2'],
    access: internal,
    query: reportQuery,
    reply: reportTable,
  }),
  getReportFile: route({
    method: 'GET',
    path: '/internal/reports/file',
    summary: 'A report as CSV, XLSX or PDF',
    rows: ['I25', 'N-A2'],
    access: internal,
    timeoutMs: 60_000,
    query: reportQuery.extend({ format: z.enum(['csv', 'xlsx', 'pdf']) }),
    reply: bytes(['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/pdf']),
  }),
  /** For the mail of a report on schedule. */
  getReportAttachment: route({
    method: 'GET',
    path: '/internal/reports/{reportId}/attachment',
    summary: 'The file of a report on schedule, for the mail to its recipient',
    rows: ['N-A2'],
    access: internal,
    params: z.object({ reportId: id }),
    query: z.object({ recipientId: id }),
    reply: z.object({ fileName: z.string(), contentType: z.string(), base64: z.string() }),
    timeoutMs: 20_000,
  }),
};
