import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Binaries } from './binaries.ts';
import { readPostmasterFile, stopPostmaster, until } from './postmaster.ts';
import type { ServerUser } from './server-user.ts';
import { StartError } from './start-error.ts';

/** A cluster on disk, and what runs it. `dir` is PostgreSQL's data directory. */
export interface Cluster {
  dir: string;
  binaries: Binaries;
  /** The account it belongs to and runs as; undefined: this process's own. */
  user: ServerUser | undefined;
}

/** A server process that accepts connections. */
export interface Server {
  pid: number;
  port: number;
  /** Resolves when the process has ended, whoever ended it. */
  ended: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** Stops it cleanly (fast shutdown), by force if it does not comply. */
  stop(): Promise<void>;
}

/** The server ended before it was ready. `tail` is what it wrote to its log meanwhile. */
export class LaunchError extends Error {
  readonly tail: string;

  constructor(tail: string) {
    super(`PostgreSQL didn't start: ${tail}`);
    this.name = 'LaunchError';
    this.tail = tail;
  }
}

/** Role that owns everything in an embedded server, and its database. */
export const superuser = 'artel';
/** In the data folder: the port of the last start. */
export const portFile = 'postgres.port';

/** Most bytes of a socket's path that every system takes; its name is `.s.PGSQL.` and the port. */
const LONGEST_SOCKET = 103;

/** Where the server's socket lies; undefined: it has none, here or there. Only its account may enter the folder. */
function socketFolder(dir: string): string | undefined {
  const isTooLong = Buffer.byteLength(path.join(dir, '.s.PGSQL.65535')) > LONGEST_SOCKET;
  // The setting is a list with commas between.
  return process.platform === 'win32' || isTooLong || /[,"]/.test(dir) ? undefined : dir;
}

/**
 * Of the cluster in `dir`, on 127.0.0.1, and by its socket where it has one: a statement by the socket costs both sides a
 * fifth less. Who does not know the parameter, or may not enter the folder, leaves it out.
 */
export function superuserUrl(password: string, port: number, dir?: string, database: string = superuser): string {
  const folder = dir && socketFolder(dir);
  const bySocket = folder ? `?host=${encodeURIComponent(folder)}` : '';
  return `postgres://${superuser}:${password}@127.0.0.1:${port}/${database}${bySocket}`;
}

// Nothing of our environment: it may hold secrets, and PG* and LC_* variables would change what the programs do.
// (Windows programs can't do without a few variables; Node adds those.)
const environment: NodeJS.ProcessEnv = {
  ...(process.platform === 'win32' ? {} : { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' }),
  LC_ALL: 'C',
  TZ: 'UTC',
};

/**
 * Creates the cluster: superuser `artel` with `password`, UTF-8, SCRAM for every connection. Upper and lower case, ILIKE
 * and order (by code point) are PostgreSQL's own C.UTF-8, the same on every machine. Which characters are letters is
 * asked of the system's locale by the text search parser and pg_trgm, so it has to be a UTF-8 one: with plain C, pg_trgm
 * sees no word in Cyrillic at all. The cluster appears whole or not at all, so a start that is killed meanwhile leaves
 * nothing to mend.
 */
export async function createCluster(cluster: Cluster, options: ClusterOptions): Promise<void> {
  await removeUnfinished(cluster.dir);
  let output = '';
  for (const ctype of ['C.UTF-8', 'en_US.UTF-8']) {
    const attempt = await runInitdb(cluster, options, ctype);
    if (attempt.ok) return;
    output = attempt.output;
    if (!/invalid locale/.test(output)) break;
  }
  throw new StartError(`PostgreSQL can't create its database in ${cluster.dir}: ${lastLines(output)}`);
}

interface ClusterOptions {
  password: string;
  /** Whether to sync the new files to the disk; default true. */
  durable?: boolean;
  settings?: Record<string, string>;
}

async function runInitdb(
  { dir, binaries, user }: Cluster,
  options: ClusterOptions,
  ctype: string,
): Promise<{ ok: boolean; output: string }> {
  // Another name each time: an initdb that outlived a killed start must not write into ours.
  const fresh = `${dir}.new-${randomBytes(4).toString('hex')}`;
  const passwordFile = `${fresh}.password`;
  await mkdir(fresh, { mode: 0o700 });
  await writeFile(passwordFile, `${options.password}\n`, { mode: 0o600 });
  if (user) {
    await chown(fresh, user.uid, user.gid);
    await chown(passwordFile, user.uid, user.gid);
  }
  const durability = (options.durable ?? true) ? [] : ['--no-sync'];
  const settings = Object.entries(options.settings ?? {}).map(([name, value]) => `--set=${name}=${value}`);
  const builtin = ['--encoding=UTF8', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  const locale = [...builtin, '--locale=C', `--lc-ctype=${ctype}`];
  const access = [`--username=${superuser}`, '--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    const child = spawn(binaries.initdb, [`--pgdata=${fresh}`, ...access, ...locale, ...durability, ...settings], {
      uid: user?.uid,
      gid: user?.gid,
      cwd: fresh,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    const output = await collect(child);
    if (child.exitCode !== 0) return { ok: false, output };
    await rename(fresh, dir);
    return { ok: true, output };
  } finally {
    await rm(passwordFile, { force: true });
    await rm(fresh, { recursive: true, force: true });
  }
}

async function removeUnfinished(dir: string): Promise<void> {
  const home = path.dirname(dir);
  const names = (await readdir(home)).filter((name) => name.startsWith(`${path.basename(dir)}.new-`));
  for (const name of names) await rm(path.join(home, name), { recursive: true, force: true, maxRetries: 5 });
}

function collect(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', () => resolve(text));
  });
}

/** What a program's output says went wrong, or else its end, as one line. */
export function lastLines(text: string): string {
  const lines = text.split('\n').map((line) => line.replace(/^[\d-]+ [\d:.]+ UTC \[\d+\] /, '').trim());
  const said = lines.filter(Boolean);
  const fatal = said.findLastIndex((line) => /\b(FATAL|PANIC)\b/.test(line));
  // The line before often names the cause.
  const telling = fatal < 0 ? said.slice(-3) : said.slice(Math.max(fatal - 1, 0), fatal + 1);
  return telling.join(' | ').slice(0, 600);
}

/**
 * Starts the server of `cluster` on 127.0.0.1:`port` and its socket, and waits until it accepts connections (crash recovery
 * included, however long it takes). Its log is appended to `logFile`. Throws a LaunchError when it ends before.
 * The server is in a session of its own, so Ctrl-C in a terminal reaches only us; when this process dies without a word,
 * a watcher stops the server and then, if `removeAfterwards` is given, deletes that folder.
 */
export async function launchServer(
  cluster: Cluster,
  options: { port: number; logFile: string; settings: Record<string, string>; removeAfterwards?: string },
): Promise<Server> {
  const settings = {
    ...options.settings,
    listen_addresses: '127.0.0.1',
    unix_socket_directories: socketFolder(cluster.dir) ?? '',
    port: String(options.port),
  };
  const log = await open(options.logFile, 'a', 0o600);
  const logStart = (await log.stat()).size;
  const child = spawn(
    cluster.binaries.postgres,
    ['-D', cluster.dir, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    {
      uid: cluster.user?.uid,
      gid: cluster.user?.gid,
      cwd: cluster.dir,
      env: environment,
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      windowsHide: true,
    },
  );
  const ended = new Promise<Awaited<Server['ended']>>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }));
    child.once('error', () => resolve({ code: null, signal: null }));
  });
  await log.close();
  const hasEnded = () => child.pid === undefined || child.exitCode !== null || child.signalCode !== null;
  const watcher = child.pid === undefined ? undefined : watchOver(child.pid, cluster.dir, options.removeAfterwards);
  void ended.then(() => watcher?.kill('SIGKILL'));
  child.unref();

  await until(async () => hasEnded() || (await isReady(cluster.dir, child.pid)), Number.POSITIVE_INFINITY);
  if (child.pid === undefined || hasEnded())
    throw new LaunchError(lastLines((await readFile(options.logFile)).subarray(logStart).toString()));
  const pid = child.pid;
  return { pid, port: options.port, ended, stop: () => stopPostmaster(pid, cluster.binaries.pgCtl, hasEnded) };
}

async function isReady(dir: string, pid: number | undefined): Promise<boolean> {
  const file = await readPostmasterFile(dir);
  // On Windows the server may be a child of the process that we started.
  return file?.status === 'ready' && (file.pid === pid || process.platform === 'win32');
}

/**
 * A shell that waits for the end of a pipe only we hold: the kernel closes it however we die, kill -9 included.
 * Without it a killed platform would leave its server running until the next start.
 */
function watchOver(pid: number, dir: string, folder: string | undefined): ChildProcess | undefined {
  if (process.platform === 'win32') return undefined;
  // The pid alone would not do: a dead server nobody has reaped yet still has one.
  const script =
    'read -r _; kill -INT "$1"; [ -n "$2" ] || exit 0; while kill -0 "$1" && [ -e "$3" ]; do sleep 0.1; done; rm -rf -- "$2"';
  const shell = spawn(
    '/bin/sh',
    ['-c', script, 'artel-watch', String(pid), folder ?? '', path.join(dir, 'postmaster.pid')],
    {
      cwd: '/',
      detached: true,
      env: environment,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  shell.on('error', () => undefined);
  shell.unref();
  (shell.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return shell;
}

/** Settings every embedded server has, durable or not. */
export function commonSettings(maxConnections: number): Record<string, string> {
  return {
    max_connections: String(maxConnections),
    shared_buffers: '128MB',
    timezone: 'UTC',
    log_timezone: 'UTC',
    lc_messages: 'C',
    jit: 'off',
    logging_collector: 'off',
    log_destination: 'stderr',
    log_line_prefix: '%m [%p] ',
    // The log is for the server's own troubles: no values of rows, which may be personal (DETAIL), and no statements.
    log_error_verbosity: 'terse',
    log_min_error_statement: 'panic',
    log_checkpoints: 'off',
  };
}
