/** From the command to ready, and memory at rest: one process for all, beside a process for each. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { freePorts } from '#testing/ports.ts';
import { removeQueues } from '#testing/rabbit.ts';
import { type Outside, startOutside, temporaryFolder } from '#testing/system/world.ts';
import type { Bench, Contender } from './bench.ts';
import { needs } from './needs.ts';
import { answers, launch, type Program, pssKiB } from './processes.ts';

const MAIN = fileURLToPath(new URL('../apps/server/artel.mjs', import.meta.url));
const NEST = fileURLToPath(new URL('./peers/nest-empty.mjs', import.meta.url));
const SECRET = randomBytes(24).toString('hex');
const IDLE_MS = 3_000;

interface Seen {
  readonly readyMs: number;
  readonly pssMiB: number;
}

let outside: Promise<Outside> | undefined;
let databases: Promise<string> | undefined;

async function database(): Promise<string> {
  const { databaseUrl } = await needs();
  databases ??= (async () => {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    await client.query('create database bench_start');
    await client.end();
    const url = new URL(databaseUrl);
    url.pathname = '/bench_start';
    return url.href;
  })();
  return databases;
}

/** Starts the named processes, waits until all are ready and at rest, ends them. */
async function once(
  parts: readonly (readonly ServiceName[])[],
  amqpUrl: string | undefined,
  restMs: number,
): Promise<Seen> {
  outside ??= startOutside();
  const folder = temporaryFolder();
  const ports = await freePorts(parts.length);
  const prefix = `bench${randomBytes(3).toString('hex')}.`;
  const addresses =
    parts.length === 1
      ? {}
      : Object.fromEntries(
          parts.map(([name], at) => [`${String(name).toUpperCase()}_URL`, `http://127.0.0.1:${ports[at]}`]),
        );
  const env = {
    ...(await outside).env,
    ...addresses,
    ...(amqpUrl ? { AMQP_URL: amqpUrl, AMQP_PREFIX: prefix } : {}),
    DATABASE_URL: await database(),
    ARTEL_SECRET: SECRET,
    DATA_DIR: folder.path,
    DEMO: 'off',
    LOG_LEVEL: 'warn',
    DB_POOL_MAX: '4',
  };
  const programs: Program[] = [];
  try {
    const begun = performance.now();
    for (const [at, names] of parts.entries())
      programs.push(
        launch([process.execPath, MAIN, 'start', ...(names.length === SERVICES.length ? [] : names)], {
          env: { ...env, PORT: String(ports[at]), PUBLIC_URL: `http://127.0.0.1:${ports[0]}` },
        }),
      );
    await Promise.all(ports.map((port) => answers(`http://127.0.0.1:${port}/readyz`, 90_000)));
    const readyMs = performance.now() - begun;
    await sleep(restMs);
    const pss = programs.reduce((sum, { pid }) => sum + (pssKiB(pid) ?? Number.NaN), 0);
    return { readyMs, pssMiB: pss / 1024 };
  } finally {
    await Promise.all(programs.map((program) => program.end()));
    if (amqpUrl) await removeQueues(amqpUrl, prefix);
    folder.remove();
  }
}

function contender(name: string, parts: readonly (readonly ServiceName[])[], pick: (seen: Seen) => number): Contender {
  return {
    name,
    role: parts.length === 1 ? 'ours' : 'peer',
    async start() {
      const { amqpUrl } = await needs();
      if (parts.length > 1 && !amqpUrl) return { absent: 'no RabbitMQ (rabbitmq-server, or AMQP_URL)' };
      const broker = parts.length > 1 ? amqpUrl : undefined;
      // The first start brings the database to this release; it is not what is measured.
      await once([SERVICES], undefined, 0);
      return {
        turn: async (ms) => ({ value: pick(await once(parts, broker, Math.min(ms, IDLE_MS))) }),
        async stop() {},
      };
    },
  };
}

const apart = SERVICES.map((name) => [name]);

/** What a framework costs that does nothing yet. */
function emptyNest(pick: (seen: Seen) => number): Contender {
  return {
    name: 'an empty NestJS application',
    role: 'peer',
    async start() {
      return {
        async turn(ms) {
          const [port] = (await freePorts(1)) as [number];
          const begun = performance.now();
          const program = launch([process.execPath, NEST, String(port)]);
          try {
            await answers(`http://127.0.0.1:${port}/readyz`);
            const readyMs = performance.now() - begun;
            await sleep(Math.min(ms, IDLE_MS));
            return { value: pick({ readyMs, pssMiB: (pssKiB(program.pid) ?? Number.NaN) / 1024 }) };
          } finally {
            await program.end();
          }
        },
        async stop() {},
      };
    },
  };
}
async function close(): Promise<void> {
  await (await outside)?.close();
  outside = undefined;
}

export const startBench: Bench = {
  name: 'start',
  title: 'From the command to ready (database and broker run already)',
  unit: 'ms',
  turns: 3,
  contenders: [
    contender('all in one', [SERVICES], (seen) => seen.readyMs),
    contender('eleven processes', apart, (seen) => seen.readyMs),
    emptyNest((seen) => seen.readyMs),
  ],
  aims: [{ ours: 'all in one', against: 'eleven processes', ratio: 0.35, kind: 'at most' }],
  close,
};

export const memoryBench: Bench = {
  name: 'memory',
  title: 'Memory at rest (PSS)',
  unit: 'MiB',
  turns: 3,
  contenders: [
    contender('all in one', [SERVICES], (seen) => seen.pssMiB),
    contender('eleven processes', apart, (seen) => seen.pssMiB),
    emptyNest((seen) => seen.pssMiB),
  ],
  aims: [{ ours: 'all in one', against: 'eleven processes', ratio: 0.3, kind: 'at most' }],
  close,
};
