import pg, { type ClientConfig } from 'pg';
import type { BusLog } from './bus.ts';
import { lockClass } from './embedded-schema.ts';
import { backoffMs, pause } from './waiting.ts';

/** Wakes of other processes are gathered for so long, since every NOTIFY takes a lock that all of the cluster shares. */
const NOTIFY_DEBOUNCE_MS = 50;
const MAX_NOTIFY_BYTES = 7_000;
const RECONNECT_MAX_MS = 2_000;

interface PresenceOptions {
  connection: ClientConfig;
  schema: string;
  instance: number;
  log: BusLog;
  /** Instance `from` published to these queues; undefined: to any. */
  onWake(queues: string[] | undefined, from?: string): void;
}

/**
 * One connection that says "this instance is alive" by holding an advisory lock (freed by PostgreSQL the moment the
 * process dies, so that its messages go to others) and that carries wakes between processes on the same database.
 */
export class Presence {
  readonly #options: PresenceOptions;
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  #queues = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(options: PresenceOptions) {
    this.#options = options;
  }

  get up(): boolean {
    return this.#client !== undefined;
  }

  /** Rejects when the first connection can't be made; lost later, it comes back by itself. */
  async open(): Promise<void> {
    await this.#connect();
    // Lets the others know of this instance, so that they notice when it is gone.
    await this.#client?.query('SELECT pg_notify($1, $2)', [
      this.#channel(),
      JSON.stringify({ from: this.#options.instance, queues: [] }),
    ]);
  }

  /** Tells the other processes, soon, that these queues got messages. */
  notify(queues: Iterable<string>): void {
    for (const queue of queues) this.#queues.add(queue);
    if (this.#queues.size === 0 || this.#timer) return;
    this.#timer = setTimeout(() => this.#flush(), NOTIFY_DEBOUNCE_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    await client?.end().catch(() => {});
  }

  #channel(): string {
    return `${this.#options.schema}_wake`;
  }

  #flush(): void {
    this.#timer = undefined;
    const queues = [...this.#queues];
    this.#queues.clear();
    const { instance, log } = this.#options;
    const full = JSON.stringify({ from: instance, queues });
    const payload = full.length <= MAX_NOTIFY_BYTES ? full : JSON.stringify({ from: instance });
    // Lost with the connection at worst: the others then find the messages by their safety poll.
    this.#client?.query('SELECT pg_notify($1, $2)', [this.#channel(), payload]).catch((error: unknown) => {
      if (!this.#closing.signal.aborted) log.warn({ err: error }, 'bus could not wake other processes');
    });
  }

  async #connect(): Promise<void> {
    const { connection, schema, instance, log } = this.#options;
    const client = new pg.Client({ ...connection, keepAlive: true, application_name: 'artel-bus' });
    let lost = false;
    const onLoss = (error?: Error) => {
      if (lost) return;
      lost = true;
      client.end().catch(() => {});
      if (this.#client !== client) return;
      this.#client = undefined;
      if (this.#closing.signal.aborted) return;
      log.warn({ err: error }, 'bus lost its connection to the database');
      void this.#reconnect();
    };
    client.on('error', onLoss);
    client.on('end', () => onLoss());
    client.on('notification', (message) => this.#onNotification(message.payload));
    try {
      await client.connect();
      await client.query('SELECT pg_advisory_lock($1, $2)', [lockClass(schema), instance]);
      await client.query(`LISTEN ${this.#channel()}`);
    } catch (error) {
      onLoss();
      throw error;
    }
    if (this.#closing.signal.aborted) return onLoss();
    this.#client = client;
  }

  async #reconnect(): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      await pause(backoffMs(failures, RECONNECT_MAX_MS), this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      try {
        await this.#connect();
        this.#options.log.info({}, 'bus is connected to the database again');
        this.#options.onWake(undefined);
        return;
      } catch {
        // Said once when it was lost; each further failure adds nothing.
      }
    }
  }

  #onNotification(payload: string | undefined): void {
    let wake: { from?: unknown; queues?: unknown };
    try {
      wake = JSON.parse(payload ?? '') as typeof wake;
    } catch {
      return;
    }
    if (wake.from === this.#options.instance) return;
    const from = typeof wake.from === 'number' ? String(wake.from) : undefined;
    this.#options.onWake(Array.isArray(wake.queues) ? wake.queues.map(String) : undefined, from);
  }
}
