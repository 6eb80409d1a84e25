import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { runnableBinaries } from './binaries.ts';
import { clusterHome } from './cluster-home.ts';
import type { DataFolder } from './data-folder.ts';
import { freePort, isFree } from './ports.ts';
import { clearLeftovers } from './postmaster.ts';
import {
  type Cluster,
  commonSettings,
  createCluster,
  LaunchError,
  launchServer,
  portFile,
  type Server,
  superuser,
  superuserUrl,
} from './server.ts';
import { boundLog } from './server-log.ts';
import { errorCode, StartError } from './start-error.ts';

export interface PostgresOptions {
  /** The open data folder. It holds the cluster, its password, its port and its log. */
  folder: DataFolder;
  /** A port of 127.0.0.1 that it must have; absent: the one it had last time if free, otherwise any. */
  port?: number;
  /** Told what happens outside of starting, such as a restart. A pino logger will do. */
  log?: { info(text: string): void; error(text: string): void };
  /** Default 200. */
  maxConnections?: number;
  /** Told, in a few words, what a start that takes over two seconds is doing, and what the operator should know. */
  onProgress?: (text: string) => void;
  /** Told when the server ended though nobody stopped it. */
  onExit?: (how: { code: number | null; signal: NodeJS.Signals | null }) => void;
  /** Start it again, on the same port, when that happens (default true). It is tried for ever, every 3 s at last. */
  restart?: boolean;
  /** Where the cluster goes if it can't lie in the data folder (default /var/lib/artel; see cluster-home.ts). */
  outside?: string;
}

export interface Postgres {
  /** Of the superuser, to the database `artel`. Stays the same through restarts. */
  readonly url: string;
  /** Process id of the server; another one after a restart. */
  readonly pid: number;
  readonly port: number;
  /** Stops it cleanly. Open transactions roll back. */
  stop(): Promise<void>;
}

/** Versions of the cluster's files that the programs understand. */
const majorVersion = '18';

/**
 * Starts the platform's own PostgreSQL on the data folder: creates the cluster at the first start, stops a server that a
 * killed run left behind, recovers after a crash. Throws a StartError of one line when it can't.
 * Durable: fsync and synchronous_commit are on.
 */
export async function startPostgres(options: PostgresOptions): Promise<Postgres> {
  const starter = await plainly(options.folder, prepare(options));
  let server = await plainly(options.folder, starter.start());
  const stopLogBound = await boundLog(starter.logFile);
  const { port } = server;
  const stopping = new AbortController();
  let revival: Promise<void> | undefined;

  const watch = (watched: Server) => {
    void watched.ended.then((how) => {
      if (stopping.signal.aborted) return;
      options.log?.error(
        `PostgreSQL ended by itself (${how.signal ?? `code ${how.code}`}); its log: ${starter.logFile}`,
      );
      options.onExit?.(how);
      if (options.restart ?? true) revival = revive();
    });
  };
  const revive = async () => {
    for (let delay = 0; !stopping.signal.aborted; delay = Math.min(delay * 2 + 250, 3_000)) {
      await pause(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
      if (stopping.signal.aborted) return;
      try {
        server = await starter.start(port);
        options.log?.info(`PostgreSQL is up again (process ${server.pid})`);
        watch(server);
        return;
      } catch (error) {
        options.log?.error(`PostgreSQL can't be started again: ${(error as Error).message}`);
      }
    }
  };
  watch(server);

  return {
    url: starter.url(port),
    port,
    get pid() {
      return server.pid;
    },
    async stop() {
      stopping.abort();
      stopLogBound();
      await revival;
      await server.stop();
    },
  };
}

interface Starter {
  logFile: string;
  url(port: number): string;
  /** Clears leftovers, starts the server (on `port` if given) and makes sure of its database. */
  start(port?: number): Promise<Server>;
}

async function prepare(options: PostgresOptions): Promise<Starter> {
  const { folder } = options;
  const tell = options.onProgress ?? (() => undefined);
  const home = await clusterHome(folder.dir, tell, options.outside);
  const programs = async () => {
    await mkdir(home.programs, { recursive: true, mode: 0o755 });
    return home.programs;
  };
  const binaries = await runnableBinaries(home.user, programs, tell);
  const cluster: Cluster = { dir: home.dir, binaries, user: home.user };
  const password = folder.secrets('postgres', 32);
  const logFile = path.join(folder.path('logs'), 'postgres.log');
  const url = (port: number) => superuserUrl(password, port, cluster.dir);
  const settings = { ...commonSettings(options.maxConnections ?? 200), fsync: 'on', synchronous_commit: 'on' };

  const start = async (port?: number) => {
    if (existsSync(cluster.dir)) await clearLeftovers(cluster.dir, binaries.pgCtl, tell);
    else await slowly('creating the database (first start only)', tell, createCluster(cluster, { password }));
    await refuseOtherVersion(cluster.dir);
    const launch = (on: number) => launchServer(cluster, { port: on, logFile, settings });
    const server = await slowly(
      'starting PostgreSQL',
      tell,
      launchOnPort(folder, port ?? options.port, launch, logFile),
    );
    try {
      await ensureDatabase(url(server.port), folder);
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  };
  return { logFile, url, start };
}

/** A system call that fails (a full disk, a missing right) is the operator's to mend: one line. */
async function plainly<T>(folder: DataFolder, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof StartError || errorCode(error) === undefined) throw error;
    throw new StartError(`PostgreSQL can't be set up for ${folder.dir}: ${(error as Error).message}.`, {
      cause: error,
    });
  }
}

async function refuseOtherVersion(dir: string): Promise<void> {
  const version = (await readFile(path.join(dir, 'PG_VERSION'), 'utf8').catch(() => 'no')).trim();
  if (version === majorVersion) return;
  throw new StartError(
    `${dir} holds a PostgreSQL ${version} database; this Artel runs version ${majorVersion}: restore it from a backup.`,
  );
}

/** Tries until the server has a port: the free port that we saw may be taken when the server comes to it. */
async function launchOnPort(
  folder: DataFolder,
  wanted: number | undefined,
  launch: (port: number) => Promise<Server>,
  logFile: string,
): Promise<Server> {
  const file = folder.file(portFile);
  const last = Number(await readFile(file, 'utf8').catch(() => '')) || 0;
  let port = wanted ?? (last > 0 && (await isFree(last)) ? last : await freePort());
  const patience = performance.now() + 20_000;
  for (;;) {
    try {
      const server = await launch(port);
      // Only a convenience: a start as another user may not be allowed to change it.
      if (port !== last) await writeFile(file, String(port), { mode: 0o600 }).catch(() => undefined);
      return server;
    } catch (error) {
      if (!(error instanceof LaunchError) || performance.now() > patience) throw asStartError(error, logFile);
      const { tail } = error;
      if (/could not bind|Address already in use|could not create any TCP/.test(tail)) {
        if (wanted !== undefined)
          throw new StartError(`Port ${wanted} of 127.0.0.1, meant for PostgreSQL, is taken.`, { cause: error });
        port = await freePort();
      } else if (/still in use|shared memory block/.test(tail)) {
        // Processes of a killed server end one by one.
        await pause(300);
      } else throw asStartError(error, logFile);
    }
  }
}

function asStartError(error: unknown, logFile: string): unknown {
  if (!(error instanceof LaunchError)) return error;
  return new StartError(`PostgreSQL didn't start: ${error.tail || 'it said nothing'} (log: ${logFile}).`, {
    cause: error,
  });
}

/** Creates the database `artel` if it isn't there; shows on the way that the password is right. */
async function ensureDatabase(url: string, folder: DataFolder): Promise<void> {
  const noSuchDatabase = '3D000';
  const wrongPassword = '28P01';
  try {
    await query(url);
  } catch (error) {
    const code = errorCode(error);
    if (code === wrongPassword) {
      throw new StartError(
        `The database in ${folder.dir} has another password than secrets.json: restore that file along with the database.`,
        { cause: error },
      );
    }
    if (code !== noSuchDatabase) {
      throw new StartError(`PostgreSQL refuses connections: ${(error as Error).message}.`, { cause: error });
    }
    const maintenance = new URL(url);
    maintenance.pathname = '/postgres';
    await query(maintenance.href, `create database ${superuser}`);
  }
}

async function query(url: string, statement = 'select 1'): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 30_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Tells what is going on once `work` has taken two seconds, and then every five. */
async function slowly<T>(what: string, tell: (text: string) => void, work: Promise<T>): Promise<T> {
  const begun = performance.now();
  const say = () => tell(`${what}: ${Math.round((performance.now() - begun) / 1000)} s`);
  let repeat: NodeJS.Timeout | undefined;
  const first = setTimeout(() => {
    say();
    repeat = setInterval(say, 5_000);
  }, 2_000);
  try {
    return await work;
  } finally {
    clearTimeout(first);
    clearInterval(repeat);
  }
}
