import type { OrderStatus } from '#contracts/orders/process-types.ts';
import { sql, type Tx } from '#kit/db/db.ts';

/** What the sending of a message needs to know of its conversation. */
export interface Room {
  readonly conversationId: string;
  readonly orderId: string;
  readonly title: string;
  readonly clientId: string;
  readonly freelancerId: string;
  readonly status: OrderStatus | null;
  readonly chosenFreelancerId: string | null;
  readonly erased: boolean;
  lastSeq: number;
  lastRev: number;
}

/** From here on the transaction is the only one that adds to these conversations. Locked in one order, so that none waits for another in a circle. */
export async function lockRooms(tx: Tx, conversationIds: readonly string[]): Promise<Room[]> {
  const ids = [...conversationIds];
  await tx.run(
    sql`select 1 from conversations where conversation_id = any(${ids}::uuid[]) order by conversation_id for update`,
  );
  // Read after the lock: a deal that ended while it was waited for is seen.
  return await tx.many<Room>(sql`
    select c.conversation_id as "conversationId", c.order_id as "orderId", s.title, c.client_id as "clientId",
      c.freelancer_id as "freelancerId", s.status, s.freelancer_id as "chosenFreelancerId", c.erased,
      c.last_seq as "lastSeq", c.last_rev as "lastRev"
    from conversations c join order_states s on s.order_id = c.order_id where c.conversation_id = any(${ids}::uuid[])`);
}

export function advanceConversations(tx: Tx, rooms: readonly Room[], now: Date): void {
  tx.send(sql`
    update conversations c set last_seq = u.seq, last_rev = u.rev, last_at = greatest(c.last_at, ${now})
    from unnest(${rooms.map((one) => one.conversationId)}::uuid[], ${rooms.map((one) => one.lastSeq)}::int[], ${rooms.map((one) => one.lastRev)}::int[]) as u (id, seq, rev)
    where c.conversation_id = u.id`);
}
