import type { Channel, SyncMessage } from 'rabbitmq-client';
import { type BusLog, BusTopologyError, RETRY_DELAYS_MS } from './bus.ts';
import type { Link } from './rabbit-link.ts';
import type { Publisher } from './rabbit-publisher.ts';
import { pause, within } from './waiting.ts';

/** A message whose deliveries ended so often without an answer is parked by the broker. */
export const DELIVERY_LIMIT = 20;
/** RabbitMQ 4 sets a limit of 20 where none is declared, and reading dead letters counts as a delivery. */
const NO_DELIVERY_LIMIT = 1_000_000_000;
const LOCK_WAIT_MS = 5_000;
const LOCK_RETRY_MS = 25;

/** Names on the broker. */
export interface Names {
  events: string;
  broadcasts: string;
  queue(queue: string): string;
  dead(queue: string): string;
  retry(queue: string, delayMs: number): string;
  bindings(queue: string): string;
  lock(queue: string): string;
}

export function brokerNames(prefix: string, exchange: string): Names {
  return {
    events: `${prefix}${exchange}`,
    broadcasts: `${prefix}${exchange}.broadcast`,
    queue: (queue) => `${prefix}${queue}`,
    dead: (queue) => `${prefix}${queue}.dead`,
    retry: (queue, delayMs) => `${prefix}${queue}.retry.${delayMs}`,
    bindings: (queue) => `${prefix}${queue}.bindings`,
    lock: (queue) => `${prefix}${queue}.lock`,
  };
}

export async function declareEvents(channel: Channel, names: Names): Promise<void> {
  await explained(names.events, channel.exchangeDeclare({ exchange: names.events, type: 'topic', durable: true }));
}

/** The subscriber's queue, its dead letters, and the note of its bindings. */
export async function declareSubscriber(channel: Channel, names: Names, queue: string): Promise<void> {
  await declareEvents(channel, names);
  await declareQuorum(channel, names.dead(queue), { 'x-delivery-limit': NO_DELIVERY_LIMIT });
  await declareQuorum(channel, names.queue(queue), {
    'x-delivery-limit': DELIVERY_LIMIT,
    ...deadLetteringTo(names.dead(queue)),
  });
  await declareQuorum(channel, names.bindings(queue), { 'x-delivery-limit': NO_DELIVERY_LIMIT });
}

/** The step that a wanted delay is rounded to. */
export function retryStep(delayMs: number): number {
  return RETRY_DELAYS_MS.find((step) => step >= delayMs) ?? RETRY_DELAYS_MS[RETRY_DELAYS_MS.length - 1] ?? delayMs;
}

/**
 * A queue that nothing consumes: what has waited in it for `step` goes back to the subscriber's queue. One per delay,
 * as a message waits behind the one in front of it. It never expires: on RabbitMQ 3.10 a publish to a quorum queue
 * that is just being deleted takes channel and connection down.
 */
export async function declareRetry(channel: Channel, names: Names, queue: string, step: number): Promise<void> {
  await declareQuorum(channel, names.retry(queue, step), {
    'x-delivery-limit': NO_DELIVERY_LIMIT,
    'x-message-ttl': step,
    ...deadLetteringTo(names.queue(queue)),
  });
}

export interface Peek {
  /** Messages ready. */
  readonly ready: number;
  readonly consumers: number;
}

/** Looks at queues, in the order given; those that are not there are left out. */
export async function peekQueues(link: Link, queues: readonly string[]): Promise<ReadonlyMap<string, Peek>> {
  const seen = new Map<string, Peek>();
  // One channel for all, and another after each that is not there: the answer to that closes it.
  let channel: Channel | undefined;
  try {
    for (const queue of queues) {
      channel ??= await link.channel();
      try {
        const { messageCount, consumerCount } = await channel.queueDeclare({ queue, passive: true });
        seen.set(queue, { ready: messageCount, consumers: consumerCount });
      } catch (error) {
        if (codeOf(error) !== 'NOT_FOUND') throw error;
        await channel.close();
        channel = undefined;
      }
    }
    return seen;
  } finally {
    await channel?.close();
  }
}

export async function bindAll(channel: Channel, names: Names, queue: string, types: readonly string[]): Promise<void> {
  for (const routingKey of types) {
    await channel.queueBind({ queue: names.queue(queue), exchange: names.events, routingKey });
  }
}

interface AlignOptions {
  channel: Channel;
  publisher: Publisher;
  names: Names;
  queue: string;
  types: readonly string[];
  /** Unbind what nobody has named for so long, milliseconds; undefined: only add. */
  removeAfterMs: number | undefined;
  timeoutMs: number;
  log: BusLog;
}

/**
 * Binds `types` and unbinds what is stale. AMQP can't list bindings, so a note of them lies in a queue of its own:
 * type → when a subscriber last named it. The caller holds the subscriber's lock.
 */
export async function alignBindings(options: AlignOptions): Promise<void> {
  const { channel, publisher, names, queue, types, removeAfterMs, timeoutMs, log } = options;
  const binding = (type: string) => ({ queue: names.queue(queue), exchange: names.events, routingKey: type });
  await bindAll(channel, names, queue, types);
  const noted = await readNotes(channel, names.bindings(queue));
  const now = Date.now();
  const bound = new Map(noted.bound);
  for (const type of types) bound.set(type, now);
  for (const [type, namedAt] of noted.bound) {
    if (removeAfterMs === undefined || types.includes(type) || now - namedAt < removeAfterMs) continue;
    await channel.queueUnbind(binding(type));
    bound.delete(type);
    log.info({ queue, type }, 'binding removed: the subscriber no longer names it');
  }
  const body = Buffer.from(JSON.stringify(Object.fromEntries(bound)));
  try {
    await publisher.sendToQueue(names.bindings(queue), { envelope: {}, body }, timeoutMs);
  } catch (error) {
    // The old note stays. A type missing from it would merely be unbound one release later.
    log.warn({ err: error, queue }, 'could not note the bindings of a queue');
    if (noted.lastTag) channel.basicNack({ deliveryTag: noted.lastTag, multiple: true, requeue: true });
    return;
  }
  if (noted.lastTag) channel.basicAck({ deliveryTag: noted.lastTag, multiple: true });
}

async function readNotes(channel: Channel, queue: string): Promise<{ bound: Map<string, number>; lastTag: number }> {
  const bound = new Map<string, number>();
  let lastTag = 0;
  for (;;) {
    const message: SyncMessage | undefined = await channel.basicGet({ queue });
    if (!message) return { bound, lastTag };
    lastTag = message.deliveryTag;
    for (const [type, namedAt] of Object.entries(parseNote(bodyBytes(message.body)))) {
      bound.set(type, Math.max(bound.get(type) ?? 0, Number(namedAt) || 0));
    }
  }
}

function parseNote(body: Buffer): object {
  try {
    const note: unknown = JSON.parse(body.toString('utf8'));
    return typeof note === 'object' && note !== null && !Array.isArray(note) ? note : {};
  } catch {
    return {};
  }
}

/** Does some work as the only one on the broker, for as long as the lock is held. */
export class BrokerLock {
  readonly #link: Link;
  readonly #queued = new Map<string, Promise<unknown>>();

  constructor(link: Link) {
    this.#link = link;
  }

  /** `work` gets a channel of its own, closed after it. Rejects when the lock is not free within 5 s. */
  async run<T>(name: string, work: (channel: Channel) => Promise<T>): Promise<T> {
    // An exclusive queue keeps other connections out; those who share this one wait here.
    const before = this.#queued.get(name) ?? Promise.resolve();
    const mine = before.then(() => this.#runLocked(name, work));
    const settled = mine.then(
      () => {},
      () => {},
    );
    this.#queued.set(name, settled);
    try {
      return await mine;
    } finally {
      if (this.#queued.get(name) === settled) this.#queued.delete(name);
    }
  }

  async #runLocked<T>(name: string, work: (channel: Channel) => Promise<T>): Promise<T> {
    const lock = await this.#acquire(name);
    try {
      const channel = await this.#link.channel();
      try {
        return await work(channel);
      } finally {
        await closeQuietly(channel);
      }
    } finally {
      await within(lock.queueDelete(name), 1_000, 'unlock').catch(() => {});
      await closeQuietly(lock);
    }
  }

  async #acquire(name: string): Promise<Channel> {
    const deadline = Date.now() + LOCK_WAIT_MS;
    for (;;) {
      const channel = await this.#link.channel();
      try {
        await channel.queueDeclare({ queue: name, exclusive: true });
        return channel;
      } catch (error) {
        await closeQuietly(channel);
        if (codeOf(error) !== 'RESOURCE_LOCKED' || Date.now() >= deadline) throw error;
        await pause(LOCK_RETRY_MS * (1 + Math.random()));
      }
    }
  }
}

/** Closes a channel; on a connection that is lost or hangs, gives up after a second. */
export async function closeQuietly(channel: Channel): Promise<void> {
  await within(channel.close(), 1_000, 'close').catch(() => {});
}

/** The bytes of a message. The client parses bodies that a foreign publisher called text or JSON; this undoes it. */
export function bodyBytes(body: unknown): Buffer {
  if (Buffer.isBuffer(body)) return body;
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body), 'utf8');
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

async function declareQuorum(channel: Channel, queue: string, extra: Record<string, unknown>): Promise<void> {
  const args = { 'x-queue-type': 'quorum' as const, ...extra };
  await explained(queue, channel.queueDeclare({ queue, durable: true, arguments: args }));
}

/** At least once: the broker lets go of a message only when its next queue has confirmed it. */
function deadLetteringTo(queue: string): Record<string, unknown> {
  return {
    'x-dead-letter-exchange': '',
    'x-dead-letter-routing-key': queue,
    'x-dead-letter-strategy': 'at-least-once',
    // What at-least-once requires; no queue has a length that it could refuse at.
    'x-overflow': 'reject-publish',
  };
}

async function explained(name: string, declared: Promise<unknown>): Promise<void> {
  try {
    await declared;
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error);
    if (codeOf(error) === 'PRECONDITION_FAILED') {
      throw new BusTopologyError(
        `"${name}" stands on the broker in another shape than this release declares, and was left alone. ` +
          `To go on: stop what publishes to it, let it run empty under the release that made it (or shovel its ` +
          `messages aside), delete it (rabbitmqctl delete_queue "${name}" --if-empty), then start this release ` +
          `again. The broker says: ${said}`,
        { cause: error },
      );
    }
    if (codeOf(error) === 'ACCESS_REFUSED') {
      throw new BusTopologyError(
        `the broker's user may not declare "${name}"; it needs configure, write and read rights. It says: ${said}`,
        { cause: error },
      );
    }
    throw error;
  }
}
