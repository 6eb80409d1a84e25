import type { z } from 'zod';
import type { Sql } from 'sql-template-tag';
import type { EventDefinition } from '#contracts/common/define.ts';
import { type CallContext, runInCall } from '#kit/call-context.ts';
import type { Tx } from '#kit/db/db.ts';
import { announce, type Movement, type Outcome, type Posted, postAll } from './post.ts';

/** Something to do in the transaction of a batch. */
export interface Unit {
  readonly work: (tx: Tx) => Promise<unknown>;
  /** Whose trace its events carry. */
  readonly call: CallContext | undefined;
  /** It was tried alone already. */
  again: boolean;
}
type Result = { readonly value: unknown } | { readonly error: unknown };

interface Asked {
  readonly movements: readonly Movement[];
  resolve(outcomes: readonly Outcome[]): void;
  reject(error: unknown): void;
}

/** A fault of the database: the transaction is lost for all who are in it. */
function isFault(error: unknown): boolean {
  return typeof (error as { severity?: unknown } | undefined)?.severity === 'string';
}

/**
 * Units of work side by side in one transaction. Each reads and writes for itself; what they post is gathered until all
 * have either ended or wait for their posting, then it is decided and written together.
 */
export class Round {
  private readonly db: Tx;
  private line: Promise<unknown> = Promise.resolve();
  private asked: Asked[] = [];
  private active = 0;
  private broken: { error: unknown } | undefined;

  constructor(db: Tx) {
    this.db = db;
  }

  /** Rejects when one has broken the transaction. `afterCommit` takes what follows the commit. */
  async run(units: readonly Unit[], afterCommit: (effect: () => void) => void): Promise<Result[]> {
    this.active = units.length;
    const parts = units.map((unit) => new Part(this, unit.call));
    const results = await Promise.all(
      units.map(async (unit, index): Promise<Result> => {
        const part = parts[index] as Part;
        try {
          const value = await (unit.call ? runInCall(unit.call, () => unit.work(part)) : unit.work(part));
          return { value };
        } catch (error) {
          if (part.wrote || isFault(error)) this.break(error);
          part.effects.length = 0;
          part.events.length = 0;
          return { error };
        } finally {
          this.active--;
          this.settle();
        }
      }),
    );
    if (this.broken) throw this.broken.error;
    for (const part of parts) {
      for (const event of part.events) event(this.db);
      for (const effect of part.effects) afterCommit(effect);
    }
    return results;
  }

  /** One statement after the other: they share a connection. */
  query<T>(work: (db: Tx) => Promise<T>): Promise<T> {
    const result = this.line.then(() => {
      if (this.broken) throw this.broken.error;
      return work(this.db);
    });
    this.line = result.catch(() => {});
    return result;
  }

  post(movements: readonly Movement[]): Promise<readonly Outcome[]> {
    return new Promise((resolve, reject) => {
      this.asked.push({ movements, resolve, reject });
      this.active--;
      this.settle();
    });
  }

  private break(error: unknown): void {
    this.broken ??= { error };
  }

  /** Posts what was asked for once nobody can ask for more before he is answered. */
  private settle(): void {
    if (this.active > 0 || this.asked.length === 0) return;
    const asked = this.asked;
    this.asked = [];
    this.active = asked.length;
    const movements = asked.flatMap((one) => one.movements);
    this.query((db) => postAll(db, movements)).then(
      (outcomes) => {
        let from = 0;
        for (const { movements: its, resolve } of asked) {
          resolve(outcomes.slice(from, from + its.length));
          from += its.length;
        }
      },
      (error: unknown) => {
        this.break(error);
        for (const one of asked) one.reject(error);
      },
    );
  }
}

/** The transaction as one unit sees it. */
export class Part implements Tx {
  wrote = false;
  readonly events: ((db: Tx) => void)[] = [];
  readonly effects: (() => void)[] = [];
  private readonly round: Round;
  private readonly call: CallContext | undefined;

  constructor(round: Round, call: CallContext | undefined) {
    this.round = round;
    this.call = call;
  }

  private query<T>(statement: Sql, work: (db: Tx) => Promise<T>): Promise<T> {
    if (!/^\s*select/i.test(statement.strings[0] ?? '')) this.wrote = true;
    return this.round.query(work);
  }
  many<T>(statement: Sql): Promise<T[]> {
    return this.query(statement, (db) => db.many<T>(statement));
  }
  maybe<T>(statement: Sql): Promise<T | undefined> {
    return this.query(statement, (db) => db.maybe<T>(statement));
  }
  one<T>(statement: Sql): Promise<T> {
    return this.query(statement, (db) => db.one<T>(statement));
  }
  run(statement: Sql): Promise<number> {
    return this.query(statement, (db) => db.run(statement));
  }
  schedule(...of: Parameters<Tx['schedule']>): Promise<void> {
    this.wrote = true;
    return this.round.query((db) => db.schedule(...of));
  }
  unschedule(key: string): Promise<void> {
    this.wrote = true;
    return this.round.query((db) => db.unschedule(key));
  }
  emit<T extends z.ZodType>(
    definition: EventDefinition<T>,
    subject: string,
    data: z.input<T>,
    sequence?: number | bigint,
  ): void {
    const { call } = this;
    this.events.push((db) => {
      const emit = () => db.emit(definition, subject, data, sequence);
      if (call) runInCall(call, emit);
      else emit();
    });
  }
  afterCommit(effect: () => void): void {
    this.effects.push(effect);
  }
  async post(movements: readonly Movement[]): Promise<readonly Outcome[]> {
    const outcomes = await this.round.post(movements);
    for (const outcome of outcomes)
      if ('decided' in outcome) {
        this.wrote = true;
        announce(this, outcome.decided);
      }
    return outcomes;
  }
}

/**
 * Posts one movement in a transaction of the books, together with those of the others in it. Throws
 * `payments.reference_reused`, and what its decision throws.
 */
export async function post(tx: Tx, movement: Movement): Promise<Posted> {
  const [posted] = await postEach(tx, [movement]);
  return posted as Posted;
}

/** The same for several, in their order, each for itself: the accounts of all are locked at once. */
export async function postEach(tx: Tx, movements: readonly Movement[]): Promise<Posted[]> {
  if (!(tx instanceof Part)) throw new Error('money moves in a transaction of the books only');
  return (await tx.post(movements)).map((outcome): Posted => {
    if ('error' in outcome) throw outcome.error;
    if (!outcome.ok) return outcome;
    const { transactionId, replayed } = outcome;
    return { ok: true, transactionId, replayed };
  });
}
