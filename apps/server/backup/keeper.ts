import { existsSync, readdirSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { diskReason } from '#kit/embedded/data-folder.ts';
import { StartError } from '#kit/embedded/start-error.ts';
import type { FileStore } from '#kit/files/store.ts';
import type { Logger } from '#kit/log.ts';
import { backoffMs, pause } from '#kit/bus/waiting.ts';
import { backupName, createBackup } from './create.ts';
import { type Manifest, readManifest, sizeOf } from './manifest.ts';
import { databaseName, rehearse, restoreBeside } from './rehearse.ts';
import { checkBackup } from './restore.ts';
import { noteRestoration, withdrawRestoration } from './restoration.ts';

export interface KeeperOptions {
  adminUrl: string;
  masterSecret: string;
  /** Where backups lie, a folder each. Replicas of admin share it. */
  folder: string;
  files: FileStore;
  log: Logger;
  signal?: AbortSignal | undefined;
  /** A task began, moved on or ended. */
  onNews?: () => void;
}

/** Does what the administration asks for. It alone has the rights for it: the service only writes the wish down. */
export interface Keeper {
  /** Brings the list up to date with the folder and does everything that waits. Returns how many tasks it did. */
  work(): Promise<number>;
  /** Leaves the task at hand where it is; it counts as failed. */
  close(): Promise<void>;
}

interface Task {
  readonly taskId: string;
  readonly kind: 'backup' | 'verify' | 'restore' | 'withdraw';
  readonly name: string | null;
  readonly askedBy: string;
  readonly askedAt: Date;
}

/** What is asked for is announced (0010-backup-news.sql); a look finds what an announcement did not reach, or a process left. */
const NEWS = 'artel_backup_tasks';
const LOOK_MS = 60_000;
const RECONNECT_MAX_MS = 10_000;
/** How often it says that it is at it. */
const SAY_MS = 2_000;
/** A task of which nothing was heard for so long was left by a process that ended. */
const SILENT = '60 seconds';
/** Looks between two comparisons of the list with the folder. */
const SYNC_EVERY = 5;

/** Works at what is asked for until it is closed. */
export function startKeeper(options: KeeperOptions): Keeper {
  const stop = new AbortController();
  const keeper = createKeeper({ ...options, signal: stop.signal });
  let looks = 0;
  let running: Promise<unknown> = Promise.resolve();
  let busy = false;
  let again = false;
  let away = false;
  const look = () => {
    // What is announced during a look may have come too late for it.
    again = busy;
    if (busy) return;
    busy = true;
    running = keeper
      .look(looks++ % SYNC_EVERY === 0)
      .then(() => {
        away = false;
      })
      // The database may be away for a while; the next look finds it again. Said once.
      .catch((error: unknown) => {
        if (!away) options.log.warn({ err: error }, 'the keeper of backups can not look for work');
        away = true;
      })
      .finally(() => {
        busy = false;
        if (again && !stop.signal.aborted) look();
      });
  };
  const timer = setInterval(look, LOOK_MS);
  const hearing = hear(options.adminUrl, look, stop.signal);
  return {
    work: keeper.work,
    async close() {
      clearInterval(timer);
      stop.abort(new StartError('its process ended'));
      await hearing;
      await running;
      await keeper.close();
    },
  };
}

/** Calls at once, at each announcement, and after each time that it could not hear. Ends with the signal. */
async function hear(adminUrl: string, onNews: () => void, signal: AbortSignal): Promise<void> {
  for (let failures = 0; !signal.aborted; failures++) {
    const client = new pg.Client({ connectionString: adminUrl, keepAlive: true, application_name: 'artel-keeper' });
    const lost = new Promise<void>((resolve) => {
      client.on('error', () => resolve());
      client.on('end', () => resolve());
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    client.on('notification', onNews);
    try {
      await client.connect();
      await client.query(`listen ${NEWS}`);
      failures = 0;
      if (!signal.aborted) onNews();
      await lost;
    } catch {
      // The look says, once, that the database is away.
    }
    await client.end().catch(() => {});
    await pause(backoffMs(failures, RECONNECT_MAX_MS), signal);
  }
}

export function createKeeper(options: KeeperOptions): Keeper & { look(sync: boolean): Promise<number> } {
  const pool = new pg.Pool({ connectionString: options.adminUrl, max: 1, application_name: 'artel-keeper' });
  // A fault of an idle connection is told by the next query.
  pool.on('error', () => {});
  async function look(withSync: boolean): Promise<number> {
    if (withSync) await sync(pool, options.folder);
    await pool.query(
      `update admin.backup_tasks set state = 'failed', ended_at = now(), fault = 'its process ended'
       where state = 'running' and seen_at < now() - interval '${SILENT}'`,
    );
    let done = 0;
    for (let task = await take(pool); task; task = await take(pool)) {
      await perform(pool, options, task);
      done++;
    }
    return done;
  }
  return { look, work: () => look(true), close: () => pool.end() };
}

async function take(pool: pg.Pool): Promise<Task | undefined> {
  const { rows } = await pool.query<Task>(
    `update admin.backup_tasks set state = 'running', seen_at = now()
     where task_id = (select task_id from admin.backup_tasks where state = 'asked' limit 1 for update skip locked)
     returning task_id as "taskId", kind, backup_name as name, asked_by as "askedBy", asked_at as "askedAt"`,
  );
  return rows[0];
}

async function perform(pool: pg.Pool, options: KeeperOptions, task: Task): Promise<void> {
  const progress = { done: 0, parts: 0 };
  const say = () =>
    pool.query('update admin.backup_tasks set seen_at = now(), done = $2, parts = $3 where task_id = $1', [
      task.taskId,
      progress.done,
      progress.parts,
    ]);
  const news = () => options.onNews?.();
  news();
  const timer = setInterval(() => void say().then(news, () => {}), SAY_MS);
  const end = async (set: {
    state: string;
    checked?: string | undefined;
    fault?: string;
    name?: string | undefined;
  }) => {
    await pool.query(
      `update admin.backup_tasks set state = $2, checked = $3, fault = $4, backup_name = coalesce($5, backup_name),
         done = $6, parts = $7, ended_at = now() where task_id = $1`,
      [task.taskId, set.state, set.checked, set.fault, set.name, progress.done, progress.parts],
    );
  };
  try {
    const outcome = await TASKS[task.kind](options, task, (done, parts) => Object.assign(progress, { done, parts }));
    await end({ state: 'done', ...outcome });
    if (task.kind === 'withdraw')
      await pool.query(
        "update admin.backup_tasks set withdrawn_at = now() where kind = 'restore' and withdrawn_at is null and carried_out_at is null",
      );
    options.log.info({ task: task.kind, taskId: task.taskId, ...outcome }, 'a task of backups was done');
  } catch (error) {
    options.log.error({ err: error, task: task.kind, taskId: task.taskId }, 'a task of backups failed');
    await end({ state: 'failed', fault: faultOf(error) });
  } finally {
    clearInterval(timer);
    await sync(pool, options.folder).catch(() => {});
    news();
  }
}

/** What can be done something about is said; the rest stands in the log. */
function faultOf(error: unknown): string {
  if (error instanceof StartError) return error.message;
  return diskReason(error) ?? 'it failed: the log says why';
}

type Perform = (
  options: KeeperOptions,
  task: Task,
  onPart: (done: number, parts: number) => void,
) => Promise<{ checked?: 'sums' | 'restored'; name?: string }>;

const TASKS: Readonly<Record<Task['kind'], Perform>> = {
  async backup(options, _task, onPart) {
    const at = new Date();
    const name = backupName(at);
    const target = join(options.folder, name);
    try {
      const { adminUrl, masterSecret, files, signal } = options;
      const what = { adminUrl, masterSecret, files, target, name, secrets: undefined, at, onPart, signal };
      await checkBackup(target, await createBackup(what), signal);
    } catch (error) {
      await rm(target, { recursive: true, force: true });
      throw error;
    }
    return { name };
  },
  async verify(options, task) {
    return { checked: await rehearse(source(options, task)) };
  },
  async restore(options, task) {
    const from = source(options, task);
    await withdrawRestoration(options.folder, options.adminUrl);
    const database = await restoreBeside(from);
    await noteRestoration(options.folder, {
      taskId: task.taskId,
      askedBy: task.askedBy,
      askedAt: task.askedAt.toISOString(),
      backup: String(task.name),
      database,
      inPlaceOf: databaseName(options.adminUrl),
    });
    return { checked: 'restored' };
  },
  async withdraw(options) {
    await withdrawRestoration(options.folder, options.adminUrl);
    return {};
  },
};

function source({ folder, adminUrl, masterSecret, signal }: KeeperOptions, task: Task) {
  const path = join(folder, String(task.name));
  return { source: path, manifest: readManifest(path), adminUrl, masterSecret, signal };
}

/** The folder is the truth: backups that were brought or taken away show in the list, also in a restored platform's. */
async function sync(pool: pg.Pool, folder: string): Promise<void> {
  const found = new Map<string, Manifest>();
  // It is made with the first backup: a process whose disk can't be written starts all the same.
  const entries = existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : [];
  for (const entry of entries) {
    if (!entry.isDirectory() || !/^[\w.-]+$/.test(entry.name)) continue;
    try {
      found.set(entry.name, readManifest(join(folder, entry.name)));
    } catch {
      // Not finished, or no backup at all.
    }
  }
  for (const [name, manifest] of found)
    await pool.query(
      `insert into admin.backups (name, made_at, version, tables, files, bytes) values ($1, $2, $3, $4, $5, $6)
       on conflict (name) do update set gone = false`,
      [name, manifest.at, manifest.version, manifest.tables.length, manifest.files.length, sizeOf(manifest)],
    );
  await pool.query('update admin.backups set gone = true where name is not null and not gone and name <> all($1)', [
    [...found.keys()],
  ]);
}
