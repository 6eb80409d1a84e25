import { decodeCursor, pageOf } from '#kit/service/reply.ts';
import type { SupportHandlers } from '../context.ts';
import { cursorId, cursorTime } from '../cursor.ts';
import { listMessages } from '../data/messages.ts';
import { listQueue, listTicketsOf, readTicketRow } from '../data/tickets.ts';
import { messageOf, threadOf, viewerOf, viewOf } from '../views.ts';

export const listOwnTickets: SupportHandlers['listOwnTickets'] = async (ctx, req) => {
  const { limit, cursor, status } = req.query;
  const before = cursorId(decodeCursor(cursor, 1)?.[0]);
  const rows = await listTicketsOf(ctx.db, req.user.userId, { status, before, limit: limit + 1 });
  const viewer = { userId: req.user.userId, staff: false, locale: req.locale, now: ctx.clock.now() };
  return {
    body: pageOf(
      rows.map((row) => viewOf(row, viewer)),
      limit,
      (last) => [last.ticketId],
    ),
  };
};

export const readTicket: SupportHandlers['readTicket'] = async (ctx, req) => {
  const { ticket, viewer } = viewerOf(await readTicketRow(ctx.db, req.params.ticketId), req, ctx.clock.now());
  return await threadOf(ctx.db, ticket, viewer);
};

export const listTicketMessages: SupportHandlers['listTicketMessages'] = async (ctx, req) => {
  const { ticket, viewer } = viewerOf(await readTicketRow(ctx.db, req.params.ticketId), req, ctx.clock.now());
  const { limit, cursor } = req.query;
  const before = cursorId(decodeCursor(cursor, 1)?.[0]);
  const rows = await listMessages(ctx.db, ticket.ticketId, { internal: viewer.staff, before, limit: limit + 1 });
  return {
    body: pageOf(
      rows.map((row) => messageOf(row, viewer)),
      limit,
      (last) => [last.messageId],
    ),
  };
};

/** Own cases are left out: staff does not work on them. */
export const getQueue: SupportHandlers['getQueue'] = async (ctx, req) => {
  const { limit, cursor, status, kind, assignee, overdue } = req.query;
  const me = req.user.userId;
  const values = decodeCursor(cursor, 2);
  const now = ctx.clock.now();
  const rows = await listQueue(ctx.db, {
    status,
    kind,
    assigneeId: assignee === 'none' ? null : assignee === 'me' ? me : assignee,
    overdue,
    notOf: me,
    now,
    after: values ? [cursorTime(values[0]), cursorId(values[1]) as string] : undefined,
    limit: limit + 1,
  });
  const viewer = { userId: me, staff: true, locale: req.locale, now };
  const page = pageOf(rows, limit, (last) => [last.dueAt.toISOString(), last.ticketId]);
  return { body: { ...page, items: page.items.map((row) => viewOf(row, viewer)) } };
};
