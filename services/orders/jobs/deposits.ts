import { z } from 'zod';
import { money } from '#contracts/common/values.ts';
import { isProblem } from '#kit/problem.ts';
import type { Job } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { responseById } from '../data/responses.ts';
import { type DepositAsk, reserveDeposit } from '../deposit.ts';

const ask = z.strictObject({
  responseId: z.uuid(),
  orderId: z.uuid(),
  userId: z.uuid(),
  amount: money,
  memo: z.string(),
});

/** A response that never came to be leaves no money behind. */
export const dropOrphanDeposit: Job<OrdersContext, DepositAsk> = {
  payload: ask,
  async run(ctx, of) {
    if (await responseById(ctx.db, of.responseId)) return;
    try {
      const { reservationId } = await reserveDeposit(ctx, of);
      await ctx.clients.payments.voidReservation({ params: { reservationId } });
    } catch (error) {
      // It never held anything, and can't now.
      if (!isProblem(error, 'payments.not_enough_money') && !isProblem(error, 'payments.user_blocked')) throw error;
    }
  },
};

const end = z.strictObject({ depositId: z.uuid(), to: z.enum(['spent', 'returned']) });

/** Has payments end a deposit as orders decided; a repeat finds it ended. */
export const settleDeposit: Job<OrdersContext, z.infer<typeof end>> = {
  payload: end,
  async run(ctx, { depositId: reservationId, to }) {
    const { payments } = ctx.clients;
    if (to === 'returned') await payments.voidReservation({ params: { reservationId } });
    else
      await payments.postReservation({
        params: { reservationId },
        body: { to: { account: 'placement_fees' }, memo: null },
      });
  },
};
