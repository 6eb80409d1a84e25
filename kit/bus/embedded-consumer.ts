import type { BusLog, SubscribeOptions, Subscription } from './bus.ts';
import { type Outcome, runBatch, TrackedDelivery } from './delivery.ts';
import type { EmbeddedStore, Settlements, TakenMessage } from './embedded-store.ts';
import { backoffMs, pause } from './waiting.ts';

/** While a batch runs, outcomes reach the database after so long, so that a crash repeats little. */
const SETTLE_AFTER_MS = 20;
const FAILURE_BACKOFF_MAX_MS = 2_000;
/** Closing gives up on a database that is out of reach; the messages are then delivered again. */
const CLOSE_SETTLE_MS = 5_000;

interface Needs {
  store: EmbeddedStore;
  log: BusLog;
  /** A retry of this queue is due after so many milliseconds. */
  onRetry(delayMs: number): void;
}

/** One replica of a subscriber: takes a batch, runs it, settles it while the next is taken. */
export class EmbeddedConsumer implements Subscription {
  readonly queue: string;
  readonly #options: SubscribeOptions;
  readonly #needs: Needs;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #wake: (() => void) | undefined;
  #woken = true;
  #settled: Settlements = emptySettlements();
  #settling: Promise<void> | undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  #settleDeadline = Number.POSITIVE_INFINITY;

  constructor(options: SubscribeOptions, needs: Needs) {
    this.#options = options;
    this.#needs = needs;
    this.queue = options.queue;
    this.#done = this.#run();
  }

  /** There may be messages. */
  wake(): void {
    this.#woken = true;
    this.#wake?.();
  }

  async close(): Promise<void> {
    this.#settleDeadline = Math.min(this.#settleDeadline, Date.now() + CLOSE_SETTLE_MS);
    this.#closing.abort();
    this.wake();
    await this.#done;
  }

  async #run(): Promise<void> {
    let batch: TakenMessage[] = [];
    while (!this.#closing.signal.aborted) {
      if (batch.length > 0) await this.#handle(batch);
      const [next] = await Promise.all([this.#take(), this.#settle()]);
      batch = next;
      if (batch.length === 0) await this.#sleep();
    }
    if (batch.length > 0) {
      await this.#needs.store
        .giveBack(
          this.queue,
          batch.map((message) => message.id),
        )
        .catch((error: unknown) => {
          this.#needs.log.warn({ err: error, queue: this.queue }, 'messages go back once this process ends');
        });
    }
    await this.#settle();
  }

  async #handle(batch: TakenMessage[]): Promise<void> {
    const deliveries = batch.map(
      (message) =>
        new TrackedDelivery({ raw: message.body, type: message.event_type, attempt: message.attempt }, (outcome) =>
          this.#note(message.id, outcome),
        ),
    );
    await runBatch(deliveries, this.#options, this.#needs.log);
  }

  #note(id: string, outcome: Outcome): void {
    if (outcome.kind === 'ack') this.#settled.acks.push(id);
    else if (outcome.kind === 'dead') this.#settled.deads.push({ id, reason: outcome.reason });
    else this.#settled.retries.push({ id, delayMs: outcome.delayMs, reason: outcome.reason });
    this.#settleTimer ??= setTimeout(() => void this.#settle(), SETTLE_AFTER_MS);
  }

  /** Never rejects. Ends when everything noted so far is in the database, or given up at close. */
  async #settle(): Promise<void> {
    clearTimeout(this.#settleTimer);
    this.#settleTimer = undefined;
    while (this.#settling) await this.#settling;
    this.#settling = this.#settleNow();
    await this.#settling;
    this.#settling = undefined;
  }

  async #settleNow(): Promise<void> {
    const settled = this.#settled;
    this.#settled = emptySettlements();
    if (settled.acks.length + settled.retries.length + settled.deads.length === 0) return;
    for (let failures = 0; ; failures++) {
      try {
        await this.#needs.store.settle(this.queue, settled);
        break;
      } catch (error) {
        if (failures === 0) this.#needs.log.warn({ err: error, queue: this.queue }, 'bus could not settle messages');
        if (Date.now() >= this.#settleDeadline) return;
        // Not cut short by close: what is settled is settled, and saying so saves delivering it again.
        await pause(backoffMs(failures, FAILURE_BACKOFF_MAX_MS));
      }
    }
    if (settled.retries.length > 0) this.#needs.onRetry(Math.min(...settled.retries.map((retry) => retry.delayMs)));
  }

  async #take(): Promise<TakenMessage[]> {
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      this.#woken = false;
      try {
        return await this.#needs.store.take(this.queue, this.#options.prefetch);
      } catch (error) {
        if (failures === 0) this.#needs.log.warn({ err: error, queue: this.queue }, 'bus could not take messages');
        await pause(backoffMs(failures, FAILURE_BACKOFF_MAX_MS), this.#closing.signal);
      }
    }
    return [];
  }

  async #sleep(): Promise<void> {
    // A wake that came while the empty answer was under way counts.
    if (this.#woken || this.#closing.signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}

function emptySettlements(): Settlements {
  return { acks: [], retries: [], deads: [] };
}
