/** The platform apart: each service its own processes, over a real RabbitMQ and a real PostgreSQL. */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { registry } from '#apps/server/registry.ts';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import type { Bus } from '#kit/bus/bus.ts';
import { connectRabbit } from '#kit/bus/rabbit.ts';
import { CHECK_EVERY_MS, movableClock } from '#kit/clock.ts';
import { migrate } from '#kit/db/migrate.ts';
import { TEST_SECRET } from '../env.ts';
import { freePorts } from '../ports.ts';
import { AMQP_URL, removeQueues } from '../rabbit.ts';
import { testDatabase } from '../postgres.ts';
import { comeToRest, shiftJobs, withClient } from '../rest.ts';
import { startBalancer } from './balancer.ts';
import { startOutside, temporaryFolder, type World } from './world.ts';

const MAIN = fileURLToPath(new URL('../../apps/server/artel.mjs', import.meta.url));
/** Processes that start at once: two dozen would keep each other, on few cores, past the deadlines of their first connections. */
const WAVE = 6;
const silent = { info() {}, warn() {}, error() {} };

export interface Replica {
  readonly service: ServiceName;
  readonly port: number;
  readonly url: string;
  readonly process: ChildProcess;
  readonly logFile: string;
}

export interface ApartWorld extends World {
  readonly replicas: readonly Replica[];
  readonly bus: Bus;
  /** Ends a replica (or all of a service) with SIGKILL. */
  kill(service: ServiceName, index?: number): Promise<void>;
  /** Ends a replica in order, with SIGTERM; its exit code. */
  stop(service: ServiceName, index: number): Promise<number | null>;
  /** Starts what was killed, on the same ports. */
  revive(service: ServiceName): Promise<void>;
  /** The `artel` command beside the processes, with their settings. */
  artel(...args: string[]): Promise<{ code: number | null; out: string; err: string }>;
  /** Lines that the processes wrote. */
  readonly logFolder: string;
}

export interface ApartOptions {
  replicas?: number;
  amqpUrl?: string;
  /** Default: a database of its own on the test server. */
  databaseUrl?: string;
  env?: Readonly<Record<string, string>>;
  /** How people name the machine: then they reach the gateways in turn, through one address. Default: the first gateway's. */
  publicHost?: string;
  /** Milliseconds by which a replica's clock is ahead of the others'. */
  skew?: (service: ServiceName, index: number) => number;
}

export async function apart(options: ApartOptions = {}): Promise<ApartWorld> {
  const count = options.replicas ?? 2;
  const amqpUrl = options.amqpUrl ?? AMQP_URL;
  const outside = await startOutside();
  const folder = temporaryFolder();
  const database =
    options.databaseUrl === undefined ? await testDatabase() : { url: options.databaseUrl, drop: async () => {} };
  const prefix = `t${randomBytes(4).toString('hex')}.`;
  const clockFile = join(folder.path, 'clock.json');
  const clock = movableClock(clockFile);
  const free = await freePorts(SERVICES.length * count + 1);
  const ports = new Map<ServiceName, number[]>(SERVICES.map((service) => [service, free.splice(0, count)]));
  const address = (service: ServiceName) => (ports.get(service) as number[]).map((port) => `http://127.0.0.1:${port}`);
  const balancer =
    options.publicHost === undefined
      ? undefined
      : await startBalancer(ports.get('gateway') as number[], free.pop() as number);
  const url = balancer ? `http://${options.publicHost}:${balancer.port}` : (address('gateway')[0] as string);
  const services = await Promise.all(SERVICES.map((name) => registry[name]()));
  await migrate({
    adminUrl: database.url,
    roleSecret: TEST_SECRET,
    targets: services.map((service) => ({
      service: service.contract.name,
      migrations: service.migrations,
      jobs: Object.keys(service.jobs).length > 0,
    })),
  });
  const env: Record<string, string> = {
    PATH: process.env['PATH'] ?? '',
    HOME: process.env['HOME'] ?? '/',
    DATABASE_URL: database.url,
    AMQP_URL: amqpUrl,
    AMQP_PREFIX: prefix,
    ARTEL_SECRET: TEST_SECRET,
    PUBLIC_URL: url,
    DATA_DIR: folder.path,
    CLOCK_FILE: clockFile,
    MIGRATE_AT_START: 'false',
    DB_POOL_MAX: '4',
    LOG_LEVEL: 'warn',
    LOG_FORMAT: 'json',
    REQUEST_LOG: 'false',
    ...Object.fromEntries(SERVICES.map((service) => [`${service.toUpperCase()}_URL`, address(service).join(',')])),
    ...outside.env,
    ...options.env,
  };
  const replicas: Replica[] = [];
  const clockOf = (service: ServiceName, port: number): string => {
    const ahead = options.skew?.(service, (ports.get(service) as number[]).indexOf(port)) ?? 0;
    if (ahead === 0) return clockFile;
    const file = join(folder.path, `clock${ahead}.json`);
    writeFileSync(file, JSON.stringify({ offsetMs: ahead }));
    return file;
  };
  const launch = (service: ServiceName, port: number): Replica => {
    const logFile = join(folder.path, `${service}-${port}.log`);
    const log = openSync(logFile, 'a');
    const child = spawn(process.execPath, [MAIN, 'start', service], {
      env: { ...env, PORT: String(port), CLOCK_FILE: clockOf(service, port) },
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    return { service, port, url: `http://127.0.0.1:${port}`, process: child, logFile };
  };
  const bus = await connectRabbit({ url: amqpUrl, log: silent, prefix });
  const close = async () => {
    await balancer?.close();
    await Promise.all(replicas.map((replica) => end(replica, 'SIGTERM')));
    await removeQueues(amqpUrl, prefix);
    await bus.close();
    await database.drop();
    await outside.close();
    folder.remove();
  };
  try {
    const places = SERVICES.flatMap((service) => (ports.get(service) as number[]).map((port) => ({ service, port })));
    while (places.length > 0) {
      const wave = places.splice(0, WAVE).map(({ service, port }) => launch(service, port));
      replicas.push(...wave);
      await Promise.all(wave.map(ready));
    }
  } catch (error) {
    await close();
    throw error;
  }
  // A test may have killed the database or the broker a moment ago: what can't be looked at is looked at again.
  const drain = async () => {
    for (const until = Date.now() + 120_000; ; await sleep(300)) {
      try {
        await withClient(database.url, (client) => comeToRest(client, bus, 90_000));
        return;
      } catch (error) {
        if (Date.now() > until || /still waiting/.test(String(error))) throw error;
      }
    }
  };
  return {
    replicas,
    bus,
    logFolder: folder.path,
    url,
    gateways: address('gateway'),
    outside,
    adminUrl: database.url,
    keepsBackups: true,
    drain,
    now: () => clock.now(),
    async advance(ms) {
      clock.advance(ms);
      // Timers that are due now run by the new time everywhere.
      await sleep(CHECK_EVERY_MS);
      await shiftJobs(database.url, ms);
      await drain();
    },
    async deadLetters() {
      const letters = await Promise.all(
        SERVICES.map(async (service) =>
          (await bus.deadLetters.list(service, 100).catch(() => [])).map(
            (letter) => `${service}: ${letter.type}: ${letter.reason}`,
          ),
        ),
      );
      return letters.flat();
    },
    async kill(service, index) {
      const mine = replicas.filter((replica) => replica.service === service);
      await Promise.all(
        (index === undefined ? mine : mine.slice(index, index + 1)).map((replica) => end(replica, 'SIGKILL')),
      );
    },
    async stop(service, index) {
      const replica = replicas.filter((one) => one.service === service)[index] as Replica;
      await end(replica, 'SIGTERM');
      return replica.process.exitCode;
    },
    async revive(service) {
      const started = replicas.flatMap((replica, at) => {
        if (replica.service !== service || (replica.process.exitCode === null && replica.process.signalCode === null))
          return [];
        const fresh = launch(service, replica.port);
        replicas[at] = fresh;
        return [fresh];
      });
      await Promise.all(started.map(ready));
    },
    async artel(...args) {
      const child = spawn(process.execPath, [MAIN, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      const [out, err] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
      return { code: child.exitCode, out, err };
    },
    close,
  };
}

async function ready(replica: Replica): Promise<void> {
  const until = Date.now() + 180_000;
  for (;;) {
    if (replica.process.exitCode !== null)
      throw new Error(`${replica.service} ended with ${replica.process.exitCode}: ${lastLines(replica)}`);
    const fine = await fetch(`${replica.url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    // Alive too: else it was somebody else who answered on its port.
    if (fine && replica.process.exitCode === null) return;
    if (Date.now() > until)
      throw new Error(`${replica.service} on ${replica.port} is not ready: ${lastLines(replica)}`);
    await sleep(100);
  }
}

function lastLines(replica: Replica): string {
  return readFileSync(replica.logFile, 'utf8').split('\n').slice(-15).join('\n');
}

async function end(replica: Replica, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const { process: child } = replica;
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
  child.kill(signal);
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await gone;
  clearTimeout(late);
}
