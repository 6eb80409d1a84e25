import { decodeCursor, found, pageOf } from '#kit/service/reply.ts';
import type { MessengerHandlers } from '../context.ts';
import { attachmentsOf } from '../data/attachments.ts';
import { conversationOf, conversationsOfOrder } from '../data/conversations.ts';
import { recordLooks } from '../data/looks.ts';
import { historyRows, messageById, originalsOf } from '../data/messages.ts';
import { cursorTime } from './cursor.ts';

/** For a participant; a look by staff is recorded before the answer. What was deleted is shown to staff as it was. */
export const getMessage: MessengerHandlers['getMessage'] = async (ctx, req) => {
  const { participantId, actorId, ticketId } = req.query;
  const message = found(await messageById(ctx.db, req.params.messageId));
  const { messageId, conversationId, senderId } = message;
  const { orderId } = found(await conversationOf(ctx.db, participantId, conversationId));
  if (message.kind !== 'text') found(undefined);
  return await req.tx(async (tx) => {
    const staff = actorId !== undefined && ticketId !== undefined;
    if (staff) await recordLooks(tx, { conversationIds: [conversationId], actorId, ticketId, now: ctx.clock.now() });
    const originals = staff && message.deletedAt ? await originalsOf(tx, [messageId]) : [];
    return {
      body: {
        messageId,
        conversationId,
        orderId,
        senderId,
        sentAt: message.sentAt.toISOString(),
        text: originals.at(-1)?.text ?? message.text,
        deleted: message.deletedAt !== null,
      },
    };
  });
};

/** I21: what was said about an order, with the originals of what was edited or deleted. Each look is recorded before the answer. */
export const getHistory: MessengerHandlers['getHistory'] = async (ctx, req) => {
  const { orderId } = req.params;
  const { limit, cursor, actorId, ticketId, participantId } = req.query;
  const after = cursorTime(decodeCursor(cursor, 2));
  const looked = (await conversationsOfOrder(ctx.db, orderId)).filter(
    (one) => participantId === undefined || one.clientId === participantId || one.freelancerId === participantId,
  );
  return await req.tx(async (tx) => {
    const conversationIds = looked.map((one) => one.conversationId);
    await recordLooks(tx, { conversationIds, actorId, ticketId, now: ctx.clock.now() });
    const rows = await historyRows(tx, orderId, { participantId, after, limit: limit + 1 });
    const page = pageOf(rows, limit, (row) => [row.cursorAt, row.messageId]);
    const ids = page.items.map((row) => row.messageId);
    const files = Map.groupBy(await attachmentsOf(tx, ids), (file) => file.messageId);
    const originals = Map.groupBy(await originalsOf(tx, ids), (original) => original.messageId);
    const items = page.items.map((row) => ({
      messageId: row.messageId,
      conversationId: row.conversationId,
      senderId: row.senderId,
      sentAt: row.sentAt.toISOString(),
      text: row.text,
      edited: row.editedAt !== null,
      deleted: row.deletedAt !== null,
      originals: (originals.get(row.messageId) ?? []).map((one) => ({
        text: one.text,
        replacedAt: one.replacedAt.toISOString(),
      })),
      attachments: (files.get(row.messageId) ?? []).map((file) => ({
        attachmentId: file.attachmentId,
        fileName: file.fileName,
        contentType: file.contentType,
        size: Number(file.size),
      })),
    }));
    return { body: { items, nextCursor: page.nextCursor } };
  });
};
