import { decodeCursor, pageOf } from '#kit/service/reply.ts';
import { Problem } from '#kit/problem.ts';
import { isId } from '#kit/ids.ts';
import type { NotificationsHandlers } from '../context.ts';
import { listNotificationRows, unreadCounts } from '../data/notifications.ts';
import { contactsIfThere, nameOf } from '../people.ts';
import { viewOf } from '../view.ts';

export const listNotifications: NotificationsHandlers['listNotifications'] = async (ctx, req) => {
  const { userId } = req.user;
  const { limit, cursor, unread, type } = req.query;
  const before = decodeCursor(cursor, 1)?.[0];
  if (before !== undefined && !isId(before))
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
    });
  const rows = await listNotificationRows(ctx.db, userId, { limit: limit + 1, before, unread, type });
  const people = await contactsIfThere(ctx, [
    userId,
    ...rows.flatMap((row) => (row.actorId === null ? [] : [row.actorId])),
  ]);
  const timeZone = people.get(userId)?.timeZone ?? 'Europe/Moscow';
  const { items, nextCursor } = pageOf(rows, limit, (last) => [last.notificationId]);
  return {
    body: {
      items: items.map((row) => {
        const who = row.actorId === null ? undefined : nameOf(people.get(row.actorId));
        return viewOf(row, { locale: req.locale, timeZone, who });
      }),
      nextCursor,
    },
  };
};

export const getUnreadCount: NotificationsHandlers['getUnreadCount'] = async (ctx, req) => {
  const unread = await unreadCounts(ctx.db, [req.user.userId]);
  return { body: { unread: unread.get(req.user.userId) ?? 0 } };
};
