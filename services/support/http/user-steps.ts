/** What the people of a ticket do in it; staff writes through the same route. */
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { SupportHandlers } from '../context.ts';
import { lockTicket, readTicketRow } from '../data/tickets.ts';
import { hasSpoken, wasAsked } from '../silence.ts';
import { say, takeStep } from '../step.ts';
import { threadOf, viewerOf } from '../views.ts';

export const postTicketMessage: SupportHandlers['postTicketMessage'] = async (ctx, req) => {
  const now = ctx.clock.now();
  return await req.tx(async (tx) => {
    const { ticket, viewer } = viewerOf(await lockTicket(tx, req.params.ticketId), req, now);
    const actor = { kind: viewer.staff ? 'support' : 'user', id: req.user.userId } as const;
    const action = !viewer.staff ? 'message' : req.body.waitForUser ? 'ask' : 'answer';
    await say(tx, ticket.ticketId, { actor, text: req.body.text, now });
    await takeStep(tx, ticket, { action, actor, now });
    if (action === 'message') await hasSpoken(tx, found(await readTicketRow(tx, ticket.ticketId)), req.user.userId);
    if (action === 'ask') await wasAsked(tx, found(await readTicketRow(tx, ticket.ticketId)), now);
    return { ...(await threadOf(tx, found(await readTicketRow(tx, ticket.ticketId)), viewer)), status: 201 };
  });
};

export const reopenTicket: SupportHandlers['reopenTicket'] = async (ctx, req) => {
  const now = ctx.clock.now();
  return await req.tx(async (tx) => {
    const { ticket, viewer } = viewerOf(await lockTicket(tx, req.params.ticketId), req, now);
    if (viewer.staff) found(undefined);
    if (ticket.dispute === 'decided')
      throw new Problem('support.step_refused', { detail: 'a ruling is appealed, not reopened' });
    if (ticket.mergedInto !== null)
      throw new Problem('support.step_refused', { detail: 'the ticket was merged into another one' });
    const actor = { kind: 'user', id: req.user.userId } as const;
    await say(tx, ticket.ticketId, { actor, text: req.body.reason, now });
    const next = await takeStep(tx, ticket, { action: 'reopen', actor, reason: req.body.reason, now });
    return await threadOf(tx, next, viewer);
  });
};

/** The author alone marks; a later mark replaces the earlier one. */
export const rateTicket: SupportHandlers['rateTicket'] = async (ctx, req) => {
  const now = ctx.clock.now();
  const { userId } = req.user;
  return await req.tx(async (tx) => {
    const ticket = found(await lockTicket(tx, req.params.ticketId));
    if (ticket.authorId !== userId) found(undefined);
    const actor = { kind: 'user', id: userId } as const;
    const next = await takeStep(tx, ticket, { action: 'rate', actor, set: { satisfaction: req.body.mark }, now });
    const viewer = { userId, staff: false, locale: req.locale, now };
    return await threadOf(tx, next, viewer);
  });
};
