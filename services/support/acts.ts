/**
 * Acts of support in other services: a dispute opened, a ruling carried out, a review deleted. An act is noted in the
 * ticket before the call and finished after it; a job finishes what a call could not, and the act's id makes every
 * repeat harmless.
 */
import type { Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { openDispute, refuseDispute, resumeDeal, rule } from './acts-disputes.ts';
import { changeReview } from './acts-reviews.ts';
import type { SupportContext } from './context.ts';
import { type Act, lockTicket, readTicketRow, setPending, type TicketRow } from './data/tickets.ts';
import { type Finish, isRefusal } from './refusal.ts';

const RETRY_AFTER_MS = 20_000;

/** Notes an act in the ticket, and sees to it that it comes to an end. */
export async function begin(ctx: SupportContext, tx: Tx, ticketId: string, act: Act): Promise<void> {
  await setPending(tx, ticketId, act);
  await seeToIt(ctx, tx, ticketId);
}

export async function seeToIt(ctx: SupportContext, tx: Tx, ticketId: string): Promise<void> {
  const at = new Date(ctx.clock.nowMs() + RETRY_AFTER_MS);
  await tx.schedule('finishAct', { ticketId }, { at, key: `act:${ticketId}`, maxAttempts: 25 });
}

/**
 * Brings the noted act of a ticket to its end. Throws `unavailable` or `timeout` when the other service is away (the
 * job tries again), `support.step_refused` when it refused a ruling or an act on a review.
 */
export async function finishAct(ctx: SupportContext, ticketId: string): Promise<void> {
  const ticket = await readTicketRow(ctx.db, ticketId);
  const act = ticket?.pending;
  if (!ticket || !act) return;
  let refused: Problem | undefined;
  let finish: Finish;
  try {
    finish = await carryOut(ctx, ticket, act);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    refused = error;
    finish = await giveUp(ctx, ticket, act, error);
  }
  await ctx.db.tx(async (tx) => {
    const row = await lockTicket(tx, ticketId);
    if (row?.pending?.id !== act.id) return;
    await finish(tx, row);
    await tx.unschedule(`act:${ticketId}`);
  });
  if (refused && act.kind !== 'open_dispute')
    throw new Problem('support.step_refused', { detail: refused.detail ?? refused.code, cause: refused });
}

/** What becomes of the ticket when the act was refused: a dispute is none, anything else leaves staff to decide anew. */
async function giveUp(ctx: SupportContext, ticket: TicketRow, act: Act, why: Problem): Promise<Finish> {
  if (act.kind === 'open_dispute') return await refuseDispute(ctx, ticket, why);
  return (tx, row) => setPending(tx, row.ticketId, null);
}

async function carryOut(ctx: SupportContext, ticket: TicketRow, act: Act): Promise<Finish> {
  switch (act.kind) {
    case 'open_dispute':
      return await openDispute(ctx, ticket, act);
    case 'rule':
      return await rule(ctx, ticket, act);
    case 'resume_deal':
      return await resumeDeal(ctx, ticket, act);
    case 'delete_review':
    case 'redact_review':
    case 'restore_review':
      return await changeReview(ctx, ticket, act);
  }
}
