/**
 * The transport of events, as the platform sees it. Two implementations keep the same promises and pass the
 * same test suite (`bus-suite.ts`): `rabbit.ts` (AMQP 0-9-1) and `embedded.ts` (durable queues in PostgreSQL).
 */

/** A CloudEvents 1.0 event in structured JSON, with the extensions Artel uses. */
export interface CloudEvent {
  specversion: '1.0';
  /** UUIDv7; the inbox deduplicates by it. */
  id: string;
  /** e.g. `orders.order.published.v1`; also the routing key. */
  type: string;
  /** `/services/orders` */
  source: string;
  /** Id of the aggregate that the event is about. */
  subject: string;
  /** RFC 3339, UTC. */
  time: string;
  datacontenttype: 'application/json';
  data: unknown;
  /** Position of the event in the life of its aggregate, when the publisher states one. Lets a subscriber ignore what is older than what it has. */
  sequence?: string;
  /** W3C trace context of the publisher. */
  traceparent?: string;
  requestid?: string;
}

/** Where a transport reports what an operator should know. pino fits. */
export interface BusLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** One message as it reached a subscriber. Exactly one of `ack`, `retry`, `dead` must be called, once; a second call throws. */
export interface Delivery {
  /** The raw bytes as received; a poison message may hold anything. */
  readonly raw: Buffer;
  /** Routing key (event type) under which it arrived. */
  readonly type: string;
  /** 1 on the first delivery. Counts deliveries that ended in `retry` or in a lost connection or process. */
  readonly attempt: number;
  ack(): void;
  /**
   * Deliver again after `delayMs`; other messages of the queue go on meanwhile. RabbitMQ rounds the delay up to the
   * nearest of RETRY_DELAYS_MS, and down to the last of them.
   */
  retry(delayMs: number, reason: string): void;
  /** Park it in the subscriber's dead letters with the reason. */
  dead(reason: string): void;
}

export interface SubscribeOptions {
  /** Subscriber's queue, e.g. `payments`. Durable; one per service; replicas share it. */
  queue: string;
  /**
   * Event types bound to the queue. Bindings no longer named are removed. Over RabbitMQ that happens on the first
   * subscribe after a grace period, so that a replica of the previous release can't unbind what the next one needs:
   * a type that has no handler here may arrive meanwhile.
   */
  types: string[];
  /** Most messages in flight per replica. */
  prefetch: number;
  /** Nobody waits for what it does: messages are gathered for so long, milliseconds, so that batches are few. Default 0. */
  gatherMs?: number;
  /**
   * Gets what is buffered, 1..prefetch messages, in the order of arrival. Not called again before its promise ends.
   * What is neither acked, retried nor dead by then is retried on the schedule of RETRY_DELAYS_MS (dead after its end).
   */
  onBatch(batch: Delivery[]): Promise<void>;
}

export interface Subscription {
  /** Stops taking, waits for the running batch, gives back what was not handled. */
  close(): Promise<void>;
}

export interface DeadLetter {
  id: string;
  queue: string;
  type: string;
  reason: string;
  /** RFC 3339, UTC. */
  deadAt: string;
  attempts: number;
  body: Buffer;
}

/** Parked messages of one subscriber. Reading does not remove them. */
export interface DeadLetters {
  list(queue: string, limit: number): Promise<DeadLetter[]>;
  get(queue: string, id: string): Promise<DeadLetter | undefined>;
  /** Puts the message back on its subscriber's queue (that one only), attempt count begun anew. False: no such message. */
  replay(queue: string, id: string): Promise<boolean>;
  discard(queue: string, id: string): Promise<boolean>;
  /** Discards all that fit; how many those were. */
  discardAll(queue: string, fits: (letter: DeadLetter) => boolean): Promise<number>;
}

export interface Bus {
  /** Resolves when every event is safe: confirmed by the broker or committed. Rejects if any may not be; the caller sends all again. */
  publish(events: readonly CloudEvent[]): Promise<void>;
  /**
   * Makes the queues of all subscribers stand, with their bindings, before anything is published, so that what is
   * published waits for a subscriber that has never run. Only adds. Safe to repeat, from many processes at once. With
   * the transport out of reach it resolves after a bound, and the first publish that succeeds makes up for it. Rejects
   * with BusTopologyError when a queue can't be used as it stands.
   */
  declare(queues: readonly { queue: string; types: readonly string[] }[]): Promise<void>;
  /**
   * Resolves when messages flow, or, while the transport is out of reach, after a bound: the subscription then begins
   * by itself. Rejects with BusTopologyError when the queue can't be used as it stands.
   */
  subscribe(options: SubscribeOptions): Promise<Subscription>;
  /**
   * Transient fan-out to every process that listens now (session revoked, a frame for a socket, settings changed).
   * Best effort: may be lost on a broken connection, so a listener re-reads its truth when `onGap` is called.
   */
  broadcast(channel: string, payload: unknown): void;
  listen(channel: string, onMessage: (payload: unknown) => void, onGap?: () => void): Promise<Subscription>;
  readonly deadLetters: DeadLetters;
  /** Messages waiting (ready, in flight or waiting for a retry) in a subscriber's queue, dead ones apart. */
  depth(queue: string): Promise<{ waiting: number; dead: number }>;
  /** False while the transport can't take messages. */
  healthy(): boolean;
  close(): Promise<void>;
}

/** Delays before the 2nd, 3rd, … delivery, milliseconds; after the last the message is dead. */
export const RETRY_DELAYS_MS = [200, 1_000, 5_000, 30_000, 120_000, 600_000] as const;

/** A queue or an exchange stands on the transport in a shape that this release can't use. The message says what to do. */
export class BusTopologyError extends Error {
  override readonly name = 'BusTopologyError';
}
