/** An order read and made through the whole platform (gateway, access, validation, transaction, outbox, ETag), beside servers that do one select, or two inserts. */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportSPKI, importPKCS8, importSPKI, SignJWT } from 'jose';
import pg from 'pg';
import { freePorts } from '#testing/ports.ts';
import { DRAFT } from '#testing/system/deal.ts';
import { temporaryFolder } from '#testing/system/world.ts';
import type { Bench, Contender, Turn } from './bench.ts';
import type { LoadOrder, LoadResult } from './http-load.ts';
import { needs } from './needs.ts';
import type { PlatformTold } from './platform-server.ts';
import { answers, cpuMicros, launch, type Program } from './processes.ts';

const CONNECTIONS = 16;
const local = (path: string) => fileURLToPath(new URL(path, import.meta.url));

interface Target {
  readonly program: Program;
  readonly url: string;
  readonly orderId: string;
  readonly token: string;
  stop(): Promise<void>;
}
type Open = () => Promise<Target>;

const ours: Open = async () => {
  const { databaseUrl } = await needs();
  const told = Promise.withResolvers<PlatformTold>();
  const program = launch([process.execPath, local('platform-server.ts')], {
    profiled: true,
    core: 0,
    env: { TEST_DATABASE_URL: databaseUrl },
    onMessage: (message) => told.resolve(message as PlatformTold),
  });
  program.child.once('exit', () => told.reject(new Error('the platform did not start')));
  const { url, orderId, token } = await told.promise;
  return { url: `${url}/orders`, orderId, token, program, stop: () => program.end() };
};

const peer =
  (file: string): Open =>
  async () => {
    const { databaseUrl } = await needs();
    const folder = temporaryFolder();
    const pair = generateKeyPairSync('rsa', {
      modulusLength: 2048,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    });
    const pem = join(folder.path, 'rsa.pem');
    writeFileSync(pem, await exportSPKI(await importSPKI(pair.publicKey, 'RS256', { extractable: true })));
    const [userId, orderId, schema] = [randomUUID(), randomUUID(), `bench_${randomBytes(4).toString('hex')}`];
    const owner = new pg.Client({ connectionString: databaseUrl });
    await owner.connect();
    await owner.query(`create schema ${schema}; set search_path to ${schema};
      create table orders (id uuid primary key, client_id uuid not null, body jsonb not null, status text not null default 'draft',
        version int not null default 1, created_at timestamptz not null default now());
      create index on orders (client_id);
      create table outbox (seq bigint generated always as identity primary key, body text not null)`);
    await owner.query('insert into orders (id, client_id, body) values ($1, $2, $3)', [orderId, userId, DRAFT]);
    await owner.end();
    const token = await new SignJWT({})
      .setProtectedHeader({ alg: 'RS256' })
      .setSubject(userId)
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(await importPKCS8(pair.privateKey, 'RS256'));
    const [port] = (await freePorts(1)) as [number];
    const program = launch([process.execPath, local(`peers/${file}`), String(port), databaseUrl, schema, pem], {
      core: 0,
    });
    return {
      ...{ program, url: `http://127.0.0.1:${port}/orders`, orderId, token },
      async stop() {
        await program.end();
        folder.remove();
      },
    };
  };

async function measure(target: Target, kind: 'read' | 'write', ms: number): Promise<Turn> {
  let settle: (result: LoadResult) => void = () => {};
  const load = launch([process.execPath, local('http-load.ts')], {
    core: 1,
    onMessage: (message) => message !== 'ready' && settle(message as LoadResult),
  });
  const send = (order: Omit<LoadOrder, 'connections' | 'tokens'>) =>
    new Promise<LoadResult>((resolve) => {
      settle = resolve;
      load.child.send({ ...order, connections: CONNECTIONS, tokens: [target.token] });
    });
  try {
    const what =
      kind === 'read' ? { url: `${target.url}/${target.orderId}` } : { url: target.url, body: JSON.stringify(DRAFT) };
    await send({ ...what, ms: Math.min(500, ms) });
    const before = cpuMicros(target.program.pid);
    const seen = await send({ ...what, ms });
    const after = cpuMicros(target.program.pid);
    if (seen.refused > 0) throw new Error(`${what.url} refused ${seen.refused} requests`);
    return {
      value: seen.perSecond,
      also: {
        'p99 ms': seen.p99,
        ...(before !== undefined && after !== undefined
          ? { 'CPU µs/request': (after - before) / ((seen.perSecond * ms) / 1000) }
          : {}),
        'load cores': seen.cpu,
      },
    };
  } finally {
    await load.end();
  }
}

function contender(name: string, role: Contender['role'], kind: 'read' | 'write', open: Open): Contender {
  return {
    name,
    role,
    async start() {
      const target = await open();
      await answers(`${target.url}/${target.orderId}`, 60_000, { authorization: `Bearer ${target.token}` });
      return { turn: (ms) => measure(target, kind, ms), stop: () => target.stop() };
    },
  };
}

const OURS = 'Artel, all in one';
const RAW = 'node:http by hand';
const EXPRESS = 'Express 5';
const NEST = 'NestJS on Fastify';
const contenders = (kind: 'read' | 'write') => [
  contender(OURS, 'ours', kind, ours),
  contender(RAW, 'limit', kind, peer('crud-raw.mjs')),
  contender(EXPRESS, 'peer', kind, peer('crud-express.mjs')),
  contender(NEST, 'peer', kind, peer('crud-nest.mjs')),
];
export const crudBench: readonly Bench[] = [
  {
    name: 'crud-read',
    title: 'An order read, 16 connections, one core',
    unit: 'requests/s',
    contenders: contenders('read'),
    aims: [
      { ours: OURS, against: RAW, ratio: 0.85, kind: 'at least' },
      { ours: OURS, against: EXPRESS, ratio: 2.2, kind: 'at least' },
    ],
  },
  {
    name: 'crud-write',
    title: 'An order made, 16 connections, one core',
    unit: 'requests/s',
    contenders: contenders('write'),
    aims: [{ ours: OURS, against: NEST, ratio: 1.4, kind: 'at least' }],
  },
];
