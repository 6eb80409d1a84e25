import type { MessengerConsumers, MessengerContext } from '../context.ts';
import type { Tx } from '#kit/db/db.ts';
import { keepOrderState, openConversation } from '../data/conversations.ts';
import { addStep } from './add-step.ts';

interface Opening {
  readonly orderId: string;
  readonly title: string;
  readonly clientId: string;
  readonly freelancerId: string;
}

async function open(
  ctx: MessengerContext,
  tx: Tx,
  of: Opening,
  at: Date,
  action: 'responded' | 'invited',
): Promise<void> {
  await keepOrderState(tx, { orderId: of.orderId, title: of.title, clientId: of.clientId, sequence: -1n });
  const { conversationId } = await openConversation(tx, { ...of, now: at });
  const actorKind = action === 'responded' ? 'freelancer' : 'client';
  const actorId = action === 'responded' ? of.freelancerId : of.clientId;
  await addStep(
    ctx,
    tx,
    { conversationId, clientId: of.clientId, freelancerId: of.freelancerId },
    { action, from: null, to: null, actorId, actorKind, reason: null },
    at,
  );
}

/** A response opens the conversation: a freelancer can not write out of the blue. */
export const responseSubmitted: MessengerConsumers['responseSubmitted'] = async (ctx, event) => (tx) =>
  open(ctx, tx, event.data, event.time, 'responded');

export const freelancerInvited: MessengerConsumers['freelancerInvited'] = async (ctx, event) => (tx) =>
  open(ctx, tx, event.data, event.time, 'invited');
