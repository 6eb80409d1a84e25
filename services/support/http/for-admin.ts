/** I24: ticket management for the administration. */
import { Problem } from '#kit/problem.ts';
import { decodeCursor, found, pageOf } from '#kit/service/reply.ts';
import type { SupportHandlers } from '../context.ts';
import { cursorId } from '../cursor.ts';
import { listAllTickets, lockTicket, readTicketRow } from '../data/tickets.ts';
import { say, takeStep } from '../step.ts';
import { isOwn, summaryOf } from '../views.ts';
import { makeRuling } from './rulings.ts';
import { execute } from './staff-acts.ts';
import { assign } from './staff-steps.ts';

export const listTickets: SupportHandlers['listTickets'] = async (ctx, req) => {
  const { limit, cursor, status, assigneeId, authorId } = req.query;
  const before = cursorId(decodeCursor(cursor, 1)?.[0]);
  const rows = await listAllTickets(ctx.db, { status, assigneeId, authorId, before, limit: limit + 1 });
  return {
    body: pageOf(
      rows.map((row) => summaryOf(row, req.locale)),
      limit,
      (last) => [last.ticketId],
    ),
  };
};

export const getTicket: SupportHandlers['getTicket'] = async (ctx, req) => {
  const ticket = found(await readTicketRow(ctx.db, req.params.ticketId));
  return { body: summaryOf(ticket, req.locale), version: ticket.version };
};

export const assignTicket: SupportHandlers['assignTicket'] = async (ctx, req) => {
  const { actorId, assigneeId } = req.body;
  return await req.tx(async (tx) => {
    const ticket = found(await lockTicket(tx, req.params.ticketId));
    const next = await assign(tx, ticket, { kind: 'admin', id: actorId }, assigneeId, ctx.clock.now());
    return { body: summaryOf(next, req.locale), version: next.version };
  });
};

/** D5: the decision on an escalated ticket, executed. The same decision again changes nothing. */
export const decideEscalation: SupportHandlers['decideEscalation'] = async (ctx, req) => {
  const { ticketId } = req.params;
  const { actorId, decision } = req.body;
  const actor = { kind: 'admin', id: actorId } as const;
  if (isOwn(found(await readTicketRow(ctx.db, ticketId)), actorId)) throw new Problem('support.own_ticket');
  if (decision.kind === 'ruling') {
    const { outcome, freelancerAmount, reason } = decision;
    await makeRuling(ctx, ticketId, actor, { outcome, freelancerAmount, reason });
  } else if (decision.kind !== 'answer' && decision.kind !== 'return') await execute(ctx, ticketId, actor, decision);
  return await req.tx(async (tx) => {
    let ticket = found(await lockTicket(tx, ticketId));
    const now = ctx.clock.now();
    // An appeal ends by a ruling: the money waits for it.
    if ((decision.kind === 'answer' || decision.kind === 'return') && ticket.dispute === 'appealed')
      throw new Problem('support.dispute_open');
    if (decision.kind === 'answer') {
      ticket = await takeStep(tx, ticket, { action: 'answer', actor, now });
      await say(tx, ticketId, { actor, text: decision.text, now });
    } else if (decision.kind === 'return')
      ticket = await takeStep(tx, ticket, { action: 'return', actor, reason: decision.reason, now });
    return { body: summaryOf(ticket, req.locale), version: ticket.version };
  });
};
