import { randomUUID } from 'node:crypto';
import type { Channel, Envelope } from 'rabbitmq-client';
import type { Link } from './rabbit-link.ts';
import { within } from './waiting.ts';

export interface Outgoing {
  envelope: Envelope;
  body: Buffer;
}

/** A message that had to reach a queue (retry, dead letter, replay) and that no queue took. */
export class UnroutableError extends Error {
  override readonly name = 'UnroutableError';
}

/** A channel in confirm mode, with what waits for its confirms. */
interface ConfirmChannel {
  channel: Channel;
  /** Called with the reason when the channel is gone. */
  waiting: Set<(error: Error) => void>;
  /** Ids of messages that no queue took. */
  returned: Set<string>;
}

/** Publishes batches: all written at once, confirms awaited once. */
export class Publisher {
  readonly #link: Link;
  readonly #prepare: (channel: Channel) => Promise<void>;
  #current: Promise<ConfirmChannel> | undefined;
  #closed = false;

  /** `prepare` declares what messages are published to, on each new channel. */
  constructor(link: Link, prepare: (channel: Channel) => Promise<void>) {
    this.#link = link;
    this.#prepare = prepare;
  }

  /**
   * Resolves when the broker has confirmed every message. Rejects when any may not be safe: broker out of reach,
   * blocked by an alarm, silent for `timeoutMs`, channel closed; such messages may still have arrived.
   */
  async send(messages: readonly Outgoing[], timeoutMs: number): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    // Nothing is written to a connection that can't take it, so that repeated tries don't pile up in its buffer.
    await this.#link.whenReady(timeoutMs);
    const confirming = await within(
      this.#channel(),
      deadline - Date.now(),
      'the message broker opened no channel in time',
    );
    await this.#confirmed(confirming, messages, deadline);
  }

  /**
   * As `send`, and rejects with UnroutableError when there is no such queue. The message is persistent.
   */
  async sendToQueue(queue: string, message: Outgoing, timeoutMs: number): Promise<void> {
    const token = randomUUID();
    const deadline = Date.now() + timeoutMs;
    await this.#link.whenReady(timeoutMs);
    const confirming = await within(
      this.#channel(),
      deadline - Date.now(),
      'the message broker opened no channel in time',
    );
    const envelope: Envelope = {
      ...message.envelope,
      exchange: '',
      routingKey: queue,
      durable: true,
      mandatory: true,
      correlationId: token,
    };
    await this.#confirmed(confirming, [{ envelope, body: message.body }], deadline);
    // A return comes before its confirm, but the client tells of it one turn later.
    await new Promise((resolve) => setImmediate(resolve));
    if (confirming.returned.delete(token)) throw new UnroutableError(`there is no queue ${queue}`);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const current = await this.#current?.catch(() => undefined);
    if (this.#link.ready) await within(current?.channel.close() ?? Promise.resolve(), 1_000, 'close').catch(() => {});
  }

  async #confirmed(confirming: ConfirmChannel, messages: readonly Outgoing[], deadline: number): Promise<void> {
    const { channel, waiting } = confirming;
    let fail: (error: Error) => void = () => {};
    const closed = new Promise<never>((_resolve, reject) => {
      fail = reject;
    });
    // The client forgets a message that is still in its buffer when the channel closes; hence not its promises alone.
    waiting.add(fail);
    const confirms = Promise.all(messages.map(({ envelope, body }) => channel.basicPublish(envelope, body)));
    const late = 'the message broker confirmed nothing in time';
    try {
      await within(Promise.race([confirms, closed]), deadline - Date.now(), late);
    } catch (error) {
      // Silent though connected and not blocked: the connection hangs. Blocked, it is left to come back.
      if (error instanceof Error && error.message === late && this.#link.ready && channel.active) this.#link.restart();
      throw error;
    } finally {
      waiting.delete(fail);
    }
  }

  #channel(): Promise<ConfirmChannel> {
    if (this.#closed) return Promise.reject(new Error('the bus is closed'));
    this.#current ??= this.#open().catch((error: unknown) => {
      this.#current = undefined;
      throw error;
    });
    return this.#current;
  }

  async #open(): Promise<ConfirmChannel> {
    const channel = await this.#link.channel();
    const confirming: ConfirmChannel = { channel, waiting: new Set(), returned: new Set() };
    channel.on('basic.return', (message) => {
      if (message.correlationId) confirming.returned.add(message.correlationId);
    });
    channel.once('close', () => {
      this.#current = undefined;
      for (const fail of confirming.waiting) fail(new Error('the channel closed before the broker confirmed'));
    });
    await this.#prepare(channel);
    await channel.confirmSelect();
    if (!channel.active) throw new Error('the channel closed while it was opened');
    return confirming;
  }
}
