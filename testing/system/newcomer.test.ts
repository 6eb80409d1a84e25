import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts } from '../ports.ts';
import { temporaryFolder } from './world.ts';

/** What a newcomer and an operator type, and what they see: the `artel` command as a process of its own. */
const MAIN = fileURLToPath(new URL('../../apps/server/artel.mjs', import.meta.url));
const folder = temporaryFolder();
const data = `${folder.path}/data`;
let ports: number[];
let platform: ChildProcess | undefined;

interface Ended {
  code: number | null;
  out: string;
  err: string;
}

function launch(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(process.execPath, [MAIN, ...args], {
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      DATA_DIR: data,
      PORT: String(ports[0]),
      CATCHER_PORT: String(ports[1]),
      PROVIDER_PORT: String(ports[2]),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function artel(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
  const child = launch(args, env);
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)];
  await once(child, 'close');
  return { code: child.exitCode, out: out(), err: err() };
}

function textOf(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}

/** Starts the platform and waits for its banner. */
async function start(args: readonly string[] = ['start']): Promise<string> {
  const child = launch(args);
  platform = child;
  const [out, err] = [textOf(child.stdout), textOf(child.stderr)];
  await new Promise<void>((resolve, reject) => {
    child.stdout?.on('data', () => {
      if (out().includes('begin anew')) resolve();
    });
    child.once('exit', (code) => reject(new Error(`ended with ${code}: ${out()}${err()}`)));
  });
  return out();
}

async function stop(): Promise<number | null> {
  const child = platform;
  platform = undefined;
  if (!child || child.exitCode !== null) return child?.exitCode ?? null;
  child.kill('SIGINT');
  await once(child, 'exit');
  return child.exitCode;
}

const base = () => `http://127.0.0.1:${ports[0]}`;

async function signIn(email: string, password: string): Promise<string> {
  const answer = await fetch(`${base()}/api/v1/sessions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': crypto.randomUUID() },
    body: JSON.stringify({ email, password }),
  });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { accessToken: string }).accessToken;
}

async function read(path: string, token?: string): Promise<{ items: Record<string, unknown>[] }> {
  const answer = await fetch(`${base()}/api/v1${path}`, {
    headers: token ? { authorization: `Bearer ${token}` } : {},
  });
  expect(answer.status, path).toBe(200);
  return (await answer.json()) as { items: Record<string, unknown>[] };
}

beforeAll(async () => {
  ports = await freePorts(4);
});
afterAll(async () => {
  await stop();
  folder.remove();
}, 60_000);

describe('a newcomer', { timeout: 120_000 }, () => {
  let banner = '';
  let orders: unknown[] = [];
  const accounts = () =>
    new Map(
      [...banner.matchAll(/^ {2}(client|freelancer|support|admin) +(\S+@\S+) +(\S+)$/gm)].map(
        ([, who, email, password]) => [who as string, { email: email as string, password: password as string }],
      ),
    );

  test('starts the platform: one banner with the address, the documentation, sign-ins, and no noise', async () => {
    banner = await start();
    expect(banner).toContain(`http://localhost:${ports[0]}`);
    expect(banner).toContain('/api/docs');
    expect([...accounts().keys()].sort()).toEqual(['admin', 'client', 'freelancer', 'support']);
    expect(new Set([...accounts().values()].map((one) => one.password)).size).toBe(4);
    expect(banner).not.toContain('"msg":"request"');
    expect(statSync(`${data}/secrets.json`).mode & 0o077).toBe(0);
    expect((await fetch(base())).headers.get('content-type')).toContain('text/html');
    expect((await fetch(`${base()}/api/docs`)).status).toBe(200);
    expect((await fetch(`http://127.0.0.1:${ports[1]}`)).status).toBe(200);
  });

  test('finds a marketplace: people with pictures, orders in every status, conversations, tickets', async () => {
    const token = await signIn(accounts().get('client')?.email ?? '', accounts().get('client')?.password ?? '');
    const people = await read('/freelancers?limit=50');
    expect(people.items.length).toBeGreaterThanOrEqual(4);
    expect(people.items.every((person) => person['avatarUrl'])).toBe(true);
    orders = (await read('/orders?limit=50')).items;
    expect(orders.length).toBeGreaterThanOrEqual(3);
    const own = (await read('/me/orders?limit=100', token)).items;
    for (const status of ['draft', 'published', 'expired', 'in_progress', 'delivered', 'completed'])
      expect(own.map((order) => order['status'])).toContain(status);
    expect((await read('/conversations', token)).items.length).toBeGreaterThan(0);
    const agent = await signIn(accounts().get('support')?.email ?? '', accounts().get('support')?.password ?? '');
    expect((await read('/support/queue', agent)).items.length).toBeGreaterThan(0);
  });

  test('looks in from beside: the ledger adds up, no dead letters, the doctor finds nothing', async () => {
    const ledger = await artel(['ledger', 'verify']);
    expect(ledger.err).toBe('');
    expect(ledger.out).toContain('the ledger is whole');
    const letters = await artel(['dead-letters', 'list']);
    expect(letters).toMatchObject({ code: 0, out: '0 dead letters\n' });
    expect(await artel(['doctor'])).toMatchObject({ code: 0, err: '' });
  });

  test('a second copy, a taken port, a bad setting, an unknown service: one line each, nothing damaged', async () => {
    const second = await artel(['start'], { PORT: String(ports[3]) });
    expect(second).toMatchObject({ code: 69, out: '' });
    expect(second.err).toMatch(/^artel: The data folder .+ is in use by another copy of Artel: process \d+.*\n$/);
    const elsewhere = `${folder.path}/elsewhere`;
    const taken = await artel(['start'], { DATA_DIR: elsewhere });
    expect(taken).toMatchObject({ code: 69, out: '' });
    expect(taken.err).toMatch(/^artel: port \d+ is taken: .+\n$/);
    expect(existsSync(elsewhere)).toBe(false);
    const bad = await artel(['start'], { PORT: 'many', DATA_DIR: elsewhere });
    expect(bad).toMatchObject({ code: 78, out: '', err: 'artel: PORT must be a whole number, not "many"\n' });
    expect(await artel(['start', 'bakery'])).toMatchObject({ code: 64, out: '' });
    expect((await fetch(`${base()}/readyz`)).status).toBe(200);
  });

  test('a folder that is not ours or can not be written is refused and left alone', async () => {
    const foreign = `${folder.path}/foreign`;
    mkdirSync(foreign);
    writeFileSync(`${foreign}/thesis.txt`, 'years of work');
    const env = { DATA_DIR: foreign, PORT: String(ports[3]), CATCHER_PORT: '0', PROVIDER_PORT: '0' };
    const refused = await artel(['start', '--reset', '--yes'], env);
    expect(refused.code).toBe(78);
    expect(refused.err.trim().split('\n')).toHaveLength(1);
    expect(readdirSync(foreign)).toEqual(['thesis.txt']);
    const file = await artel(['start'], { ...env, DATA_DIR: `${foreign}/thesis.txt` });
    expect(file.code).not.toBe(0);
    expect(file.err.trim().split('\n')).toHaveLength(1);
    expect(readFileSync(`${foreign}/thesis.txt`, 'utf8')).toBe('years of work');
  });

  test('Ctrl-C ends it cleanly; a second start finds everything as it was', async () => {
    const { email, password } = accounts().get('client') ?? { email: '', password: '' };
    expect(await stop()).toBe(0);
    await expect(fetch(base())).rejects.toThrow();
    const again = await start();
    expect(again).toContain(password);
    await signIn(email, password);
    const ids = (items: unknown[]) => items.map((order) => (order as { orderId: string }).orderId).sort();
    expect(ids((await read('/orders?limit=50')).items)).toEqual(ids(orders));
  });

  test('--reset asks first, and begins anew when told to', async () => {
    expect(await stop()).toBe(0);
    const asked = await artel(['start', '--reset']);
    expect(asked.code).not.toBe(0);
    expect(asked.err).toContain('--yes');
    const before = accounts().get('client')?.password;
    banner = await start(['start', '--reset', '--yes']);
    expect(accounts().get('client')?.password).not.toBe(before);
    expect(await stop()).toBe(0);
  });

  test('a port that somebody else holds is named, whoever it is', async () => {
    const holder = createServer().listen({ host: '127.0.0.1', port: ports[3] });
    await once(holder, 'listening');
    const { code, err } = await artel(['start'], { CATCHER_PORT: String(ports[3]) });
    holder.close();
    expect(code).toBe(69);
    expect(err).toContain(`port ${ports[3]} is taken`);
  });
});
