import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import { isProblem } from '#kit/problem.ts';
import type { Job } from '#kit/service/types.ts';
import { finishAct as finish } from '../acts.ts';
import type { SupportContext } from '../context.ts';

const payload = z.strictObject({ ticketId: id });

/** Finishes an act in orders that the call which began it could not finish. */
export const finishAct: Job<SupportContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { ticketId }) {
    try {
      await finish(ctx, ticketId);
    } catch (error) {
      // Orders refused: the ticket is free again and staff decides anew. Anything else is tried again.
      if (!isProblem(error, 'support.step_refused')) throw error;
      ctx.log.warn({ err: error, ticketId }, 'an act of support was refused');
    }
  },
};
