import type { Route } from '#contracts/common/define.ts';
import { gatewayEvents } from '#contracts/gateway/events.ts';
import type { Clock } from '#kit/clock.ts';
import type { Db } from '#kit/db/db.ts';
import type { Logger } from '#kit/log.ts';
import { isProblem } from '#kit/problem.ts';

/** A first refusal is told so soon; others of that moment go along. */
const SOON_MS = 5_000;
/** Repetitions are counted for so long and told as one. */
const WINDOW_MS = 30 * 60_000;
/** Routes of one person that are told apart in a window; the rest of his go as one, under `*`. */
const ROUTES_PER_USER = 20;
/** What one gateway tells in a window at most; the rest goes as one, of nobody. */
const MOST = 500;
const REST = '*';

interface Count {
  readonly userId: string | null;
  readonly route: string;
  times: number;
  from: Date;
  until: Date;
}

/** Notes a refusal that is for want of a right; others (a step-up, an unconfirmed address) are everyday business. */
export function noteRefusal(book: RefusalBook, error: unknown, userId: string | undefined, route: Route): void {
  if (userId !== undefined && isProblem(error, 'forbidden')) book.note(userId, `${route.method} ${route.path}`);
}

/**
 * Who was refused what for want of a right, for the audit log (P4). Whoever asks a thousand times makes one entry now and
 * one with the number at the end of the window, so the log can't be flooded.
 */
export class RefusalBook {
  readonly #needs: { db: Db; clock: Clock; log: Logger };
  readonly #counts = new Map<string, Count>();
  readonly #routesOf = new Map<string, number>();
  readonly #window: NodeJS.Timeout;
  #soon: NodeJS.Timeout | undefined;

  constructor(needs: { db: Db; clock: Clock; log: Logger }) {
    this.#needs = needs;
    this.#window = setInterval(() => void this.endWindow(), WINDOW_MS);
    this.#window.unref();
  }

  /** `route`: method and path as the contract has them. */
  note(userId: string, route: string): void {
    const now = this.#needs.clock.now();
    const count = this.#countFor(userId, route, now);
    if (count.times === 0) count.from = now;
    count.times++;
    count.until = now;
  }

  #countFor(userId: string, route: string, now: Date): Count {
    const known = this.#counts.get(`${userId} ${route}`);
    if (known) return known;
    const routes = this.#routesOf.get(userId) ?? 0;
    if (routes >= ROUTES_PER_USER && route !== REST) return this.#countFor(userId, REST, now);
    // The last place is kept for those who find none.
    if (this.#counts.size >= MOST - 1) return this.#add(null, REST, now);
    this.#routesOf.set(userId, routes + 1);
    return this.#add(userId, route, now);
  }

  #add(userId: string | null, route: string, now: Date): Count {
    const key = `${userId} ${route}`;
    const count = this.#counts.get(key) ?? { userId, route, times: 0, from: now, until: now };
    if (!this.#counts.has(key)) {
      this.#counts.set(key, count);
      this.#soon ??= setTimeout(() => void this.tell(), SOON_MS);
      this.#soon.unref();
    }
    return count;
  }

  /** Tells what has been counted and not told. A database that is away is tried again with the next. */
  async tell(): Promise<void> {
    clearTimeout(this.#soon);
    this.#soon = undefined;
    const counts = [...this.#counts.values()].filter((count) => count.times > 0);
    if (counts.length === 0) return;
    const told = counts.map((count) => ({ count, times: count.times }));
    try {
      await this.#needs.db.tx(async (tx) => {
        for (const { count, times } of told) {
          const { userId, route } = count;
          const [from, until] = [count.from.toISOString(), count.until.toISOString()];
          tx.emit(gatewayEvents.accessRefused, userId ?? REST, { userId, route, times, from, until });
        }
      });
    } catch (error) {
      this.#needs.log.warn({ err: error, refusals: told.length }, 'refusals are told later');
      return;
    }
    for (const { count, times } of told) {
      count.times -= times;
      count.from = count.until;
    }
  }

  async endWindow(): Promise<void> {
    await this.tell();
    for (const [key, { times }] of this.#counts) if (times === 0) this.#counts.delete(key);
    this.#routesOf.clear();
    for (const { userId } of this.#counts.values())
      if (userId !== null) this.#routesOf.set(userId, (this.#routesOf.get(userId) ?? 0) + 1);
  }

  async close(): Promise<void> {
    clearInterval(this.#window);
    await this.tell();
  }
}
