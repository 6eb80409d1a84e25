import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type TestDatabase, testDatabase } from '#testing/postgres.ts';
import type { Bus, Delivery } from './bus.ts';
import { busSuite } from './bus-suite.ts';
import type { BusHarness } from './bus-suite-fixture.ts';
import { event, events, eventually, Inbox, numberOf, silentLog, startChild } from './bus-testing.ts';
import { openEmbeddedBus } from './embedded.ts';

async function embeddedHarness(): Promise<BusHarness> {
  const database = await testDatabase();
  const pool = new pg.Pool({ connectionString: database.url, max: 2 });
  const connectionString = database.url;
  return {
    // A safety poll that never comes: the suite passes on wakes alone.
    open: () => openEmbeddedBus({ connectionString, log: silentLog, safetyPollMs: 600_000 }),
    peer: async (bus) => bus,
    inject: async (type, bytes) => {
      await pool.query(
        `INSERT INTO bus.message (queue, event_type, body) SELECT queue, event_type, $2 FROM bus.binding WHERE event_type = $1`,
        [type, bytes],
      );
      await pool.query(`SELECT pg_notify('bus_wake', '{}')`);
    },
    transport: { kind: 'embedded', connectionString, schema: 'bus' },
    close: async () => {
      await pool.end();
      await database.drop();
    },
  };
}

busSuite('embedded bus', embeddedHarness);

describe('embedded bus on PostgreSQL', { timeout: 30_000 }, () => {
  let database: TestDatabase;
  let admin: pg.Pool;
  const open = (schema: string, safetyPollMs = 600_000): Promise<Bus> =>
    openEmbeddedBus({ connectionString: database.url, schema, log: silentLog, safetyPollMs });

  beforeAll(async () => {
    database = await testDatabase();
    admin = new pg.Pool({ connectionString: database.url, max: 2 });
    admin.on('error', () => {});
  });
  afterAll(async () => {
    await admin.end();
    await database.drop();
  });

  async function collect(bus: Bus, queue: string, type: string): Promise<Inbox<number>> {
    const got = new Inbox<number>();
    const onBatch: Parameters<Bus['subscribe']>[0]['onBatch'] = async (batch) => {
      for (const delivery of batch) {
        delivery.ack();
        got.add(numberOf(delivery));
      }
    };
    await bus.subscribe({ queue, types: [type], prefetch: 100, onBatch });
    return got;
  }

  test('many processes may open a new schema at once', async () => {
    const buses = await Promise.all(Array.from({ length: 5 }, () => open('at_once')));
    expect(buses.every((bus) => bus.healthy())).toBe(true);
    await Promise.all(buses.map((bus) => bus.close()));
  });

  test('a publish of another process on the same database wakes', async () => {
    const [here, there] = [await open('woken'), await open('woken')];
    const got = await collect(here, 'q', 'a.b.c.v1');
    await there.publish(events('a.b.c.v1', 3));
    await got.count(3);
    await Promise.all([here.close(), there.close()]);
  });

  test('messages of a process that is still alive are left to it', async () => {
    const [here, there] = [await open('alive'), await open('alive')];
    const holding = new Inbox<number>();
    const release = Promise.withResolvers<void>();
    await here.subscribe({
      queue: 'q',
      types: ['a.b.c.v1'],
      prefetch: 10,
      onBatch: async (batch) => {
        for (const delivery of batch) holding.add(numberOf(delivery));
        await release.promise;
        for (const delivery of batch) delivery.ack();
      },
    });
    await here.publish(events('a.b.c.v1', 2));
    await holding.count(1);
    const third = await open('alive');
    const got = await collect(there, 'q', 'a.b.c.v1');
    await there.publish([event('a.b.c.v1', { n: 7 })]);
    await got.count(1);
    release.resolve();
    await eventually(
      () => there.depth('q'),
      (depth) => depth.waiting === 0,
    );
    expect([...holding.items, ...got.items].sort()).toEqual([0, 1, 7]);
    await Promise.all([here.close(), there.close(), third.close()]);
  });

  test('messages of a process that was killed go to one that lives on', async () => {
    const type = 'a.b.c.v1';
    const bus = await open('takeover', 100);
    await bus.declare([{ queue: 'q', types: [type] }]);
    await bus.publish(events(type, 3));
    const transport = { kind: 'embedded' as const, connectionString: database.url, schema: 'takeover' };
    const child = startChild({ transport, mode: 'hold', queue: 'q', type, acks: 0 });
    await child.lines.until((lines) => lines.includes('holding'));
    const got = await collect(bus, 'q', type);
    await bus.publish([event(type, { n: 3 })]);
    await got.count(1);
    expect(got.items).toEqual([3]);
    await child.kill();
    await got.count(4);
    expect([...got.items].sort()).toEqual([0, 1, 2, 3]);
    await bus.close();
  });

  test('a message whose every delivery kills the process is parked', async () => {
    const bus = await open('deadly');
    await bus.declare([{ queue: 'q', types: ['a.b.c.v1'] }]);
    await bus.publish(events('a.b.c.v1', 2));
    // As 20 killed processes would have left it.
    await admin.query(`UPDATE deadly.message SET owner = 1, attempt = CASE WHEN id = 1 THEN 20 ELSE 3 END`);
    const next = await open('deadly');
    expect(await next.depth('q')).toEqual({ waiting: 1, dead: 1 });
    expect(await next.deadLetters.list('q', 10)).toMatchObject([
      { attempts: 20, reason: 'delivered 20 times without an answer' },
    ]);
    await Promise.all([bus.close(), next.close()]);
  });

  test('cut connections: publishes fail or are safe, and all of it goes on by itself', async () => {
    const bus = await open('cut', 200);
    const got = await collect(bus, 'q', 'a.b.c.v1');
    const cut = () =>
      admin.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'artel-bus'`,
      );
    const safe: number[] = [];
    for (let n = 0; n < 300; n++) {
      // Handled from the start: it may fail while the cut is still being awaited.
      const sending = bus.publish([event('a.b.c.v1', { n })]).then(
        () => safe.push(n),
        () => {},
      );
      if (n % 100 === 50) await cut();
      await sending;
    }
    await eventually(
      () => bus.healthy(),
      (healthy) => healthy,
    );
    await got.until((items) => safe.every((n) => items.includes(n)));
    expect(safe.length).toBeGreaterThan(250);
    await eventually(
      () => bus.depth('q'),
      (depth) => depth.waiting === 0,
    );
    await bus.close();
  });

  test('what its own process publishes is stored as in flight, up to a bound, and nothing is overtaken', async () => {
    const bus = await open('handed');
    const got = new Inbox<number>();
    const release = Promise.withResolvers<void>();
    await bus.subscribe({
      queue: 'q',
      types: ['a.b.c.v1'],
      prefetch: 4,
      onBatch: async (batch) => {
        for (const delivery of batch) got.add(numberOf(delivery));
        await release.promise;
        for (const delivery of batch) delivery.ack();
      },
    });
    await eventually(
      async () => {
        await bus.publish([event('a.b.c.v1', { n: -1 })]);
        return (await admin.query(`SELECT FROM handed.message WHERE owner IS NOT NULL`)).rowCount ?? 0;
      },
      (inFlight) => inFlight > 0,
    );
    const before = got.items.length;
    const owned = async () =>
      (
        await admin.query<{ n: number }>(`SELECT (body->'data'->>'n')::int AS n FROM
        (SELECT convert_from(body, 'utf8')::jsonb AS body FROM handed.message WHERE owner IS NOT NULL) m`)
      ).rows
        .map((row) => row.n)
        .filter((n) => n >= 0)
        .sort((a, b) => a - b);
    const all = Array.from({ length: 40 }, (_, n) => n);
    for (const n of all) await bus.publish([event('a.b.c.v1', { n })]);
    const handed = await owned();
    expect(before).toBeGreaterThan(0);
    expect(handed.length).toBeGreaterThan(10);
    expect(handed.length).toBeLessThan(40);
    expect(handed).toEqual(all.slice(0, handed.length));
    release.resolve();
    await got.until((items) => items.filter((n) => n >= 0).length === 40);
    expect(got.items.filter((n) => n >= 0)).toEqual(all);
    await eventually(
      () => bus.depth('q'),
      (depth) => depth.waiting === 0,
    );
    await bus.close();
  });

  test('what is published while a backlog is taken comes after it', async () => {
    const bus = await open('behind');
    await bus.declare([{ queue: 'q', types: ['a.b.c.v1'] }]);
    await bus.publish(events('a.b.c.v1', 30));
    const got = new Inbox<number>();
    const onBatch = async (batch: Delivery[]) => {
      for (const delivery of batch) {
        delivery.ack();
        got.add(numberOf(delivery));
      }
    };
    // Holds up the first take, so that a publish begins while it is under way.
    const lock = await admin.connect();
    await lock.query('BEGIN; LOCK TABLE behind.message IN ACCESS EXCLUSIVE MODE');
    await bus.subscribe({ queue: 'q', types: ['a.b.c.v1'], prefetch: 7, onBatch });
    const publishing = bus.publish([event('a.b.c.v1', { n: 30 })]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await lock.query('COMMIT');
    lock.release();
    await publishing;
    for (let n = 31; n < 60; n++) await bus.publish([event('a.b.c.v1', { n })]);
    await got.count(60);
    expect(got.items).toEqual(Array.from({ length: 60 }, (_, n) => n));
    await bus.close();
  });

  test('a publish that was given up and committed later is delivered all the same', async () => {
    const connectionString = database.url;
    const bus = await openEmbeddedBus({
      connectionString,
      schema: 'late',
      log: silentLog,
      timeoutMs: 300,
      safetyPollMs: 500,
    });
    const got = await collect(bus, 'q', 'a.b.c.v1');
    await bus.publish([event('a.b.c.v1', { n: 0 })]);
    await got.count(1);
    await admin.query(`CREATE FUNCTION late.wait() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN PERFORM pg_sleep(1.5); RETURN NEW; END $$;
      CREATE TRIGGER wait BEFORE INSERT ON late.message FOR EACH ROW EXECUTE FUNCTION late.wait()`);
    await expect(bus.publish([event('a.b.c.v1', { n: 1 })])).rejects.toThrow('timeout');
    await got.until((items) => items.includes(1));
    expect(got.items).toEqual([0, 1]);
    await bus.close();
  });

  test('a database out of reach is refused at once', async () => {
    const nowhere = new URL(database.url);
    nowhere.port = '1';
    await expect(openEmbeddedBus({ connectionString: nowhere.href, log: silentLog })).rejects.toThrow();
  });
});
