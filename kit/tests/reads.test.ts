import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#kit/clock.ts';
import { sql } from '#kit/db/db.ts';
import { createDb, type DbPool } from '#kit/db/pool.ts';
import { isRead } from '#kit/db/reads.ts';
import { createLogger } from '#kit/log.ts';
import { createTelemetry } from '#kit/telemetry.ts';
import { type TestDatabase, testDatabase } from '#testing/postgres.ts';

let database: TestDatabase;
const pools: DbPool[] = [];
const telemetry = await createTelemetry({
  ...{ service: 'tests', version: '0' },
  log: createLogger({ level: 'silent', pretty: false }),
});
function open(max: number): DbPool {
  const db = createDb({
    ...{ service: 'tests', connectionString: database.url, schema: 'public', max, clock: systemClock, telemetry },
    onEvents() {},
  });
  pools.push(db);
  return db;
}
beforeAll(async () => {
  database = await testDatabase();
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query('create table things (id int primary key, n int not null); insert into things values (1, 0)');
  await owner.end();
});
afterAll(async () => {
  await Promise.all(pools.map((db) => db.close()));
  await database?.drop();
});

const square = (n: number) => sql`select ${n}::int * ${n}::int as n, pg_backend_pid() as pid`;

test('reads of one turn share a connection, each with its own answer; what fails harms none of the others', async () => {
  const db = open(10);
  const asked = Array.from({ length: 100 }, (_, n) => db.one<{ n: number; pid: number }>(square(n)));
  const wrong = db.one(sql`select 1 / ${0}::int as n`);
  await expect(wrong).rejects.toMatchObject({ code: '22012' });
  const answers = await Promise.all(asked);
  expect(answers.map(({ n }) => n)).toEqual(Array.from({ length: 100 }, (_, n) => n * n));
  expect(new Set(answers.map(({ pid }) => pid)).size).toBeLessThanOrEqual(4);
  expect(await db.one(square(7))).toMatchObject({ n: 49 });
});

test('a read that waits for a lock, and a write, keep back no other', async () => {
  const db = open(4);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let locked = () => {};
  const isLocked = new Promise<void>((resolve) => {
    locked = resolve;
  });
  const holder = db.tx(async (tx) => {
    await tx.run(sql`update things set n = 1 where id = 1`);
    locked();
    await held;
  });
  await isLocked;
  const order: string[] = [];
  const waits = [
    db.one(sql`select n from things where id = 1 for update`).then(() => order.push('locking')),
    db.run(sql`update things set n = 2 where id = 1`).then(() => order.push('write')),
    db.one(sql`select n from things where id = 1`).then(() => order.push('read')),
  ];
  await waits[2];
  expect(order).toEqual(['read']);
  release();
  await Promise.all([holder, ...waits]);
});

test('a read known to be slow has a connection alone', async () => {
  const db = open(4);
  const slowly = () => db.one<{ n: bigint }>(sql`select count(*) as n from generate_series(1, ${2_000_000}::int)`);
  await slowly();
  const order: string[] = [];
  await Promise.all([
    slowly().then(() => order.push('slow')),
    db.one(square(3)).then(() => order.push('fast')),
    db.one(square(4)).then(() => order.push('fast')),
  ]);
  expect(order).toEqual(['fast', 'fast', 'slow']);
});

test('a connection that breaks is told to those on it, and not used again', async () => {
  const db = open(1);
  const { pid } = await db.one<{ pid: number }>(square(1));
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  const asked = [db.one(sql`select count(*) as n from generate_series(1, ${20_000_000}::int)`), db.one(square(2))];
  const outcomes = Promise.allSettled(asked);
  await new Promise((resolve) => setTimeout(resolve, 50));
  await owner.query('select pg_terminate_backend($1)', [pid]);
  await owner.end();
  for (const outcome of await outcomes)
    expect(outcome).toMatchObject({ status: 'rejected', reason: { code: 'unavailable' } });
  const fresh = await db.one<{ n: number; pid: number }>(square(3));
  expect(fresh).toMatchObject({ n: 9 });
  expect(fresh.pid).not.toBe(pid);
});

test.each([
  ['select id from things where blocked_until is null', true],
  [' \n select 1', true],
  ['select n from things for update', false],
  ['select n from things for no key update skip locked', false],
  ['select pg_advisory_xact_lock(1)', false],
  ["select nextval('things')", false],
  ['with gone as (delete from things returning 1) select * from gone', false],
  ['insert into things values (1)', false],
])('%s: read %s', (text, expected) => expect(isRead(text)).toBe(expected));
