import { type Queries, raw, sql, type Tx } from '#kit/db/db.ts';

export interface UploadRow {
  uploadId: string;
  conversationId: string;
  uploaderId: string;
  fileName: string;
  length: bigint;
  received: bigint;
  sha256: string | null;
  parts: string[];
  refused: string | null;
  finished: boolean;
  createdAt: Date;
  expiresAt: Date;
}

const COLUMNS = raw(`u.upload_id as "uploadId", u.conversation_id as "conversationId", u.uploader_id as "uploaderId",
  u.file_name as "fileName", u.length, u.received, u.sha256, u.parts, u.refused, u.finished, u.created_at as "createdAt",
  u.expires_at as "expiresAt"`);

export async function insertUpload(
  tx: Tx,
  row: Pick<
    UploadRow,
    'uploadId' | 'conversationId' | 'uploaderId' | 'fileName' | 'length' | 'sha256' | 'createdAt' | 'expiresAt'
  >,
): Promise<void> {
  await tx.run(sql`
    insert into uploads (upload_id, conversation_id, uploader_id, file_name, length, sha256, created_at, expires_at)
    values (${row.uploadId}, ${row.conversationId}, ${row.uploaderId}, ${row.fileName}, ${row.length}, ${row.sha256},
      ${row.createdAt}, ${row.expiresAt})`);
}

export function uploadById(db: Queries, uploadId: string): Promise<UploadRow | undefined> {
  return db.maybe<UploadRow>(sql`select ${COLUMNS} from uploads u where u.upload_id = ${uploadId}`);
}

export function lockUpload(tx: Tx, uploadId: string): Promise<UploadRow | undefined> {
  return tx.maybe<UploadRow>(sql`select ${COLUMNS} from uploads u where u.upload_id = ${uploadId} for update`);
}

/** An upload of this person's, in a conversation that he takes part in. */
export function uploadOf(db: Queries, userId: string, uploadId: string): Promise<UploadRow | undefined> {
  return db.maybe<UploadRow>(sql`
    select ${COLUMNS} from uploads u join members me on me.conversation_id = u.conversation_id and me.user_id = ${userId}
    where u.upload_id = ${uploadId} and u.uploader_id = ${userId}`);
}

/** Adds a part that begins where the last one ends. False: another one was there first. */
export async function addPart(
  tx: Tx,
  of: { uploadId: string; offset: number; size: number; key: string },
): Promise<boolean> {
  const added = await tx.run(sql`
    update uploads set received = received + ${of.size}, parts = parts || ${of.key}::text
    where upload_id = ${of.uploadId} and received = ${of.offset} and received + ${of.size} <= length and not finished`);
  return added === 1;
}

/** Over: taken as an attachment, or refused with a code. Its parts are nobody's any more. */
export async function endUpload(tx: Tx, uploadId: string, refused: string | null): Promise<void> {
  await tx.run(sql`
    update uploads set finished = true, refused = ${refused}, parts = '{}' where upload_id = ${uploadId}`);
}

export async function deleteUpload(tx: Tx, uploadId: string): Promise<string[]> {
  const row = await tx.maybe<{ parts: string[] }>(
    sql`delete from uploads where upload_id = ${uploadId} returning parts`,
  );
  return row?.parts ?? [];
}

export async function deleteUploadsOf(tx: Tx, userId: string): Promise<string[]> {
  const rows = await tx.many<{ parts: string[] }>(
    sql`delete from uploads where uploader_id = ${userId} returning parts`,
  );
  return rows.flatMap((row) => row.parts);
}
