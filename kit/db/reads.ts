/**
 * Reads outside a transaction. Those that come in one turn of the loop, or wait while all connections are taken, share a
 * connection and go in one write, in their order: to wake the database for each costs more than a look-up does.
 * One that is known to be slow, might wait for a lock or might write never stands before others: it has a connection alone.
 */
import type pg from 'pg';
import { Pipeline } from './pipeline.ts';

/** Most statements that share a connection at a time. */
const MOST = 32;
/** A read that takes longer on the average goes alone. High enough that a busy machine does not make a look-up slow. */
const SLOW_MS = 20;
/** Weight of the newest time in the average. */
const WEIGHT = 0.2;
const KEPT = 5_000;

interface Waiting {
  readonly statement: Named;
  readonly resolve: (result: pg.QueryResult) => void;
  readonly reject: (error: unknown) => void;
}
interface Named extends pg.QueryConfig {
  readonly name: string;
}

export class Reads {
  private readonly pool: pg.Pool;
  private waiting: Waiting[] = [];
  private asked = false;
  /** What each read takes, in ms. */
  private readonly takes = new Map<string, number>();

  constructor(pool: pg.Pool) {
    this.pool = pool;
  }

  async query(statement: Named): Promise<pg.QueryResult> {
    const isSlow = (this.takes.get(statement.name) ?? 0) > SLOW_MS;
    const client = isSlow ? await this.pool.connect() : undefined;
    return await new Promise((resolve, reject) => {
      const one = { statement, resolve, reject };
      if (client) void this.send(client, [one]);
      else this.wait(one);
    });
  }

  /** For a connection that those of this turn share: after its promises, so that all of them come along. */
  private wait(one: Waiting): void {
    this.waiting.push(one);
    if (this.asked) return;
    this.asked = true;
    process.nextTick(() => {
      this.pool.connect().then(
        (client) => {
          this.asked = false;
          void this.send(client, this.waiting.splice(0, MOST));
          for (const later of this.waiting.splice(0)) this.wait(later);
        },
        (error: unknown) => {
          this.asked = false;
          for (const { reject } of this.waiting.splice(0)) reject(error);
        },
      );
    });
  }

  private async send(client: pg.PoolClient, all: readonly Waiting[]): Promise<void> {
    const line = new Pipeline(client);
    let last = performance.now();
    let broken: Error | undefined;
    await Promise.all(
      all.map(async ({ statement, resolve, reject }) => {
        try {
          const result = await line.query(statement);
          const now = performance.now();
          this.note(statement.name, now - last);
          last = now;
          resolve(result);
        } catch (error) {
          // A connection that broke is of no use to the next; a statement that was refused has not harmed it.
          if ((error as { severity?: unknown }).severity === undefined) broken = error as Error;
          reject(error);
        }
      }),
    );
    client.release(broken);
  }

  private note(name: string, ms: number): void {
    const before = this.takes.get(name);
    if (before === undefined && this.takes.size >= KEPT) return;
    this.takes.set(name, before === undefined ? ms : before + WEIGHT * (ms - before));
  }
}

/**
 * Whether a statement only reads and waits for nobody. One that calls a function of ours which writes says so before its
 * first word: `/* writes *\/ select …` (the house rules see to it).
 */
export function isRead(text: string): boolean {
  return (
    /^\s*select\b/i.test(text) &&
    !/\bfor\s+(no\s+key\s+)?(update|share|key)\b|_lock\w*\s*\(|\bnextval\b|\bpg_sleep\b/i.test(text)
  );
}
