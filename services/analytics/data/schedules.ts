import type { z } from 'zod';
import type { scheduleView } from '#contracts/analytics/reports.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

type View = z.output<typeof scheduleView>;
export interface ScheduleRow extends Omit<View, 'nextAt'> {
  nextAt: Date | null;
}

const columns = sql`schedule_id as "scheduleId", name, report, format, every, hour, time_zone as "timeZone", category, recipient_ids as "recipientIds", enabled, next_at as "nextAt", version`;

export function listSchedules(db: Queries): Promise<ScheduleRow[]> {
  return db.many<ScheduleRow>(sql`select ${columns} from report_schedules order by schedule_id limit 200`);
}

export function scheduleById(db: Queries, scheduleId: string): Promise<ScheduleRow | undefined> {
  return db.maybe<ScheduleRow>(sql`select ${columns} from report_schedules where schedule_id = ${scheduleId}`);
}

export function lockSchedule(tx: Tx, scheduleId: string): Promise<ScheduleRow | undefined> {
  return tx.maybe<ScheduleRow>(
    sql`select ${columns} from report_schedules where schedule_id = ${scheduleId} for update`,
  );
}

const keyOf = (scheduleId: string) => `schedule:${scheduleId}`;

/** Writes a schedule and sets its timer to the next moment, or takes it away. */
export async function keepSchedule(
  tx: Tx,
  row: Omit<ScheduleRow, 'version'>,
  by: { userId: string; now: Date },
): Promise<ScheduleRow> {
  const kept = await tx.one<ScheduleRow>(sql`
    insert into report_schedules (schedule_id, name, report, format, every, hour, time_zone, category, recipient_ids, enabled, next_at, created_by, created_at)
    values (${row.scheduleId}, ${row.name}, ${row.report}, ${row.format}, ${row.every}, ${row.hour}, ${row.timeZone}, ${row.category}, ${row.recipientIds}, ${row.enabled}, ${row.nextAt}, ${by.userId}, ${by.now})
    on conflict (schedule_id) do update set name = excluded.name, report = excluded.report, format = excluded.format, every = excluded.every, hour = excluded.hour,
      time_zone = excluded.time_zone, category = excluded.category, recipient_ids = excluded.recipient_ids, enabled = excluded.enabled, next_at = excluded.next_at,
      version = report_schedules.version + 1
    returning ${columns}`);
  await setTimer(tx, kept);
  return kept;
}

export async function moveOn(tx: Tx, row: ScheduleRow, nextAt: Date): Promise<void> {
  await tx.run(sql`update report_schedules set next_at = ${nextAt} where schedule_id = ${row.scheduleId}`);
  await setTimer(tx, { ...row, nextAt });
}

async function setTimer(tx: Tx, { scheduleId, nextAt }: ScheduleRow): Promise<void> {
  if (nextAt === null) await tx.unschedule(keyOf(scheduleId));
  else
    await tx.schedule(
      'runSchedule',
      { scheduleId, dueAt: nextAt.toISOString() },
      { at: nextAt, key: keyOf(scheduleId) },
    );
}

export async function removeSchedule(tx: Tx, scheduleId: string): Promise<number> {
  await tx.unschedule(keyOf(scheduleId));
  return await tx.run(sql`delete from report_schedules where schedule_id = ${scheduleId}`);
}

export function viewSchedule(row: ScheduleRow): z.input<typeof scheduleView> {
  return { ...row, nextAt: row.nextAt?.toISOString() ?? null };
}
