import { type Channel, Connection } from 'rabbitmq-client';
import type { BusLog } from './bus.ts';
import { within } from './waiting.ts';

/** Seconds. A broker that hangs is noticed after at most two of these. */
const HEARTBEAT_S = 10;
const RECONNECT_MIN_MS = 200;
const RECONNECT_MAX_MS = 2_000;
const CLOSE_MS = 2_000;

interface LinkOptions {
  url: string;
  /** Seen in the broker's list of connections and in the log. */
  name: string;
  log: BusLog;
  /** Bound of opening a channel, milliseconds. */
  timeoutMs: number;
}

/**
 * One connection that comes back by itself. A bus has two: the broker stops reading from a connection that publishes
 * while an alarm is on, and then acks and closes would wait along with the publishes.
 */
export class Link {
  readonly #options: LinkOptions;
  #connection: Connection;
  #waiters = new Set<() => void>();
  readonly #upListeners = new Set<() => void>();
  readonly #errorListeners = new Set<(error: unknown) => void>();
  #lastError: unknown;
  #lostSaid = false;
  #closed = false;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#connection = this.#connect();
  }

  /** Connected, and not blocked by an alarm of the broker. */
  get ready(): boolean {
    return !this.#closed && this.#connection.ready;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /** Called at every connection from now on. */
  onUp(listener: () => void): void {
    this.#upListeners.add(listener);
  }

  /** Called when a connection is lost or can't be made; not again for each further try. */
  onError(listener: (error: unknown) => void): void {
    this.#errorListeners.add(listener);
  }

  async whenReady(timeoutMs: number): Promise<void> {
    if (this.ready) return;
    if (this.#closed) throw new Error('the bus is closed');
    let done: () => void = () => {};
    const ready = new Promise<void>((resolve) => {
      done = resolve;
      this.#waiters.add(done);
    });
    try {
      await within(
        ready,
        timeoutMs,
        `the message broker is out of reach or blocked (waited ${Math.ceil(timeoutMs)} ms)`,
      );
    } finally {
      this.#waiters.delete(done);
    }
    if (this.#closed) throw new Error('the bus is closed');
  }

  /** A new channel. Its errors go to the log, and close it. */
  async channel(timeoutMs = this.#options.timeoutMs): Promise<Channel> {
    const deadline = Date.now() + timeoutMs;
    await this.whenReady(timeoutMs);
    const acquired = this.#connection.acquire({ emitErrorsFromChannel: true });
    let channel: Channel;
    try {
      channel = await within(acquired, deadline - Date.now(), 'the message broker opened no channel in time');
    } catch (error) {
      acquired.then(
        (late) => late.close(),
        () => {},
      );
      throw error;
    }
    channel.on('error', (error: unknown) => {
      this.#options.log.warn({ err: error, connection: this.#options.name }, 'the broker closed a channel');
    });
    return channel;
  }

  /** Gives up on a connection that no longer answers, and makes another. */
  restart(): void {
    if (this.#closed) return;
    const old = this.#connection;
    this.#connection = this.#connect();
    old.removeAllListeners();
    old.on('error', () => {});
    old.unsafeDestroy();
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    const wasReady = this.#connection.ready;
    this.#closed = true;
    this.#wakeWaiters();
    const connection = this.#connection;
    // A blocked connection can't say goodbye: what it writes stays in its socket.
    if (wasReady) await within(connection.close(), CLOSE_MS, 'close').catch(() => {});
    connection.unsafeDestroy();
  }

  #connect(): Connection {
    const { url, name, log, timeoutMs } = this.#options;
    const connection = new Connection({
      url,
      connectionName: name,
      heartbeat: HEARTBEAT_S,
      retryLow: RECONNECT_MIN_MS,
      retryHigh: RECONNECT_MAX_MS,
      connectionTimeout: timeoutMs,
      acquireTimeout: timeoutMs,
      noDelay: true,
    });
    connection.on('connection', () => {
      if (this.#lostSaid) log.info({ connection: name }, 'connected to the message broker again');
      this.#lostSaid = false;
      this.#lastError = undefined;
      this.#wakeWaiters();
      for (const listener of this.#upListeners) listener();
    });
    connection.on('connection.unblocked', () => {
      log.info({ connection: name }, 'the message broker takes messages again');
      this.#wakeWaiters();
      for (const listener of this.#upListeners) listener();
    });
    connection.on('connection.blocked', (reason) => {
      log.warn({ connection: name, reason }, 'the message broker takes no messages: an alarm is on');
    });
    connection.on('error', (error: unknown) => {
      this.#lastError = error;
      if (this.#closed) return;
      for (const listener of this.#errorListeners) listener(error);
      this.#lostSaid = true;
      log.warn({ err: error, connection: name }, 'no connection to the message broker; trying again');
    });
    return connection;
  }

  #wakeWaiters(): void {
    const waiters = [...this.#waiters];
    this.#waiters.clear();
    for (const wake of waiters) wake();
  }
}
