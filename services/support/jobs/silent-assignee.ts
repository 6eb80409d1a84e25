import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import type { Job } from '#kit/service/types.ts';
import type { SupportContext } from '../context.ts';
import { lockTicket } from '../data/tickets.ts';
import { SYSTEM, takeStep } from '../step.ts';

const payload = z.strictObject({ ticketId: id });

/** A ticket whose assignee did nothing in his time goes back to the queue; others are asked before him. */
export const silentAssignee: Job<SupportContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { ticketId }) {
    await ctx.db.tx(async (tx) => {
      const ticket = await lockTicket(tx, ticketId);
      const now = ctx.clock.now();
      if (!ticket?.assigneeId || ticket.status !== 'assigned' || ticket.pending) return;
      if (ticket.silentDueAt === null || ticket.silentDueAt > now) return;
      const passedBy = [...ticket.passedBy.filter((userId) => userId !== ticket.assigneeId), ticket.assigneeId];
      const set = { assigneeId: null, passedBy: passedBy.slice(-20) };
      await takeStep(tx, ticket, { action: 'unassign', actor: SYSTEM, words: { key: 'assignee_silent' }, set, now });
    });
  },
};
