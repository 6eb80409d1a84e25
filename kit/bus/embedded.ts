import { randomInt } from 'node:crypto';
import { EventEmitter } from 'node:events';
import pg, { type ClientConfig, type Pool } from 'pg';
import type { Bus, BusLog, CloudEvent, DeadLetters, SubscribeOptions, Subscription } from './bus.ts';
import { encodeEvent } from './delivery.ts';
import { EmbeddedConsumer } from './embedded-consumer.ts';
import { Presence } from './embedded-presence.ts';
import { createSchema } from './embedded-schema.ts';
import { EmbeddedStore } from './embedded-store.ts';
import { assertQueueName, assertSubscribeOptions } from './names.ts';

/** Instances that came and went unseen are looked for at every so many safety polls, as that reads all messages. */
const LOOKS_PER_RECLAIM = 20;

export interface EmbeddedBusOptions {
  /** Used for all but one connection of its own. The caller closes it, after the bus. */
  pool?: Pool;
  /** In place of `pool`: the bus makes its own, of up to 6 connections. */
  connectionString?: string;
  /** Default `bus`. Made when missing. */
  schema?: string;
  log: BusLog;
  /** Bound of every statement, milliseconds. Default 5,000. */
  timeoutMs?: number;
  /** How often messages are looked for that no wake told of, milliseconds. Default 30,000. */
  safetyPollMs?: number;
}

/**
 * The bus without a broker: durable queues in PostgreSQL, woken in process. Rejects when the database is out of reach
 * or its schema can't be made.
 */
export async function openEmbeddedBus(options: EmbeddedBusOptions): Promise<Bus> {
  const bus = new EmbeddedBus(options);
  try {
    await bus.open();
  } catch (error) {
    await bus.close();
    throw error;
  }
  return bus;
}

class EmbeddedBus implements Bus {
  readonly deadLetters: DeadLetters;
  readonly #pool: Pool;
  readonly #ownPool: boolean;
  readonly #schema: string;
  readonly #log: BusLog;
  readonly #store: EmbeddedStore;
  readonly #presence: Presence;
  readonly #safetyPollMs: number;
  readonly #consumers = new Set<EmbeddedConsumer>();
  readonly #channels = new EventEmitter().setMaxListeners(0);
  #dueTimer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #upkeep: Promise<void> = Promise.resolve();
  #safetyTimer: NodeJS.Timeout | undefined;
  #alive = new Set<string>();
  #looks = 0;
  #closed = false;

  constructor(options: EmbeddedBusOptions) {
    const { log, schema = 'bus', timeoutMs = 5_000, safetyPollMs = 30_000 } = options;
    this.#log = log;
    this.#schema = schema;
    this.#safetyPollMs = safetyPollMs;
    this.#ownPool = options.pool === undefined;
    this.#pool = options.pool ?? ownPool(options.connectionString, timeoutMs, log);
    const instance = randomInt(1, 2 ** 31 - 1);
    this.#store = new EmbeddedStore(this.#pool, schema, instance, timeoutMs);
    // The pool hides its password and TLS settings from a spread.
    const { password, ssl } = this.#pool.options;
    const connection: ClientConfig = { ...this.#pool.options, password, ssl, connectionTimeoutMillis: timeoutMs };
    this.#presence = new Presence({
      connection,
      schema,
      instance,
      log,
      onWake: (queues, from) => this.#wakeFromOutside(queues, from),
    });
    this.deadLetters = storedDeadLetters(this.#store, (queue) => this.#wake([queue]));
  }

  async open(): Promise<void> {
    await createSchema(this.#pool, this.#schema);
    await this.#presence.open();
    this.#alive = await this.#store.aliveOthers();
    await this.#store.reclaim();
    this.#safetyTimer = setInterval(() => this.#lookAround(), this.#safetyPollMs);
    this.#safetyTimer.unref();
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    this.#assertOpen();
    if (events.length === 0) return;
    const types = events.map((event) => event.type);
    const bodies = events.map(encodeEvent);
    const promises = this.#promises(types);
    let stored: Awaited<ReturnType<EmbeddedStore['publish']>>;
    try {
      stored = await this.#store.publish(types, bodies, [...promises.keys()]);
    } catch (error) {
      for (const { consumer, count } of promises.values()) consumer.fail(count);
      throw error;
    }
    for (const [queue, { consumer, count }] of promises) {
      const { handed = [] } = stored.find((one) => one.queue === queue) ?? {};
      consumer.keep(
        count,
        handed.map(({ id, at }) => ({
          ...{ id, attempt: 1 },
          ...{ event_type: types[at] as string, body: bodies[at] as Buffer },
        })),
      );
    }
    this.#wake(stored.filter((one) => one.handed === undefined).map((one) => one.queue));
  }

  /** Consumers of this process that these events can be handed to, by queue. */
  #promises(types: readonly string[]): Map<string, { consumer: EmbeddedConsumer; count: number }> {
    const promises = new Map<string, { consumer: EmbeddedConsumer; count: number }>();
    for (const consumer of this.#consumers) {
      const count = consumer.countOf(types);
      if (count > 0 && !promises.has(consumer.queue) && consumer.promise(count))
        promises.set(consumer.queue, { consumer, count });
    }
    return promises;
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.#assertOpen();
    assertSubscribeOptions(options);
    await this.#store.bind(options.queue, options.types);
    await this.#store.unbindOthers(options.queue, options.types);
    const consumer = new EmbeddedConsumer(options, {
      store: this.#store,
      log: this.#log,
      onRetry: (delayMs) => this.#releaseAfter(delayMs),
      onGivenBack: () => this.#wake([options.queue]),
    });
    this.#consumers.add(consumer);
    this.#releaseAfter(0);
    return {
      close: async () => {
        await consumer.close();
        this.#consumers.delete(consumer);
      },
    };
  }

  async declare(queues: readonly { queue: string; types: readonly string[] }[]): Promise<void> {
    this.#assertOpen();
    for (const { queue } of queues) assertQueueName(queue);
    for (const { queue, types } of queues) await this.#store.bind(queue, types);
  }

  /**
   * Stays in this process: the embedded bus is for a platform that runs as one. A second process on the same database
   * shares the queues, not the broadcasts.
   */
  broadcast(channel: string, payload: unknown): void {
    if (this.#closed || this.#channels.listenerCount(`to:${channel}`) === 0) return;
    // Through JSON and on a later turn, as over a broker: no listener gets the sender's own object or its stack.
    const json = JSON.stringify(payload) ?? 'null';
    setImmediate(() => this.#channels.emit(`to:${channel}`, json));
  }

  async listen(channel: string, onMessage: (payload: unknown) => void): Promise<Subscription> {
    this.#assertOpen();
    const listener = (json: string) => {
      try {
        onMessage(JSON.parse(json));
      } catch (error) {
        this.#log.error({ err: error, channel }, 'listener of a broadcast failed');
      }
    };
    this.#channels.on(`to:${channel}`, listener);
    return {
      close: async () => {
        this.#channels.off(`to:${channel}`, listener);
      },
    };
  }

  async depth(queue: string): Promise<{ waiting: number; dead: number }> {
    return this.#store.depth(queue);
  }

  healthy(): boolean {
    return !this.#closed && this.#presence.up;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#safetyTimer);
    clearTimeout(this.#dueTimer);
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    clearTimeout(this.#dueTimer);
    await this.#upkeep;
    await this.#presence.close();
    if (this.#ownPool) await this.#pool.end();
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('the bus is closed');
  }

  #wake(queues: string[]): void {
    for (const consumer of this.#consumers) if (queues.includes(consumer.queue)) consumer.wake();
    this.#presence.notify(queues);
  }

  #wakeFromOutside(queues: string[] | undefined, from: string | undefined): void {
    if (from !== undefined) this.#alive.add(from);
    // The database was away: a crash of it forgets what was settled last, and what was published stays marked as in flight here.
    if (queues === undefined && from === undefined) for (const consumer of this.#consumers) consumer.lookForStray();
    if (queues === undefined) this.#lookAround();
    else for (const consumer of this.#consumers) if (queues.includes(consumer.queue)) consumer.wake();
  }

  /** Finds what no wake told of: messages of dead instances, retries that are due, wakes that were lost. */
  #lookAround(): void {
    this.#inUpkeep(async () => {
      const alive = await this.#store.aliveOthers();
      const vanished = [...this.#alive].some((id) => !alive.has(id));
      this.#alive = alive;
      if (vanished || ++this.#looks % LOOKS_PER_RECLAIM === 0) await this.#store.reclaim();
      for (const consumer of this.#consumers) consumer.lookAround();
    });
    this.#releaseAfter(0);
  }

  /** One timer for the retry that is due first. */
  #releaseAfter(delayMs: number): void {
    const at = Date.now() + delayMs;
    if (this.#closed || at >= this.#dueAt) return;
    this.#dueAt = at;
    clearTimeout(this.#dueTimer);
    // Not beyond the safety poll: setTimeout takes no more than 2^31 ms.
    this.#dueTimer = setTimeout(() => this.#release(), Math.min(delayMs, this.#safetyPollMs));
  }

  #release(): void {
    this.#dueAt = Number.POSITIVE_INFINITY;
    this.#inUpkeep(async () => {
      const mine = [...new Set([...this.#consumers].map((consumer) => consumer.queue))];
      if (mine.length === 0) return;
      const { queues, nextMs } = await this.#store.releaseDue(mine);
      this.#wake(queues);
      // A millisecond later than due, as the database compares in microseconds.
      if (nextMs !== undefined) this.#releaseAfter(Math.max(1, Math.ceil(nextMs) + 1));
    });
  }

  #inUpkeep(work: () => Promise<void>): void {
    this.#upkeep = this.#upkeep.then(async () => {
      if (this.#closed) return;
      try {
        await work();
      } catch (error) {
        this.#log.warn({ err: error }, 'bus upkeep failed; it is tried again');
        this.#releaseAfter(1_000);
      }
    });
  }
}

function ownPool(connectionString: string | undefined, timeoutMs: number, log: BusLog): Pool {
  if (connectionString === undefined) throw new Error('the embedded bus needs a pool or a connectionString');
  const pool = new pg.Pool({
    connectionString,
    max: 6,
    connectionTimeoutMillis: timeoutMs,
    application_name: 'artel-bus',
  });
  // An idle connection that breaks is replaced by the pool; unheard, its error would end the process.
  // One that it has let go at its end may hear that the server ends too, which is no news.
  pool.on('error', (error) => {
    if (!pool.ending) log.warn({ err: error }, 'bus lost an idle connection');
  });
  return pool;
}

function storedDeadLetters(store: EmbeddedStore, onReplay: (queue: string) => void): DeadLetters {
  const isId = (id: string) => /^\d{1,18}$/.test(id);
  return {
    list: (queue, limit) => store.deadLetters(queue, limit),
    get: async (queue, id) => (isId(id) ? (await store.deadLetters(queue, 1, id))[0] : undefined),
    replay: async (queue, id) => {
      const found = isId(id) && (await store.replay(queue, id));
      if (found) onReplay(queue);
      return found;
    },
    discard: async (queue, id) => isId(id) && store.discard(queue, id),
    async discardAll(queue, fits) {
      let discarded = 0;
      let after: string | undefined;
      for (;;) {
        const page = await store.deadLettersAfter(queue, after);
        for (const letter of page) if (fits(letter) && (await store.discard(queue, letter.id))) discarded++;
        after = page.at(-1)?.id;
        if (after === undefined) return discarded;
      }
    },
  };
}
