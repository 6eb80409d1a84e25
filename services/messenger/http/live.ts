import type { MessageView } from '#contracts/messenger/views.ts';
import type { Tx } from '#kit/db/db.ts';
import type { Live } from '#kit/service/types.ts';

interface Parties {
  readonly clientId: string;
  readonly freelancerId: string;
}

/**
 * Tells the open sockets of both sides about a message, after the commit. A frame may be lost or come out of turn: `rev`
 * lets the client see the gap and ask `GET …/changes?after=rev`.
 */
export function pushMessage(
  ctx: { readonly live: Live },
  tx: Tx,
  parties: Parties,
  type: 'message' | 'message.edited' | 'message.deleted' | 'message.reaction',
  message: MessageView,
): void {
  const { conversationId, seq, rev } = message;
  tx.afterCommit(() =>
    ctx.live.push([parties.clientId, parties.freelancerId], { type, conversationId, seq, rev, message }),
  );
}

/** Tells both sides to read the conversation anew: its state changed. */
export function pushConversation(ctx: { readonly live: Live }, tx: Tx, parties: Parties, conversationId: string): void {
  tx.afterCommit(() =>
    ctx.live.push([parties.clientId, parties.freelancerId], { type: 'conversation.changed', conversationId }),
  );
}
