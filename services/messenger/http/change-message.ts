import { messengerEvents } from '#contracts/messenger/events.ts';
import type { Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { MessengerContext, MessengerHandlers } from '../context.ts';
import { dropAttachmentsOfMessage } from '../data/attachments.ts';
import { type ConversationRow, conversationOf, lockConversation, nextRev } from '../data/conversations.ts';
import {
  blankMessage,
  keepOriginal,
  lockMessage,
  type MessageRow,
  replaceText,
  setReaction,
} from '../data/messages.ts';
import { readOnlyReason } from '../domain/access.ts';
import { pushMessage } from './live.ts';
import { oneMessage } from './shape.ts';

interface Target {
  readonly conversation: ConversationRow;
  readonly message: MessageRow;
}

/** A message that the person sees and the conversation that it is in, both locked; closed conversations are refused. */
async function target(tx: Tx, userId: string, of: { conversationId: string; messageId: string }): Promise<Target> {
  await lockConversation(tx, of.conversationId);
  const conversation = found(await conversationOf(tx, userId, of.conversationId));
  const message = found(await lockMessage(tx, of.conversationId, of.messageId));
  if (readOnlyReason(conversation) !== null) throw new Problem('messenger.read_only');
  return { conversation, message };
}

/** Only the sender, only a text of his, only within the time for it. */
function requireChangeable(ctx: MessengerContext, message: MessageRow, userId: string): void {
  if (message.senderId !== userId || message.deletedAt !== null) throw new Problem('not_found');
  if (message.sentAt.getTime() + ctx.config.MESSENGER_EDIT_WINDOW < ctx.clock.nowMs())
    throw new Problem('messenger.too_late');
}

export const editMessage: MessengerHandlers['editMessage'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    const { userId } = req.user;
    const { conversation, message } = await target(tx, userId, req.params);
    requireChangeable(ctx, message, userId);
    if (message.text === req.body.text) return { body: await oneMessage(ctx, tx, message, req.locale) };
    const now = ctx.clock.now();
    const rev = await nextRev(tx, message.conversationId);
    await keepOriginal(tx, message, now);
    await replaceText(tx, message.messageId, req.body.text, rev, now);
    const body = await oneMessage(ctx, tx, { ...message, text: req.body.text, rev, editedAt: now }, req.locale);
    pushMessage(ctx, tx, conversation, 'message.edited', body);
    return { body };
  });

export const deleteMessage: MessengerHandlers['deleteMessage'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    const { userId } = req.user;
    const { conversation, message } = await target(tx, userId, req.params);
    // A repeat of a deletion is answered like the first one.
    if (message.senderId === userId && message.deletedAt !== null)
      return { body: await oneMessage(ctx, tx, message, req.locale) };
    requireChangeable(ctx, message, userId);
    const now = ctx.clock.now();
    const rev = await nextRev(tx, message.conversationId);
    await keepOriginal(tx, message, now);
    await blankMessage(tx, message.messageId, rev, now);
    const attachmentIds = await dropAttachmentsOfMessage(tx, message.messageId);
    if (attachmentIds.length > 0) await tx.schedule('deleteFiles', { attachmentIds });
    const body = await oneMessage(ctx, tx, { ...message, text: '', rev, deletedAt: now }, req.locale);
    const { messageId, conversationId, seq } = message;
    const recipientIds = [conversation.clientId, conversation.freelancerId].filter((id) => id !== userId);
    const data = { messageId, conversationId, senderId: userId, recipientIds, seq };
    tx.emit(messengerEvents.messageDeleted, conversationId, data);
    pushMessage(ctx, tx, conversation, 'message.deleted', body);
    return { body };
  });

export const react: MessengerHandlers['react'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    const { userId } = req.user;
    const { conversation, message } = await target(tx, userId, req.params);
    if (message.deletedAt !== null) throw new Problem('not_found');
    const rev = await nextRev(tx, message.conversationId);
    await setReaction(tx, { messageId: message.messageId, userId, emoji: req.body.emoji, rev });
    const body = await oneMessage(ctx, tx, { ...message, rev }, req.locale);
    pushMessage(ctx, tx, conversation, 'message.reaction', body);
    return { body };
  });
