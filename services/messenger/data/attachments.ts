import { type Queries, raw, sql, type Tx } from '#kit/db/db.ts';

export interface AttachmentRow {
  attachmentId: string;
  conversationId: string;
  uploaderId: string;
  messageId: string | null;
  fileName: string;
  contentType: string;
  size: bigint;
  width: number | null;
  height: number | null;
  hasPreview: boolean;
  sha256: string | null;
  /** Among the files of its message. */
  position?: number;
}

const COLUMNS = raw(`a.attachment_id as "attachmentId", a.conversation_id as "conversationId",
  a.uploader_id as "uploaderId", a.message_id as "messageId", a.file_name as "fileName",
  a.content_type as "contentType", a.size, a.width, a.height, a.has_preview as "hasPreview", a.sha256`);

/** Keys of the stored files of an attachment. */
export function fileKey(attachmentId: string): string {
  return `attachments/${attachmentId}`;
}
export function previewKey(attachmentId: string): string {
  return `previews/${attachmentId}.webp`;
}

export async function insertAttachment(tx: Tx, row: AttachmentRow, now: Date): Promise<void> {
  await tx.run(sql`
    insert into attachments (attachment_id, conversation_id, uploader_id, file_name, content_type, size, width, height, has_preview, sha256, created_at)
    values (${row.attachmentId}, ${row.conversationId}, ${row.uploaderId}, ${row.fileName}, ${row.contentType}, ${row.size},
      ${row.width}, ${row.height}, ${row.hasPreview}, ${row.sha256}, ${now})`);
}

/** Bytes that a person keeps, or is about to: what an upload will be counts from its beginning. */
export async function usedBytes(db: Queries, userId: string): Promise<bigint> {
  const row = await db.one<{ used: bigint }>(
    sql`select ((select coalesce(sum(size), 0) from attachments where uploader_id = ${userId})
      + (select coalesce(sum(length), 0) from uploads where uploader_id = ${userId} and not finished))::int8 as used`,
  );
  return row.used;
}

/** One upload of a person at a time is counted against the quota. */
export async function lockQuota(tx: Tx, userId: string): Promise<void> {
  await tx.one(sql`select pg_advisory_xact_lock(hashtextextended(${userId}, 7))::text as locked`);
}

/** An attachment that the person may fetch: a participant, and it was sent or is his own. */
export function attachmentFor(db: Queries, userId: string, attachmentId: string): Promise<AttachmentRow | undefined> {
  return db.maybe<AttachmentRow>(sql`
    select ${COLUMNS} from attachments a join members me on me.conversation_id = a.conversation_id and me.user_id = ${userId}
    where a.attachment_id = ${attachmentId} and (a.message_id is not null or a.uploader_id = ${userId})`);
}

export function attachmentById(db: Queries, attachmentId: string): Promise<AttachmentRow | undefined> {
  return db.maybe<AttachmentRow>(sql`select ${COLUMNS} from attachments a where a.attachment_id = ${attachmentId}`);
}

export function attachmentsOf(db: Queries, messageIds: readonly string[]): Promise<AttachmentRow[]> {
  return db.many<AttachmentRow>(sql`
    select ${COLUMNS} from attachments a where a.message_id = any(${[...messageIds]}::uuid[]) order by a.message_id, a.position`);
}

/** Attachments about to be sent, in one order, so that none waits for another in a circle. */
export function lockAttachments(tx: Tx, attachmentIds: readonly string[]): Promise<AttachmentRow[]> {
  return tx.many<AttachmentRow>(sql`
    select ${COLUMNS} from attachments a where a.attachment_id = any(${[...attachmentIds]}::uuid[])
    order by a.attachment_id for update`);
}

/** Ties attachments to the messages that they name, each at its place. */
export function tieAll(tx: Tx, files: readonly AttachmentRow[]): void {
  tx.send(sql`
    update attachments a set message_id = u.message_id, position = u.position
    from unnest(${files.map((one) => one.attachmentId)}::uuid[], ${files.map((one) => one.messageId)}::uuid[],
      ${files.map((one) => one.position ?? 0)}::int[]) as u (attachment_id, message_id, position)
    where a.attachment_id = u.attachment_id`);
}

/** Deletes the rows and says whose files are to go. */
export async function dropAttachmentsOfMessage(tx: Tx, messageId: string): Promise<string[]> {
  const rows = await tx.many<{ id: string }>(
    sql`delete from attachments where message_id = ${messageId} returning attachment_id as id`,
  );
  return rows.map((row) => row.id);
}

/** Deletes an unsent attachment; false when it was sent or is gone. */
export async function dropUnsent(tx: Tx, attachmentId: string): Promise<boolean> {
  return (
    (await tx.run(sql`delete from attachments where attachment_id = ${attachmentId} and message_id is null`)) === 1
  );
}
