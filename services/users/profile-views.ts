import { createHmac } from 'node:crypto';
import { usersEvents } from '#contracts/users/events.ts';
import type { Origin, Principal } from '#kit/service/types.ts';
import type { UsersContext } from './context.ts';

/** Marks of this day that this process has told of already: a reload of the page costs nothing. */
const told = new Set<string>();
let toldOf = '';
const MOST_TOLD = 50_000;

/**
 * Tells that a profile was looked at: once per viewer and day, never of the owner's own look. The viewer is a mark made with
 * a key and the day: it names nobody, and marks of two days can't be told to be one person's. Never fails the page.
 */
export async function noteView(
  ctx: UsersContext,
  userId: string,
  by: { user: Principal | undefined; origin: Origin },
): Promise<void> {
  const viewerId = by.user?.userId ?? `${by.origin.ip}|${by.origin.userAgent}`;
  if (viewerId === userId) return;
  const day = ctx.clock.now().toISOString().slice(0, 10);
  const viewer = createHmac('sha256', ctx.secret('profile-views'))
    .update(`${day}|${userId}|${viewerId}`)
    .digest('base64url')
    .slice(0, 22);
  if (toldOf !== day || told.size >= MOST_TOLD) told.clear();
  toldOf = day;
  if (told.has(viewer)) return;
  try {
    await ctx.db.tx(async (tx) => tx.emit(usersEvents.profileViewed, userId, { userId, viewer, day }));
    told.add(viewer);
  } catch (error) {
    ctx.log.warn({ err: error }, 'a look at a profile was not counted');
  }
}
