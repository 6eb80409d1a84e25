import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import { isProblem } from '#kit/problem.ts';
import type { Job } from '#kit/service/types.ts';
import { finishAct } from '../acts.ts';
import type { SupportContext } from '../context.ts';
import { lockTicket } from '../data/tickets.ts';
import { beginExecution, scheduleExecution } from '../rulings.ts';

const payload = z.strictObject({ ticketId: id });
const AGAIN_MS = 3_600_000;

/** The time to appeal is over: the money of a ruling moves. */
export const executeRuling: Job<SupportContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { ticketId }) {
    await ctx.db.tx(async (tx) => {
      const ticket = await lockTicket(tx, ticketId);
      if (ticket) await beginExecution(ctx, tx, ticket);
    });
    try {
      await finishAct(ctx, ticketId);
    } catch (error) {
      if (!isProblem(error, 'support.step_refused')) throw error;
      // A ruling that stands must be carried out: it is tried again, and staff sees that it waits.
      ctx.log.error({ err: error, ticketId }, 'a ruling could not be carried out');
      await ctx.db.tx((tx) => scheduleExecution(tx, ticketId, new Date(ctx.clock.nowMs() + AGAIN_MS)));
    }
  },
};
