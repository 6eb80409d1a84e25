import {
  PRESENCE_CHANNEL,
  PRESENCE_LASTS_MS,
  PRESENCE_REQUEST_CHANNEL,
  presenceBroadcast,
  type PresenceBroadcast,
} from '#contracts/gateway/presence.ts';
import type { Presence } from '#contracts/messenger/views.ts';
import type { Bus, Subscription } from '#kit/bus/bus.ts';
import type { Clock } from '#kit/clock.ts';
import { databaseProblem } from '#kit/db/pool.ts';
import type { Db } from '#kit/db/db.ts';
import type { Logger } from '#kit/log.ts';
import type { Live } from '#kit/service/types.ts';
import { keepPresence, onlineAfter, partnersOf, presenceRows, setHidden } from './data/presence.ts';

const GATHER_MS = 50;
const LOOK_EVERY_MS = 30_000;
const PER_STATEMENT = 500;
/** Only those who talked within so long are told live; others see it when they look. */
const TALKED_MS = 30 * 86_400_000;

export interface PresenceNeeds {
  readonly db: Db;
  readonly bus: Bus;
  readonly live: Live;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long somebody may be without a socket (a reload, a tunnel) before he has left. */
  readonly graceMs: number;
}

/**
 * Who is online, from what the gateways say: every replica hears all of them. When somebody comes or leaves, it is
 * written down, and the replica whose writing was the change tells those who talk with him.
 */
export class PresenceBook {
  readonly #needs: PresenceNeeds;
  /** By person: the gateways with a socket of his, and when each last said so (monotonic). */
  readonly #heard = new Map<string, Map<string, number>>();
  readonly #leaving = new Map<string, NodeJS.Timeout>();
  readonly #changes = new Map<string, boolean>();
  #gather: NodeJS.Timeout | undefined;
  #look: NodeJS.Timeout | undefined;
  #listening: Subscription | undefined;
  #startedAt = 0;
  #running: Promise<void> = Promise.resolve();

  constructor(needs: PresenceNeeds) {
    this.#needs = needs;
  }

  async start(): Promise<void> {
    const { bus } = this.#needs;
    const ask = () => bus.broadcast(PRESENCE_REQUEST_CHANNEL, {});
    const take = (payload: unknown) => {
      const parsed = presenceBroadcast.safeParse(payload);
      if (parsed.success) this.#take(parsed.data);
    };
    this.#listening = await bus.listen(PRESENCE_CHANNEL, take, ask);
    this.#startedAt = performance.now();
    this.#look = setInterval(() => this.#forgetSilent(), LOOK_EVERY_MS);
    this.#look.unref();
    ask();
  }

  async close(): Promise<void> {
    clearTimeout(this.#gather);
    clearInterval(this.#look);
    for (const timer of this.#leaving.values()) clearTimeout(timer);
    await this.#listening?.close();
    await this.#running;
  }

  isOnline(userId: string): boolean {
    return this.#heard.has(userId) || this.#leaving.has(userId);
  }

  /** As others may see it; those who hide it are missing. */
  async of(userIds: readonly string[]): Promise<Map<string, Presence>> {
    const rows = new Map((await presenceRows(this.#needs.db, userIds)).map((row) => [row.userId, row]));
    const seen = new Map<string, Presence>();
    for (const userId of userIds) {
      const row = rows.get(userId);
      if (row?.hidden) continue;
      const online = this.isOnline(userId);
      seen.set(userId, { online, lastSeenAt: online ? null : (row?.seenAt?.toISOString() ?? null) });
    }
    return seen;
  }

  /** Hides or shows a person; those who look at him are told at once. */
  async hide(userId: string, hidden: boolean): Promise<void> {
    const { db, live } = this.#needs;
    await setHidden(db, userId, hidden);
    const presence = (await this.of([userId])).get(userId) ?? null;
    const watching = await partnersOf(db, userId, this.#since());
    live.push(this.#present(watching), { type: 'presence', userId, presence });
  }

  #take({ gateway, here, gone }: PresenceBroadcast): void {
    const now = performance.now();
    for (const userId of here) {
      const gateways = this.#heard.get(userId) ?? new Map<string, number>();
      const fresh = gateways.size === 0;
      this.#heard.set(userId, gateways.set(gateway, now));
      if (fresh) this.#came(userId);
    }
    for (const userId of gone) this.#left(userId, gateway);
  }

  #came(userId: string): void {
    const leaving = this.#leaving.get(userId);
    clearTimeout(leaving);
    this.#leaving.delete(userId);
    if (leaving === undefined) this.#change(userId, true);
  }

  #left(userId: string, gateway: string): void {
    const gateways = this.#heard.get(userId);
    if (!gateways?.delete(gateway) || gateways.size > 0) return;
    this.#heard.delete(userId);
    const timer = setTimeout(() => {
      this.#leaving.delete(userId);
      this.#change(userId, false);
    }, this.#needs.graceMs);
    this.#leaving.set(userId, timer.unref());
  }

  #change(userId: string, online: boolean): void {
    this.#changes.set(userId, online);
    this.#gather ??= setTimeout(() => {
      this.#gather = undefined;
      this.#running = this.#running.then(() => this.#write());
    }, GATHER_MS).unref();
  }

  async #write(): Promise<void> {
    const changes = [...this.#changes];
    this.#changes.clear();
    for (const online of [true, false]) {
      const userIds = changes.filter((one) => one[1] === online).map(([userId]) => userId);
      for (let at = 0; at < userIds.length; at += PER_STATEMENT) {
        const part = userIds.slice(at, at + PER_STATEMENT);
        try {
          await this.#keep(part, online);
        } catch (error) {
          this.#needs.log.warn({ err: databaseProblem(error) }, 'who came and left is written later');
          // What was said of them meanwhile is newer.
          for (const userId of part) if (!this.#changes.has(userId)) this.#changes.set(userId, online);
        }
      }
    }
  }

  async #keep(userIds: readonly string[], online: boolean): Promise<void> {
    const { db, live, clock } = this.#needs;
    const now = clock.now();
    for (const { userId, partnerIds } of await keepPresence(db, { userIds, online, now, since: this.#since() })) {
      const presence: Presence = { online, lastSeenAt: online ? null : now.toISOString() };
      live.push(this.#present(partnerIds), { type: 'presence', userId, presence });
    }
  }

  #since(): Date {
    return new Date(this.#needs.clock.nowMs() - TALKED_MS);
  }

  #present(userIds: readonly string[]): string[] {
    return userIds.filter((userId) => this.#heard.has(userId));
  }

  /** A gateway that died said nothing; and what a dead replica of ours left written is put right. */
  #forgetSilent(): void {
    const now = performance.now();
    for (const [userId, gateways] of this.#heard)
      for (const [gateway, at] of gateways) if (now - at > PRESENCE_LASTS_MS) this.#left(userId, gateway);
    if (this.#changes.size > 0 || now - this.#startedAt > PRESENCE_LASTS_MS)
      this.#running = this.#running.then(() => this.#write()).then(() => this.#correct());
  }

  async #correct(): Promise<void> {
    try {
      for (let after: string | undefined; ; ) {
        const online = await onlineAfter(this.#needs.db, after, PER_STATEMENT);
        const wrong = online.filter((userId) => !this.isOnline(userId));
        if (wrong.length > 0) await this.#keep(wrong, false);
        if (online.length < PER_STATEMENT) return;
        after = online.at(-1);
      }
    } catch (error) {
      this.#needs.log.warn({ err: databaseProblem(error) }, 'who is online is put right later');
    }
  }
}
