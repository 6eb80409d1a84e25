import type { Currency } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { found } from '#kit/service/reply.ts';
import { allocate } from '../domain/division.ts';
import type { Order } from './orders.ts';

export interface Hold {
  holdId: string;
  orderId: string;
  purpose: 'price' | 'milestone' | 'extra';
  responseId: string | null;
  milestoneId: string | null;
  proposalId: string | null;
  amount: bigint;
  currency: Currency;
  /** `settling`: payments was asked to empty it. */
  status: 'pending' | 'held' | 'refused' | 'settling' | 'settled';
}

const columns = sql`hold_id as "holdId", order_id as "orderId", purpose, response_id as "responseId", milestone_id as "milestoneId", proposal_id as "proposalId", amount, currency, status`;

export function holdById(db: Queries, holdId: string): Promise<Hold | undefined> {
  return db.maybe<Hold>(sql`select ${columns} from holds where hold_id = ${holdId}`);
}

/** Asks payments to hold a sum for the order; the answer is `escrowHeld` or `escrowRefused`. */
export async function requestHold(
  tx: Tx,
  order: Order,
  of: {
    purpose: Hold['purpose'];
    responseId?: string;
    milestoneId?: string | null;
    proposalId?: string;
    amount: bigint;
    freelancerId: string;
    at: Date;
  },
): Promise<void> {
  const holdId = newId();
  await tx.run(sql`
    insert into holds (hold_id, order_id, purpose, response_id, milestone_id, proposal_id, amount, currency, status, at)
    values (${holdId}, ${order.orderId}, ${of.purpose}, ${of.responseId ?? null}, ${of.milestoneId ?? null}, ${of.proposalId ?? null}, ${of.amount}, ${order.currency}, 'pending', ${of.at})`);
  tx.emit(
    ordersEvents.escrowRequested,
    order.orderId,
    {
      holdId,
      orderId: order.orderId,
      clientId: order.clientId,
      freelancerId: of.freelancerId,
      title: order.title,
      category: order.category,
      price: { amount: of.amount.toString(), currency: order.currency },
      terms: found(order.terms),
    },
    order.version,
  );
}

export async function markHold(tx: Tx, holdId: string, status: Hold['status']): Promise<void> {
  await tx.run(sql`update holds set status = ${status} where hold_id = ${holdId}`);
}

/** Takes the order's held sums (all, or a milestone's) for settling: each can be taken once. */
async function take(tx: Tx, order: Order, milestoneId: string | null): Promise<Hold[]> {
  const rows = await tx.many<Hold>(sql`
    update holds set status = 'settling' where order_id = ${order.orderId} and status = 'held' and (${milestoneId}::uuid is null or milestone_id = ${milestoneId}) returning ${columns}`);
  return rows.sort((a, b) => (a.holdId < b.holdId ? -1 : 1));
}

/** E7: what is held goes to the freelancer less commission; the client's bonus with the first of the holds. */
export async function releaseHolds(
  tx: Tx,
  order: Order,
  of: { bonus: { amount: string; currency: Currency } | null; automatic: boolean; milestoneId?: string },
): Promise<void> {
  let { bonus } = of;
  for (const hold of await take(tx, order, of.milestoneId ?? null)) {
    tx.emit(
      ordersEvents.completionConfirmed,
      order.orderId,
      {
        holdId: hold.holdId,
        orderId: order.orderId,
        clientId: order.clientId,
        freelancerId: found(order.freelancerId),
        bonus,
        automatic: of.automatic,
      },
      order.version,
    );
    bonus = null;
  }
}

/** A deal that ends otherwise: the freelancer keeps `freelancerAmount` of all that is held, the rest goes back. */
export async function settleHolds(tx: Tx, order: Order, freelancerAmount: bigint, reason: string): Promise<void> {
  const holds = await take(tx, order, null);
  const parts = allocate(
    freelancerAmount,
    holds.map((hold) => hold.amount),
  );
  for (const [index, hold] of holds.entries())
    emitSettlement(tx, order, hold, { part: parts[index] ?? 0n, freelancerId: found(order.freelancerId), reason });
}

function emitSettlement(
  tx: Tx,
  order: Pick<Order, 'orderId' | 'clientId' | 'version'>,
  hold: Hold,
  of: { part: bigint; freelancerId: string; reason: string },
): void {
  tx.emit(
    ordersEvents.settlementRequested,
    order.orderId,
    {
      holdId: hold.holdId,
      orderId: order.orderId,
      clientId: order.clientId,
      freelancerId: of.freelancerId,
      freelancerAmount: { amount: of.part.toString(), currency: hold.currency },
      outcome: of.part === 0n ? 'refund' : of.part === hold.amount ? 'release' : 'split',
      reason: of.reason,
    },
    order.version,
  );
}

/** A hold that nobody waits for any more goes back as it came. */
export async function returnHold(
  tx: Tx,
  order: Pick<Order, 'orderId' | 'clientId' | 'version'>,
  hold: Hold,
  freelancerId: string,
): Promise<void> {
  await markHold(tx, hold.holdId, 'settling');
  emitSettlement(tx, order, hold, { part: 0n, freelancerId, reason: 'the order moved on meanwhile' });
}
