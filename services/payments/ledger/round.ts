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

/** One piece of work for all who need it at the same time: an answer for each item, in their order. */
export type Together<I, O> = (db: Tx, items: readonly I[]) => Promise<readonly O[]>;

interface Asked {
  readonly work: Together<unknown, unknown>;
  readonly items: readonly unknown[];
  resolve(answers: readonly unknown[]): void;
  reject(error: unknown): void;
}

/** A fault of the database: the transaction is lost for all who are in it. */
function isFault(error: unknown): boolean {
  return typeof (error as { severity?: unknown } | undefined)?.severity === 'string';
}

/**
 * Units of work side by side in one transaction. Each reads and writes for itself; what they post, and what else they do
 * `together`, is gathered until all have either ended or wait for it, then it is done by few statements for all.
 */
export class Round {
  private readonly db: Tx;
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

  /** They share a connection, which runs them in the order they were sent; none waits for the answer to another. */
  async query<T>(work: (db: Tx) => Promise<T>): Promise<T> {
    if (this.broken) throw this.broken.error;
    try {
      return await work(this.db);
    } catch (error) {
      // What was sent after it fails as well, with an error that says nothing.
      if (isFault(error)) this.break(error);
      throw error;
    }
  }

  send(statement: Sql): void {
    this.db.send(statement);
  }

  together<I, O>(work: Together<I, O>, items: readonly I[]): Promise<readonly O[]> {
    return new Promise((resolve, reject) => {
      this.asked.push({ work, items, resolve, reject } as unknown as Asked);
      this.active--;
      this.settle();
    });
  }

  private break(error: unknown): void {
    this.broken ??= { error };
  }

  /** Does what was asked for once nobody can ask for more before he is answered. */
  private settle(): void {
    if (this.active > 0 || this.asked.length === 0) return;
    const asked = this.asked;
    this.asked = [];
    this.active = asked.length;
    for (const [work, its] of Map.groupBy(asked, (one) => one.work)) {
      const items = its.flatMap((one) => one.items);
      this.query((db) => work(db, items)).then(
        (answers) => {
          let from = 0;
          for (const { items: mine, resolve } of its) {
            resolve(answers.slice(from, from + mine.length));
            from += mine.length;
          }
        },
        (error: unknown) => {
          this.break(error);
          for (const one of its) one.reject(error);
        },
      );
    }
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
  send(statement: Sql): void {
    this.wrote = true;
    this.round.send(statement);
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
    const outcomes = await this.round.together(postAll, movements);
    for (const outcome of outcomes)
      if ('decided' in outcome) {
        this.wrote = true;
        announce(this, outcome.decided);
      }
    return outcomes;
  }
  /** Once for all units that ask for it at the same time. */
  async read<I, O>(work: Together<I, O>, item: I): Promise<O> {
    const [answer] = await this.round.together(work, [item]);
    return answer as O;
  }
  async write<I, O>(work: Together<I, O>, item: I): Promise<O> {
    this.wrote = true;
    return await this.read(work, item);
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
  return (await partOf(tx).post(movements)).map((outcome): Posted => {
    if ('error' in outcome) throw outcome.error;
    if (!outcome.ok) return outcome;
    const { transactionId, replayed } = outcome;
    return { ok: true, transactionId, replayed };
  });
}

/** The transaction as a unit of the books has it. */
export function partOf(tx: Tx): Part {
  if (!(tx instanceof Part)) throw new Error('money moves in a transaction of the books only');
  return tx;
}
