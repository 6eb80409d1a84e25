import type { z } from 'zod';
import type { reportView } from '#contracts/analytics/reports.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';

type View = z.output<typeof reportView>;
export interface ReportRow extends Omit<View, 'fileName' | 'createdAt' | 'finishedAt' | 'expiresAt'> {
  ownerId: string;
  attempts: number;
  version: number;
  createdAt: Date;
  finishedAt: Date | null;
  expiresAt: Date | null;
}
export type NewReport = Pick<
  ReportRow,
  'ownerId' | 'report' | 'format' | 'from' | 'to' | 'step' | 'timeZone' | 'locale' | 'category'
>;

const columns = sql`report_id as "reportId", owner_id as "ownerId", report, format, range_from::text as "from", range_to::text as "to", step, time_zone as "timeZone",
  locale, category, state, percent, size, schedule_id as "scheduleId", attempts, version, created_at as "createdAt", finished_at as "finishedAt", expires_at as "expiresAt"`;

/** A report to be made, with its job. Undefined: the schedule has one for this recipient and moment already. */
export async function addReport(
  tx: Tx,
  of: NewReport,
  now: Date,
  schedule: { scheduleId: string; dueAt: Date } | undefined,
): Promise<ReportRow | undefined> {
  const row = await tx.maybe<ReportRow>(sql`
    insert into reports (report_id, owner_id, report, format, range_from, range_to, step, time_zone, locale, category, schedule_id, due_at, created_at)
    values (${newId()}, ${of.ownerId}, ${of.report}, ${of.format}, ${of.from}, ${of.to}, ${of.step}, ${of.timeZone}, ${of.locale}, ${of.category},
      ${schedule?.scheduleId ?? null}, ${schedule?.dueAt ?? null}, ${now})
    on conflict (schedule_id, due_at, owner_id) do nothing returning ${columns}`);
  if (row) await tx.schedule('runReport', { reportId: row.reportId }, { key: `report:${row.reportId}` });
  return row;
}

export function reportById(db: Queries, reportId: string): Promise<ReportRow | undefined> {
  return db.maybe<ReportRow>(sql`select ${columns} from reports where report_id = ${reportId}`);
}

/** Own only: somebody else's is as if it were not there (Z2). */
export function ownReport(db: Queries, reportId: string, ownerId: string): Promise<ReportRow | undefined> {
  return db.maybe<ReportRow>(
    sql`select ${columns} from reports where report_id = ${reportId} and owner_id = ${ownerId}`,
  );
}

export function ownReports(
  db: Queries,
  ownerId: string,
  page: { before: string | undefined; limit: number },
): Promise<ReportRow[]> {
  return db.many<ReportRow>(sql`
    select ${columns} from reports where owner_id = ${ownerId} and (${page.before ?? null}::uuid is null or report_id < ${page.before ?? null}::uuid)
    order by report_id desc limit ${page.limit}`);
}

export async function countUnfinished(db: Queries, ownerId: string): Promise<number> {
  const { n } = await db.one<{ n: number }>(
    sql`select count(*)::int as n from reports where owner_id = ${ownerId} and state in ('queued', 'running')`,
  );
  return n;
}

/** How far it is. Undefined: it is over, or gone. */
export function noteProgress(db: Queries, reportId: string, percent: number): Promise<ReportRow | undefined> {
  return db.maybe<ReportRow>(sql`
    update reports set state = 'running', percent = greatest(percent, ${percent}), version = version + 1
    where report_id = ${reportId} and state in ('queued', 'running') returning ${columns}`);
}

export function finishReport(
  db: Queries,
  reportId: string,
  end: { size: number; now: Date; expiresAt: Date },
): Promise<ReportRow | undefined> {
  return db.maybe<ReportRow>(sql`
    update reports set state = 'done', percent = 100, size = ${end.size}, finished_at = ${end.now}, expires_at = ${end.expiresAt}, version = version + 1
    where report_id = ${reportId} and state in ('queued', 'running') returning ${columns}`);
}

/** Counts a failed try; after the last one the report has failed. */
export function noteReportFailure(
  db: Queries,
  reportId: string,
  of: { most: number; now: Date },
): Promise<ReportRow | undefined> {
  return db.maybe<ReportRow>(sql`
    update reports set attempts = attempts + 1, version = version + 1,
      state = case when attempts + 1 >= ${of.most} then 'failed' else state end,
      finished_at = case when attempts + 1 >= ${of.most} then ${of.now}::timestamptz end
    where report_id = ${reportId} and state in ('queued', 'running') returning ${columns}`);
}

export async function removeReport(db: Queries, reportId: string): Promise<void> {
  await db.run(sql`delete from reports where report_id = ${reportId}`);
}

const EXTENSIONS = { csv: 'csv', xlsx: 'xlsx', pdf: 'pdf' } as const;
export const CONTENT_TYPES = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  pdf: 'application/pdf',
} as const;

export function fileKey(row: Pick<ReportRow, 'reportId' | 'format'>): string {
  return `reports/${row.reportId}.${EXTENSIONS[row.format]}`;
}
export function fileName(row: Pick<ReportRow, 'report' | 'from' | 'to' | 'format'>): string {
  return `artel-${row.report}-${row.from}-${row.to}.${EXTENSIONS[row.format]}`;
}

export function viewReport(row: ReportRow): z.input<typeof reportView> {
  return {
    ...row,
    fileName: fileName(row),
    createdAt: row.createdAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    expiresAt: row.expiresAt?.toISOString() ?? null,
  };
}
