import type { Pool, QueryResultRow } from 'pg';
import { statementName } from '#kit/db/pool.ts';
import type { DeadLetter } from './bus.ts';
import { lockClass } from './embedded-schema.ts';

/** A message taken for handling. `attempt` counts this delivery. */
export interface TakenMessage {
  id: string;
  event_type: string;
  body: Buffer;
  attempt: number;
}

/** The order in which messages were stored. */
export function byId(a: { id: string }, b: { id: string }): number {
  return a.id.length - b.id.length || (a.id < b.id ? -1 : a.id === b.id ? 0 : 1);
}

/** What became of taken messages, kept until the database has it. */
export interface Settlements {
  acks: string[];
  retries: { id: string; delayMs: number; reason: string }[];
  deads: { id: string; reason: string }[];
}

/** A message that so many deliveries ended without an answer for (the process died each time) is parked. */
export const DELIVERY_LIMIT = 20;

/** Dead letters read at once. */
const DEAD_PAGE = 200;

/** Due retries moved back to their queues by one statement. */
const MAX_DUE = 5_000;

/**
 * Losing the last moments of taking and settling to a crash of PostgreSQL only means that messages are delivered again,
 * so these statements don't wait for the disk. A setting local to the statement's own transaction.
 */
const NO_WAIT_FOR_DISK = `relaxed AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true) AS setting)`;

/** Ids of the instances that hold their advisory lock; $1 is the lock's class. */
const ALIVE = `SELECT objid::bigint AS id FROM pg_locks
  WHERE locktype = 'advisory' AND objsubid = 2 AND granted AND classid::bigint = $1 AND objid::bigint <> 0
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`;

/** The statements of the embedded bus. Everything is one statement, thus one transaction. */
export class EmbeddedStore {
  readonly #pool: Pool;
  readonly #schema: string;
  readonly #timeoutMs: number;
  /** Marks the messages that this process has in flight. */
  readonly owner: number;

  constructor(pool: Pool, schema: string, owner: number, timeoutMs: number) {
    this.#pool = pool;
    this.#schema = schema;
    this.#timeoutMs = timeoutMs;
    this.owner = owner;
  }

  /**
   * Stores what each queue is bound to. For the queues of `mine` it is marked as in flight here, and told with the position
   * of each event among the given ones; of the others, which got anything.
   */
  async publish(
    types: readonly string[],
    bodies: readonly Buffer[],
    mine: readonly string[],
  ): Promise<{ queue: string; handed: readonly { id: string; at: number }[] | undefined }[]> {
    const rows = await this.#rows<{ queue: string; mine: boolean; ids: string[] | null; places: number[] | null }>(
      `WITH due AS MATERIALIZED (
         SELECT nextval('${this.#schema}.message_id_seq') AS id, queue, type, body, n, queue = ANY($3::text[]) AS mine
         FROM (SELECT b.queue, e.type, e.body, e.n::int AS n
               FROM unnest($1::text[], $2::bytea[]) WITH ORDINALITY AS e(type, body, n)
               JOIN ${this.#schema}.binding b ON b.event_type = e.type
               ORDER BY e.n) bound),
       put AS (
         INSERT INTO ${this.#schema}.message (queue, id, event_type, body, attempt, owner) OVERRIDING SYSTEM VALUE
         SELECT queue, id, type, body, mine::int, CASE WHEN mine THEN $4::int END FROM due)
       SELECT queue, mine, CASE WHEN mine THEN array_agg(id::text ORDER BY id) END AS ids,
         CASE WHEN mine THEN array_agg(n ORDER BY id) END AS places
       FROM due GROUP BY queue, mine`,
      [types, bodies, mine, this.owner],
    );
    return rows.map(({ queue, ids, places }) => ({
      queue,
      handed: ids?.map((id, index) => ({ id, at: (places?.[index] ?? 1) - 1 })),
    }));
  }

  async bind(queue: string, types: readonly string[]): Promise<void> {
    await this.#rows(
      `INSERT INTO ${this.#schema}.binding (event_type, queue) SELECT t, $2 FROM unnest($1::text[]) t
       ON CONFLICT DO NOTHING`,
      [types, queue],
    );
  }

  async unbindOthers(queue: string, types: readonly string[]): Promise<void> {
    await this.#rows(`DELETE FROM ${this.#schema}.binding WHERE queue = $2 AND event_type <> ALL($1::text[])`, [
      types,
      queue,
    ]);
  }

  /** Takes up to `limit` messages, oldest first. */
  async take(queue: string, limit: number): Promise<TakenMessage[]> {
    const rows = await this.#rows<TakenMessage>(
      `SELECT id::text AS id, event_type, body, attempt FROM ${this.#schema}.take($1, $2, $3)`,
      [queue, limit, this.owner],
    );
    // RETURNING keeps no order.
    return rows.sort(byId);
  }

  /** Messages that another instance took over meanwhile are left to it. */
  async settle(queue: string, settled: Settlements): Promise<void> {
    const { acks, retries, deads } = settled;
    if (acks.length > 0) {
      await this.#rows(
        `WITH ${NO_WAIT_FOR_DISK}
         DELETE FROM ${this.#schema}.message m USING relaxed
         WHERE m.queue = $1 AND m.id = ANY($2::bigint[]) AND m.owner = $3`,
        [queue, acks, this.owner],
      );
    }
    if (retries.length > 0) {
      await this.#rows(
        `WITH ${NO_WAIT_FOR_DISK}, gone AS (
           DELETE FROM ${this.#schema}.message m
           USING unnest($2::bigint[], $3::float8[], $4::text[]) AS r(id, delay_ms, reason), relaxed
           WHERE m.queue = $1 AND m.id = r.id AND m.owner = $5
           RETURNING m.queue, m.id, m.event_type, m.body, m.attempt, r.delay_ms, r.reason)
         INSERT INTO ${this.#schema}.delayed (queue, available_at, id, event_type, body, attempt, reason)
         SELECT queue, now() + delay_ms * interval '1 millisecond', id, event_type, body, attempt, reason FROM gone`,
        [queue, retries.map((r) => r.id), retries.map((r) => r.delayMs), retries.map((r) => r.reason), this.owner],
      );
    }
    if (deads.length > 0) {
      await this.#rows(
        `WITH ${NO_WAIT_FOR_DISK}, gone AS (
           DELETE FROM ${this.#schema}.message m
           USING unnest($2::bigint[], $3::text[]) AS d(id, reason), relaxed
           WHERE m.queue = $1 AND m.id = d.id AND m.owner = $4
           RETURNING m.queue, m.event_type, m.body, m.attempt, d.reason)
         INSERT INTO ${this.#schema}.dead_letter (queue, event_type, body, attempts, reason)
         SELECT queue, event_type, body, attempt, reason FROM gone`,
        [queue, deads.map((d) => d.id), deads.map((d) => d.reason), this.owner],
      );
    }
  }

  /** Gives back messages that were never handled; this delivery is not counted. */
  async giveBack(queue: string, ids: string[]): Promise<void> {
    await this.#rows(
      `UPDATE ${this.#schema}.message SET owner = NULL, attempt = attempt - 1
       WHERE queue = $1 AND id = ANY($2::bigint[]) AND owner = $3`,
      [queue, ids, this.owner],
    );
  }

  /** The same for all that is marked as in flight here, but for these. What is just being published may then come twice. */
  async giveBackAllBut(queue: string, ids: string[]): Promise<void> {
    await this.#rows(
      `UPDATE ${this.#schema}.message SET owner = NULL, attempt = attempt - 1
       WHERE queue = $1 AND owner = $3 AND id <> ALL($2::bigint[])`,
      [queue, ids, this.owner],
    );
  }

  /** Puts due retries back on their queues: the queues that got any, and milliseconds until the next is due. */
  async releaseDue(queues: string[]): Promise<{ queues: string[]; nextMs: number | undefined }> {
    const released = await this.#rows<{ queue: string }>(
      `WITH due AS MATERIALIZED (
         SELECT queue, available_at, id FROM ${this.#schema}.delayed
         WHERE queue = ANY($1::text[]) AND available_at <= now()
         ORDER BY available_at LIMIT ${MAX_DUE} FOR UPDATE SKIP LOCKED),
       gone AS (
         DELETE FROM ${this.#schema}.delayed d USING due
         WHERE d.queue = due.queue AND d.available_at = due.available_at AND d.id = due.id RETURNING d.*),
       back AS (
         INSERT INTO ${this.#schema}.message (queue, event_type, body, attempt)
         SELECT queue, event_type, body, attempt FROM gone ORDER BY available_at, id RETURNING queue)
       SELECT DISTINCT queue FROM back`,
      [queues],
    );
    const next = await this.#rows<{ ms: number | null }>(
      `SELECT (extract(epoch FROM min(available_at) - now()) * 1000)::float8 AS ms
       FROM ${this.#schema}.delayed WHERE queue = ANY($1::text[])`,
      [queues],
    );
    return { queues: released.map((row) => row.queue), nextMs: next[0]?.ms ?? undefined };
  }

  /** The other instances of this bus that are alive. */
  async aliveOthers(): Promise<Set<string>> {
    const rows = await this.#rows<{ id: string }>(`SELECT id::text AS id FROM (${ALIVE}) a WHERE id <> $2`, [
      lockClass(this.#schema),
      this.owner,
    ]);
    return new Set(rows.map((row) => row.id));
  }

  /**
   * Reads all messages. Puts back what instances that are no longer alive had in flight; parks what they
   * failed to answer too often.
   */
  async reclaim(): Promise<string[]> {
    const back = await this.#rows<{ queue: string }>(
      `WITH alive AS MATERIALIZED (${ALIVE}),
       lost AS MATERIALIZED (
         SELECT queue, id FROM ${this.#schema}.message
         WHERE owner IS NOT NULL AND owner <> $2 AND owner NOT IN (SELECT id FROM alive) FOR UPDATE SKIP LOCKED),
       back AS (
         UPDATE ${this.#schema}.message m SET owner = NULL FROM lost
         WHERE m.queue = lost.queue AND m.id = lost.id AND m.attempt < $3 RETURNING m.queue),
       gone AS (
         DELETE FROM ${this.#schema}.message m USING lost
         WHERE m.queue = lost.queue AND m.id = lost.id AND m.attempt >= $3 RETURNING m.*),
       parked AS (
         INSERT INTO ${this.#schema}.dead_letter (queue, event_type, body, attempts, reason)
         SELECT queue, event_type, body, attempt, 'delivered ' || attempt || ' times without an answer' FROM gone)
       SELECT DISTINCT queue FROM back`,
      [lockClass(this.#schema), this.owner, DELIVERY_LIMIT],
    );
    return back.map((row) => row.queue);
  }

  async depth(queue: string): Promise<{ waiting: number; dead: number }> {
    const rows = await this.#rows<{ waiting: number; dead: number }>(
      `SELECT ((SELECT count(*) FROM ${this.#schema}.message WHERE queue = $1)
             + (SELECT count(*) FROM ${this.#schema}.delayed WHERE queue = $1))::int AS waiting,
              (SELECT count(*) FROM ${this.#schema}.dead_letter WHERE queue = $1)::int AS dead`,
      [queue],
    );
    return rows[0] ?? { waiting: 0, dead: 0 };
  }

  /** Dead letters, oldest first; only the one with `id` if given. */
  async deadLetters(queue: string, limit: number, id?: string): Promise<DeadLetter[]> {
    return this.#rows<DeadLetter & QueryResultRow>(
      `SELECT id::text AS id, queue, event_type AS type, reason, attempts, body,
              to_char(dead_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "deadAt"
       FROM ${this.#schema}.dead_letter WHERE queue = $1 AND ($3::bigint IS NULL OR id = $3::bigint)
       ORDER BY dead_letter.id LIMIT $2`,
      [queue, limit, id ?? null],
    );
  }

  /** The next dead letters behind an id, oldest first; none: the end. */
  async deadLettersAfter(queue: string, id: string | undefined): Promise<DeadLetter[]> {
    return this.#rows<DeadLetter & QueryResultRow>(
      `SELECT id::text AS id, queue, event_type AS type, reason, attempts, body,
              to_char(dead_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "deadAt"
       FROM ${this.#schema}.dead_letter WHERE queue = $1 AND id > $2::bigint ORDER BY dead_letter.id LIMIT ${DEAD_PAGE}`,
      [queue, id ?? 0],
    );
  }

  async replay(queue: string, id: string): Promise<boolean> {
    const rows = await this.#rows(
      `WITH gone AS (DELETE FROM ${this.#schema}.dead_letter WHERE queue = $1 AND id = $2::bigint RETURNING *)
       INSERT INTO ${this.#schema}.message (queue, event_type, body)
       SELECT queue, event_type, body FROM gone RETURNING id`,
      [queue, id],
    );
    return rows.length > 0;
  }

  async discard(queue: string, id: string): Promise<boolean> {
    const rows = await this.#rows(
      `DELETE FROM ${this.#schema}.dead_letter WHERE queue = $1 AND id = $2::bigint RETURNING id`,
      [queue, id],
    );
    return rows.length > 0;
  }

  async #rows<Row extends QueryResultRow>(text: string, values: unknown[]): Promise<Row[]> {
    // query_timeout: a database that hangs must not hang its callers; pg destroys the connection then.
    const query = { name: statementName(text), text, values, query_timeout: this.#timeoutMs };
    const result = await this.#pool.query<Row>(query);
    return result.rows;
  }
}
