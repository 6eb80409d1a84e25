import type { AsyncMessage, Channel } from 'rabbitmq-client';
import { type BusLog, BusTopologyError, type SubscribeOptions, type Subscription } from './bus.ts';
import { type Outcome, runBatch, TrackedDelivery } from './delivery.ts';
import type { Link } from './rabbit-link.ts';
import { HEADERS, attemptOf, headerNumber } from './rabbit-message.ts';
import { type Publisher, UnroutableError } from './rabbit-publisher.ts';
import { bodyBytes, closeQuietly, declareRetry, type Names, retryStep } from './rabbit-topology.ts';
import { backoffMs, pause, within } from './waiting.ts';

const REOPEN_MAX_MS = 2_000;
/** A queue of another shape needs a person: look seldom. */
const TOPOLOGY_REOPEN_MS = 30_000;
/** Copies for retry and dead letters are tried until the broker takes them, so that an alarm parks nothing wrongly. */
const COPY_BACKOFF_MAX_MS = 5_000;
const CLOSE_COPIES_MS = 5_000;

export interface ConsumerNeeds {
  link: Link;
  publisher: Publisher;
  names: Names;
  log: BusLog;
  timeoutMs: number;
  /** Declares and binds the queue; `first` on the first time of this subscription. */
  declare(first: boolean): Promise<void>;
}

/** One life of a channel. Messages of a channel that is gone are the broker's again, whatever becomes of them here. */
interface Session {
  channel: Channel;
  consumerTag: string;
  /** Delivery tag → settled, in order of arrival. */
  open: Map<number, boolean>;
  flushing: boolean;
  ended: Promise<void>;
  /** Ends it here, whatever the broker answers. */
  end(): void;
}

/** One replica of a subscriber. Survives the loss of its connection, channel or queue. */
export class RabbitConsumer implements Subscription {
  readonly #options: SubscribeOptions;
  readonly #needs: ConsumerNeeds;
  readonly #closing = new AbortController();
  readonly #abandon = new AbortController();
  #session: Session | undefined;
  #buffer: { session: Session; delivery: TrackedDelivery }[] = [];
  #running: Promise<void> | undefined;
  #pumping = false;
  #gathering: NodeJS.Timeout | undefined;
  readonly #copies = new Set<Promise<void>>();
  /** Retry queues declared, or being declared, since the channel was opened. */
  readonly #retrySteps = new Map<number, Promise<void>>();
  readonly #started = Promise.withResolvers<void>();
  readonly #done: Promise<void>;

  constructor(options: SubscribeOptions, needs: ConsumerNeeds) {
    this.#options = options;
    this.#needs = needs;
    this.#started.promise.catch(() => {});
    this.#done = this.#run();
  }

  get queue(): string {
    return this.#options.queue;
  }

  /** Messages that this replica has and has not answered yet. */
  get inFlight(): number {
    return this.#session?.open.size ?? 0;
  }

  get consuming(): boolean {
    return this.#session !== undefined;
  }

  /** Resolves when messages flow, or after `timeoutMs`. Rejects when the queue can't be used as it stands. */
  async started(timeoutMs: number): Promise<void> {
    const late = 'late';
    try {
      await within(this.#started.promise, timeoutMs, late);
    } catch (error) {
      if (!(error instanceof Error) || error.message !== late) throw error;
      this.#needs.log.warn({ queue: this.queue }, 'subscribed while the broker is out of reach; it begins by itself');
    }
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#gathering);
    const session = this.#session;
    if (session?.channel.active) {
      await within(session.channel.basicCancel(session.consumerTag), 1_000, 'cancel').catch(() => {});
    }
    this.#buffer = [];
    await this.#running;
    await within(Promise.all(this.#copies), CLOSE_COPIES_MS, 'copies').catch(() => {});
    this.#abandon.abort();
    if (session) {
      this.#flush(session);
      // Whatever is not settled goes back to the queue.
      await closeQuietly(session.channel);
      session.end();
    }
    await this.#done;
  }

  async #run(): Promise<void> {
    const { log } = this.#needs;
    let first = true;
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      try {
        const session = await this.#open(first);
        first = false;
        failures = 0;
        this.#started.resolve();
        await session.ended;
        this.#session = undefined;
        this.#buffer = this.#buffer.filter((entry) => entry.session !== session);
        if (!this.#closing.signal.aborted) log.warn({ queue: this.queue }, 'subscription was cut off; it resumes');
      } catch (error) {
        const unusable = error instanceof BusTopologyError;
        if (unusable && first) return this.#started.reject(error);
        if (failures === 0 || unusable) log.error({ err: error, queue: this.queue }, 'could not subscribe yet');
        failures++;
        if (unusable) await pause(TOPOLOGY_REOPEN_MS, this.#closing.signal);
      }
      await pause(backoffMs(failures, REOPEN_MAX_MS), this.#closing.signal);
    }
  }

  async #open(first: boolean): Promise<Session> {
    const { link, names } = this.#needs;
    // Waits as long as it takes: a subscription has nothing better to do than to wait for its broker.
    while (!link.ready && !this.#closing.signal.aborted) await link.whenReady(1_000).catch(() => {});
    await this.#needs.declare(first);
    // The broker may have lost them along with the queue.
    this.#retrySteps.clear();
    const channel = await link.channel();
    const ended = Promise.withResolvers<void>();
    const session: Session = {
      channel,
      consumerTag: '',
      open: new Map(),
      flushing: false,
      ended: ended.promise,
      end: ended.resolve,
    };
    channel.once('close', ended.resolve);
    // The queue was deleted or its node left. Unanswered messages can no longer be answered.
    channel.once('basic.cancel', () => void closeQuietly(channel));
    try {
      await channel.basicQos({ prefetchCount: this.#options.prefetch, global: false });
      // Set before consuming: messages may come with the very answer to it.
      this.#session = session;
      const consumed = await channel.basicConsume({ queue: names.queue(this.queue) }, (message) =>
        this.#onMessage(session, message),
      );
      session.consumerTag = consumed.consumerTag;
    } catch (error) {
      this.#session = undefined;
      await closeQuietly(channel);
      throw error;
    }
    if (this.#closing.signal.aborted) {
      await closeQuietly(channel);
      session.end();
    }
    return session;
  }

  #onMessage(session: Session, message: AsyncMessage): void {
    if (this.#closing.signal.aborted || !session.channel.active) return;
    session.open.set(message.deliveryTag, false);
    const sent = message.exchange === this.#needs.names.events ? undefined : message.type;
    const type = sent ?? message.routingKey;
    const raw = bodyBytes(message.body);
    const attempt = attemptOf(message) + (headerNumber(message, 'x-delivery-count') ?? 0);
    const delivery = new TrackedDelivery({ raw, type, attempt }, (outcome) =>
      this.#settle(session, message, { raw, type, attempt }, outcome),
    );
    this.#buffer.push({ session, delivery });
    this.#pump();
  }

  /** One turn later, so that all messages of one read make one batch, or as much later as there is to gather. */
  #pump(): void {
    const { prefetch, gatherMs = 0 } = this.#options;
    if (this.#running || this.#buffer.length === 0) return;
    if (gatherMs === 0 || this.#buffer.length >= prefetch) this.#beginSoon();
    else this.#gathering ??= setTimeout(() => this.#begin(), gatherMs);
  }

  #beginSoon(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#begin();
    });
  }

  #begin(): void {
    clearTimeout(this.#gathering);
    this.#gathering = undefined;
    if (this.#running || this.#buffer.length === 0 || this.#closing.signal.aborted) return;
    const batch = this.#buffer.splice(0, this.#options.prefetch).map((entry) => entry.delivery);
    this.#running = runBatch(batch, this.#options, this.#needs.log).then(() => {
      this.#running = undefined;
      this.#pump();
    });
  }

  #settle(
    session: Session,
    message: AsyncMessage,
    content: { raw: Buffer; type: string; attempt: number },
    outcome: Outcome,
  ): void {
    if (outcome.kind === 'ack') {
      this.#answer(session, message.deliveryTag);
      return;
    }
    const copy = this.#copy(session, message, content, outcome).finally(() => this.#copies.delete(copy));
    this.#copies.add(copy);
  }

  /** Puts a copy where the message goes next, and only when the broker has confirmed it, answers the message. */
  async #copy(
    session: Session,
    message: AsyncMessage,
    { raw, type, attempt }: { raw: Buffer; type: string; attempt: number },
    outcome: Exclude<Outcome, { kind: 'ack' }>,
  ): Promise<void> {
    const { publisher, names, log, timeoutMs } = this.#needs;
    const step = outcome.kind === 'retry' ? retryStep(outcome.delayMs) : undefined;
    const target = step === undefined ? names.dead(this.queue) : names.retry(this.queue, step);
    const headers =
      step === undefined
        ? { [HEADERS.attempt]: attempt, [HEADERS.reason]: outcome.reason, [HEADERS.deadAt]: new Date().toISOString() }
        : { [HEADERS.attempt]: attempt + 1, [HEADERS.reason]: outcome.reason };
    const envelope = { type, messageId: message.messageId, contentType: message.contentType, headers };
    for (let failures = 0; session.channel.active && !this.#abandon.signal.aborted; failures++) {
      try {
        if (step !== undefined) await this.#ensureRetry(step);
        await publisher.sendToQueue(target, { envelope, body: raw }, timeoutMs);
        return this.#answer(session, message.deliveryTag);
      } catch (error) {
        if (step !== undefined && error instanceof UnroutableError) this.#retrySteps.delete(step);
        if (failures === 0)
          log.warn({ err: error, queue: this.queue, target }, 'message held until the broker takes it');
        await pause(backoffMs(failures, COPY_BACKOFF_MAX_MS), this.#abandon.signal);
      }
    }
  }

  #ensureRetry(step: number): Promise<void> {
    const before = this.#retrySteps.get(step);
    if (before) return before;
    const declared = this.#declareRetry(step);
    this.#retrySteps.set(step, declared);
    declared.catch(() => this.#retrySteps.delete(step));
    return declared;
  }

  async #declareRetry(step: number): Promise<void> {
    const { link, names, timeoutMs } = this.#needs;
    const channel = await link.channel();
    try {
      const declared = declareRetry(channel, names, this.queue, step);
      await within(declared, timeoutMs, 'the message broker did not answer');
    } finally {
      await closeQuietly(channel);
    }
  }

  #answer(session: Session, deliveryTag: number): void {
    if (!session.open.has(deliveryTag)) return;
    session.open.set(deliveryTag, true);
    if (session.flushing) return;
    session.flushing = true;
    setImmediate(() => {
      session.flushing = false;
      this.#flush(session);
    });
  }

  /** One ack for all settled messages up to the first that is not, and one for each further. */
  #flush(session: Session): void {
    if (!session.channel.active) return;
    let prefix = 0;
    const single: number[] = [];
    let gap = false;
    for (const [tag, settled] of session.open) {
      if (!settled) gap = true;
      else if (gap) single.push(tag);
      else prefix = tag;
      if (settled) session.open.delete(tag);
    }
    if (prefix > 0) session.channel.basicAck({ deliveryTag: prefix, multiple: true });
    for (const tag of single) session.channel.basicAck({ deliveryTag: tag });
  }
}
