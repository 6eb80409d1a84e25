/** Ways an event takes from a sender's transaction to a subscriber's row. */
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { Connection } from 'rabbitmq-client';
import { z } from 'zod';
import { event } from '#contracts/common/define.ts';
import { openEmbeddedBus } from '#kit/bus/embedded.ts';
import { connectRabbit } from '#kit/bus/rabbit.ts';
import { systemClock } from '#kit/clock.ts';
import { sql } from '#kit/db/db.ts';
import { startInbox } from '#kit/db/inbox.ts';
import { type OutboxRelay, startOutboxRelay } from '#kit/db/outbox.ts';
import { createDb } from '#kit/db/pool.ts';
import { createLogger } from '#kit/log.ts';
import { createTelemetry } from '#kit/telemetry.ts';
import { removeQueues } from '#testing/rabbit.ts';

export interface Lane {
  /** Commits a business row and its event. */
  send(id: string): Promise<void>;
  /** Makes a backlog ready; what it returns lets it go. */
  fill(ids: readonly string[]): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

const happened = event({
  type: 'bench.thing.happened.v1',
  summary: 'A row was written.',
  subject: 'thing',
  data: z.object({ id: z.uuid(), title: z.string() }),
});
const TITLE = 'a logo for a bakery, with a card and a sign above the door';
const POOL = 20;
/** As a service has it. */
const PREFETCH = 200;

async function makeSchema(databaseUrl: string): Promise<string> {
  const schema = `bench_${randomBytes(4).toString('hex')}`;
  const owner = new pg.Client({ connectionString: databaseUrl });
  await owner.connect();
  await owner.query(`create schema ${schema}; set search_path to ${schema}`);
  await owner.query(readFileSync(new URL('../kit/db/migrations/0001-kit.sql', import.meta.url), 'utf8'));
  await owner.query('create table things (id uuid primary key, title text not null)');
  await owner.query('create table seen (id uuid primary key, title text not null)');
  await owner.end();
  return schema;
}

/** The kit's own outbox, transport and inbox. */
export async function artelLane(options: {
  databaseUrl: string;
  rabbit?: { url: string; prefix: string };
  onArrive(id: string): void;
}): Promise<Lane> {
  const { databaseUrl, rabbit } = options;
  const schema = await makeSchema(databaseUrl);
  const log = createLogger({ level: 'warn', pretty: false });
  const telemetry = await createTelemetry({ service: 'bench', version: '0', log });
  const bus = rabbit
    ? await connectRabbit({ ...rabbit, log })
    : await openEmbeddedBus({ connectionString: databaseUrl, schema: `${schema}_bus`, log });
  let relay: OutboxRelay | undefined;
  const db = createDb({
    ...{ service: 'orders', connectionString: databaseUrl, schema, max: POOL, clock: systemClock, telemetry },
    onEvents: () => relay?.wake(),
  });
  // A service's name: what takes a platform's queues away again goes by these.
  await bus.declare([{ queue: 'orders', types: [happened.type] }]);
  const inbox = await startInbox({
    ...{ service: 'orders', bus, db, log, telemetry, prefetch: PREFETCH },
    handlers: [
      {
        event: happened,
        together: happened,
        handle: async (events) => {
          const things = events.map((one) => one.data as z.infer<typeof happened.data>);
          const [ids, titles] = [things.map((thing) => thing.id), things.map((thing) => thing.title)];
          return async (tx) => {
            await tx.run(sql`insert into seen (id, title) select * from unnest(${ids}::uuid[], ${titles}::text[])`);
            tx.afterCommit(() => {
              for (const id of ids) options.onArrive(id);
            });
          };
        },
      },
    ],
  });
  relay = startOutboxRelay({ pool: db.raw, schema, bus, log, telemetry });
  return {
    send: (id) =>
      db.tx(async (tx) => {
        await tx.run(sql`insert into things (id, title) values (${id}, ${TITLE})`);
        tx.emit(happened, id, { id, title: TITLE });
      }),
    async fill(ids) {
      return async () => {
        await db.tx(async (tx) => {
          await tx.run(sql`insert into things (id, title) select unnest(${ids}::uuid[]), ${TITLE}`);
          for (const id of ids) tx.emit(happened, id, { id, title: TITLE });
        });
      };
    },
    async close() {
      await relay?.close();
      await inbox.close();
      await bus.close();
      await db.close();
      if (rabbit) await removeQueues(rabbit.url, rabbit.prefix);
    },
  };
}

/** What the broker can do at all: a quorum queue, persistent messages, confirms, one acknowledgement each. */
export async function rawLane(amqpUrl: string, prefix: string, onArrive: (id: string) => void): Promise<Lane> {
  const connection = new Connection(amqpUrl);
  connection.on('error', () => {});
  const queue = `${prefix}raw`;
  await connection.queueDeclare({ queue, durable: true, arguments: { 'x-queue-type': 'quorum' } });
  const channel = await connection.acquire();
  await channel.basicQos({ prefetchCount: PREFETCH });
  await channel.basicConsume({ queue }, (message) => {
    channel.basicAck({ deliveryTag: message.deliveryTag });
    onArrive((message.body as { id: string }).id);
  });
  const publisher = connection.createPublisher({ confirm: true });
  const send = (id: string) =>
    publisher.send({ routingKey: queue, durable: true }, { id, type: happened.type, data: { id, title: TITLE } });
  return {
    send,
    fill: async (ids) => async () => {
      for (let at = 0; at < ids.length; at += 500) await Promise.all(ids.slice(at, at + 500).map(send));
    },
    async close() {
      await publisher.close();
      await channel.close();
      await connection.queueDelete({ queue });
      await connection.close();
    },
  };
}

/** A job queue in PostgreSQL, from the peers' folder. */
export async function peerLane(file: string, databaseUrl: string, onArrive: (id: string) => void): Promise<Lane> {
  const schema = await makeSchema(databaseUrl);
  const module = (await import(new URL(`./peers/${file}`, import.meta.url).href)) as {
    open(options: object): Promise<Omit<Lane, 'fill'>>;
  };
  const lane = await module.open({ databaseUrl, schema, title: TITLE, pool: POOL, onArrive });
  return { ...lane, fill: async (ids) => async () => void (await Promise.all(ids.map((id) => lane.send(id)))) };
}
