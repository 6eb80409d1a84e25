import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import type { Job } from '#kit/service/types.ts';
import type { SupportContext } from '../context.ts';
import { lockTicket } from '../data/tickets.ts';
import { SYSTEM, takeStep } from '../step.ts';

const payload = z.strictObject({ ticketId: id });

/** Closes a ticket that is still resolved when its time has come. */
export const closeResolved: Job<SupportContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { ticketId }) {
    await ctx.db.tx(async (tx) => {
      const ticket = await lockTicket(tx, ticketId);
      if (ticket?.status !== 'resolved' || ticket.pending !== null) return;
      // Until a ruling is carried out the case is not over; carrying it out sets this timer anew.
      if (ticket.dispute === 'decided') return;
      await takeStep(tx, ticket, { action: 'close', actor: SYSTEM, now: ctx.clock.now() });
    });
  },
};
