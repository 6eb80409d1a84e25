import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { systemClock } from '#kit/clock.ts';
import { sql } from '#kit/db/db.ts';
import { createDb, type DbPool } from '#kit/db/pool.ts';
import { createLogger } from '#kit/log.ts';
import { createTelemetry } from '#kit/telemetry.ts';
import { type TestDatabase, testDatabase } from '#testing/postgres.ts';

let database: TestDatabase;
let db: DbPool;
beforeAll(async () => {
  database = await testDatabase();
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query('create table things (id int primary key)');
  await owner.end();
  const log = createLogger({ level: 'silent', pretty: false });
  const telemetry = await createTelemetry({ service: 'tests', version: '0', log });
  db = createDb({
    ...{ service: 'tests', connectionString: database.url, schema: 'public', max: 3, clock: systemClock, telemetry },
    onEvents() {},
  });
});
afterAll(async () => {
  await db?.close();
  await database?.drop();
});

const insert = (id: number) => sql`insert into things (id) values (${id})`;
const ids = async () => (await db.many<{ id: number }>(sql`select id from things order by id`)).map(({ id }) => id);

test('what is sent without waiting is seen by what follows it, and commits with it', async () => {
  await db.tx(async (tx) => {
    tx.send(insert(1));
    expect(await tx.many(sql`select id from things`)).toEqual([{ id: 1 }]);
    tx.send(insert(2));
  });
  expect(await ids()).toEqual([1, 2]);
});

test('when it fails the transaction fails with its error, whatever came after it', async () => {
  const last = db.tx(async (tx) => {
    await tx.run(insert(3));
    tx.send(insert(1));
  });
  await expect(last).rejects.toMatchObject({ code: '23505' });
  const followed = db.tx(async (tx) => {
    tx.send(insert(1));
    await tx.run(insert(4));
  });
  await expect(followed).rejects.toMatchObject({ code: '23505' });
  expect(await ids()).toEqual([1, 2]);
});
