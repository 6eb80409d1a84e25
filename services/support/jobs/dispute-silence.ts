import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import type { Job } from '#kit/service/types.ts';
import type { SupportContext } from '../context.ts';
import { lockTicket } from '../data/tickets.ts';
import { rulingBySilence, silentParties } from '../domain/disputes.ts';
import { decideRuling } from '../rulings.ts';
import { keepSilenceTimer } from '../silence.ts';
import { SYSTEM, takeStep } from '../step.ts';

const payload = z.strictObject({ ticketId: id });

/** A side whose time to answer is over loses; its appeal is open. When both were silent, support decides. */
export const disputeSilence: Job<SupportContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { ticketId }) {
    await ctx.db.tx(async (tx) => {
      const ticket = await lockTicket(tx, ticketId);
      const now = ctx.clock.now();
      // With the administration it is not the timer's any more.
      if (ticket?.dispute !== 'open' || !ticket.case || ticket.pending || ticket.status === 'escalated') return;
      const [silent, other] = silentParties(ticket.case, now);
      if (silent === undefined) return await keepSilenceTimer(tx, ticket);
      if (other === undefined) {
        await decideRuling(ctx, tx, ticket, SYSTEM, rulingBySilence(ticket.case, silent));
        return;
      }
      const set = { case: { ...ticket.case, authorDue: null, respondentDue: null } };
      await takeStep(tx, ticket, { action: 'silence', actor: SYSTEM, set, now });
    });
  },
};
