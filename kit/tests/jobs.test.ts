import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { systemClock } from '#kit/clock.ts';
import { sql } from '#kit/db/db.ts';
import { startJobs } from '#kit/db/jobs.ts';
import { migrate, serviceUrl } from '#kit/db/migrate.ts';
import { createDb, type DbPool } from '#kit/db/pool.ts';
import { createLogger } from '#kit/log.ts';
import type { ServiceContext } from '#kit/service/types.ts';
import { createTelemetry } from '#kit/telemetry.ts';
import { TEST_SECRET } from '#testing/env.ts';
import { type TestDatabase, testDatabase } from '#testing/postgres.ts';

const log = createLogger({ level: 'silent', pretty: false });
const telemetry = await createTelemetry({ service: 'tests', version: '0', log });
let database: TestDatabase;
let db: DbPool;

beforeAll(async () => {
  database = await testDatabase();
  await migrate({
    adminUrl: database.url,
    roleSecret: TEST_SECRET,
    targets: [{ service: 'users', migrations: undefined, jobs: true }],
  });
  db = createDb({
    ...{ service: 'users', schema: 'users', connectionString: serviceUrl(database.url, TEST_SECRET, 'users') },
    ...{ max: 2, clock: systemClock, telemetry, onEvents() {} },
  });
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

test('with another secret the roles get their new passwords, though the schema is as it was', async () => {
  const fresh = await testDatabase();
  const admin = new pg.Client({ connectionString: fresh.url });
  await admin.connect();
  const marksAfter = async (roleSecret: string) => {
    const targets = [{ service: 'users', migrations: undefined, jobs: false }] as const;
    await migrate({ adminUrl: fresh.url, roleSecret, targets });
    return (await admin.query('select digest, password_mark as mark, at from artel.schema_state')).rows[0];
  };
  try {
    const first = await marksAfter(TEST_SECRET);
    expect(await marksAfter(TEST_SECRET)).toEqual(first);
    const other = await marksAfter('another secret of an operator who changed it');
    expect(other).toMatchObject({ digest: first.digest });
    expect(other.mark).not.toBe(first.mark);
    expect(other.at).not.toEqual(first.at);
  } finally {
    await marksAfter(TEST_SECRET);
    await admin.end();
    await fresh.drop();
  }
});

/** What the library writes of a failed run is lost, as it is when the database is away at that moment. */
async function loseFailures(): Promise<void> {
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(`
    create function lose() returns trigger language plpgsql as 'begin return null; end';
    create trigger lose before update on users_jobs._private_jobs for each row
      when (new.last_error is distinct from old.last_error) execute function lose()`);
  await admin.end();
}

test('what a dead process had taken is given back at the start of the only one', async () => {
  await db.tx((tx) => tx.schedule('once', {}, { key: 'taken' }));
  await db.run(sql`update users_jobs._private_jobs set locked_at = now(), locked_by = 'who is dead', attempts = 1`);
  const done = Promise.withResolvers<void>();
  const runner = await startJobs({
    ...{ ctx: { telemetry } as ServiceContext, db, schema: 'users', log, abandonedMs: 86_400_000, alone: true },
    jobs: { once: { payload: z.object({}), run: async () => done.resolve() } },
  });
  await done.promise;
  await runner.close();
});

test('a job whose end could not be written down is given back and runs again', async () => {
  await loseFailures();
  let runs = 0;
  const second = Promise.withResolvers<void>();
  const run = async () => {
    if (++runs > 1) return second.resolve();
    throw new Error('the first time it fails');
  };
  // Never abandoned: it is not the time that gives it back.
  const runner = await startJobs({
    ...{ ctx: { telemetry } as ServiceContext, db, schema: 'users', log, abandonedMs: 86_400_000 },
    jobs: { once: { payload: z.object({}), run } },
  });
  try {
    await db.tx((tx) => tx.schedule('once', {}));
    await second.promise;
    expect(runs).toBe(2);
  } finally {
    await runner.close();
  }
});

test('a runner whose first question to the database failed takes jobs all the same once it answers', async () => {
  const admin = new pg.Client({ connectionString: database.url });
  await admin.connect();
  await admin.query(`
    create sequence users_jobs.refusals;
    grant usage on users_jobs.refusals to public;
    create function refuse() returns trigger language plpgsql as 'begin perform nextval($$users_jobs.refusals$$); raise exception $$as if it were away$$; end';
    create trigger refuse before insert on users_jobs._private_tasks for each statement execute function refuse()`);
  const done = Promise.withResolvers<void>();
  const runner = await startJobs({
    ...{ ctx: { telemetry } as ServiceContext, db, schema: 'users', log },
    jobs: { afterwards: { payload: z.object({}), run: async () => done.resolve() } },
  });
  try {
    const refused = async () => (await admin.query('select is_called from users_jobs.refusals')).rows[0].is_called;
    await expect.poll(refused).toBe(true);
    await admin.query('drop trigger refuse on users_jobs._private_tasks');
    await db.tx((tx) => tx.schedule('afterwards', {}));
    await done.promise;
  } finally {
    await runner.close();
    await admin.end();
  }
});
