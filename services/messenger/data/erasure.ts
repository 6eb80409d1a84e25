import { sql, type Tx } from '#kit/db/db.ts';
import { deleteUploadsOf } from './uploads.ts';
import { forgetStoredReplies } from '#kit/db/idempotency.ts';

/** Conversations of a person are closed for good. Returns them with their parties. */
export function closeConversationsOf(
  tx: Tx,
  userId: string,
): Promise<{ conversationId: string; clientId: string; freelancerId: string }[]> {
  return tx.many(sql`
    update conversations set erased = true
    where conversation_id in (select conversation_id from members where user_id = ${userId})
    returning conversation_id as "conversationId", client_id as "clientId", freelancer_id as "freelancerId"`);
}

/** Deletes the person's files, earlier texts, reactions and stored replies; says whose files are to go and in which messages they were. */
export async function removeBelongings(
  tx: Tx,
  userId: string,
): Promise<{ attachmentId: string; messageId: string | null; conversationId: string }[]> {
  const files = await tx.many<{ attachmentId: string; messageId: string | null; conversationId: string }>(sql`
    delete from attachments where uploader_id = ${userId}
    returning attachment_id as "attachmentId", message_id as "messageId", conversation_id as "conversationId"`);
  await tx.run(sql`
    delete from originals using messages m where m.message_id = originals.message_id and m.sender_id = ${userId}`);
  await tx.run(sql`delete from reactions where user_id = ${userId}`);
  const keys = await deleteUploadsOf(tx, userId);
  if (keys.length > 0) await tx.schedule('deleteParts', { keys });
  await tx.run(sql`delete from presence where user_id = ${userId}`);
  // Nobody else took part in what never became a deal: its title is the person's own word.
  await tx.run(sql`update order_states set title = '—' where client_id = ${userId} and freelancer_id is null`);
  await forgetStoredReplies(tx, userId);
  return files;
}

/** A message that lost its files; without a text nothing is left of it. */
export async function markStripped(tx: Tx, messageId: string, rev: number, now: Date): Promise<void> {
  await tx.run(sql`
    update messages set rev = ${rev}, deleted_at = case when text = '' then coalesce(deleted_at, ${now}) else deleted_at end
    where message_id = ${messageId}`);
}
