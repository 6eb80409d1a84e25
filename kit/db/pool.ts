import { createHash } from 'node:crypto';
import pg from 'pg';
import type { Sql } from 'sql-template-tag';
import type { EventDefinition } from '#contracts/common/define.ts';
import type { CloudEvent } from '#kit/bus/bus.ts';
import { currentCall, traceparent } from '#kit/call-context.ts';
import type { Clock } from '#kit/clock.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import type { Telemetry } from '#kit/telemetry.ts';
import type { Db, Queries, Tx } from './db.ts';
import { dueNews } from './job-news.ts';
import { Pipeline } from './pipeline.ts';
import { isRead, Reads } from './reads.ts';

/** An event of a transaction that has committed. */
export interface Told {
  readonly type: string;
  readonly subject: string;
}

export interface DbOptions {
  service: string;
  connectionString: string;
  schema: string;
  /** Most connections of this process for this service. */
  max: number;
  clock: Clock;
  telemetry: Telemetry;
  /** Called after a commit that wrote to the outbox, with what it told. */
  onEvents(told: readonly Told[]): void;
}

/** A pool that can also be closed; `raw` is for libraries that bring their own queries (jobs). */
export interface DbPool extends Db {
  readonly raw: pg.Pool;
  close(): Promise<void>;
}

/** int8 as bigint (a ledger must not lose a digit). Per pool, never global. */
const types: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (oid === pg.types.builtins.INT8 && format !== 'binary') return BigInt;
    return format === 'binary' ? pg.types.getTypeParser(oid, 'binary') : pg.types.getTypeParser(oid, 'text');
  },
} as pg.CustomTypesConfig;

interface Known {
  /** The same text is planned once per connection. */
  readonly name: string;
  readonly isRead: boolean;
}
const statements = new Map<string, Known>();
/** Name of a prepared statement, from its text. */
export const statementName = (text: string): string => known(text).name;
function known(text: string): Known {
  let statement = statements.get(text);
  if (statement === undefined) {
    statement = { name: createHash('sha1').update(text).digest('base64url'), isRead: isRead(text) };
    if (statements.size < 5_000) statements.set(text, statement);
  }
  return statement;
}

const UNAVAILABLE = /^(08|57P0[123]|53300|ECONNREFUSED|ECONNRESET|EPIPE|ENOENT|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)/;
const UNAVAILABLE_TEXT =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|connection error/i;

/** What a fault of the database is to a caller: 503 when it is away, 507 when it is full; others stay what they are. */
export function databaseProblem(error: unknown): unknown {
  if (error instanceof Problem || !(error instanceof Error)) return error;
  const code = String((error as { code?: unknown }).code ?? '');
  if (code === '53100') return new Problem('storage_full', { cause: error });
  if (code === '57014' || code === '55P03')
    return new Problem('unavailable', { detail: 'the database took too long', retryAfter: 2, cause: error });
  if (UNAVAILABLE.test(code) || UNAVAILABLE_TEXT.test(error.message))
    return new Problem('unavailable', { detail: 'the database is away', retryAfter: 2, cause: error });
  return error;
}

/** Deadlock and serialization failure: the transaction may be tried again as a whole. */
function isRetryable(error: unknown): boolean {
  const code = (error as { code?: string }).code;
  return code === '40P01' || code === '40001';
}

interface Runner {
  query(statement: pg.QueryConfig | string): Promise<pg.QueryResult>;
}

class Handle implements Queries {
  protected readonly runner: Runner;
  protected readonly options: DbOptions;

  constructor(runner: Runner, options: DbOptions) {
    this.runner = runner;
    this.options = options;
  }

  protected query(statement: Sql): Promise<pg.QueryResult> {
    const text = statement.text;
    const { name, isRead } = known(text);
    const config = { name, text, values: statement.values };
    return this.options.telemetry.span(
      `db ${text.trimStart().slice(0, 6).trimEnd().toLowerCase()}`,
      'client',
      { 'db.system.name': 'postgresql', 'db.namespace': this.options.schema },
      () => this.execute(config, isRead),
    );
  }

  protected execute(statement: pg.QueryConfig & { name: string }, _isRead: boolean): Promise<pg.QueryResult> {
    return this.runner.query(statement);
  }

  async many<T>(statement: Sql): Promise<T[]> {
    return (await this.query(statement)).rows as T[];
  }

  async maybe<T>(statement: Sql): Promise<T | undefined> {
    return (await this.query(statement)).rows[0] as T | undefined;
  }

  async one<T>(statement: Sql): Promise<T> {
    const { rows } = await this.query(statement);
    if (rows.length !== 1) throw new Error(`expected one row, got ${rows.length}: ${statement.text.slice(0, 200)}`);
    return rows[0] as T;
  }

  async run(statement: Sql): Promise<number> {
    return (await this.query(statement)).rowCount ?? 0;
  }
}

class Transaction extends Handle implements Tx {
  readonly events: string[] = [];
  readonly told: Told[] = [];
  readonly effects: (() => void)[] = [];
  /** What nobody waits for. */
  readonly sent: Promise<unknown>[] = [];
  /** Why the transaction is lost: what follows only says that it is. */
  fault: { error: unknown } | undefined;

  send(statement: Sql): void {
    const sent = this.query(statement);
    sent.catch((error: unknown) => {
      this.fault ??= { error };
    });
    this.sent.push(sent);
  }

  emit(definition: EventDefinition, subject: string, data: unknown, sequence?: number | bigint): void {
    const call = currentCall();
    const event: CloudEvent = {
      specversion: '1.0',
      id: newId(),
      type: definition.type,
      source: `/services/${this.options.service}`,
      subject,
      time: this.options.clock.now().toISOString(),
      datacontenttype: 'application/json',
      data: definition.data.parse(data),
      ...(sequence === undefined ? {} : { sequence: String(sequence) }),
      ...(call ? { traceparent: traceparent(call), requestid: call.requestId } : {}),
    };
    this.events.push(JSON.stringify(event));
    this.told.push({ type: event.type, subject });
  }

  async schedule(
    job: string,
    payload: unknown,
    options: { at?: Date; key?: string; maxAttempts?: number } = {},
  ): Promise<void> {
    // The library compares with the server's clock; the platform's may be ahead of it in a demo or a test.
    const at = options.at ? new Date(Date.now() + options.at.getTime() - this.options.clock.nowMs()) : null;
    const text = `select "${this.options.schema}_jobs".add_job($1, $2::json, run_at => $3::timestamptz, job_key => $4, max_attempts => $5)`;
    const values = [job, JSON.stringify(payload), at, options.key ?? null, options.maxAttempts ?? 25];
    const added = this.runner.query({ name: statementName(text), text, values });
    // One for later is found when its time has come: the runners look every two seconds.
    const isDue = at === null || at.getTime() <= Date.now();
    const news = dueNews(this.options.service);
    await Promise.all([added, isDue && this.runner.query({ name: statementName(news.text), ...news })]);
  }

  async unschedule(key: string): Promise<void> {
    const text = `select "${this.options.schema}_jobs".remove_job($1)`;
    await this.runner.query({ name: statementName(text), text, values: [key] });
  }

  afterCommit(effect: () => void): void {
    this.effects.push(effect);
  }

  async flushEvents(): Promise<void> {
    if (this.events.length === 0) return;
    const text = 'insert into outbox (body) select unnest($1::text[])';
    await this.runner.query({ name: statementName(text), text, values: [this.events] });
  }
}

class PgDb extends Handle implements DbPool {
  readonly raw: pg.Pool;
  private readonly reads: Reads;

  constructor(pool: pg.Pool, options: DbOptions) {
    super(pool as unknown as Runner, options);
    this.raw = pool;
    this.reads = new Reads(pool);
  }

  protected override execute(statement: pg.QueryConfig & { name: string }, isRead: boolean): Promise<pg.QueryResult> {
    return isRead ? this.reads.query(statement) : super.execute(statement, isRead);
  }

  protected override async query(statement: Sql): Promise<pg.QueryResult> {
    try {
      return await super.query(statement);
    } catch (error) {
      throw databaseProblem(error);
    }
  }

  async tx<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.attempt(work);
      } catch (error) {
        if (isRetryable(error) && attempt < 5) continue;
        throw databaseProblem(error);
      }
    }
  }

  private async attempt<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    const client = await this.raw.connect();
    const line = new Pipeline(client);
    const tx = new Transaction(line, this.options);
    let broken: Error | undefined;
    let result: T;
    try {
      // Not waited for: it travels with the first statement, as the events do with the commit (the pool pipelines).
      const begun = line.query('begin');
      begun.catch(() => {});
      result = await work(tx);
      const [, , committed] = await Promise.all([begun, tx.flushEvents(), line.query('commit'), ...tx.sent]);
      if (committed.command !== 'COMMIT') throw new Error('a failed statement was passed over; nothing was committed');
    } catch (error) {
      await line.query('rollback').catch((rollbackError: Error) => {
        broken = rollbackError;
      });
      throw tx.fault?.error ?? error;
    } finally {
      client.release(broken);
    }
    for (const effect of tx.effects) effect();
    if (tx.told.length > 0) this.options.onEvents(tx.told);
    return result;
  }

  async close(): Promise<void> {
    await this.raw.end();
  }
}

/** Opens the pool of one service. Nothing connects before the first query. */
export function createDb(options: DbOptions): DbPool {
  const pool = new pg.Pool({
    connectionString: options.connectionString,
    max: options.max,
    pipeline: true,
    types,
    application_name: `artel-${options.service}`,
    options: `-c search_path=${options.schema} -c statement_timeout=15000 -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000`,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    keepAlive: true,
  });
  // A connection that dies while idle is replaced at the next query; without a listener it would end the process.
  pool.on('error', () => {});
  pool.on('connect', (client) => client.on('error', () => {}));
  return new PgDb(pool, options);
}
