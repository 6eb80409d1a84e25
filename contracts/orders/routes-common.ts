import { z } from 'zod';
import { may } from '../common/define.ts';
import { id, text } from '../common/values.ts';
import { orderView } from './views.ts';

export const byOrder = z.object({ orderId: id });
export const reason = z.strictObject({ reason: text(3, 2000) });

/** What every step of a deal has in common. */
export const step = {
  access: may('orders.take-part', { owner: 'partyToDeal' }),
  params: byOrder,
  status: 200,
  idempotency: 'optional',
  reply: orderView,
} as const;
