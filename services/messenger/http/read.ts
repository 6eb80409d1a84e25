import { messengerEvents } from '#contracts/messenger/events.ts';
import { Problem } from '#kit/problem.ts';
import { decodeCursor, found, pageOf } from '#kit/service/reply.ts';
import type { MessengerHandlers } from '../context.ts';
import { advanceRead, conversationOf } from '../data/conversations.ts';
import { messageIdAt, messagesAround, messagesChangedAfter, searchRows } from '../data/messages.ts';
import { readOnlyReason } from '../domain/access.ts';
import { cursorTime } from './cursor.ts';
import { messageShapes } from './shape.ts';

export const listMessages: MessengerHandlers['listMessages'] = async (ctx, req) => {
  const { conversationId } = req.params;
  const conversation = found(await conversationOf(ctx.db, req.user.userId, conversationId));
  const rows = await messagesAround(ctx.db, conversationId, req.query);
  const items = await messageShapes(ctx.db, rows, {
    locale: req.locale,
    editWindowMs: ctx.config.MESSENGER_EDIT_WINDOW,
  });
  const first = items[0]?.seq ?? 1;
  const last = items.at(-1)?.seq ?? conversation.lastSeq;
  return {
    body: {
      items,
      before: first > 1 ? first : null,
      after: last < conversation.lastSeq ? last : null,
      rev: conversation.lastRev,
    },
  };
};

export const listChanges: MessengerHandlers['listChanges'] = async (ctx, req) => {
  const { conversationId } = req.params;
  const { after, limit } = req.query;
  const conversation = found(await conversationOf(ctx.db, req.user.userId, conversationId));
  const rows = await messagesChangedAfter(ctx.db, conversationId, after, limit + 1);
  const items = await messageShapes(ctx.db, rows.slice(0, limit), {
    locale: req.locale,
    editWindowMs: ctx.config.MESSENGER_EDIT_WINDOW,
  });
  const more = rows.length > limit;
  // The conversation was read first: what came in between is asked for next time.
  return {
    body: {
      items,
      rev: more ? (items.at(-1)?.rev ?? after) : Math.max(conversation.lastRev, items.at(-1)?.rev ?? 0),
      more,
    },
  };
};

export const markRead: MessengerHandlers['markRead'] = async (ctx, req) => {
  const { conversationId } = req.params;
  const { userId } = req.user;
  return await req.tx(async (tx) => {
    const before = found(await conversationOf(tx, userId, conversationId));
    const moved = await advanceRead(tx, conversationId, userId, req.body.seq);
    if (!moved) return { body: { readSeq: before.readSeq, unread: before.unread } };
    const upTo = await messageIdAt(tx, conversationId, moved.readSeq);
    const { unread, lastSeq } = found(await conversationOf(tx, userId, conversationId));
    const read = { conversationId, userId, seq: moved.readSeq, unread, lastSeq };
    if (upTo) tx.emit(messengerEvents.conversationRead, conversationId, { ...read, upTo });
    tx.afterCommit(() =>
      ctx.live.push([before.clientId, before.freelancerId], {
        type: 'read',
        conversationId,
        userId,
        readSeq: moved.readSeq,
      }),
    );
    return { body: { readSeq: moved.readSeq, unread } };
  });
};

export const sayTyping: MessengerHandlers['sayTyping'] = async (ctx, req) => {
  const { userId } = req.user;
  const conversation = found(await conversationOf(ctx.db, userId, req.params.conversationId));
  if (readOnlyReason(conversation) !== null) throw new Problem('messenger.read_only');
  const others = [conversation.clientId, conversation.freelancerId].filter((id) => id !== userId);
  ctx.live.push(others, { type: 'typing', conversationId: conversation.conversationId, userId });
  return { body: null };
};

export const searchMessages: MessengerHandlers['searchMessages'] = async (ctx, req) => {
  const { q, limit, cursor, conversationId } = req.query;
  const rows = await searchRows(ctx.db, req.user.userId, {
    q,
    conversationId,
    before: cursorTime(decodeCursor(cursor, 2)),
    limit: limit + 1,
  });
  const page = pageOf(rows, limit, (row) => [row.cursorAt, row.messageId]);
  const shapes = await messageShapes(ctx.db, page.items, {
    locale: req.locale,
    editWindowMs: ctx.config.MESSENGER_EDIT_WINDOW,
  });
  const items = page.items.map((row, at) => ({
    conversationId: row.conversationId,
    orderTitle: row.title,
    message: shapes[at] as (typeof shapes)[number],
    snippet: row.snippet,
  }));
  return { body: { items, nextCursor: page.nextCursor } };
};
