/**
 * A restoration of a running platform: prepared and verified in a database beside, carried out while nothing runs, at the
 * next start. What waits is noted beside the backups, because the database that knew of it is the one that is replaced.
 */
import { readFileSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { z } from 'zod';
import { errorCode, StartError } from '#kit/embedded/start-error.ts';
import type { FileStore } from '#kit/files/store.ts';
import { asOwner } from '../as-owner.ts';
import { readManifest } from './manifest.ts';
import { repeatErasures } from './erasures.ts';
import { databaseName, dropDatabase, onServer } from './rehearse.ts';
import { restoreFiles } from './restore.ts';

const NOTE = 'restoration.json';
const noteSchema = z.object({
  taskId: z.uuid(),
  askedBy: z.uuid(),
  askedAt: z.string(),
  /** Folder below that of the note. */
  backup: z.string().regex(/^[\w.-]+$/),
  /** The database that waits, and the one whose place it takes. */
  database: z.string(),
  inPlaceOf: z.string(),
});
export type Restoration = z.output<typeof noteSchema>;

/** Undefined: none waits. */
export function waitingRestoration(folder: string): Restoration | undefined {
  let text: string;
  try {
    text = readFileSync(join(folder, NOTE), 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return noteSchema.parse(JSON.parse(text));
  } catch {
    throw new StartError(`${join(folder, NOTE)} is damaged: delete it to go on without the restoration`);
  }
}

export async function noteRestoration(folder: string, note: Restoration): Promise<void> {
  const path = join(folder, NOTE);
  await writeFile(`${path}.new`, `${JSON.stringify(note, undefined, 1)}\n`, { mode: 0o600, flush: true });
  await rename(`${path}.new`, path);
}

/** Takes a restoration back that waits; nothing happens when none does. */
export async function withdrawRestoration(folder: string, adminUrl: string): Promise<void> {
  const note = waitingRestoration(folder);
  if (!note) return;
  await rm(join(folder, NOTE), { force: true });
  await dropDatabase(adminUrl, note.database);
}

export interface CarryOutOptions {
  folder: string;
  adminUrl: string;
  files: FileStore;
  at: Date;
  onProgress(text: string): void;
}

/**
 * Puts the prepared database in the place of the platform's, with the files of the backup. The one before is kept under
 * another name until the next restoration. Nothing else may be connected. Can be repeated after a crash at any point.
 */
export async function carryOutRestoration(options: CarryOutOptions): Promise<Restoration | undefined> {
  const { folder, adminUrl, at } = options;
  const note = waitingRestoration(folder);
  if (!note || note.inPlaceOf !== databaseName(adminUrl)) return undefined;
  const [found] = await onServer(adminUrl, [
    `select 1 from pg_database where datname = ${pg.escapeLiteral(note.database)}`,
  ]);
  // Gone: it took its place, and the process ended before the note was removed.
  if (found?.rowCount === 1) {
    options.onProgress(`restoring the backup ${note.backup}`);
    const source = join(folder, note.backup);
    await restoreFiles(source, readManifest(source), options.files);
    await noteInside(adminUrl, note, at);
    const again = await repeatErasures(adminUrl, besideUrl(adminUrl, note.database), at);
    if (again > 0) options.onProgress(`${again} people who were erased since the backup are erased again`);
    await swap(adminUrl, note, at);
  }
  await rm(join(folder, NOTE), { force: true });
  return note;
}

function besideUrl(adminUrl: string, database: string): string {
  const url = new URL(adminUrl);
  url.pathname = `/${database}`;
  return url.href;
}

/** The restored database learns what brought it: its own list ends before. */
async function noteInside(adminUrl: string, note: Restoration, at: Date): Promise<void> {
  await asOwner(besideUrl(adminUrl, note.database), async (client) => {
    // What ran at its moment: as a rule the very backup.
    await client.query(
      `update admin.backup_tasks set ended_at = $1, backup_name = $2, state = 'done'
       where state in ('asked', 'running') and kind = 'backup'`,
      [at, note.backup],
    );
    await client.query(
      `update admin.backup_tasks set ended_at = $1, state = 'failed', fault = 'the platform was restored meanwhile'
       where state in ('asked', 'running')`,
      [at],
    );
    await client.query(
      `insert into admin.backup_tasks (task_id, kind, backup_name, asked_by, asked_at, state, ended_at, checked, carried_out_at)
       values ($1, 'restore', $2, $3, $4, 'done', $5, 'restored', $5) on conflict (task_id) do nothing`,
      [note.taskId, note.backup, note.askedBy, note.askedAt, at],
    );
  });
}

async function swap(adminUrl: string, note: Restoration, at: Date): Promise<void> {
  const name = note.inPlaceOf;
  const kept = `${name}_before_${at.toISOString().replace(/\D/g, '').slice(0, 14)}`;
  const [older] = await onServer(adminUrl, [
    `select datname from pg_database where datname like ${pg.escapeLiteral(`${name.replace(/[\\%_]/g, '\\$&')}\\_before\\_%`)}`,
  ]);
  try {
    // One transaction: there is never no database of that name.
    await onServer(adminUrl, [
      'begin',
      `alter database ${pg.escapeIdentifier(name)} rename to ${pg.escapeIdentifier(kept)}`,
      `alter database ${pg.escapeIdentifier(note.database)} rename to ${pg.escapeIdentifier(name)}`,
      'commit',
    ]);
  } catch (error) {
    if (errorCode(error) !== '55006') throw error;
    throw new StartError(
      `a restoration waits, and somebody else is connected to the database ${name}: stop every process of the platform first`,
      { exitCode: 75 },
    );
  }
  for (const row of older?.rows ?? []) await dropDatabase(adminUrl, row.datname as string);
}
