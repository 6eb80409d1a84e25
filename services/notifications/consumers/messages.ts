import type { NotificationsConsumers } from '../context.ts';
import { dropWaiting } from '../data/deliveries.ts';
import { keepReadMark, lockConversation, readersOf, readThread, unreadCounts } from '../data/notifications.ts';
import { type Notice, notify } from '../notify.ts';

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
    params: { messageId, seq, conversationId, orderId, title: orderTitle },
    actorId: senderId,
    thread: threadOf(conversationId),
    collapse: true,
    mailAt,
  }));
  return notify(ctx, event, notices, async (tx) => {
    await lockConversation(tx, conversationId);
    const readers = await readersOf(tx, recipientIds, conversationId, seq);
    return notices.filter((notice) => !readers.has(notice.userId));
  });
};

export const conversationRead: C['conversationRead'] = async (ctx, event) => async (tx) => {
  const { conversationId, userId, upTo, seq = 0 } = event.data;
  const read = { upTo, seq };
  const now = ctx.clock.now();
  const thread = threadOf(conversationId);
  await lockConversation(tx, conversationId);
  await keepReadMark(tx, userId, conversationId, read);
  await dropWaiting(tx, { userId, thread, events: ['message_new'], upToMessage: read, now, reason: 'read' });
  if ((await readThread(tx, userId, thread, read, now)) === 0) return;
  const unread = (await unreadCounts(tx, [userId])).get(userId) ?? 0;
  tx.afterCommit(() => ctx.live.push([userId], { type: 'notifications-read', unread }));
};
