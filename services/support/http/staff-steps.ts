/** What staff does with a ticket. Nobody works on an own case. */
import { isDeepStrictEqual } from 'node:util';
import type { Locale } from '#contracts/common/values.ts';
import type { Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { requireVersion } from '#kit/service/reply.ts';
import type { SupportContext, SupportHandlers } from '../context.ts';
import { isStaff } from '../data/known.ts';
import { lockTicket, type TicketRow } from '../data/tickets.ts';
import { tellAdministration } from '../rulings.ts';
import { type Actor, say, takeStep } from '../step.ts';
import { isOwn, requireNotOwn, threadOf } from '../views.ts';

/** Gives a locked ticket to a member of staff. A repeat changes nothing. */
export async function assign(tx: Tx, ticket: TicketRow, actor: Actor, assigneeId: string, now: Date) {
  if (assigneeId !== actor.id && !(await isStaff(tx, assigneeId))) throw new Problem('support.not_staff');
  if (isOwn(ticket, assigneeId)) throw new Problem('support.own_ticket');
  if (ticket.assigneeId === assigneeId && ticket.status !== 'new') return ticket;
  return await takeStep(tx, ticket, { action: 'assign', actor, set: { assigneeId }, now });
}

async function stepOfStaff(
  ctx: SupportContext,
  req: { params: { ticketId: string }; user: { userId: string }; locale: Locale },
  tx: Tx,
  work: (ticket: TicketRow, actor: Actor, now: Date) => Promise<TicketRow>,
) {
  const now = ctx.clock.now();
  const { userId } = req.user;
  const ticket = requireNotOwn(await lockTicket(tx, req.params.ticketId), userId);
  const next = await work(ticket, { kind: 'support', id: userId }, now);
  return await threadOf(tx, next, { userId, staff: true, locale: req.locale, now });
}

export const takeTicket: SupportHandlers['takeTicket'] = async (ctx, req) =>
  await req.tx((tx) =>
    stepOfStaff(ctx, req, tx, async (ticket, actor, now) => {
      const { assigneeId } = req.body;
      return await assign(tx, ticket, actor, assigneeId === 'self' ? req.user.userId : assigneeId, now);
    }),
  );

export const addTicketNote: SupportHandlers['addTicketNote'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    const thread = await stepOfStaff(ctx, req, tx, async (ticket, actor, now) => {
      await say(tx, ticket.ticketId, { actor, text: req.body.text, internal: true, now });
      return await takeStep(tx, ticket, { action: 'note', actor, now });
    });
    return { ...thread, status: 201 };
  });

/** Without a change there is no step. */
export const triageTicket: SupportHandlers['triageTicket'] = async (ctx, req) =>
  await req.tx((tx) =>
    stepOfStaff(ctx, req, tx, async (ticket, actor, now) => {
      requireVersion(req, ticket.version);
      const { priority = ticket.priority, category = ticket.category, tags = ticket.tags } = req.body;
      const set = { priority, category, tags: [...new Set(tags)] };
      const { priority: p, category: c, tags: t } = ticket;
      if (isDeepStrictEqual(set, { priority: p, category: c, tags: t })) return ticket;
      const reason = [priority, category, ...set.tags].filter((word) => word !== null).join(', ');
      return await takeStep(tx, ticket, { action: 'triage', actor, reason, set, now });
    }),
  );

const ACTIONS = { resolved: 'resolve', closed: 'close', waiting_for_user: 'wait' } as const;

export const setTicketStatus: SupportHandlers['setTicketStatus'] = async (ctx, req) =>
  await req.tx((tx) =>
    stepOfStaff(ctx, req, tx, async (ticket, actor, now) => {
      requireVersion(req, ticket.version);
      const { status, reason } = req.body;
      const ends = status !== 'waiting_for_user';
      // A frozen deal must not be left behind by a ticket that is over.
      if (ends && ['opening', 'open', 'decided', 'appealed'].includes(ticket.dispute ?? ''))
        throw new Problem('support.dispute_open');
      return await takeStep(tx, ticket, { action: ACTIONS[status], actor, reason, now });
    }),
  );

export const escalateTicket: SupportHandlers['escalateTicket'] = async (ctx, req) =>
  await req.tx((tx) =>
    stepOfStaff(ctx, req, tx, async (ticket, actor, now) => {
      const { reason } = req.body;
      const next = await takeStep(tx, ticket, { action: 'escalate', actor, reason, now });
      tellAdministration(tx, next, { escalatedBy: req.user.userId, reason, now });
      return next;
    }),
  );
