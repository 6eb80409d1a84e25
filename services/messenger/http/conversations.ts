import { decodeCursor, found, pageOf } from '#kit/service/reply.ts';
import type { MessengerHandlers } from '../context.ts';
import { conversationOf, listConversationRows, unreadCounts } from '../data/conversations.ts';
import { looksInto } from '../data/looks.ts';
import { cursorTime } from './cursor.ts';
import { conversationShapes } from './shape.ts';

export const listConversations: MessengerHandlers['listConversations'] = async (ctx, req) => {
  const { limit, cursor, orderId, unread } = req.query;
  const last = cursorTime(decodeCursor(cursor, 2));
  const rows = await listConversationRows(ctx.db, req.user.userId, {
    limit: limit + 1,
    orderId,
    unreadOnly: unread === 'true',
    after: last && { lastAt: last.at, conversationId: last.id },
  });
  const page = pageOf(rows, limit, (row) => [row.cursorAt, row.conversationId]);
  return { body: { items: await conversationShapes(ctx, page.items, req.locale), nextCursor: page.nextCursor } };
};

export const getUnreadCounts: MessengerHandlers['getUnreadCounts'] = async (ctx, req) => ({
  body: await unreadCounts(ctx.db, req.user.userId),
});

export const getConversation: MessengerHandlers['getConversation'] = async (ctx, req) => {
  const row = found(await conversationOf(ctx.db, req.user.userId, req.params.conversationId));
  const [body] = await conversationShapes(ctx, [row], req.locale);
  return { body: found(body) };
};

export const listLooks: MessengerHandlers['listLooks'] = async (ctx, req) => {
  const { conversationId } = req.params;
  found(await conversationOf(ctx.db, req.user.userId, conversationId));
  const last = cursorTime(decodeCursor(req.query.cursor, 2));
  const rows = await looksInto(ctx.db, conversationId, { before: last?.id, limit: req.query.limit + 1 });
  const page = pageOf(rows, req.query.limit, (row) => [row.at.toISOString(), row.lookId]);
  return { body: { ...page, items: page.items.map((row) => ({ ...row, at: row.at.toISOString() })) } };
};
