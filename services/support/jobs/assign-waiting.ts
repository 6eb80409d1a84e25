import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { SupportContext } from '../context.ts';
import { readSetting } from '../data/known.ts';
import { loads } from '../data/staff.ts';
import { lockTicket, waitingTickets } from '../data/tickets.ts';
import { isPresent } from '../domain/presence.ts';
import { SYSTEM, takeStep } from '../step.ts';
import { isOwn } from '../views.ts';

/** One run at a time over all replicas; any number will do. */
const LOCK = 7_304_511;
const PER_RUN = 100;

/**
 * Gives tickets that wait to who is at work and has the least on the desk. Who let a ticket go by before is asked last.
 * Also each minute: a shift that begins is nobody's step.
 */
export const assignWaiting: Job<SupportContext, Record<string, never>> = {
  payload: z.object({}) as unknown as z.ZodType<Record<string, never>>,
  cron: '* * * * *',
  async run(ctx) {
    await ctx.db.tx(async (tx) => {
      const now = ctx.clock.now();
      const { automatic, maxOpen } = await readSetting(tx, 'support.assignment', now);
      if (!automatic) return;
      await tx.one(sql`select pg_advisory_xact_lock(${LOCK})::text as locked`);
      const waiting = await waitingTickets(tx, PER_RUN);
      if (waiting.length === 0) return;
      const people = (await loads(tx, null)).filter((one) => isPresent(one.said, one.shifts, now));
      for (const ticketId of waiting) {
        const ticket = await lockTicket(tx, ticketId);
        if (ticket?.status !== 'new' || ticket.assigneeId !== null || ticket.pending) continue;
        const passed = (userId: string) => ticket.passedBy.indexOf(userId);
        const [first] = people
          .filter((one) => one.openTickets < maxOpen && !isOwn(ticket, one.userId))
          .sort((a, b) => passed(a.userId) - passed(b.userId) || a.openTickets - b.openTickets);
        if (!first) continue;
        await takeStep(tx, ticket, { action: 'assign', actor: SYSTEM, set: { assigneeId: first.userId }, now });
        first.openTickets++;
      }
    });
  },
};
