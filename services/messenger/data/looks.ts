import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';

export async function recordLooks(
  tx: Tx,
  look: { conversationIds: readonly string[]; actorId: string; ticketId: string; now: Date },
): Promise<void> {
  for (const conversationId of look.conversationIds)
    await tx.run(sql`
      insert into looks (look_id, conversation_id, actor_id, ticket_id, at)
      values (${newId()}, ${conversationId}, ${look.actorId}, ${look.ticketId}, ${look.now})`);
}

/** Newest first. */
export function looksInto(
  db: Queries,
  conversationId: string,
  options: { before: string | undefined; limit: number },
): Promise<{ lookId: string; at: Date; ticketId: string; actorId: string }[]> {
  return db.many(sql`
    select look_id as "lookId", at, ticket_id as "ticketId", actor_id as "actorId" from looks
    where conversation_id = ${conversationId} and (${options.before ?? null}::uuid is null or look_id < ${options.before ?? null}::uuid)
    order by look_id desc limit ${options.limit}`);
}
