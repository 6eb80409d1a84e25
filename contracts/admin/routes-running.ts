import { z } from 'zod';
import { reportQuery, reportTable } from '../analytics/internal.ts';
import { DASHBOARDS, dashboardQuery, panel } from '../analytics/http.ts';
import { bytes, may, route } from '../common/define.ts';
import { money, page, pageQuery, timestamp } from '../common/values.ts';
import { reason, serviceName, auditEntry, auditFilters, deadLetterView, byLetter } from './views.ts';

/** Routes about reports, the audit log, dead letters and health. */
export const runningRoutes = {
  getReport: route({
    method: 'GET',
    path: '/admin/reports',
    summary: 'A report as a table',
    rows: ['I25'],
    access: may('admin.reports.view'),
    query: reportQuery,
    reply: reportTable,
    example: { query: { report: 'orders', from: '2026-11-01', to: '2026-11-30' } },
  }),
  getReportFile: route({
    method: 'GET',
    path: '/admin/reports/file',
    summary: 'A report as CSV, XLSX or PDF',
    rows: ['I25'],
    access: may('admin.reports.view'),
    timeoutMs: 60_000,
    query: reportQuery.extend({ format: z.enum(['csv', 'xlsx', 'pdf']) }),
    reply: bytes(['text/csv', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/pdf']),
    example: { query: { report: 'finance', from: '2026-11-01', to: '2026-11-30', format: 'csv' } },
  }),
  getDashboard: route({
    method: 'GET',
    path: '/admin/dashboard',
    summary: 'Aggregated analytics with the ledger invariants beside them',
    rows: ['I22'],
    access: may('analytics.view'),
    query: z.object({ name: z.enum(DASHBOARDS).default('overview'), ...dashboardQuery }),
    reply: z.object({
      name: z.string(),
      title: z.string(),
      from: z.string(),
      to: z.string(),
      panels: z.array(panel),
      updatedAt: z.string().nullable(),
      /** Null while payments does not answer. */
      money: z
        .object({
          balanced: z.boolean(),
          transactions: z.number().int(),
          escrow: z.array(money),
          chainHead: z.string(),
        })
        .nullable(),
      openEscalations: z.number().int(),
    }),
    example: { query: { from: '2026-11-01', to: '2026-11-30' } },
  }),
  listAuditLog: route({
    method: 'GET',
    path: '/admin/audit-log',
    summary: 'The audit log, newest first',
    rows: ['D4'],
    access: may('admin.audit.view'),
    query: z.object({ ...pageQuery, ...auditFilters }),
    reply: page(auditEntry),
  }),
  exportAuditLog: route({
    method: 'GET',
    path: '/admin/audit-log/export',
    summary: 'The audit log as CSV or JSON lines, at most 50,000 newest entries',
    rows: ['D4'],
    access: may('admin.audit.view'),
    timeoutMs: 60_000,
    query: z.object({ ...auditFilters, format: z.enum(['csv', 'jsonl']).default('csv') }),
    reply: bytes(['text/csv', 'application/jsonl'], 100 * 1024 * 1024),
  }),
  verifyAuditLog: route({
    method: 'GET',
    path: '/admin/audit-log/verification',
    summary: 'Computes the hash chain anew and names the first faulty entry',
    rows: ['D4'],
    access: may('admin.audit.view'),
    timeoutMs: 120_000,
    reply: z.object({
      intact: z.boolean(),
      entries: z.string(),
      head: z.string(),
      fault: z.object({ number: z.string(), kind: z.enum(['changed', 'missing', 'cut']) }).nullable(),
    }),
  }),
  listDeadLetters: route({
    method: 'GET',
    path: '/admin/dead-letters',
    summary: 'Events that a service could not take, newest first',
    rows: ['D4'],
    access: may('admin.dead-letters.view'),
    query: z.object({ service: serviceName, limit: z.coerce.number().int().min(1).max(200).default(50) }),
    reply: z.object({ items: z.array(deadLetterView) }),
    example: { query: { service: 'notifications' } },
  }),
  getDeadLetter: route({
    method: 'GET',
    path: '/admin/dead-letters/{service}/{letterId}',
    summary: 'One dead letter with its body',
    rows: ['D4'],
    access: may('admin.dead-letters.view'),
    params: byLetter,
    reply: deadLetterView.extend({ body: z.string() }),
  }),
  replayDeadLetter: route({
    method: 'POST',
    path: '/admin/dead-letters/{service}/{letterId}/replay',
    summary: 'Put a dead letter back on the queue of its service',
    rows: ['D4'],
    access: may('admin.dead-letters.manage'),
    params: byLetter,
    body: z.strictObject({ reason: reason.optional() }),
    reply: null,
  }),
  discardDeadLetter: route({
    method: 'POST',
    path: '/admin/dead-letters/{service}/{letterId}/discard',
    summary: 'Throw a dead letter away',
    rows: ['D4'],
    access: may('admin.dead-letters.manage'),
    params: byLetter,
    body: z.strictObject({ reason }),
    reply: null,
  }),
  getHealth: route({
    method: 'GET',
    path: '/admin/health',
    summary:
      'Health of the platform: transport, database, and of each service whether it answers, its outbox, queue and dead letters; the last backup',
    rows: ['D4'],
    access: may('admin.health.view'),
    reply: z.object({
      ready: z.boolean(),
      transport: z.boolean(),
      database: z.boolean(),
      checkedAt: timestamp,
      /** The last finished `artel backup`; null: none yet. */
      lastBackupAt: timestamp.nullable(),
      services: z.array(
        z.object({
          service: z.string(),
          /** Whether it answers calls. */
          answering: z.boolean(),
          /** Events that wait to leave it, and since when; null: it did not say. */
          outbox: z.number().int().nullable(),
          oldestAt: timestamp.nullable(),
          /** Null: the transport did not say. */
          waiting: z.number().int().nullable(),
          dead: z.number().int().nullable(),
        }),
      ),
    }),
  }),
};
