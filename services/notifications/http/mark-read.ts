import type { Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import type { NotificationsContext, NotificationsHandlers } from '../context.ts';
import { readAll, readOne, unreadCounts } from '../data/notifications.ts';

/** The badge after it, also for the person's other windows. */
async function badge(ctx: NotificationsContext, tx: Tx, userId: string): Promise<{ body: { unread: number } }> {
  const unread = (await unreadCounts(tx, [userId])).get(userId) ?? 0;
  tx.afterCommit(() => ctx.live.push([userId], { type: 'notifications-read', unread }));
  return { body: { unread } };
}

export const markRead: NotificationsHandlers['markRead'] = (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    found((await readOne(tx, userId, req.params.notificationId, ctx.clock.now())) || undefined);
    return await badge(ctx, tx, userId);
  });

export const markAllRead: NotificationsHandlers['markAllRead'] = (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    await readAll(tx, userId, req.body?.upTo, ctx.clock.now());
    return await badge(ctx, tx, userId);
  });
