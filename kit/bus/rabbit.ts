import {
  type Bus,
  type BusLog,
  BusTopologyError,
  type CloudEvent,
  type DeadLetters,
  type SubscribeOptions,
  type Subscription,
} from './bus.ts';
import { encodeEvent } from './delivery.ts';
import { assertQueueName, assertSubscribeOptions } from './names.ts';
import { Broadcasts } from './rabbit-broadcast.ts';
import { RabbitConsumer } from './rabbit-consumer.ts';
import { rabbitDeadLetters } from './rabbit-dead.ts';
import { Depth } from './rabbit-depth.ts';
import { Link } from './rabbit-link.ts';
import { Publisher } from './rabbit-publisher.ts';
import {
  alignBindings,
  bindAll,
  BrokerLock,
  brokerNames,
  closeQuietly,
  codeOf,
  declareEvents,
  declareSubscriber,
  type Names,
} from './rabbit-topology.ts';
import { within } from './waiting.ts';

export interface RabbitOptions {
  /** amqp://user:password@host:port/vhost, or amqps:// */
  url: string;
  log: BusLog;
  /** Default `artel.events`. */
  exchange?: string;
  /** Put before every name on the broker, so that several platforms or test suites share one. Default none. */
  prefix?: string;
  /** Seen in the broker's list of connections. */
  name?: string;
  /** Bound of a publish and of each wait for the broker, milliseconds. Default 5,000. */
  timeoutMs?: number;
  /** A binding is removed when no subscriber has named it for so long, milliseconds. Default 10 minutes. */
  bindingGraceMs?: number;
}

/**
 * Connects to RabbitMQ 3.10 or newer. Resolves when connected, or after `timeoutMs` while the broker is out of reach:
 * the bus then is unhealthy and connects by itself. Rejects when the broker refuses the user or the vhost.
 */
export async function connectRabbit(options: RabbitOptions): Promise<Bus> {
  const bus = new RabbitBus(options);
  try {
    await bus.open();
  } catch (error) {
    await bus.close();
    throw error;
  }
  return bus;
}

class RabbitBus implements Bus {
  readonly deadLetters: DeadLetters;
  readonly #log: BusLog;
  readonly #names: Names;
  readonly #timeoutMs: number;
  readonly #bindingGraceMs: number;
  readonly #sendLink: Link;
  readonly #takeLink: Link;
  readonly #publisher: Publisher;
  readonly #lock: BrokerLock;
  readonly #broadcasts: Broadcasts;
  readonly #depth: Depth;
  readonly #consumers = new Set<RabbitConsumer>();
  /** Queues of all subscribers, as declared: made again with each new connection, as the broker may be another. */
  readonly #topology = new Map<string, readonly string[]>();
  #closed = false;

  constructor(options: RabbitOptions) {
    const { url, log, exchange = 'artel.events', prefix = '', name = 'artel', timeoutMs = 5_000 } = options;
    this.#log = log;
    this.#timeoutMs = timeoutMs;
    this.#bindingGraceMs = options.bindingGraceMs ?? 600_000;
    const names = brokerNames(prefix, exchange);
    this.#names = names;
    this.#sendLink = new Link({ url, name: `${name} sends`, log, timeoutMs });
    this.#takeLink = new Link({ url, name: `${name} takes`, log, timeoutMs });
    this.#publisher = new Publisher(this.#sendLink, async (channel) => {
      await declareEvents(channel, names);
      await this.#redeclare();
    });
    this.#lock = new BrokerLock(this.#takeLink);
    this.#broadcasts = new Broadcasts({
      listenLink: this.#takeLink,
      sendLink: this.#sendLink,
      names,
      log,
      timeoutMs,
    });
    this.#depth = new Depth({ link: this.#takeLink, names, broadcasts: this.#broadcasts, consumers: this.#consumers });
    this.deadLetters = rabbitDeadLetters({ lock: this.#lock, publisher: this.#publisher, names, timeoutMs });
  }

  async open(): Promise<void> {
    const links = [this.#sendLink, this.#takeLink];
    const refused = Promise.withResolvers<never>();
    for (const link of links) {
      link.onError((error) => {
        if (isRefusal(error))
          refused.reject(new Error('the message broker refuses this user or vhost', { cause: error }));
      });
    }
    // Only asked for here; later refusals are in the log.
    refused.promise.catch(() => {});
    const ready = links.map((link) => link.whenReady(this.#timeoutMs));
    const started = Promise.all(ready).catch(() => {
      this.#log.warn({ err: this.#sendLink.lastError }, 'started without the message broker; it connects by itself');
    });
    await Promise.race([started, refused.promise]);
  }

  async publish(events: readonly CloudEvent[]): Promise<void> {
    this.#assertOpen();
    if (events.length === 0) return;
    const messages = events.map((event) => ({
      envelope: {
        exchange: this.#names.events,
        routingKey: event.type,
        durable: true,
        messageId: event.id,
        type: event.type,
        contentType: 'application/cloudevents+json',
      },
      body: encodeEvent(event),
    }));
    await this.#publisher.send(messages, this.#timeoutMs);
  }

  async subscribe(options: SubscribeOptions): Promise<Subscription> {
    this.#assertOpen();
    assertSubscribeOptions(options);
    const consumer = new RabbitConsumer(options, {
      link: this.#takeLink,
      publisher: this.#publisher,
      names: this.#names,
      log: this.#log,
      timeoutMs: this.#timeoutMs,
      // Coming back only adds: by then a newer release may have bound what this one doesn't know.
      declare: (first) => this.#declare(options.queue, options.types, first ? this.#bindingGraceMs : undefined),
    });
    this.#consumers.add(consumer);
    const close = async () => {
      await consumer.close();
      this.#consumers.delete(consumer);
    };
    try {
      await Promise.all([consumer.started(2 * this.#timeoutMs), this.#depth.answer()]);
    } catch (error) {
      await close();
      throw error;
    }
    return { close };
  }

  async declare(queues: readonly { queue: string; types: readonly string[] }[]): Promise<void> {
    this.#assertOpen();
    for (const { queue } of queues) assertQueueName(queue);
    for (const { queue, types } of queues) this.#topology.set(queue, types);
    try {
      await within(this.#ensureTopology(), 4 * this.#timeoutMs, 'the message broker was too slow');
    } catch (error) {
      if (error instanceof BusTopologyError || this.#closed) throw error;
      this.#log.warn({ err: error }, 'queues could not be declared yet; that comes before the first publish');
    }
  }

  broadcast(channel: string, payload: unknown): void {
    if (!this.#closed) this.#broadcasts.send(channel, payload);
  }

  async listen(channel: string, onMessage: (payload: unknown) => void, onGap?: () => void): Promise<Subscription> {
    this.#assertOpen();
    return this.#broadcasts.listen(channel, onMessage, onGap);
  }

  async depth(queue: string): Promise<{ waiting: number; dead: number }> {
    return this.#depth.of(queue);
  }

  healthy(): boolean {
    return !this.#closed && this.#sendLink.ready && this.#takeLink.ready;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.all([...this.#consumers].map((consumer) => consumer.close()));
    await this.#broadcasts.close();
    await this.#publisher.close();
    await Promise.all([this.#sendLink.close(), this.#takeLink.close()]);
  }

  #assertOpen(): void {
    if (this.#closed) throw new Error('the bus is closed');
  }

  /** On a channel of its own, so that a refused declaration doesn't close the channel of the publishes. */
  async #ensureTopology(): Promise<void> {
    if (this.#topology.size === 0) return;
    const channel = await this.#takeLink.channel();
    try {
      for (const [queue, types] of this.#topology) {
        await declareSubscriber(channel, this.#names, queue);
        await bindAll(channel, this.#names, queue, types);
      }
    } finally {
      await closeQuietly(channel);
    }
  }

  async #redeclare(): Promise<void> {
    try {
      await this.#ensureTopology();
    } catch (error) {
      if (!(error instanceof BusTopologyError)) throw error;
      // Told at the start already, by `declare`. One subscriber's queue must not keep the others from their events.
      this.#log.error({ err: error }, 'published with a queue in another shape');
    }
  }

  async #declare(queue: string, types: readonly string[], removeAfterMs: number | undefined): Promise<void> {
    await this.#lock.run(this.#names.lock(queue), async (channel) => {
      await declareSubscriber(channel, this.#names, queue);
      await alignBindings({
        channel,
        publisher: this.#publisher,
        names: this.#names,
        queue,
        types,
        removeAfterMs,
        timeoutMs: this.#timeoutMs,
        log: this.#log,
      });
    });
  }
}

function isRefusal(error: unknown): boolean {
  const code = codeOf(error);
  return code === 'ACCESS_REFUSED' || code === 'NOT_ALLOWED';
}
