import { audited } from '../audited.ts';
import type { AdminHandlers } from '../context.ts';

export const listTickets: AdminHandlers['listTickets'] = async (ctx, req) => ({
  body: await ctx.clients.support.listTickets({ query: req.query }),
});

export const getTicket: AdminHandlers['getTicket'] = async (ctx, req) => {
  const body = await ctx.clients.support.getTicket({ params: req.params });
  return { body, version: body.version };
};

export const assignTicket: AdminHandlers['assignTicket'] = async (ctx, req) => {
  const { ticketId } = req.params;
  const { assigneeId } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'ticket.assign', targetKind: 'ticket', targetId: ticketId, wanted: { assigneeId } },
    {
      async call() {
        const before = await ctx.clients.support.getTicket({ params: { ticketId } });
        const body = { actorId: req.user.userId, assigneeId };
        return { before, after: await ctx.clients.support.assignTicket({ params: { ticketId }, body }) };
      },
      write: async (_tx, { before, after }) => ({
        body: after,
        version: after.version,
        before: { assigneeId: before.assigneeId },
        after: { assigneeId: after.assigneeId },
      }),
    },
  );
};
