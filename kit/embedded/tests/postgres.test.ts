import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { openDataFolder } from '../data-folder.ts';
import { freePort } from '../ports.ts';
import { startPostgres } from '../postgres.ts';
import { isAlive, isPostmasterOf, until } from '../postmaster.ts';
import { holder, kill, open, refusedStart, rows, temporaryFolder } from './help.ts';

const root = process.getuid?.() === 0;
const write = 'create table kept as select 42 as answer';
const read = 'select answer from kept';
const kept = [{ answer: 42 }];

test('the first start gives a durable, UTF-8, password-guarded server on loopback only', async () => {
  const { folder, server } = await open(temporaryFolder());
  const [settings] = await rows<Record<string, string>>(
    server.url,
    `select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit,
      current_setting('server_encoding') as encoding, current_setting('listen_addresses') as listen,
      current_setting('unix_socket_directories') as sockets, current_setting('max_connections') as connections,
      current_setting('timezone') as zone`,
  );
  expect(settings).toEqual({
    fsync: 'on',
    commit: 'on',
    encoding: 'UTF8',
    listen: '127.0.0.1',
    sockets: server.url.includes('?host=') ? expect.stringMatching(/postgres$/) : '',
    connections: '200',
    zone: 'UTC',
  });
  const wrong = new URL(server.url);
  wrong.password = 'guess';
  await expect(rows(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  const byPort = new URL(server.url);
  byPort.search = '';
  const addressOf = async (url: URL | string) =>
    (await rows<{ address: string | null }>(String(url), 'select inet_server_addr()::text as address'))[0]?.address;
  expect(await addressOf(byPort)).toBe('127.0.0.1/32');
  expect(await addressOf(server.url)).toBe(server.url.includes('?host=') ? null : '127.0.0.1/32');
  wrong.search = '';
  await expect(rows(wrong.href, 'select 1')).rejects.toThrow(/password authentication failed/);
  const log = readFileSync(path.join(folder.dir, 'logs', 'postgres.log'), 'utf8');
  expect(log).toContain('ready to accept connections');
  expect(log).not.toContain(new URL(server.url).password);
});

test('knows the upper case, the words and the look-alikes of Russian and English', async () => {
  const { server } = await open(temporaryFolder());
  const [found] = await rows(
    server.url,
    `select lower('ЛОГОТИП') as lower, 'Ёж' ilike 'ёж' as same,
      to_tsvector('russian', '«Логотипы»') @@ to_tsquery('russian', 'ЛОГОТИПА') as russian,
      to_tsvector('english', 'Logos') @@ to_tsquery('english', 'logo') as english`,
  );
  expect(found).toEqual({ lower: 'логотип', same: true, russian: true, english: true });
  const extensions = ['pg_trgm', 'unaccent', 'btree_gin', 'btree_gist', 'pgcrypto', 'citext'];
  for (const name of extensions) await rows(server.url, `create extension ${name}`);
  expect(await rows(server.url, "select similarity('логотип', 'логатип') > 0.3 as near")).toEqual([{ near: true }]);
});

test('the second start keeps the data, the address and the password', async () => {
  const dir = temporaryFolder();
  const first = await open(dir);
  await rows(first.server.url, write);
  await first.close();
  const second = await open(dir);
  expect(second.server.url).toBe(first.server.url);
  expect(await rows(second.server.url, read)).toEqual(kept);
});

test('after kill -9 of the platform its server ends by itself and the data are there', async () => {
  const dir = temporaryFolder();
  const killed = await holder(dir);
  await rows(killed.url, write);
  await kill(killed.child);
  const cluster = path.join(dir, 'postgres');
  expect(await until(async () => !(await isPostmasterOf(killed.pid, cluster)), 10_000)).toBe(true);
  const { server } = await open(dir);
  expect(await rows(server.url, read)).toEqual(kept);
});

test('a server that outlived its platform is stopped, and its data are there', async () => {
  const dir = temporaryFolder();
  const killed = await holder(dir);
  await rows(killed.url, write);
  // The watcher first, so that nobody stops the server.
  const watchers = execFileSync('ps', ['-eo', 'pid=,args=']).toString().split('\n');
  const watcher = watchers.find((line) => line.includes('artel-watch') && line.includes(` ${killed.pid}`));
  process.kill(Number(watcher?.trim().split(' ')[0]), 'SIGKILL');
  await kill(killed.child);
  const said: string[] = [];
  const { server } = await open(dir, { onProgress: (text) => said.push(text) });
  expect(said).toContain(`stopping the PostgreSQL that an earlier run left behind (process ${killed.pid})`);
  expect(server.pid).not.toBe(killed.pid);
  expect(await rows(server.url, read)).toEqual(kept);
});

test('after kill -9 of the server with queries under way it is up again at the same address', async () => {
  const ends: unknown[] = [];
  const { server } = await open(temporaryFolder(), { onExit: (how) => ends.push(how) });
  await rows(server.url, write);
  const busy = new Client({ connectionString: server.url });
  busy.on('error', () => undefined);
  await busy.connect();
  const query = busy.query('select count(*) from generate_series(1, 10000000000)').catch(() => undefined);
  const { pid } = server;
  process.kill(pid, 'SIGKILL');
  await query;
  expect(await until(() => server.pid !== pid, 15_000)).toBe(true);
  expect(ends).toEqual([{ code: null, signal: 'SIGKILL' }]);
  expect(await rows(server.url, read)).toEqual(kept);
});

test('after kill -9 of platform and server together a start recovers', async () => {
  const dir = temporaryFolder();
  const killed = await holder(dir);
  await rows(killed.url, write);
  process.kill(killed.pid, 'SIGKILL');
  await kill(killed.child);
  const { server } = await open(dir);
  expect(await rows(server.url, read)).toEqual(kept);
});

test('a stale postmaster.pid, or lock of a socket, whose pid is another process by now does not stop a start', async () => {
  const dir = temporaryFolder();
  const first = await open(dir);
  await first.close();
  const cluster = path.join(dir, 'postgres');
  // The pid of the process that runs this test: alive and no server.
  const stale = `${process.ppid}\n${cluster}\n1\n1\n\n\n\nready\n`;
  writeFileSync(path.join(cluster, 'postmaster.pid'), stale);
  writeFileSync(path.join(cluster, `.s.PGSQL.${first.server.port}.lock`), stale);
  expect(await isPostmasterOf(process.ppid, cluster)).toBe(false);
  const second = await open(dir);
  expect(isAlive(process.ppid)).toBe(true);
  expect(await rows(second.server.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a second copy is refused in one line that names the first', async () => {
  const dir = temporaryFolder();
  const first = await holder(dir);
  const { code, said } = await refusedStart(dir);
  expect(code).toBe(69);
  expect(said).toMatch(/^The data folder .* is in use by another copy of Artel: process \d+, since \S+\.\n$/);
  expect(said).toContain(`process ${first.child.pid},`);
  expect(await rows(first.url, 'select 1 as one')).toEqual([{ one: 1 }]);
});

test('a port that is taken is refused if asked for, avoided otherwise', async () => {
  const dir = temporaryFolder();
  const first = await open(dir);
  await first.close();
  const squatter = createServer().listen(first.server.port, '127.0.0.1');
  await new Promise((resolve) => squatter.once('listening', resolve));
  try {
    const folder = await openDataFolder(dir);
    const wanted = { folder, port: first.server.port };
    await expect(startPostgres(wanted)).rejects.toThrow(
      `Port ${first.server.port} of 127.0.0.1, meant for PostgreSQL, is taken.`,
    );
    folder.close();
    const second = await open(dir);
    expect(second.server.port).not.toBe(first.server.port);
    await second.close();
    const port = await freePort();
    expect((await open(dir, { port })).server.port).toBe(port);
  } finally {
    squatter.close();
  }
});

test('a database of another version, or with another password, is refused in one line', async () => {
  const dir = temporaryFolder();
  const first = await open(dir);
  await first.close();
  const version = path.join(dir, 'postgres', 'PG_VERSION');
  writeFileSync(version, '15\n');
  expect((await refusedStart(dir)).said).toMatch(/holds a PostgreSQL 15 database; this Artel runs version 18.*\n$/);
  writeFileSync(version, '18\n');
  rmSync(path.join(dir, 'secrets.json'));
  expect((await refusedStart(dir)).said).toMatch(/has another password than secrets\.json.*\n$/);
});

test("a server that can't start is one line with the end of its log", async () => {
  const dir = temporaryFolder();
  const first = await open(dir);
  await first.close();
  writeFileSync(path.join(dir, 'postgres', 'postgresql.auto.conf'), 'nonsense = 1\n');
  const { code, said } = await refusedStart(dir);
  expect(code).toBe(69);
  expect(said).toMatch(/^PostgreSQL didn't start: .*nonsense.*postgres\.log\)\.\n$/);
});

test('reset deletes the cluster, even while a leftover server runs on it', async () => {
  const dir = temporaryFolder();
  const killed = await holder(dir);
  await rows(killed.url, write);
  await kill(killed.child);
  const folder = await openDataFolder(dir);
  await folder.reset();
  await expect(rows(killed.url, 'select 1')).rejects.toThrow(/ECONNREFUSED|ENOENT/);
  expect(existsSync(path.join(dir, 'postgres'))).toBe(false);
  folder.close();
  const { server } = await open(dir);
  await expect(rows(server.url, read)).rejects.toThrow(/does not exist/);
});

test.runIf(root)('a data folder that the server user cannot enter keeps its cluster outside', async () => {
  const above = temporaryFolder();
  const outside = path.join(temporaryFolder(), 'outside');
  chmodSync(path.dirname(outside), 0o711);
  // Made while the folder could be entered, so it has to move.
  chmodSync(above, 0o755);
  const dir = path.join(above, 'data');
  const first = await open(dir, { outside });
  await rows(first.server.url, write);
  await first.close();
  chmodSync(above, 0o700);
  const said: string[] = [];
  const second = await open(dir, { outside, onProgress: (text) => said.push(text) });
  expect(said.join()).toMatch(/can't enter .*: the database is kept in /);
  expect(await rows(second.server.url, read)).toEqual(kept);
  await second.close();
  expect(existsSync(path.join(dir, 'postgres'))).toBe(false);

  // A copy of the folder must not become a second master of the same database.
  const copy = path.join(above, 'copy');
  execFileSync('cp', ['-a', dir, copy]);
  const copied = await openDataFolder(copy);
  await expect(startPostgres({ folder: copied, outside })).rejects.toThrow(`${copy} is a copy of ${dir}`);
  copied.close();
  rmSync(copy, { recursive: true });

  // A moved folder keeps it.
  const moved = path.join(above, 'moved');
  renameSync(dir, moved);
  const third = await open(moved, { outside });
  expect(await rows(third.server.url, read)).toEqual(kept);
  await third.close();
  const away = readFileSync(path.join(moved, 'postgres.location'), 'utf8');
  const folder = await openDataFolder(moved);
  await folder.reset();
  folder.close();
  expect(existsSync(away)).toBe(false);
});

test.runIf(root)('the cluster belongs to an ordinary user', async () => {
  const { folder } = await open(temporaryFolder());
  expect(statSync(path.join(folder.dir, 'postgres')).uid).toBeGreaterThan(0);
});
