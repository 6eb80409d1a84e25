import { execFile } from 'node:child_process';
import { readdir, readFile, readlink, realpath, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

/** What a running server writes to postmaster.pid. */
export interface PostmasterFile {
  pid: number;
  port: number;
  /** `ready` once it accepts connections. */
  status: string;
}

const run = promisify(execFile);
const windows = process.platform === 'win32';

/** Reads `postmaster.pid` of a cluster, undefined when there is none or it is half written. */
export async function readPostmasterFile(dir: string): Promise<PostmasterFile | undefined> {
  const text = await readFile(path.join(dir, 'postmaster.pid'), 'utf8').catch(() => '');
  const lines = text.split('\n').map((line) => line.trim());
  const pid = Number(lines[0]);
  if (!Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, port: Number(lines[3] ?? 0), status: lines[7] ?? '' };
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as { code?: string }).code === 'EPERM';
  }
}

/** Whether process `pid` is a PostgreSQL server on `dir`, and not another process that was given a dead server's pid. */
export async function isPostmasterOf(pid: number, dir: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') return worksIn(String(pid), await realpath(dir).catch(() => dir));
  try {
    if (windows) return (await run('tasklist', ['/FI', `PID eq ${pid}`, '/FO', 'CSV'])).stdout.includes('postgres.exe');
    return (await run('ps', ['-o', 'command=', '-p', String(pid)])).stdout.includes('postgres');
  } catch {
    return false;
  }
}

/** A PostgreSQL process's working directory is its cluster; a dead one (a zombie too) has none. */
async function worksIn(pid: string, dir: string): Promise<boolean> {
  const [cwd, comm] = await Promise.all([
    readlink(`/proc/${pid}/cwd`).catch(() => ''),
    readFile(`/proc/${pid}/comm`, 'utf8').catch(() => ''),
  ]);
  return cwd === dir && comm.startsWith('postgres');
}

/** Sends a signal the way PostgreSQL understands it: INT stops fast, QUIT at once, KILL without a word. */
export async function signalPostmaster(pid: number, signal: 'INT' | 'QUIT' | 'KILL', pgCtl: string): Promise<void> {
  try {
    // Windows has no signals; pg_ctl speaks to the server's pipe.
    if (windows) await run(pgCtl, ['kill', signal, String(pid)]);
    else process.kill(pid, `SIG${signal}`);
  } catch (error) {
    if (isAlive(pid)) throw error;
  }
}

/**
 * Stops a server: fast (open transactions roll back, a checkpoint is written), then at once, then by force.
 * `gone` says whether it has ended. Waits about 45 s at most.
 */
export async function stopPostmaster(
  pid: number,
  pgCtl: string,
  gone: () => boolean | Promise<boolean>,
): Promise<void> {
  const steps = [
    ['INT', 30_000],
    ['QUIT', 10_000],
    ['KILL', 5_000],
  ] as const;
  for (const [signal, patience] of steps) {
    if (await gone()) return;
    await signalPostmaster(pid, signal, pgCtl);
    if (await until(gone, patience)) return;
  }
}

/** Polls until `condition` holds (true) or `patience` milliseconds have passed (false). */
export async function until(condition: () => boolean | Promise<boolean>, patience: number): Promise<boolean> {
  const end = performance.now() + patience;
  while (!(await condition())) {
    if (performance.now() > end) return false;
    await pause(15);
  }
  return true;
}

/**
 * Clears what an earlier run left behind in cluster `dir`, whose owner nobody else can be (the caller holds the data
 * folder's lock): a server that outlived its parent is stopped; its postmaster.pid, and the lock of its socket, are
 * removed, because PostgreSQL would refuse to start over a pid that is another process's by now, or not reaped yet.
 */
export async function clearLeftovers(dir: string, pgCtl: string, say: (text: string) => void): Promise<void> {
  const left = await readPostmasterFile(dir);
  if (left && (await isPostmasterOf(left.pid, dir))) {
    say(`stopping the PostgreSQL that an earlier run left behind (process ${left.pid})`);
    await stopPostmaster(left.pid, pgCtl, async () => !(await isPostmasterOf(left.pid, dir)));
  }
  const sockets = (await readdir(dir).catch(() => [])).filter((name) => name.startsWith('.s.PGSQL.'));
  for (const name of ['postmaster.pid', ...sockets]) await rm(path.join(dir, name), { force: true });
  await killStrayBackends(dir);
}

/**
 * The processes of a server that was killed with -9 end by themselves, but one in a long query only after it; until then
 * they hold the shared memory and no new server may start. Linux only: elsewhere the new start waits for them.
 */
async function killStrayBackends(dir: string): Promise<void> {
  if (process.platform !== 'linux') return;
  const cluster = await realpath(dir);
  const strays = async () => {
    const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
    const mine = await Promise.all(pids.map(async (pid) => ((await worksIn(pid, cluster)) ? [Number(pid)] : [])));
    return mine.flat();
  };
  const found = await strays();
  if (found.length === 0) return;
  await until(async () => (await strays()).length === 0, 1_000);
  // Their server is dead: whatever they do is rolled back by crash recovery.
  for (const pid of await strays()) await signalPostmaster(pid, 'KILL', '');
  await until(async () => (await strays()).length === 0, 5_000);
}
