import { readFileSync } from 'node:fs';
import pg from 'pg';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { event } from '#contracts/common/define.ts';
import type { Bus, CloudEvent, Subscription } from '#kit/bus/bus.ts';
import { openEmbeddedBus } from '#kit/bus/embedded.ts';
import { systemClock } from '#kit/clock.ts';
import { sql } from '#kit/db/db.ts';
import { type InboxHandler, startInbox } from '#kit/db/inbox.ts';
import { createDb, type DbPool } from '#kit/db/pool.ts';
import { newId } from '#kit/ids.ts';
import { createLogger } from '#kit/log.ts';
import { Problem } from '#kit/problem.ts';
import { createTelemetry } from '#kit/telemetry.ts';
import { type TestDatabase, testDatabase } from '#testing/postgres.ts';

const data = z.object({ n: z.int() });
const noted = event({ type: 'tests.thing.noted.v1', summary: 'A thing.', subject: 'thing', data });
const counted = event({ type: 'tests.thing.counted.v1', summary: 'A thing.', subject: 'thing', data });
const log = createLogger({ level: 'silent', pretty: false });
const telemetry = await createTelemetry({ service: 'tests', version: '0', log });

let database: TestDatabase;
let db: DbPool;
let bus: Bus;
beforeAll(async () => {
  database = await testDatabase();
  const owner = new pg.Client({ connectionString: database.url });
  await owner.connect();
  await owner.query('create schema kit; set search_path to kit');
  await owner.query(readFileSync(new URL('../db/migrations/0001-kit.sql', import.meta.url), 'utf8'));
  await owner.query('create table effects (seq bigint generated always as identity, n int not null)');
  await owner.end();
  db = createDb({
    ...{ service: 'tests', connectionString: database.url, schema: 'kit', max: 5, clock: systemClock, telemetry },
    onEvents() {},
  });
  bus = await openEmbeddedBus({ connectionString: database.url, log });
});
beforeEach(() => db.run(sql`truncate effects`));
afterAll(async () => {
  await bus?.close();
  await db?.close();
  await database?.drop();
});

const make = (type: string, n: number, subject: string = newId()): CloudEvent => ({
  ...{ specversion: '1.0', id: newId(), type, source: '/tests', subject, time: new Date().toISOString() },
  ...{ datacontenttype: 'application/json', data: { n } },
});
const range = (count: number) => Array.from({ length: count }, (_, n) => n);
const effects = async () => (await db.many<{ n: number }>(sql`select n from effects order by seq`)).map((row) => row.n);
const arrived = (count: number) => expect.poll(effects, { timeout: 15_000 }).toHaveLength(count);

/** Sends all, so that they lie there together, then takes them until `done`. */
async function take(handlers: readonly InboxHandler[], events: readonly CloudEvent[], done: () => Promise<void>) {
  await bus.declare([{ queue: 'tests', types: [noted.type, counted.type] }]);
  await bus.publish(events);
  const taking: Subscription = await startInbox({
    ...{ service: 'tests', bus, db, log, telemetry, handlers, prefetch: 100 },
  });
  await done();
  await taking.close();
}

const numberOf = (one: { data: unknown } | undefined) => data.parse(one?.data).n;
/** Writes its number; chokes on 13. */
const one: InboxHandler = {
  event: noted,
  together: undefined,
  handle: async ([only]) => {
    const n = numberOf(only);
    return async (tx) => {
      await tx.run(sql`insert into effects (n) values (${n})`);
      if (n === 13) await tx.run(sql`select 1 / 0`);
    };
  },
};

test('what comes at once is one transaction; an event whose effect fails holds back no other and leaves nothing', async () => {
  await take(
    [one],
    range(50).map((n) => make(noted.type, n)),
    () => arrived(49),
  );
  expect([...(await effects())].sort((a, b) => a - b)).toEqual(range(50).filter((n) => n !== 13));

  await db.run(sql`truncate effects`);
  // Of another type: the one that failed may be due again by now, and would part those that it comes with.
  await take(
    [{ ...one, event: counted }],
    range(10).map((n) => make(counted.type, n)),
    () => arrived(10),
  );
  const { transactions } = await db.one<{ transactions: number }>(
    sql`select count(distinct xmin::text)::int as transactions from effects`,
  );
  expect(transactions).toBe(1);
});

test('events of one subject keep their order, each seeing what the one before did', async () => {
  const subject = newId();
  const seen: number[] = [];
  const careful: InboxHandler = {
    ...one,
    handle: async (events) => {
      // Not when the choking one of before comes again.
      if (events[0]?.subject === subject) seen.push((await effects()).length);
      return one.handle(events);
    },
  };
  await take(
    [careful],
    range(12).map((n) => make(noted.type, n, subject)),
    () => arrived(12),
  );
  expect(await effects()).toEqual(range(12));
  expect(seen).toEqual(range(12));
});

test('F2: an event that comes three times has one effect', async () => {
  const events = range(12).map((n) => make(noted.type, n));
  const last = make(noted.type, 99);
  await take([one], [...events, ...events, ...events, last], () => arrived(13));
  expect([...(await effects())].sort((a, b) => a - b)).toEqual([...range(12), 99]);
});

test('handlers that take events together get them at once; when that fails, one by one', async () => {
  const sizes: number[] = [];
  const together: InboxHandler = {
    event: counted,
    together: {},
    handle: async (events) => {
      const numbers = events.map(numberOf);
      sizes.push(numbers.length);
      return async (tx) => {
        await tx.run(sql`insert into effects (n) select unnest(${numbers}::int[])`);
        if (numbers.includes(13)) await tx.run(sql`select 1 / 0`);
      };
    },
  };
  await take(
    [together],
    range(10).map((n) => make(counted.type, n)),
    () => arrived(10),
  );
  expect(sizes).toEqual([10]);
  await take(
    [together],
    range(20).map((n) => make(counted.type, n)),
    () => arrived(29),
  );
  expect((await effects()).filter((n) => n === 13)).toEqual([]);
});

test('an event with which there is nothing to do is taken and leaves no trace', async () => {
  const even: InboxHandler = {
    ...one,
    handle: async (events) => (numberOf(events[0]) % 2 ? undefined : one.handle(events)),
  };
  const events = range(10).map((n) => make(noted.type, n));
  await take([even], events, () => arrived(5));
  const ids = events.map((event) => event.id);
  const kept = await db.many<{ id: string }>(
    sql`select event_id as id from inbox where event_id = any(${ids}::uuid[])`,
  );
  expect(kept.map(({ id }) => id).sort()).toEqual(ids.filter((_, n) => n % 2 === 0).sort());
  // Nothing comes again.
  await take([even], [make(noted.type, 98)], () => arrived(6));
});

test('F11: an event for whose effect the disk has no room is tried every few seconds until it has, and is never parked', async () => {
  const attempts = new Set<number>();
  const cramped: InboxHandler = {
    ...one,
    handle: async (events) => async (tx) => {
      attempts.add(attempts.size);
      if (attempts.size < 5) throw new Problem('storage_full');
      await (await one.handle(events))?.(tx);
    },
  };
  await take([cramped], [make(noted.type, 7)], () => arrived(1));
  expect((await bus.deadLetters.list('tests', 10)).filter(({ reason }) => /storage/i.test(reason))).toEqual([]);
});

test('events of one subject that are handled together stay in order, and stay in it when each must go by itself', async () => {
  const subjects = [newId(), newId()];
  const batches: number[][] = [];
  const together: InboxHandler = {
    event: noted,
    together: {},
    handle: async (events) => {
      const numbers = events.map(numberOf);
      return async (tx) => {
        batches.push(numbers);
        await tx.run(sql`insert into effects (n) select unnest(${numbers}::int[])`);
        if (numbers.includes(113) && numbers.length > 1) await tx.run(sql`select 1 / 0`);
      };
    },
  };
  const send = (from: number) => range(20).map((n) => make(noted.type, from + n, subjects[n % 2]));
  await take([together], send(0), () => arrived(20));
  expect(await effects()).toEqual(range(20));
  expect(batches).toEqual([range(20)]);

  await db.run(sql`truncate effects`);
  await take([together], send(100), () => arrived(20));
  for (const rest of [0, 1])
    expect((await effects()).filter((n) => n % 2 === rest)).toEqual(
      range(20)
        .map((n) => 100 + n)
        .filter((n) => n % 2 === rest),
    );
});
