import type { z } from 'zod';
import type { Sql } from 'sql-template-tag';
import type { EventDefinition } from '#contracts/common/define.ts';

export { default as sql, join, raw, empty, Sql } from 'sql-template-tag';

/**
 * Queries on one handle: the pool (each statement commits by itself) or a transaction.
 * Statements are written with the `sql` tag and run as named prepared statements. Columns come back as they are
 * named (`select created_at as "createdAt"`); int8 and numeric as strings or bigint (never a float), timestamptz as Date, jsonb parsed.
 */
export interface Queries {
  many<T>(statement: Sql): Promise<T[]>;
  /** The first row or undefined. */
  maybe<T>(statement: Sql): Promise<T | undefined>;
  /** Exactly one row; throws otherwise (a fault of ours). */
  one<T>(statement: Sql): Promise<T>;
  /** Number of rows touched. */
  run(statement: Sql): Promise<number>;
}

export interface Tx extends Queries {
  /** Writes an event to the outbox of this transaction; it is published after the commit. `sequence`: position in the life of its aggregate. */
  emit<T extends z.ZodType>(
    definition: EventDefinition<T>,
    subject: string,
    data: z.input<T>,
    sequence?: number | bigint,
  ): void;
  /** Runs a statement whose answer nobody needs, without waiting for it: it travels with the next one, and its failure fails the transaction. */
  send(statement: Sql): void;
  /** Queues a job of the service in this transaction. `key`: replaces a queued job with the same key (one timer per thing). `at` is in the platform's clock. */
  schedule(job: string, payload: unknown, options?: { at?: Date; key?: string; maxAttempts?: number }): Promise<void>;
  unschedule(key: string): Promise<void>;
  /** Runs after the commit, never when it fails; for transient pushes and wake-ups only. */
  afterCommit(effect: () => void): void;
}

export interface Db extends Queries {
  /**
   * The one way to start a transaction (READ COMMITTED). Retries on deadlock and serialization failure, so `work` must
   * have no effect outside `tx`. No network call inside.
   */
  tx<T>(work: (tx: Tx) => Promise<T>): Promise<T>;
}

/** Another way to run a transaction than `db.tx`, with the same promise: all or nothing, `work` may be run again. */
export type Transact = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
