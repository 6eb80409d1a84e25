import type { OrderStatus } from '#contracts/orders/process-types.ts';
import type { MessengerConsumers } from '../context.ts';
import { conversationsOfOrder, keepOrderState, openConversation } from '../data/conversations.ts';
import { addStep } from './add-step.ts';

/** States in which a freelancer is named and the deal runs or ran: its conversation is there, also if this event overtook the response. */
const WITH_DEAL: ReadonlySet<OrderStatus> = new Set(['in_progress', 'delivered', 'disputed', 'completed', 'split']);
/** Steps that concern everybody who talked about the order. */
const FOR_ALL: ReadonlySet<OrderStatus> = new Set(['cancelled', 'expired', 'completed']);

/** Steps of the deal as messages of the platform; whether a conversation is closed follows from the newest state. */
export const orderStatusChanged: MessengerConsumers['orderStatusChanged'] = async (ctx, event) => {
  const { orderId, title, clientId, freelancerId, from, to, actorId, actorKind, action, reason } = event.data;
  // A new draft: nobody can talk about it yet.
  if (to === 'draft' && from === null) return undefined;
  return async (tx) => {
    await keepOrderState(tx, {
      orderId,
      title,
      clientId,
      freelancerId,
      status: to,
      sequence: event.sequence ?? BigInt(event.time.getTime()),
    });
    if (freelancerId !== null && WITH_DEAL.has(to))
      await openConversation(tx, { orderId, clientId, freelancerId, now: event.time });
    for (const conversation of await conversationsOfOrder(tx, orderId)) {
      const party = conversation.freelancerId === freelancerId;
      if (!party && !FOR_ALL.has(to)) continue;
      // Why a deal ended is between its two parties.
      const step = { action, from, to, actorId, actorKind, reason: party ? reason : null };
      await addStep(ctx, tx, conversation, step, event.time);
    }
  };
};
