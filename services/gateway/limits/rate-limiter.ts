import type { Db } from '#kit/db/db.ts';
import { sql } from '#kit/db/db.ts';
import type { Logger } from '#kit/log.ts';

const WINDOW_MS = 60_000;
/** How often the replicas tell each other their counts, by way of the database. */
const SYNC_MS = 250;
/** Most callers counted at once; beyond it the oldest are forgotten. */
const MAX_KEYS = 100_000;

export interface RateState {
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window ends. */
  readonly resetSeconds: number;
  readonly exceeded: boolean;
}

interface Counter {
  window: number;
  /** What all replicas had together at the last sync. */
  shared: number;
  /** Counted here since. */
  fresh: number;
}

/**
 * Requests per caller and minute. Counting is in memory; four times a second the new counts go to the database in one
 * statement and the sums of all replicas come back. So a request costs no query, and replicas share a limit within
 * 250 ms. (rate-limiter-flexible, the library for this, asks the database at every request.)
 */
export class RateLimiter {
  private readonly counters = new Map<string, Counter>();
  private readonly timer: NodeJS.Timeout;
  private readonly db: Db;
  private readonly log: Logger;
  private syncing: Promise<void> | undefined;
  private failing = false;

  constructor(db: Db, log: Logger) {
    this.db = db;
    this.log = log;
    this.timer = setInterval(() => {
      this.syncing ??= this.sync().finally(() => {
        this.syncing = undefined;
      });
    }, SYNC_MS);
    this.timer.unref();
  }

  /** Counts one request. */
  take(key: string, limit: number): RateState {
    const now = Date.now();
    const window = Math.floor(now / WINDOW_MS);
    let counter = this.counters.get(key);
    if (!counter || counter.window !== window) {
      if (this.counters.size >= MAX_KEYS) this.counters.delete(this.counters.keys().next().value as string);
      counter = { window, shared: 0, fresh: 0 };
      this.counters.set(key, counter);
    }
    counter.fresh++;
    const used = counter.shared + counter.fresh;
    return {
      limit,
      remaining: Math.max(0, limit - used),
      resetSeconds: Math.ceil(((window + 1) * WINDOW_MS - now) / 1000),
      exceeded: used > limit,
    };
  }

  private async sync(): Promise<void> {
    const window = Math.floor(Date.now() / WINDOW_MS);
    const changed: [string, Counter, number][] = [];
    for (const [key, counter] of this.counters) {
      if (counter.window < window) this.counters.delete(key);
      else if (counter.fresh > 0) changed.push([key, counter, counter.fresh]);
    }
    if (changed.length === 0) return;
    changed.sort(([a], [b]) => (a < b ? -1 : 1));
    try {
      const rows = await this.db.many<{ key: string; count: number }>(sql`
        insert into rate_counters (key, window_start, count)
        select key, to_timestamp(${window * 60}::float8), count from unnest(${changed.map(([key]) => key)}::text[], ${changed.map(([, , n]) => n)}::int[]) as t (key, count)
        on conflict (key, window_start) do update set count = rate_counters.count + excluded.count
        returning key, count`);
      const sums = new Map(rows.map((row) => [row.key, row.count]));
      for (const [key, counter, sent] of changed) {
        counter.shared = sums.get(key) ?? counter.shared + sent;
        counter.fresh -= sent;
      }
      this.failing = false;
    } catch (error) {
      // Without the database each replica goes on counting for itself.
      if (!this.failing)
        this.log.warn({ err: error }, 'rate limits are counted per replica until the database is back');
      this.failing = true;
    }
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.syncing;
  }
}

/** An address as the limits count it: IPv4 whole, IPv6 by its /64, because a caller owns all of that (L3). */
export function addressKey(ip: string): string {
  const plain = ip.replace(/^::ffff:/i, '');
  if (!plain.includes(':')) return plain;
  const [head = '', tail = ''] = plain.split('%')[0]?.split('::') ?? [];
  const left = head.split(':').filter(Boolean);
  const right = plain.includes('::') ? tail.split(':').filter(Boolean) : [];
  const full = plain.includes('::')
    ? [...left, ...Array<string>(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right]
    : left;
  return `${full
    .slice(0, 4)
    .map((part) => part.padStart(4, '0').toLowerCase())
    .join(':')}::/64`;
}
