import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface AttachmentRow {
  readonly attachmentId: string;
  readonly authorKind: 'user' | 'support';
  readonly fileName: string;
  readonly contentType: string;
  readonly size: number;
  readonly addedAt: Date;
}

const COLUMNS = sql`attachment_id as "attachmentId", author_kind as "authorKind", file_name as "fileName",
  content_type as "contentType", size, added_at as "addedAt"`;

/** Where the content of an attachment is kept. */
export function attachmentKey(attachmentId: string): string {
  return `attachments/${attachmentId}`;
}

export async function insertAttachment(
  tx: Tx,
  ticketId: string,
  file: AttachmentRow & { readonly authorId: string },
): Promise<void> {
  await tx.run(sql`
    insert into ticket_attachments (attachment_id, ticket_id, author_id, author_kind, file_name, content_type, size, added_at)
    values (${file.attachmentId}, ${ticketId}, ${file.authorId}, ${file.authorKind}, ${file.fileName}, ${file.contentType},
      ${file.size}, ${file.addedAt})`);
}

/** Oldest first. */
export async function listAttachments(db: Queries, ticketId: string): Promise<AttachmentRow[]> {
  return await db.many<AttachmentRow>(
    sql`select ${COLUMNS} from ticket_attachments where ticket_id = ${ticketId} order by attachment_id limit 100`,
  );
}

/** Removes a person's files from the list; returns the keys of their contents. */
export async function removeAttachmentsOf(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx.many<{ attachmentId: string }>(sql`
    delete from ticket_attachments where author_id = ${userId} and author_kind = 'user'
    returning attachment_id as "attachmentId"`);
  return rows.map((row) => attachmentKey(row.attachmentId));
}
