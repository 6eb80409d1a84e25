import type { Bus, Subscription } from '#kit/bus/bus.ts';
import { SESSIONS_CHANNEL, type SessionsBroadcast, sessionsBroadcast } from '#contracts/auth/events.ts';
import { Problem } from '#kit/problem.ts';
import { BoundedMap, type VerifiedToken } from '#kit/service/principal.ts';

interface Known {
  active: boolean;
  /** Epoch seconds: tokens issued before are stale. */
  validFrom: number;
  checkedAt: number;
}

/** A session known to be good is asked about again after this time, in case a broadcast was lost unnoticed. */
const RECHECK_MS = 30_000;

export interface SessionGuard {
  /** Refuses tokens whose session has ended (401 `unauthenticated`) or whose rights have changed (401 `token_stale`). */
  check(token: VerifiedToken): Promise<void>;
  onEnded(listener: (ended: SessionsBroadcast) => void): void;
  close(): Promise<void>;
}

/**
 * What the gateway knows of sessions (I11): a revocation arrives as a broadcast and acts at once; an unknown session,
 * one not asked about for a while, and all of them after a gap in the broadcasts are checked by REST.
 */
export async function createSessionGuard(options: {
  bus: Bus;
  checkSessions(ids: string[]): Promise<{ sessionId: string; active: boolean; validFrom: number }[]>;
}): Promise<SessionGuard> {
  const known = new BoundedMap<string, Known>(50_000);
  const users = new BoundedMap<string, number>(50_000);
  const roles = new Map<string, number>();
  const ended = new BoundedMap<string, true>(50_000);
  const listeners: ((ended: SessionsBroadcast) => void)[] = [];
  // Raised by every broadcast: an answer that was asked for before it may be older than it, and is not kept.
  let generation = 0;
  let asking: { ids: Set<string>; answer: Promise<Map<string, Known>> } | undefined;

  function onBroadcast(payload: unknown): void {
    const parsed = sessionsBroadcast.safeParse(payload);
    if (!parsed.success) return;
    generation++;
    const { userId, sessionIds, role, validFrom } = parsed.data;
    for (const id of sessionIds ?? []) {
      known.delete(id);
      if (validFrom === null) ended.set(id, true);
    }
    if (role !== null && validFrom !== null) roles.set(role, Math.max(validFrom, roles.get(role) ?? 0));
    if (userId !== null && sessionIds === null && validFrom !== null) users.set(userId, validFrom);
    // All sessions of a user are over: whatever is known of them is asked for again.
    if (userId !== null && sessionIds === null && validFrom === null) known.clear();
    for (const listener of listeners) listener(parsed.data);
  }

  const subscription: Subscription = await options.bus.listen(SESSIONS_CHANNEL, onBroadcast, () => known.clear());

  /** Questions of the same moment go in one call. */
  async function ask(id: string): Promise<Known> {
    if (!asking || asking.ids.size >= 100) {
      const ids = new Set<string>();
      const answer = (async () => {
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (asking?.ids === ids) asking = undefined;
        const items = await options.checkSessions([...ids]);
        return new Map(
          items.map((item) => [
            item.sessionId,
            { active: item.active, validFrom: item.validFrom, checkedAt: Date.now() },
          ]),
        );
      })();
      asking = { ids, answer };
    }
    asking.ids.add(id);
    const { answer } = asking;
    const asOf = generation;
    const result = (await answer).get(id) ?? { active: false, validFrom: 0, checkedAt: Date.now() };
    if (result.active && asOf === generation) known.set(id, result);
    return result;
  }

  return {
    async check(token) {
      const { sessionId, userId } = token.principal;
      if (ended.get(sessionId)) throw new Problem('unauthenticated', { detail: 'the session has ended' });
      let state = known.get(sessionId);
      if (!state || Date.now() - state.checkedAt > RECHECK_MS) state = await ask(sessionId);
      if (!state.active) throw new Problem('unauthenticated', { detail: 'the session has ended' });
      const validFrom = Math.max(
        state.validFrom,
        users.get(userId) ?? 0,
        ...token.principal.roles.map((role) => roles.get(role) ?? 0),
      );
      if (token.issuedAt < validFrom) throw new Problem('token_stale');
    },
    onEnded(listener) {
      listeners.push(listener);
    },
    close: () => subscription.close(),
  };
}
