/** B2: nothing that a person sends becomes part of a statement or a command. Looked for by the tools that attackers use. */
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { testDatabase } from '../postgres.ts';
import { Api } from './api.ts';
import { DRAFT, registerAndConfirm, topUp } from './deal.ts';
import { ADMIN, allInOne, temporaryFolder, type World } from './world.ts';

const run = promisify(execFile);
const folder = temporaryFolder();
const SCAN_MS = 240_000;
let world: World;
let client: Api;
let admin: Api;
let orderId: string;

beforeAll(async () => {
  world = await allInOne();
  await world.drain();
  admin = new Api(world);
  await admin.signIn(ADMIN.email, ADMIN.password);
  client = new Api(world);
  await registerAndConfirm(client, { name: 'Анна Проверкина', roles: ['client', 'freelancer'], locale: 'ru' });
  await topUp(client, 1_000);
  orderId = (await client.post('/orders', DRAFT)).body.orderId;
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
}, 240_000);
afterAll(async () => {
  await world?.close();
  folder.remove();
});

/** What sqlmap says of an address; an asterisk marks a place in the path, else all parameters are tried. */
async function sqlmap(url: string, of: { json?: unknown; token?: string | undefined; most?: string } = {}) {
  const { stdout } = await run(
    'sqlmap',
    [
      ...['-u', url, '--batch', '--dbms=PostgreSQL', '--level=2', '--risk=1', '--technique=BEUSTQ', '--threads=4'],
      ...['--time-sec=3', '--timeout=10', '--retries=1', '--flush-session', '--disable-coloring', '--skip-waf'],
      ...['--ignore-code=*', '--output-dir', join(folder.path, 'sqlmap')],
      ...(of.json === undefined
        ? []
        : ['--data', JSON.stringify(of.json), '--headers', 'content-type: application/json']),
      ...(of.token === undefined ? [] : ['--auth-type=Bearer', '--auth-cred', of.token]),
      ...(of.most === undefined ? [] : ['-p', of.most]),
    ],
    { timeout: SCAN_MS, maxBuffer: 1 << 26 },
  );
  return {
    stdout,
    found: /Parameter: .*\n\s+Type: /.test(stdout),
    tried: /do not appear to be injectable/.test(stdout),
  };
}
const clean = { found: false, tried: true };

/** What wapiti finds, by kind. */
async function wapiti(url: string, starts: readonly string[]): Promise<string[]> {
  const report = join(folder.path, `${randomUUID()}.json`);
  await run(
    'wapiti',
    [
      ...['-u', url, ...starts.flatMap((start) => ['-s', start]), '-m', 'sql,timesql,exec,file,xss,crlf,redirect,xxe'],
      ...['--scope', 'domain', '-f', 'json', '-o', report, '--flush-session', '--max-scan-time', '120'],
      ...['--no-bugreport', '--store-session', folder.path, '-v', '0', '-d', '2', '-t', '10'],
    ],
    { timeout: SCAN_MS, maxBuffer: 1 << 26, env: { ...process.env, HOME: folder.path } },
  );
  const { vulnerabilities } = JSON.parse(readFileSync(report, 'utf8')) as {
    vulnerabilities: Record<string, unknown[]>;
  };
  return Object.entries(vulnerabilities).flatMap(([kind, all]) => (all.length > 0 ? [kind] : []));
}

test(
  'both find what is there to be found',
  async () => {
    const database = await testDatabase();
    const db = new pg.Pool({ connectionString: database.url, max: 4 });
    db.on('error', () => {});
    const server = createServer((request, response) => {
      const id = new URL(request.url ?? '/', 'http://x').searchParams.get('id') ?? '1';
      response.setHeader('content-type', 'text/html');
      // What nobody should write.
      db.query(`select n from generate_series(1, 3) n where n = ${id}`).then(
        ({ rows }) => response.end(`<a href="/?id=2">${JSON.stringify(rows)}</a>`),
        (error: Error) => {
          response.statusCode = 500;
          response.end(`PostgreSQL query failed: ERROR: ${error.message}`);
        },
      );
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    try {
      expect((await sqlmap(`${url}?id=1`)).found).toBe(true);
      expect(await wapiti(url, [`${url}?id=1`])).toContain('SQL Injection');
    } finally {
      server.closeAllConnections();
      server.close();
      await db.end();
      await database.drop();
    }
  },
  SCAN_MS,
);

const at = (path: string) => `${world.gateways[0]}/api/v1${path}`;
test.each([
  ['the search of orders', () => sqlmap(at('/orders?q=logo&category=logo-design&tag=x&skill=logo&sort=newest'))],
  ['the search of freelancers', () => sqlmap(at('/freelancers?q=logo&skill=logo'))],
  ['an order’s id', () => sqlmap(at(`/orders/${orderId}*`))],
  ['a profile’s name', () => sqlmap(at('/profiles/anna*'))],
  ['a sign-in', () => sqlmap(at('/sessions'), { json: { email: 'anna@example.com', password: 'wrong' } })],
  [
    'an order’s fields',
    () =>
      sqlmap(at('/orders'), {
        json: { title: DRAFT.title, description: DRAFT.description, category: DRAFT.category, tags: ['x'] },
        token: client.token,
      }),
  ],
  ['the statement', () => sqlmap(at('/me/statement?kind=topup&limit=5'), { token: client.token })],
  [
    'the administration’s search of people',
    () => sqlmap(at('/admin/users?q=anna&status=active'), { token: admin.token }),
  ],
  ['the audit log', () => sqlmap(at('/admin/audit?action=sign&limit=5'), { token: admin.token })],
] as const)(
  'B2: sqlmap finds no way into %s',
  async (_what, scan) => {
    const { stdout, ...seen } = await scan();
    expect(seen, stdout.slice(-3_000)).toEqual(clean);
  },
  SCAN_MS,
);

test(
  'B2: wapiti finds no injection, no cross-site script and no open redirect',
  async () => {
    const starts = ['/orders?q=logo&tag=x', '/freelancers?q=logo', `/orders/${orderId}`].map(at);
    expect(await wapiti(`${world.gateways[0]}/`, starts)).toEqual([]);
  },
  SCAN_MS,
);

test('afterwards everything is as it was', async () => {
  expect((await new Api(world).get(`/orders/${orderId}`)).body.title).toBe(DRAFT.title);
  await world.drain();
  expect(await world.deadLetters()).toEqual([]);
});
