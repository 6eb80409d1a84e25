import type { z } from 'zod';
import type { backupTask, backupView } from '#contracts/admin/views.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export type TaskKind = z.output<typeof backupTask>['kind'];

interface TaskRow {
  readonly taskId: string;
  readonly kind: TaskKind;
  readonly name: string | null;
  readonly state: z.output<typeof backupTask>['state'];
  readonly askedBy: string;
  readonly askedAt: Date;
  readonly endedAt: Date | null;
  readonly done: number;
  readonly parts: number;
  readonly fault: string | null;
}

interface BackupRow {
  readonly name: string | null;
  readonly madeAt: Date;
  readonly version: string | null;
  readonly tables: number;
  readonly files: number;
  readonly bytes: bigint;
  readonly seenAt: Date | null;
  readonly seenBy: string | null;
  readonly result: 'sums' | 'restored' | 'failed' | null;
  readonly fault: string | null;
}

const TASK = sql`task_id as "taskId", kind, backup_name as name, state, asked_by as "askedBy", asked_at as "askedAt",
  ended_at as "endedAt", done, parts, fault`;

/** Those that still lie there, newest first, each with what the last look at it said. */
export async function backupsNow(db: Queries): Promise<BackupRow[]> {
  return await db.many<BackupRow>(sql`
    select b.name, b.made_at as "madeAt", b.version, b.tables, b.files, b.bytes, t.ended_at as "seenAt", t.asked_by as "seenBy",
      case when t.state = 'failed' then 'failed' else t.checked end as result, t.fault
    from backups b left join lateral (
      select * from backup_tasks where backup_name = b.name and kind in ('verify', 'restore') and ended_at is not null
      order by ended_at desc limit 1) t on true
    where not b.gone order by b.made_at desc limit 100`);
}

export async function recentTasks(db: Queries): Promise<TaskRow[]> {
  return await db.many<TaskRow>(sql`select ${TASK} from backup_tasks order by asked_at desc limit 20`);
}

export async function taskOf(db: Queries, taskId: string): Promise<TaskRow | undefined> {
  return await db.maybe<TaskRow>(sql`select ${TASK} from backup_tasks where task_id = ${taskId}`);
}

/** The restoration that the next start carries out. */
export async function waitingRestoration(db: Queries): Promise<TaskRow | undefined> {
  return await db.maybe<TaskRow>(sql`
    select ${TASK} from backup_tasks
    where kind = 'restore' and state = 'done' and withdrawn_at is null and carried_out_at is null
    order by ended_at desc limit 1`);
}

/** Whether the backup lies there. */
export async function hasBackup(db: Queries, name: string): Promise<boolean> {
  return (await db.maybe(sql`select 1 as there from backups where name = ${name} and not gone`)) !== undefined;
}

/** False: another task waits or runs. */
export async function askTask(
  tx: Tx,
  task: Pick<TaskRow, 'taskId' | 'kind' | 'name' | 'askedBy' | 'askedAt'>,
): Promise<boolean> {
  const rows = await tx.many(sql`
    insert into backup_tasks (task_id, kind, backup_name, asked_by, asked_at)
    values (${task.taskId}, ${task.kind}, ${task.name}, ${task.askedBy}, ${task.askedAt})
    on conflict do nothing returning task_id`);
  return rows.length === 1;
}

/** Restorations that brought this database, of which its own log says nothing yet. */
export async function unloggedRestorations(tx: Tx): Promise<TaskRow[]> {
  return await tx.many<TaskRow>(sql`
    select ${TASK} from backup_tasks t
    where carried_out_at is not null and not exists (select 1 from audit_log a where a.entry_id = t.task_id)`);
}

export function taskView(row: TaskRow): z.input<typeof backupTask> {
  const { name, askedAt, endedAt, ...rest } = row;
  return { ...rest, backup: name, askedAt: askedAt.toISOString(), endedAt: endedAt?.toISOString() ?? null };
}

export function backupRowView(row: BackupRow): z.input<typeof backupView> {
  const { name, madeAt, version, tables, files, bytes, seenAt, seenBy, result, fault } = row;
  const verification = seenAt && seenBy && result ? { at: seenAt.toISOString(), by: seenBy, result, fault } : null;
  return { name, madeAt: madeAt.toISOString(), version, tables, files, bytes: Number(bytes), verification };
}
