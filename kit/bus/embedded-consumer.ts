import type { BusLog, SubscribeOptions, Subscription } from './bus.ts';
import { type Outcome, runBatch, TrackedDelivery } from './delivery.ts';
import { byId, type EmbeddedStore, type Settlements, type TakenMessage } from './embedded-store.ts';
import { backoffMs, pause } from './waiting.ts';

/** Outcomes reach the database after so long, or when there are so many, so that a crash repeats little. */
const SETTLE_AFTER_MS = 20;
const SETTLE_AT_ONCE = 500;
/** A statement that was given up may still commit until so many safety polls later. */
const STRAY_LOOKS = 10;
/** Of what its own process publishes, so many batches may wait in a consumer's memory. */
const HANDED_BATCHES = 5;
const FAILURE_BACKOFF_MAX_MS = 2_000;
/** Closing gives up on a database that is out of reach; the messages are then delivered again. */
const CLOSE_SETTLE_MS = 5_000;

interface Needs {
  store: EmbeddedStore;
  log: BusLog;
  /** A retry of this queue is due after so many milliseconds. */
  onRetry(delayMs: number): void;
  /** Messages of this queue are free again. */
  onGivenBack(): void;
}

/**
 * One replica of a subscriber: takes a batch and runs it, while what became of the one before is settled. Events that its
 * own process publishes are handed over as they are stored, marked as in flight here, and need no take.
 */
export class EmbeddedConsumer implements Subscription {
  readonly queue: string;
  readonly #options: SubscribeOptions;
  readonly #types: ReadonlySet<string>;
  readonly #needs: Needs;
  readonly #closing = new AbortController();
  readonly #done: Promise<void>;
  #wake: (() => void) | undefined;
  /** A take finds the end of the queue, or is to, and only what was handed over came since. */
  #caughtUp = false;
  /** In hand and not begun, in the order of their ids: handed over, or taken besides. */
  #handed: TakenMessage[] = [];
  /** Older ones than those in hand wait in the database: a take that was under way when they came did not reach its end. */
  #behind = false;
  /** Events being stored that are to be handed over. */
  #promised = 0;
  /** Messages that this consumer answers for. */
  readonly #held = new Set<string>();
  /** A statement failed that may have marked messages as in flight here: they are looked for, and again, as it may commit late. */
  #stray = false;
  #strayLooks = 0;
  #settled: Settlements = emptySettlements();
  #settling: Promise<void> | undefined;
  #settleTimer: NodeJS.Timeout | undefined;
  #settleDeadline = Number.POSITIVE_INFINITY;

  constructor(options: SubscribeOptions, needs: Needs) {
    this.#options = options;
    this.#types = new Set(options.types);
    this.#needs = needs;
    this.queue = options.queue;
    this.#done = this.#run();
  }

  /** There may be messages in the database. */
  wake(): void {
    this.#caughtUp = false;
    this.#wake?.();
  }

  /** A wake that comes now and then, whatever happens. */
  lookAround(): void {
    if (this.#strayLooks > 0) {
      this.#strayLooks--;
      this.#stray = true;
    }
    this.wake();
  }

  /** What the database has as in flight here may not be what this consumer holds. */
  lookForStray(): void {
    this.#stray = true;
    this.#strayLooks = STRAY_LOOKS;
    this.wake();
  }

  /** How many of these events it is bound to. */
  countOf(types: readonly string[]): number {
    return types.filter((type) => this.#types.has(type)).length;
  }

  /**
   * Whether so many events may be stored as in flight here: not when older ones wait in the database, nor when there are
   * too many. After a promise, `keep` or `fail` must come.
   */
  promise(count: number): boolean {
    const room = this.#options.prefetch * HANDED_BATCHES - this.#handed.length - this.#promised;
    if (!this.#caughtUp || this.#closing.signal.aborted || count > room) return false;
    this.#promised += count;
    return true;
  }

  keep(count: number, messages: readonly TakenMessage[]): void {
    this.#promised -= count;
    for (const message of messages) this.#held.add(message.id);
    this.#handed.push(...messages);
    this.#wake?.();
  }

  /** Whether they were stored is not known. */
  fail(count: number): void {
    this.#promised -= count;
    this.lookForStray();
  }

  async close(): Promise<void> {
    this.#settleDeadline = Math.min(this.#settleDeadline, Date.now() + CLOSE_SETTLE_MS);
    this.#closing.abort();
    this.wake();
    await this.#done;
  }

  async #run(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      const batch = await this.#next();
      if (batch.length === 0) await this.#sleep();
      else if (this.#closing.signal.aborted) await this.#giveBack(batch);
      else await this.#handle(batch);
    }
    // Their statements are bounded, so an answer comes.
    while (this.#promised > 0) await this.#woken();
    await this.#giveBack(this.#handed.splice(0));
    await this.#settle();
  }

  async #next(): Promise<readonly TakenMessage[]> {
    const { prefetch, gatherMs = 0 } = this.#options;
    const few = this.#caughtUp && this.#handed.length > 0 && this.#handed.length < prefetch;
    if (few && gatherMs > 0) await pause(gatherMs, this.#closing.signal);
    if (this.#handed.length > 0 && !this.#behind) return this.#handed.splice(0, prefetch);
    if (this.#caughtUp && !this.#behind) return [];
    const taken = await this.#take();
    const [first] = this.#handed;
    this.#behind = first !== undefined && taken.length === prefetch && taken.every((one) => byId(one, first) < 0);
    if (first === undefined || this.#behind) return taken;
    this.#handed = [...taken, ...this.#handed].sort(byId);
    return this.#handed.splice(0, prefetch);
  }

  async #handle(batch: readonly TakenMessage[]): Promise<void> {
    const deliveries = batch.map(
      (message) =>
        new TrackedDelivery({ raw: message.body, type: message.event_type, attempt: message.attempt }, (outcome) =>
          this.#note(message.id, outcome),
        ),
    );
    await runBatch(deliveries, this.#options, this.#needs.log);
    const { acks, retries, deads } = this.#settled;
    if (acks.length < SETTLE_AT_ONCE && retries.length + deads.length === 0) return;
    // One batch ahead of what is being settled, not more.
    await this.#settling;
    void this.#settle();
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
        for (const id of settled.acks) this.#held.delete(id);
        for (const { id } of [...settled.retries, ...settled.deads]) this.#held.delete(id);
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
    const { store, log } = this.#needs;
    const { prefetch } = this.#options;
    for (let failures = 0; !this.#closing.signal.aborted; failures++) {
      // A wake while the answer is under way unsets it.
      this.#caughtUp = true;
      try {
        if (this.#stray) await this.#giveBackStray();
        const taken = await store.take(this.queue, prefetch);
        for (const message of taken) this.#held.add(message.id);
        if (taken.length === prefetch) this.#caughtUp = false;
        return taken;
      } catch (error) {
        this.#caughtUp = false;
        this.#stray = true;
        this.#strayLooks = STRAY_LOOKS;
        if (failures === 0) log.warn({ err: error, queue: this.queue }, 'bus could not take messages');
        await pause(backoffMs(failures, FAILURE_BACKOFF_MAX_MS), this.#closing.signal);
      }
    }
    return [];
  }

  /** Of no urgency: a failure leaves it to the next safety poll, and holds up no take. */
  async #giveBackStray(): Promise<void> {
    this.#stray = false;
    const { store, log } = this.#needs;
    try {
      await store.giveBackAllBut(this.queue, [...this.#held]);
    } catch (error) {
      log.warn({ err: error, queue: this.queue }, 'bus could not look for messages that nobody holds');
    }
  }

  async #giveBack(messages: readonly TakenMessage[]): Promise<void> {
    if (messages.length === 0) return;
    const { store, log, onGivenBack } = this.#needs;
    const ids = messages.map((message) => message.id);
    for (const id of ids) this.#held.delete(id);
    try {
      await store.giveBack(this.queue, ids);
      onGivenBack();
    } catch (error) {
      log.warn({ err: error, queue: this.queue }, 'messages go back once this process ends');
    }
  }

  async #sleep(): Promise<void> {
    if (!this.#caughtUp || this.#handed.length > 0 || this.#closing.signal.aborted) return;
    await this.#woken();
  }

  async #woken(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
  }
}

function emptySettlements(): Settlements {
  return { acks: [], retries: [], deads: [] };
}
