import type { AsyncMessage, Channel } from 'rabbitmq-client';
import type { BusLog, Subscription } from './bus.ts';
import type { Link } from './rabbit-link.ts';
import { bodyBytes, closeQuietly, type Names } from './rabbit-topology.ts';
import { backoffMs, pause, within } from './waiting.ts';

/** Tells every listener that a sender may have lost something. Channels have the other prefix. */
const GAP_KEY = 'gap';
const CHANNEL_PREFIX = 'to.';
/** Gaps are told of once per so many milliseconds: after a broker's restart every process reports one. */
const GAP_DEBOUNCE_MS = 100;
const REOPEN_MAX_MS = 2_000;

interface Listener {
  onMessage(payload: unknown): void;
  onGap?: () => void;
  /** It was told that it is listening, so what comes after is a gap. */
  promised: boolean;
}

interface Needs {
  /** Never publishes, thus is never blocked. */
  listenLink: Link;
  sendLink: Link;
  names: Names;
  log: BusLog;
  timeoutMs: number;
}

/** Transient fan-out: an exclusive queue of this process, gone with its connection, bound to what it listens to. */
export class Broadcasts {
  readonly #needs: Needs;
  readonly #closing = new AbortController();
  readonly #listeners = new Map<string, Set<Listener>>();
  #listening: Promise<void> | undefined;
  #session: { channel: Channel; queue: string; end(): void } | undefined;
  #opened = Promise.withResolvers<void>();
  #out: Promise<Channel> | undefined;
  /** Something was sent, or dropped, that a broken or blocked connection may have swallowed. */
  #atRisk = false;
  #gapTimer: NodeJS.Timeout | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
    needs.sendLink.onUp(() => {
      if (!this.#atRisk) return;
      this.#atRisk = false;
      void this.#send(GAP_KEY, Buffer.alloc(0));
    });
  }

  /** Never waits, never throws for a transport that is down: the gap is told of when it is back. */
  send(channel: string, payload: unknown): void {
    void this.#send(`${CHANNEL_PREFIX}${channel}`, Buffer.from(JSON.stringify(payload) ?? 'null'));
  }

  /** Resolves when listening, or after a bound while the broker is out of reach (`onGap` is then called later). */
  async listen(channel: string, onMessage: (payload: unknown) => void, onGap?: () => void): Promise<Subscription> {
    const listener: Listener = { onMessage, onGap, promised: false };
    const before = this.#listeners.get(channel);
    const listeners = before ?? new Set<Listener>();
    this.#listeners.set(channel, listeners.add(listener));
    this.#listening ??= this.#run();
    try {
      await within(this.#opened.promise, this.#needs.timeoutMs, 'the message broker is out of reach');
      // Again even when the opening bound it: then this costs one answer and changes nothing.
      await this.#bind(channel);
    } catch (error) {
      this.#needs.log.warn({ err: error, channel }, 'listens once the broker is back');
    }
    listener.promised = true;
    return { close: () => this.#unlisten(channel, listener) };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    clearTimeout(this.#gapTimer);
    const session = this.#session;
    if (session) await closeQuietly(session.channel);
    session?.end();
    const out = await this.#out?.catch(() => undefined);
    if (out && this.#needs.sendLink.ready) await closeQuietly(out);
    await this.#listening;
  }

  async #send(routingKey: string, body: Buffer): Promise<void> {
    const { sendLink, names, log } = this.#needs;
    this.#atRisk = true;
    if (!sendLink.ready) return;
    try {
      this.#out ??= this.#openOut();
      const channel = await this.#out;
      await channel.basicPublish({ exchange: names.broadcasts, routingKey }, body);
    } catch (error) {
      this.#out = undefined;
      if (!this.#closing.signal.aborted) log.warn({ err: error, routingKey }, 'broadcast lost');
    }
  }

  async #openOut(): Promise<Channel> {
    const channel = await this.#needs.sendLink.channel();
    channel.once('close', () => {
      this.#out = undefined;
    });
    await declareBroadcasts(channel, this.#needs.names);
    return channel;
  }

  async #run(): Promise<void> {
    const { log } = this.#needs;
    for (let failures = 0; !this.#closing.signal.aborted; ) {
      try {
        const { ended } = await this.#open();
        failures = 0;
        await ended;
      } catch (error) {
        if (failures++ === 0) log.warn({ err: error }, 'could not listen to broadcasts yet');
      }
      this.#session = undefined;
      this.#opened = Promise.withResolvers();
      await pause(backoffMs(failures, REOPEN_MAX_MS), this.#closing.signal);
    }
  }

  /** Resolves, listening, with a promise that ends when the channel does. */
  async #open(): Promise<{ ended: Promise<void> }> {
    const { listenLink, names } = this.#needs;
    while (!listenLink.ready && !this.#closing.signal.aborted) await listenLink.whenReady(1_000).catch(() => {});
    const channel = await listenLink.channel();
    const ended = Promise.withResolvers<void>();
    channel.once('close', ended.resolve);
    channel.once('basic.cancel', () => void closeQuietly(channel));
    await declareBroadcasts(channel, names);
    const { queue } = await channel.queueDeclare({ queue: '', exclusive: true, autoDelete: true });
    const keys = [GAP_KEY, ...[...this.#listeners.keys()].map((name) => `${CHANNEL_PREFIX}${name}`)];
    for (const routingKey of keys) await channel.queueBind({ queue, exchange: names.broadcasts, routingKey });
    await channel.basicConsume({ queue, noAck: true }, (message) => this.#onMessage(message));
    this.#session = { channel, queue, end: ended.resolve };
    if (this.#closing.signal.aborted) ended.resolve();
    this.#opened.resolve();
    this.#tellGap();
    return { ended: ended.promise };
  }

  async #bind(channel: string): Promise<void> {
    const session = this.#session;
    if (!session) throw new Error('the connection was lost');
    const routingKey = `${CHANNEL_PREFIX}${channel}`;
    const bound = session.channel.queueBind({
      queue: session.queue,
      exchange: this.#needs.names.broadcasts,
      routingKey,
    });
    await within(bound, this.#needs.timeoutMs, 'the message broker did not answer');
  }

  async #unlisten(channel: string, listener: Listener): Promise<void> {
    const listeners = this.#listeners.get(channel);
    if (!listeners?.delete(listener) || listeners.size > 0) return;
    this.#listeners.delete(channel);
    const session = this.#session;
    if (!session?.channel.active) return;
    const routingKey = `${CHANNEL_PREFIX}${channel}`;
    const unbound = session.channel.queueUnbind({
      queue: session.queue,
      exchange: this.#needs.names.broadcasts,
      routingKey,
    });
    await within(unbound, this.#needs.timeoutMs, 'the message broker did not answer').catch(() => {});
  }

  #onMessage(message: AsyncMessage): void {
    if (this.#closing.signal.aborted) return;
    if (message.routingKey === GAP_KEY) {
      this.#tellGap();
      return;
    }
    const channel = message.routingKey.slice(CHANNEL_PREFIX.length);
    for (const listener of this.#listeners.get(channel) ?? []) {
      // Parsed for each: listeners share no object.
      this.#guarded(channel, () => listener.onMessage(JSON.parse(bodyBytes(message.body).toString('utf8'))));
    }
  }

  #tellGap(): void {
    this.#gapTimer ??= setTimeout(() => {
      this.#gapTimer = undefined;
      for (const [channel, listeners] of this.#listeners) {
        for (const listener of listeners) if (listener.promised) this.#guarded(channel, () => listener.onGap?.());
      }
    }, GAP_DEBOUNCE_MS);
  }

  #guarded(channel: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      this.#needs.log.error({ err: error, channel }, 'listener of a broadcast failed');
    }
  }
}

async function declareBroadcasts(channel: Channel, names: Names): Promise<void> {
  await channel.exchangeDeclare({ exchange: names.broadcasts, type: 'direct', durable: true });
}
