import type { NotificationsConsumers } from '../context.ts';
import { dropWaiting, readPartOfWaiting, takeBackWaiting } from '../data/deliveries.ts';
import { keepDeleted, keepReadMark, lockThread, readersOf, readThread, takeBack } from '../data/notifications.ts';
import { type Notice, notify, pushUnread } from '../notify.ts';

type C = NotificationsConsumers;

const threadOf = (conversationId: string) => `conversation:${conversationId}`;

/** In the app at once; by mail if it is still unread after a while. Several unread ones of a conversation are one. */
export const messageSent: C['messageSent'] = (ctx, event) => {
  const { messageId, conversationId, orderId, orderTitle, senderId, recipientIds } = event.data;
  const seq = Number(event.sequence ?? 0);
  const mailAt = new Date(ctx.clock.nowMs() + ctx.config.MESSAGE_MAIL_DELAY);
  const notices: Notice[] = recipientIds.map((userId) => ({
    userId,
    event: 'message_new',
    params: { messageId, seq, firstSeq: seq, conversationId, orderId, title: orderTitle },
    actorId: senderId,
    thread: threadOf(conversationId),
    collapse: true,
    mailAt,
  }));
  return notify(ctx, event, notices, async (tx) => {
    await lockThread(tx, threadOf(conversationId));
    const readers = await readersOf(tx, recipientIds, { conversationId, messageId, seq });
    return notices.filter((notice) => !readers.has(notice.userId));
  });
};

export const conversationRead: C['conversationRead'] = async (ctx, event) => async (tx) => {
  const { conversationId, userId, upTo, seq = 0, unread: left, lastSeq } = event.data;
  const read = { upTo, seq, unread: left, lastSeq };
  const now = ctx.clock.now();
  const thread = threadOf(conversationId);
  await lockThread(tx, threadOf(conversationId));
  await keepReadMark(tx, userId, conversationId, read);
  await dropWaiting(tx, { userId, thread, events: ['message_new'], upToMessage: read, now, reason: 'read' });
  await readPartOfWaiting(tx, { userId, thread, event: 'message_new', read });
  if ((await readThread(tx, { userId, thread, read, now })) === 0) return;
  await pushUnread(ctx, tx, [userId]);
};

/** What nobody can read any more is no news: neither in the app nor in a mail that waits. */
export const messageDeleted: C['messageDeleted'] = async (ctx, event) => async (tx) => {
  const { messageId, conversationId, recipientIds: userIds, seq } = event.data;
  const now = ctx.clock.now();
  await lockThread(tx, threadOf(conversationId));
  await keepDeleted(tx, messageId, now);
  const news = { userIds, thread: threadOf(conversationId), event: 'message_new', seq };
  await takeBackWaiting(tx, { ...news, now, reason: 'no longer true' });
  const touched = await takeBack(tx, news);
  if (touched.length > 0) await pushUnread(ctx, tx, touched);
};
