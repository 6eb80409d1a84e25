import type { OrderStatus } from '#contracts/orders/process-types.ts';

export type ReadOnlyReason = 'order_ended' | 'not_chosen' | 'participant_erased';

/**
 * Whether a conversation is closed for writing, and why. After a good end the two parties of the deal go on talking;
 * the freelancers who were not chosen can write until the order is done.
 */
export function readOnlyReason(state: {
  status: OrderStatus | null;
  chosenFreelancerId: string | null;
  freelancerId: string;
  erased: boolean;
}): ReadOnlyReason | null {
  if (state.erased) return 'participant_erased';
  switch (state.status) {
    case 'cancelled':
    case 'expired':
    case 'split':
      return 'order_ended';
    case 'completed':
      return state.chosenFreelancerId !== null && state.chosenFreelancerId !== state.freelancerId ? 'not_chosen' : null;
    case 'draft':
    case 'awaiting_payment':
    case 'published':
    case 'in_progress':
    case 'delivered':
    case 'disputed':
    case null:
      return null;
    default:
      return state.status satisfies never;
  }
}
