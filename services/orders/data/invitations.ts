import type { OrderStatus } from '#contracts/orders/process-types.ts';
import type { INVITATION_STATES } from '#contracts/orders/views.ts';
import { type Queries, type Sql, sql } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';

type State = (typeof INVITATION_STATES)[number];

export interface Invitation {
  invitationId: string;
  orderId: string;
  orderTitle: string;
  status: OrderStatus;
  freelancerId: string;
  state: State;
  reason: string | null;
  at: Date;
  seenAt: Date | null;
  responded: boolean;
}

const responded = sql`exists (select 1 from responses r where r.order_id = i.order_id and r.freelancer_id = i.freelancer_id)`;
/** Who responded has answered, whatever was before. */
const state = sql`case when ${responded} then 'answered' when i.withdrawn_at is not null then 'withdrawn'
  when i.declined_at is not null then 'declined' when i.seen_at is not null then 'seen' else 'sent' end`;

/** Invitations with what became of them. */
export const invitations = (where: Sql): Sql => sql`
  select i.invitation_id as "invitationId", i.order_id as "orderId", o.title as "orderTitle", o.status, i.freelancer_id as "freelancerId",
    ${state} as state, i.reason, i.at, i.seen_at as "seenAt", ${responded} as responded
  from invitations i join orders o using (order_id) where ${where}`;

export const invitationById = async (db: Queries, invitationId: string) =>
  found(await db.maybe<Invitation>(invitations(sql`i.invitation_id = ${invitationId}`)));

/** The caller's own invitation to an order, if he has one. */
export async function invitationOf(db: Queries, orderId: string, userId: string) {
  const where = sql`i.order_id = ${orderId} and i.freelancer_id = ${userId}`;
  const row = await db.maybe<Invitation>(invitations(where));
  return row ? { invitationId: row.invitationId, state: row.state, reason: row.reason } : null;
}
