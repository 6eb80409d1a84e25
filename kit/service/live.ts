import type { Bus } from '#kit/bus/bus.ts';
import type { Live } from './types.ts';

/** Carries lists of `LivePush`. */
export const LIVE_CHANNEL = 'live';
/** Most pushes of one broadcast. */
const PER_BROADCAST = 64;

export interface LivePush {
  readonly userIds: readonly string[];
  readonly frame: Readonly<Record<string, unknown>>;
}

/** What one turn pushes (all that a commit brought) leaves in one broadcast. */
export function createLive(bus: Bus): Live {
  let gathered: LivePush[] = [];
  const flush = () => {
    const all = gathered;
    gathered = [];
    for (let at = 0; at < all.length; at += PER_BROADCAST)
      bus.broadcast(LIVE_CHANNEL, all.slice(at, at + PER_BROADCAST));
  };
  return {
    push(userIds, frame) {
      if (userIds.length === 0) return;
      if (gathered.length === 0) queueMicrotask(flush);
      gathered.push({ userIds, frame });
    },
  };
}
