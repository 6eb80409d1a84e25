import type { supportContract } from '#contracts/support/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Owners } from '#kit/service/types.ts';
import type { SupportContext } from './context.ts';
import { subjectOf } from './http/subject.ts';

const party = async (ctx: SupportContext, ticketId: string, userId: string): Promise<boolean> =>
  (await ctx.db.maybe(
    sql`select 1 from tickets where ticket_id = ${ticketId} and ${userId}::uuid in (author_id, respondent_id)`,
  )) !== undefined;

export const supportOwners: Owners<typeof supportContract, SupportContext> = {
  ticketSubject: async (ctx, req) => (await subjectOf(ctx, req)) !== undefined,
  ownTicket: async (ctx, { user, params }) =>
    (await ctx.db.maybe(
      sql`select 1 from tickets where ticket_id = ${params.ticketId} and author_id = ${user.userId}`,
    )) !== undefined,
  partyToTicket: (ctx, { user, params }) => party(ctx, params.ticketId, user.userId),
  ticketOrStaff: async (ctx, { user, params }) =>
    user.permissions.has('tickets.work') || (await party(ctx, params.ticketId, user.userId)),
  // The handler tells those whose own case it is, and that there is no such ticket.
  assignedAgent: async (ctx, { user, params }) =>
    (await ctx.db.maybe(sql`
      select 1 from tickets where ticket_id = ${params.ticketId} and assignee_id <> ${user.userId}
        and author_id <> ${user.userId} and respondent_id is distinct from ${user.userId}::uuid`)) === undefined,
};
