import { isProblem, Problem } from '#kit/problem.ts';
import { decodeCursor, found, pageOf } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import {
  closeEscalation,
  type EscalationRow,
  escalationView,
  listEscalationRows,
  readEscalation,
} from '../data/escalations.ts';

export const listEscalations: AdminHandlers['listEscalations'] = async (ctx, req) => {
  const { limit, cursor, status } = req.query;
  const after = decodeCursor(cursor, 2);
  const rows = await listEscalationRows(
    ctx.db,
    status,
    limit + 1,
    after === undefined ? undefined : [String(after[0]), String(after[1])],
  );
  return {
    body: pageOf(
      rows.map((row) => escalationView(row, req.locale)),
      limit,
      (last) => [last.escalatedAt, last.ticketId],
    ),
  };
};

export const decideEscalation: AdminHandlers['decideEscalation'] = async (ctx, req) => {
  const { ticketId } = req.params;
  const { decision } = req.body;
  const escalation = found(await readEscalation(ctx.db, ticketId));
  return await audited(
    ctx,
    req,
    { action: 'escalation.decide', targetKind: 'ticket', targetId: ticketId, wanted: decision },
    {
      async check() {
        if (escalation.status === 'decided') throw new Problem('admin.already_decided');
      },
      call: () =>
        ctx.clients.support
          .decideEscalation({ params: { ticketId }, body: { actorId: req.user.userId, decision } })
          .catch((error: unknown) => closeIfOver(ctx, escalation, error)),
      async write(tx) {
        const end = { decision, decidedBy: req.user.userId, decidedAt: ctx.clock.now() };
        await closeEscalation(tx, { ticketId, escalatedAt: escalation.escalatedAt, ...end });
        const body = escalationView({ ...escalation, status: 'decided', ...end }, req.locale);
        return { body, before: { status: escalation.status }, after: decision };
      },
    },
  );
};

/** Support refused: when the ticket is not escalated any more (its answer was lost, a colleague was faster), so it is here. */
async function closeIfOver(ctx: AdminContext, escalation: EscalationRow, error: unknown): Promise<never> {
  const { ticketId, escalatedAt } = escalation;
  if (isProblem(error) && error.code !== 'unavailable' && error.code !== 'timeout') {
    const ticket = await ctx.clients.support.getTicket({ params: { ticketId } }).catch(() => undefined);
    if (ticket && ticket.status !== 'escalated') {
      const end = { decision: { kind: 'elsewhere', status: ticket.status }, decidedBy: null };
      await ctx.db.tx((tx) => closeEscalation(tx, { ticketId, escalatedAt, ...end, decidedAt: ctx.clock.now() }));
      throw new Problem('admin.already_decided', { status: 409, cause: error });
    }
  }
  throw error;
}
