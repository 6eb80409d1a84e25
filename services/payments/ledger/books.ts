import { currentCall, newCall, runInCall } from '#kit/call-context.ts';
import type { Db, Transact, Tx } from '#kit/db/db.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import { Round, type Unit } from './round.ts';
import type { Movement, Posted } from './post.ts';
import { post } from './round.ts';

/** Most units of work of one commit. */
const BATCH = 512;
/** Beyond this many that wait the books say so, instead of growing. */
const WAITING = 10_000;
const TIMEOUT_MS = 15_000;
/** A commit that takes longer (a replica that hangs has its accounts locked) no longer keeps back who does not need them. */
const SLOW_MS = 250;
const LANES = 3;
/** Units tried alone side by side: one whose row is locked elsewhere waits out its time. */
const ALONE = 2;
const UNIQUE_VIOLATION = '23505';
const LOCK_TIMEOUT = '55P03';

export interface Books {
  /**
   * The one way to move money: runs `work` in the transaction of a batch, in which `post` works. Resolves after the
   * commit. `keys` name the rows that `work` decides about: two units with a key in common are never in flight
   * together here; across processes their row locks keep them apart. `work` may be run again from its beginning, so it
   * has no effect outside its transaction, and what it throws before its first write costs the others nothing.
   */
  tx<T>(keys: readonly string[], work: (tx: Tx) => Promise<T>): Promise<T>;
  /** `tx` with its keys, for `req.tx`. */
  on(...keys: readonly string[]): Transact;
  /** The same for a movement that stands for itself. Throws `payments.reference_reused`, `unavailable`. */
  submit(movement: Movement): Promise<Posted>;
  /** Resolves when nothing waits any more. */
  close(): Promise<void>;
}

interface Waiting {
  readonly keys: readonly string[];
  readonly unit: Unit;
  resolve(value: unknown): void;
  reject(error: unknown): void;
}

/**
 * Natural group commit: what arrives while a batch commits is the next batch. Alone a unit waits for nobody; under load
 * one commit, one lock of a hot account and one write of its balance serve hundreds.
 */
export function createBooks(db: Db, onCommit: () => void): Books {
  let waiting: Waiting[] = [];
  const busy = new Set<string>();
  const lanes = new Set<{ since: number; done: Promise<void> }>();
  let soon = false;

  /** The first units whose keys are free, none twice; who has to wait keeps his turn. */
  function take(): Waiting[] {
    const batch: Waiting[] = [];
    const rest: Waiting[] = [];
    const mine = new Set<string>();
    for (const one of waiting) {
      const free = batch.length < BATCH && !one.keys.some((key) => mine.has(key) || busy.has(key));
      for (const key of one.keys) mine.add(key);
      (free ? batch : rest).push(one);
    }
    waiting = rest;
    // Each locks its rows in its first statements, which go in this order: so two processes never wait in a ring.
    batch.sort((a, b) => ((a.keys[0] ?? '') < (b.keys[0] ?? '') ? -1 : 1));
    for (const one of batch) for (const key of one.keys) busy.add(key);
    return batch;
  }

  function start(): void {
    soon = false;
    const now = performance.now();
    if (lanes.size >= LANES || [...lanes].some((lane) => now - lane.since < SLOW_MS)) return;
    const batch = waiting.length === 0 ? [] : take();
    if (batch.length === 0) return;
    const lane = { since: now, done: flush(batch) };
    lanes.add(lane);
    const slow = setTimeout(wake, SLOW_MS);
    void lane.done.finally(() => {
      clearTimeout(slow);
      lanes.delete(lane);
      for (const one of batch) for (const key of one.keys) busy.delete(key);
      start();
    });
  }

  function wake(): void {
    if (soon) return;
    soon = true;
    // In the next turn, so that all of this one go together.
    queueMicrotask(start);
  }

  async function flush(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await inCall(() =>
        db.tx((tx) =>
          new Round(tx).run(
            batch.map((one) => one.unit),
            (effects) => tx.afterCommit(effects),
          ),
        ),
      );
      for (const [index, one] of batch.entries()) {
        const outcome = outcomes[index];
        if (outcome === undefined || 'error' in outcome) one.reject(outcome?.error);
        else one.resolve(outcome.value);
      }
    } catch (error) {
      if (batch.length === 1 || isAway(error)) await retryOrRefuse(batch, error);
      // Something is wrong with one of them, or another process has just done the same: the rest must not suffer for it.
      else await oneByOne(batch);
      return;
    }
    onCommit();
  }

  async function oneByOne(batch: readonly Waiting[]): Promise<void> {
    const rest = [...batch];
    const worker = async () => {
      for (let one = rest.shift(); one; one = rest.shift()) await flush([one]);
    };
    await Promise.all(Array.from({ length: ALONE }, worker));
  }

  /** What another process has just written under the same name is found at the second try. */
  async function retryOrRefuse(batch: readonly Waiting[], error: unknown): Promise<void> {
    const [only] = batch;
    if (batch.length === 1 && only && !only.unit.again && (error as { code?: unknown }).code === UNIQUE_VIOLATION) {
      only.unit.again = true;
      await flush(batch);
    } else for (const one of batch) one.reject(error);
  }

  function enqueue<T>(keys: readonly string[], work: (tx: Tx) => Promise<T>): Promise<T> {
    if (waiting.length >= WAITING)
      return Promise.reject(new Problem('unavailable', { detail: 'too many movements wait', retryAfter: 1 }));
    return new Promise<T>((resolve, reject) => {
      const unit = { work, call: currentCall(), again: false };
      waiting.push({ keys, unit, resolve: resolve as (value: unknown) => void, reject });
      wake();
    });
  }

  return {
    tx: enqueue,
    on:
      (...keys) =>
      (work) =>
        enqueue(keys, work),
    submit: (movement) => enqueue([], (tx) => post(tx, movement)),
    async close() {
      while (waiting.length > 0 || lanes.size > 0) {
        wake();
        await Promise.race([...lanes].map((lane) => lane.done));
        await Promise.resolve();
      }
    },
  };
}

/** The database takes nothing at all now. A row that somebody holds for too long is the matter of one unit. */
function isAway(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause as { code?: unknown } | undefined) : undefined;
  return isProblem(error, 'storage_full') || (isProblem(error, 'unavailable') && cause?.code !== LOCK_TIMEOUT);
}

/** A batch is nobody's call: it has a deadline of its own, whoever's request it serves. */
const inCall = <T>(work: () => Promise<T>): Promise<T> => runInCall(newCall({ timeoutMs: TIMEOUT_MS }), work);
