import { z } from 'zod';
import { may, route, RANGE_HEADERS, streamed } from '../common/define.ts';
import { id, locale, page, pageQuery, slug, text, timestamp } from '../common/values.ts';

export const REPORTS = ['users', 'orders', 'finance', 'support'] as const;
export const REPORT_FORMATS = ['csv', 'xlsx', 'pdf'] as const;
const timeZone = z.string().max(60);

/** A report that is being made or was made; its file is kept until `expiresAt`. */
export const reportView = z.object({
  reportId: id,
  report: z.enum(REPORTS),
  format: z.enum(REPORT_FORMATS),
  from: z.iso.date(),
  to: z.iso.date(),
  step: z.enum(['day', 'week', 'month']),
  timeZone: z.string(),
  locale,
  category: z.string().nullable(),
  state: z.enum(['queued', 'running', 'done', 'failed']),
  percent: z.number().int(),
  /** Of the file, once it is made. */
  size: z.number().int().nullable(),
  fileName: z.string(),
  /** Made by a schedule. */
  scheduleId: id.nullable(),
  createdAt: timestamp,
  finishedAt: timestamp.nullable(),
  expiresAt: timestamp.nullable(),
});

const scheduleFields = {
  name: text(1, 100),
  report: z.enum(REPORTS),
  format: z.enum(REPORT_FORMATS).default('pdf'),
  /** `week`: on Mondays about the week before; `month`: on the first about the month before. */
  every: z.enum(['week', 'month']),
  /** Hour of the day in the schedule's time zone. Each recipient's figures are in his own. */
  hour: z.number().int().min(0).max(23).default(9),
  timeZone: timeZone.default('Europe/Moscow'),
  category: slug.nullable().default(null),
  /** Staff with the permission for reports. */
  recipientIds: z.array(id).min(1).max(20),
  enabled: z.boolean().default(true),
};
export const scheduleView = z.object({
  scheduleId: id,
  name: z.string(),
  report: z.enum(REPORTS),
  format: z.enum(REPORT_FORMATS),
  every: z.enum(['week', 'month']),
  hour: z.number().int(),
  timeZone: z.string(),
  category: z.string().nullable(),
  recipientIds: z.array(id),
  enabled: z.boolean(),
  /** When it goes out next; null while it is off. */
  nextAt: timestamp.nullable(),
  version: z.number().int(),
});

const example = { report: 'finance', format: 'pdf', from: '2026-11-01', to: '2026-11-30' };
const scheduleExample = {
  name: 'Финансы за неделю',
  report: 'finance',
  every: 'week',
  recipientIds: ['00000000-0000-7000-8000-000000000000'],
};
const byReport = z.object({ reportId: id });
const bySchedule = z.object({ scheduleId: id });
/** Each sees his own reports only; schedules are everybody's who may get reports. */
const reports = may('analytics.reports');
const FILES = streamed(
  ['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/pdf'],
  32 * 1024 * 1024,
);

/** Reports as files: made by a job with progress, kept for some days; on schedule by mail. */
export const reportRoutes = {
  requestReport: route({
    method: 'POST',
    path: '/analytics/reports',
    summary: 'Have a report made; progress comes over the socket and by reading it again',
    rows: ['N-A2'],
    access: reports,
    idempotency: 'optional',
    body: z.strictObject({
      report: z.enum(REPORTS),
      format: z.enum(REPORT_FORMATS),
      from: z.iso.date(),
      to: z.iso.date(),
      step: z.enum(['day', 'week', 'month']).default('day'),
      timeZone: timeZone.default('Europe/Moscow'),
      /** Default: the language of the request. */
      locale: locale.optional(),
      category: slug.nullable().default(null),
    }),
    reply: reportView,
    status: 202,
    errors: ['analytics.range_too_long', 'analytics.time_zone_unknown', 'analytics.too_many_reports'],
    example: { body: example },
  }),
  listReports: route({
    method: 'GET',
    path: '/analytics/reports',
    summary: 'Own reports, newest first',
    rows: ['N-A2'],
    access: reports,
    query: z.object(pageQuery),
    reply: page(reportView),
  }),
  /** Carries an ETag: a reader that asks again with `If-None-Match` gets 304 until something has changed. */
  getReportState: route({
    method: 'GET',
    path: '/analytics/reports/{reportId}',
    summary: 'A report with its progress',
    rows: ['N-A2'],
    access: reports,
    params: byReport,
    reply: reportView,
  }),
  downloadReport: route({
    method: 'GET',
    path: '/analytics/reports/{reportId}/file',
    summary: 'The file of a report',
    rows: ['N-A2'],
    access: reports,
    params: byReport,
    headers: RANGE_HEADERS,
    reply: FILES,
    errors: ['analytics.report_not_ready'],
  }),
  deleteReport: route({
    method: 'DELETE',
    path: '/analytics/reports/{reportId}',
    summary: 'Delete a report with its file',
    rows: ['N-A2'],
    access: reports,
    params: byReport,
    reply: null,
  }),
  listReportRecipients: route({
    method: 'GET',
    path: '/analytics/report-recipients',
    summary: 'Staff who may get reports',
    rows: ['N-A2'],
    access: reports,
    reply: z.object({ items: z.array(z.object({ userId: id, displayName: z.string() })) }),
  }),
  listReportSchedules: route({
    method: 'GET',
    path: '/analytics/report-schedules',
    summary: 'Reports that go out by mail by themselves',
    rows: ['N-A2'],
    access: reports,
    reply: z.object({ items: z.array(scheduleView) }),
  }),
  createReportSchedule: route({
    method: 'POST',
    path: '/analytics/report-schedules',
    summary: 'Send a report by mail each week or month',
    rows: ['N-A2'],
    access: reports,
    idempotency: 'optional',
    body: z.strictObject(scheduleFields),
    reply: scheduleView,
    errors: ['analytics.time_zone_unknown', 'analytics.recipient_not_allowed', 'analytics.too_many_schedules'],
    example: { body: scheduleExample },
  }),
  changeReportSchedule: route({
    method: 'PUT',
    path: '/analytics/report-schedules/{scheduleId}',
    summary: 'Change a schedule, or switch it off',
    rows: ['N-A2'],
    access: reports,
    ifMatch: true,
    params: bySchedule,
    body: z.strictObject(scheduleFields),
    reply: scheduleView,
    errors: ['analytics.time_zone_unknown', 'analytics.recipient_not_allowed'],
    example: { body: scheduleExample },
  }),
  deleteReportSchedule: route({
    method: 'DELETE',
    path: '/analytics/report-schedules/{scheduleId}',
    summary: 'Delete a schedule; reports that were sent stay',
    rows: ['N-A2'],
    access: reports,
    params: bySchedule,
    reply: null,
  }),
};
