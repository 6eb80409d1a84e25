import type { Bus, Subscription } from '#kit/bus/bus.ts';
import { HEALTH_CHANNEL } from '#kit/service/health-news.ts';
import type { Live } from '#kit/service/types.ts';

/** A burst is one frame, and what was announced has arrived by then. */
const GATHER_MS = 1_000;
/** A page that shows health looks by itself every few minutes; who has not for so long has left. */
const WATCHES_MS = 10 * 60_000;

/** Tells the pages that show health to look again: those of people who asked this replica lately. */
export class HealthNews {
  readonly #needs: { readonly bus: Bus; readonly live: Live };
  /** When each last asked (monotonic). */
  readonly #watchers = new Map<string, number>();
  #gather: NodeJS.Timeout | undefined;
  #listening: Subscription | undefined;

  constructor(needs: { readonly bus: Bus; readonly live: Live }) {
    this.#needs = needs;
  }

  async start(): Promise<void> {
    const tell = () => {
      this.#gather ??= setTimeout(() => this.#tell(), GATHER_MS);
    };
    this.#listening = await this.#needs.bus.listen(HEALTH_CHANNEL, tell, tell);
  }

  watch(userId: string): void {
    this.#watchers.set(userId, performance.now());
  }

  async close(): Promise<void> {
    clearTimeout(this.#gather);
    await this.#listening?.close();
  }

  #tell(): void {
    this.#gather = undefined;
    const since = performance.now() - WATCHES_MS;
    for (const [userId, at] of this.#watchers) if (at < since) this.#watchers.delete(userId);
    this.#needs.live.push([...this.#watchers.keys()], { type: 'health' });
  }
}
