import type { z } from 'zod';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { proposal } from '#contracts/orders/views.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import type { OrderAction } from '#contracts/orders/process.ts';
import type { Side } from '#contracts/orders/process-types.ts';
import type { Order } from './orders.ts';

export type Terms = z.output<typeof proposal>;

export interface Proposal {
  proposalId: string;
  orderId: string;
  by: Side;
  status: 'open' | 'funding' | 'agreed' | 'refused' | 'withdrawn' | 'lapsed';
  terms: Terms;
  reason: string;
  createdAt: Date;
  decidedAt: Date | null;
}

const columns = sql`proposal_id as "proposalId", order_id as "orderId", by_side as by, status, terms, reason, created_at as "createdAt", decided_at as "decidedAt"`;

export function proposalsOf(db: Queries, orderId: string): Promise<Proposal[]> {
  return db.many<Proposal>(
    sql`select ${columns} from proposals where order_id = ${orderId} order by created_at desc limit 50`,
  );
}

export function proposalById(db: Queries, orderId: string, proposalId: string): Promise<Proposal | undefined> {
  return db.maybe<Proposal>(
    sql`select ${columns} from proposals where proposal_id = ${proposalId} and order_id = ${orderId}`,
  );
}

function emitProposal(
  tx: Tx,
  order: Order,
  of: Omit<Proposal, 'reason'>,
  by: { actorId: string | null; action: OrderAction | null },
): void {
  const { actorId, action } = by;
  tx.emit(
    ordersEvents.proposalChanged,
    order.orderId,
    {
      proposalId: of.proposalId,
      orderId: order.orderId,
      title: order.title,
      kind: of.terms.kind,
      by: of.by,
      process: order.process,
      action,
      status: of.status,
      clientId: order.clientId,
      freelancerId: found(order.freelancerId),
      actorId,
    },
    order.version,
  );
}

export async function insertProposal(
  tx: Tx,
  order: Order,
  of: Proposal,
  by: { actorId: string; action: OrderAction },
): Promise<void> {
  await tx.run(sql`
    insert into proposals (proposal_id, order_id, by_side, status, terms, reason, created_at)
    values (${of.proposalId}, ${of.orderId}, ${of.by}, 'open', ${JSON.stringify(of.terms)}, ${of.reason}, ${of.createdAt})`);
  emitProposal(tx, order, of, by);
}

export async function decideProposal(
  tx: Tx,
  order: Order,
  of: Proposal,
  status: Proposal['status'],
  by: { actorId: string | null; at: Date; action: OrderAction | null },
): Promise<void> {
  await tx.run(
    sql`update proposals set status = ${status}, decided_at = ${by.at} where proposal_id = ${of.proposalId}`,
  );
  emitProposal(tx, order, { ...of, status, decidedAt: by.at }, by);
}

/** A deal that ends otherwise leaves no question open. */
export async function lapseProposals(tx: Tx, order: Order, at: Date): Promise<void> {
  for (const one of await proposalsOf(tx, order.orderId))
    if (one.status === 'open' || one.status === 'funding')
      await decideProposal(tx, order, one, 'lapsed', { actorId: null, at, action: null });
}
