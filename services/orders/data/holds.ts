import type { Currency } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ReasonCode } from '#contracts/orders/reasons.ts';
import { type Queries, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { clientFeeOf } from '#contracts/orders/terms.ts';
import { newId } from '#kit/ids.ts';
import { found } from '#kit/service/reply.ts';
import { allocate } from '../domain/division.ts';
import type { Order } from './orders.ts';

export interface Hold {
  holdId: string;
  orderId: string;
  purpose: 'price' | 'milestone' | 'week' | 'extra';
  responseId: string | null;
  milestoneId: string | null;
  proposalId: string | null;
  weekId: string | null;
  /** With the client's fee, which is `fee` of it. */
  amount: bigint;
  fee: bigint;
  currency: Currency;
  /** `settling`: payments was asked to empty it. */
  status: 'pending' | 'held' | 'refused' | 'settling' | 'settled';
}

const columns = sql`hold_id as "holdId", order_id as "orderId", purpose, response_id as "responseId", milestone_id as "milestoneId", proposal_id as "proposalId", week_id as "weekId", amount, fee, currency, status`;

/** What of a hold may go to the freelancer; the rest is the client's fee. */
const priceOf = (hold: Hold): bigint => hold.amount - hold.fee;

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
    weekId?: string;
    /** The price; the client's fee, by the terms, comes on top. */
    amount: bigint;
    freelancerId: string;
    at: Date;
  },
): Promise<void> {
  const holdId = newId();
  const terms = found(order.terms);
  const fee = clientFeeOf(of.amount, terms);
  await tx.run(sql`
    insert into holds (hold_id, order_id, purpose, response_id, milestone_id, proposal_id, week_id, amount, fee, currency, status, at)
    values (${holdId}, ${order.orderId}, ${of.purpose}, ${of.responseId ?? null}, ${of.milestoneId ?? null}, ${of.proposalId ?? null}, ${of.weekId ?? null}, ${of.amount + fee}, ${fee}, ${order.currency}, 'pending', ${of.at})`);
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
      terms,
    },
    order.version,
  );
}

export async function markHold(tx: Tx, holdId: string, status: Hold['status']): Promise<void> {
  await tx.run(sql`update holds set status = ${status} where hold_id = ${holdId}`);
}

/** Takes held sums of the order (all, or a milestone's or week's) for settling: each can be taken once. */
async function take(tx: Tx, order: Order, which: Sql = sql`true`): Promise<Hold[]> {
  const rows = await tx.many<Hold>(sql`
    update holds set status = 'settling' where order_id = ${order.orderId} and status = 'held' and ${which} returning ${columns}`);
  return rows.sort((a, b) => (a.holdId < b.holdId ? -1 : 1));
}

/** E7: what is held goes to the freelancer less commission; the client's bonus with the first of the holds. */
export async function releaseHolds(
  tx: Tx,
  order: Order,
  of: { bonus: { amount: string; currency: Currency } | null; automatic: boolean; milestoneId?: string },
): Promise<void> {
  let { bonus } = of;
  const which = of.milestoneId === undefined ? undefined : sql`milestone_id = ${of.milestoneId}`;
  for (const hold of await take(tx, order, which)) {
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

/** A week that ends: what was worked is paid, the rest of its hold goes back. */
export async function settleWeekHold(
  tx: Tx,
  order: Order,
  weekId: string,
  of: { amount: bigint; bonus: { amount: string; currency: Currency } | null; automatic: boolean },
): Promise<void> {
  const freelancerId = found(order.freelancerId);
  let { bonus } = of;
  for (const hold of await take(tx, order, sql`week_id = ${weekId}`)) {
    if (of.amount === 0n) {
      emitSettlement(tx, order, hold, { part: 0n, freelancerId, reason: 'nothing_worked' satisfies ReasonCode });
      continue;
    }
    const { holdId, currency } = hold;
    const { orderId, clientId } = order;
    const freelancerAmount = { amount: of.amount.toString(), currency };
    const confirmed = { holdId, orderId, clientId, freelancerId, bonus, automatic: of.automatic, freelancerAmount };
    tx.emit(ordersEvents.completionConfirmed, orderId, confirmed, order.version);
    bonus = null;
  }
}

/** A deal that ends otherwise: the freelancer keeps `freelancerAmount` of all that is held, the rest goes back. */
export async function settleHolds(tx: Tx, order: Order, freelancerAmount: bigint, reason: string): Promise<void> {
  const holds = await take(tx, order);
  const parts = allocate(freelancerAmount, holds.map(priceOf));
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
      outcome: of.part === 0n ? 'refund' : of.part === priceOf(hold) ? 'release' : 'split',
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
  emitSettlement(tx, order, hold, { part: 0n, freelancerId, reason: 'moved_on' satisfies ReasonCode });
}
