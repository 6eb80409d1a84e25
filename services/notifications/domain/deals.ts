import type { z } from 'zod';
import type { ordersEvents } from '#contracts/orders/events.ts';
import type { Happening } from '../templates/catalogue.ts';

type StatusChanged = z.output<(typeof ordersEvents)['statusChanged']['data']>;

export interface DealNews {
  readonly userId: string;
  readonly event: Happening;
}

/** Who hears of a change of an order's status, and as what. Nobody hears of what another event says better. */
export function dealNews(change: StatusChanged): DealNews[] {
  const { clientId, freelancerId, from, to, actorKind } = change;
  const client = (event: Happening): DealNews[] => [{ userId: clientId, event }];
  const freelancer = (event: Happening): DealNews[] => (freelancerId === null ? [] : [{ userId: freelancerId, event }]);
  const both = (event: Happening) => [...client(event), ...freelancer(event)];
  switch (to) {
    case 'published':
      return from === 'draft' || from === 'awaiting_payment' ? client('order_published') : [];
    case 'draft':
      // From awaiting_payment it is the refused charge: payments tells of it, with the sum that is missing.
      return from === null || from === 'awaiting_payment' ? [] : client('order_returned');
    case 'in_progress':
      return from === 'delivered' ? freelancer('order_revision') : [];
    case 'delivered':
      return client('order_delivered');
    case 'completed':
      return actorKind === 'client' ? freelancer('order_completed') : both('order_completed');
    case 'cancelled':
      return both('order_cancelled');
    case 'expired':
      return client('order_expired');
    case 'disputed':
      return both('order_disputed');
    case 'split':
      return both('order_split');
    case 'awaiting_payment':
      return [];
  }
}
