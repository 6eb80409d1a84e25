import type { SystemStep } from '#contracts/messenger/views.ts';
import type { Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { MessengerContext } from '../context.ts';
import { nextSeq } from '../data/conversations.ts';
import { insertMessage, type MessageRow } from '../data/messages.ts';
import { pushConversation, pushMessage } from '../http/live.ts';
import { oneMessage } from '../http/shape.ts';

interface Conversation {
  readonly conversationId: string;
  readonly clientId: string;
  readonly freelancerId: string;
}

/** Writes a step of the deal into a conversation. Clients show `system` in their own language; the text of the frame is Russian. */
export async function addStep(
  ctx: MessengerContext,
  tx: Tx,
  conversation: Conversation,
  step: SystemStep,
  at: Date,
): Promise<void> {
  const { conversationId } = conversation;
  const message: MessageRow = {
    messageId: newId(),
    conversationId,
    ...(await nextSeq(tx, conversationId, at)),
    kind: 'system',
    senderId: null,
    text: '',
    system: step,
    replyTo: null,
    sentAt: at,
    editedAt: null,
    deletedAt: null,
  };
  await insertMessage(tx, message);
  pushMessage(ctx, tx, conversation, 'message', await oneMessage(ctx, tx, message, 'ru'));
  pushConversation(ctx, tx, conversation, conversationId);
}
