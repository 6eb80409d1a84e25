/** What both sides and staff do about a ruling. */
import { found } from '#kit/service/reply.ts';
import { Problem } from '#kit/problem.ts';
import { finishAct } from '../acts.ts';
import type { SupportContext, SupportHandlers } from '../context.ts';
import { lockTicket, readTicketRow, type TicketRow } from '../data/tickets.ts';
import type { Ruling } from '../domain/ruling.ts';
import { accept, appeal, beginExecution, caseOf, decideRuling } from '../rulings.ts';
import type { Actor } from '../step.ts';
import { isOwn, requireNotOwn, threadOf } from '../views.ts';

/** The same ruling by the same person again changes nothing. */
function isMade(ticket: TicketRow, actorId: string, ruling: Ruling): boolean {
  const made = ticket.case?.ruling;
  return (
    made?.byId === actorId &&
    made.outcome === ruling.outcome &&
    made.freelancerAmount.amount === ruling.freelancerAmount.amount &&
    made.freelancerAmount.currency === ruling.freelancerAmount.currency &&
    made.reason === ruling.reason
  );
}

/** A ruling by staff or, on an escalated or appealed dispute, by the administration. */
export async function makeRuling(ctx: SupportContext, ticketId: string, actor: Actor, ruling: Ruling): Promise<void> {
  const ticket = found(await readTicketRow(ctx.db, ticketId));
  const actorId = actor.id as string;
  if (isMade(ticket, actorId, ruling)) return;
  if (isOwn(ticket, actorId)) throw new Problem('support.own_ticket');
  await ctx.db.tx(async (tx) => {
    const row = found(await lockTicket(tx, ticketId));
    if (!isMade(row, actorId, ruling)) await decideRuling(ctx, tx, row, actor, ruling);
  });
  // The decision on an appeal is final: it is carried out at once.
  await finishAct(ctx, ticketId);
}

export const ruleOnDispute: SupportHandlers['ruleOnDispute'] = async (ctx, req) => {
  const { ticketId } = req.params;
  const { userId } = req.user;
  requireNotOwn(await readTicketRow(ctx.db, ticketId), userId);
  await makeRuling(ctx, ticketId, { kind: 'support', id: userId }, req.body);
  return await req.tx(async (tx) => {
    const viewer = { userId, staff: true, locale: req.locale, now: ctx.clock.now() };
    return await threadOf(tx, found(await readTicketRow(tx, ticketId)), viewer);
  });
};

/** A dispute for one of its parties; for anybody else there is none. */
function ownDispute(ticket: TicketRow | undefined, userId: string): TicketRow {
  const row = found(ticket);
  if (!isOwn(row, userId)) throw new Problem('not_found');
  caseOf(row);
  return row;
}

export const acceptRuling: SupportHandlers['acceptRuling'] = async (ctx, req) => {
  const { ticketId } = req.params;
  const { userId } = req.user;
  const viewer = { userId, staff: false, locale: req.locale, now: ctx.clock.now() };
  const reply = await req.tx(async (tx) => {
    const ticket = ownDispute(await lockTicket(tx, ticketId), userId);
    const next = await accept(tx, ticket, userId, viewer.now);
    if (next.case?.ruling?.accepted.length === 2) await beginExecution(ctx, tx, next);
    return await threadOf(tx, found(await readTicketRow(tx, ticketId)), viewer);
  });
  // Orders away: what both accepted stands, and the job carries it out.
  await finishAct(ctx, ticketId).catch((error: unknown) =>
    ctx.log.warn({ err: error, ticketId }, 'an accepted ruling is not carried out yet'),
  );
  return reply;
};

export const appealRuling: SupportHandlers['appealRuling'] = async (ctx, req) => {
  const { userId } = req.user;
  const viewer = { userId, staff: false, locale: req.locale, now: ctx.clock.now() };
  return await req.tx(async (tx) => {
    const ticket = ownDispute(await lockTicket(tx, req.params.ticketId), userId);
    const next = await appeal(tx, ticket, { userId, reason: req.body.reason, now: viewer.now });
    return await threadOf(tx, next, viewer);
  });
};
