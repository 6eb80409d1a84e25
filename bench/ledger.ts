/** Committed transfers through the ledger's own way in, and over HTTP, beside pgbench on the same server, synced to disk. */
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePorts } from '#testing/ports.ts';
import { removeQueues } from '#testing/rabbit.ts';
import { temporaryFolder } from '#testing/system/world.ts';
import { WIRE_HEADERS } from '#kit/service/client.ts';
import type { Bench, Contender } from './bench.ts';
import { generator } from './generator.ts';
import { type Ledger, movement, openLedger } from './ledger-books.ts';
import { needs } from './needs.ts';
import { cpuMicros, has, launch } from './processes.ts';

const run = promisify(execFile);
const SCALE = 10;
const PEOPLE = 1_000;
const local = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** Debian keeps it beside the server, outside the PATH. */
function pgbenchProgram(): string | undefined {
  if (has('pgbench')) return 'pgbench';
  const root = '/usr/lib/postgresql';
  if (!existsSync(root)) return undefined;
  return readdirSync(root)
    .sort()
    .reverse()
    .map((version) => `${root}/${version}/bin/pgbench`)
    .find(existsSync);
}

let ledger: Promise<Ledger> | undefined;
const opened = () => {
  ledger ??= openLedger();
  return ledger;
};

/** `hot`: every transfer is from one account. */
function transfers(name: string, clients: number, hot: boolean): Contender {
  return {
    name,
    role: 'ours',
    async start() {
      const { books, people } = await opened();
      const anybody = () => people[Math.floor(Math.random() * people.length)] as string;
      return {
        async turn(ms) {
          const begun = performance.now();
          const before = process.cpuUsage();
          let done = 0;
          await Promise.all(
            Array.from({ length: clients }, async () => {
              while (performance.now() - begun < ms) {
                const from = hot ? (people[0] as string) : anybody();
                const to = anybody();
                if (to === from) continue;
                const posted = await books.submit(
                  movement('client_bonus', [
                    { account: 'available', userId: from, amount: -1n },
                    { account: 'available', userId: to, amount: 1n },
                  ]),
                );
                if (!posted.ok) throw new Error('a transfer was refused');
                done++;
              }
            }),
          );
          const seconds = (performance.now() - begun) / 1000;
          const used = process.cpuUsage(before);
          return {
            value: done / seconds,
            also: { 'own cores, callers included': (used.user + used.system) / 1e6 / seconds },
          };
        },
        async stop() {},
      };
    },
  };
}

/** Setting money aside over the service's own HTTP: its process, RabbitMQ where there is one, the load a third process. */
function overHttp(name: string, clients: number, hot: boolean): Contender {
  return {
    name,
    role: 'ours',
    async start() {
      const { databaseUrl, amqpUrl } = await needs();
      const [port] = (await freePorts(1)) as [number];
      const prefix = `bench${randomBytes(3).toString('hex')}.`;
      // A database of its own: the one of the lanes without HTTP has no relay.
      const database = `bench_http_${randomBytes(4).toString('hex')}`;
      const owner = new pg.Client({ connectionString: databaseUrl });
      await owner.connect();
      await owner.query(`create database ${database}`);
      const url = new URL(databaseUrl);
      url.pathname = `/${database}`;
      const told = Promise.withResolvers<{ users: string[]; token: string }>();
      const command = [process.execPath, local('ledger-service.ts'), url.href, String(port), String(PEOPLE)];
      const program = launch([...command, amqpUrl ?? '', prefix], {
        onMessage: (message) => told.resolve(message as never),
        profiled: true,
      });
      program.child.once('exit', () => told.reject(new Error('the ledger did not start')));
      const { users, token } = await told.promise;
      const bodies = (hot ? users.slice(0, 1) : users).map((userId) =>
        JSON.stringify({ reference: 'bench:$ID', userId, amount: { amount: '1', currency: 'RUB' } }),
      );
      return {
        async turn(ms) {
          const load = await generator();
          const before = cpuMicros(program.pid) ?? 0;
          const seen = await load
            .send({
              url: `http://127.0.0.1:${port}/internal/reservations`,
              ms,
              connections: clients,
              tokens: [],
              posts: { headers: [WIRE_HEADERS.service, token], bodies },
            })
            .finally(() => load.program.end());
          if (seen.refused > 0) throw new Error(`${seen.refused} transfers were refused`);
          const cpu = ((cpuMicros(program.pid) ?? 0) - before) / 1e6 / (ms / 1000);
          return { value: seen.perSecond, also: { 'p99 ms': seen.p99, 'service cores': cpu, 'load cores': seen.cpu } };
        },
        async stop() {
          await program.end();
          await owner.query(`drop database ${database} with (force)`);
          await owner.end();
          if (amqpUrl) await removeQueues(amqpUrl, prefix);
        },
      };
    },
  };
}

function pgbench(
  name: string,
  role: Contender['role'],
  clients: number,
  args: (databaseUrl: string) => Promise<readonly string[]>,
): Contender {
  return {
    name,
    role,
    async start() {
      const program = pgbenchProgram();
      if (!program) return { absent: 'pgbench is not installed' };
      const { databaseUrl } = await needs();
      await run(program, ['-i', '-q', '-s', String(SCALE), databaseUrl]);
      const own = await args(databaseUrl);
      return {
        async turn(ms) {
          // Its time begins before it has connected, which its rate leaves out: hundreds of clients take seconds for that.
          const seconds = String(Math.max(5, Math.round(ms / 1000)) + Math.round(clients / 25));
          const { stdout } = await run(program, [
            ...own,
            ...['-n', '-M', 'prepared', '-c', String(clients), '-j', '2', '-T', seconds, databaseUrl],
          ]);
          const tps = /tps = ([\d.]+)/.exec(stdout)?.[1];
          if (tps === undefined) throw new Error(`pgbench said no number: ${stdout}`);
          return { value: Number(tps) };
        },
        async stop() {},
      };
    },
  };
}

const against = (clients: number) => `pgbench -N, ${clients} clients`;
const simple = (clients: number) => pgbench(against(clients), 'limit', clients, async () => ['-N']);
const likeTpcb = (clients: number) =>
  pgbench(`pgbench TPC-B-like, ${clients} clients`, 'limit', clients, async () => []);
const scripts = temporaryFolder();
const perFunction = (name: string, clients: number, hot: boolean) =>
  pgbench(name, 'peer', clients, async (databaseUrl) => {
    const owner = new pg.Client({ connectionString: databaseUrl });
    await owner.connect();
    for (const statement of readFileSync(local('peers/ledger-function.sql'), 'utf8').split(
      /;\n(?=drop|create|insert|vacuum|$)/,
    ))
      if (statement.trim() !== '') await owner.query(statement);
    await owner.end();
    // The bench before this one has taken it away with it.
    mkdirSync(scripts.path, { recursive: true });
    const script = join(scripts.path, `transfer-${hot ? 'hot' : 'uniform'}.sql`);
    writeFileSync(
      script,
      `\\set a ${hot ? '1' : 'random(1, 5000)'}\n\\set b random(5001, 10000)\nselect bench_function.transfer(:a, :b, 1, gen_random_uuid()::text);\n`,
    );
    return ['-f', script];
  });

async function close(): Promise<void> {
  const open = await ledger;
  ledger = undefined;
  await open?.close();
  rmSync(scripts.path, { recursive: true, force: true });
}

const uniform = 'Artel, 10,000 accounts';
const hot = 'Artel, one hot account';
const http = 'Artel over HTTP, 1,000 accounts';
const httpHot = 'Artel over HTTP, one hot account';
const atLeast = (ours: string, clients: number, ratio: number) =>
  ({ ours, against: against(clients), ratio, kind: 'at least' }) as const;

export const ledgerBench: readonly Bench[] = [
  {
    name: 'ledger-16',
    title: 'Ledger: committed transfers, 16 clients',
    unit: 'transfers/s',
    contenders: [
      transfers(uniform, 16, false),
      simple(16),
      transfers(hot, 16, true),
      likeTpcb(16),
      perFunction('plpgsql function per transfer', 16, false),
      perFunction('plpgsql function, one hot account', 16, true),
    ],
    aims: [atLeast(uniform, 16, 1), atLeast(hot, 16, 1)],
    close,
  },
  {
    name: 'ledger-256',
    title: 'Ledger: committed transfers from one hot account, 256 clients',
    unit: 'transfers/s',
    contenders: [
      transfers(hot, 256, true),
      simple(256),
      likeTpcb(256),
      perFunction('plpgsql function, one hot account', 256, true),
    ],
    aims: [atLeast(hot, 256, 2.5)],
    close,
  },
  {
    name: 'ledger-http',
    title: 'Ledger: committed transfers over HTTP, 64 connections',
    unit: 'transfers/s',
    contenders: [overHttp(http, 64, false), simple(16), overHttp(httpHot, 64, true)],
    aims: [atLeast(http, 16, 0.8), atLeast(httpHot, 16, 0.8)],
    close,
  },
];
