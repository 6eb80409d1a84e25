import { z } from 'zod';
import type { Job } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { lockOrder } from '../data/orders.ts';
import { responseById } from '../data/responses.ts';
import { takeDeposit } from '../deposit.ts';
import { moveResponse } from '../response-step.ts';

const payload = z.strictObject({ orderId: z.uuid(), responseId: z.uuid(), moment: z.iso.datetime() });
type Payload = z.infer<typeof payload>;

/** The time that the freelancer gave his response is over. */
export const expireResponse: Job<OrdersContext, Payload> = {
  payload,
  run: (ctx, { orderId, responseId, moment }) =>
    ctx.db.tx(async (tx) => {
      const order = await lockOrder(tx, orderId);
      const response = order && (await responseById(tx, responseId));
      const open = response?.status === 'submitted' || response?.status === 'shortlisted';
      if (!order || !response || !open || response.validUntil?.toISOString() !== moment) return;
      const step = { action: 'expire', actor: 'system', actorId: null, code: 'response_expired' } as const;
      await moveResponse(tx, ctx, order, response, step);
    }),
};

/** The client has said nothing for too long: the deposit comes back, the response stands. */
export const returnDeposit: Job<OrdersContext, Payload> = {
  payload,
  run: (ctx, { orderId, responseId, moment }) =>
    ctx.db.tx(async (tx) => {
      const order = await lockOrder(tx, orderId);
      const response = order && (await responseById(tx, responseId));
      if (!order || response?.depositStatus !== 'held' || response.depositUntil?.toISOString() !== moment) return;
      await takeDeposit(tx, ctx, order, response, 'returned');
    }),
};
