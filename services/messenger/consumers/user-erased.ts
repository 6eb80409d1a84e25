import type { MessengerConsumers } from '../context.ts';
import { nextRev } from '../data/conversations.ts';
import { closeConversationsOf, markStripped, removeBelongings } from '../data/erasure.ts';
import { pushConversation } from '../http/live.ts';

const FILES_PER_JOB = 200;

/**
 * Erasure (P2). The texts stay: they are the other side's business correspondence, under an id that nobody can tie to a
 * person any more. Files, file names, earlier versions of texts, reactions and stored replies go; nobody writes in
 * these conversations again.
 */
export const userErased: MessengerConsumers['userErased'] = async (ctx, event) => async (tx) => {
  const { userId } = event.data;
  const conversations = await closeConversationsOf(tx, userId);
  const files = await removeBelongings(tx, userId);
  const stripped = new Map(
    files.flatMap((one) => (one.messageId === null ? [] : [[one.messageId, one.conversationId]])),
  );
  for (const [messageId, conversationId] of stripped)
    await markStripped(tx, messageId, await nextRev(tx, conversationId), ctx.clock.now());
  for (let at = 0; at < files.length; at += FILES_PER_JOB) {
    const attachmentIds = files.slice(at, at + FILES_PER_JOB).map((one) => one.attachmentId);
    await tx.schedule('deleteFiles', { attachmentIds });
  }
  for (const conversation of conversations) pushConversation(ctx, tx, conversation, conversation.conversationId);
};
