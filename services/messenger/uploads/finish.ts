import { createHash } from 'node:crypto';
import { isProblem, Problem } from '#kit/problem.ts';
import type { MessengerContext } from '../context.ts';
import { attachmentById } from '../data/attachments.ts';
import { endUpload, lockUpload, uploadById, type UploadRow } from '../data/uploads.ts';
import { deleteStored } from '../http/attachments.ts';
import { insertAccepted, takeFile } from './accept.ts';

/**
 * Makes an attachment of an upload that is whole. Harmless to repeat, from wherever: the request that brought the last
 * part does it, and a job in case that one died. A refusal of the file is final and kept; another fault is thrown.
 */
export async function finishUpload(ctx: MessengerContext, uploadId: string): Promise<void> {
  const upload = await uploadById(ctx.db, uploadId);
  if (!upload || upload.finished || upload.received !== upload.length) return;
  try {
    const content = await wholeOf(ctx, upload);
    const { conversationId, uploaderId, fileName } = upload;
    const attachment = await takeFile(ctx, { attachmentId: uploadId, conversationId, uploaderId, fileName, content });
    const taken = await ctx.db.tx(async (tx) => {
      // Once, whoever comes first; from here on its length counts as the attachment's.
      const now = await lockUpload(tx, uploadId);
      if (!now || now.finished) return false;
      await endUpload(tx, uploadId, null);
      await insertAccepted(ctx, tx, attachment);
      await tx.schedule('deleteParts', { keys: now.parts });
      return true;
    });
    if (!taken && !(await attachmentById(ctx.db, uploadId))) await deleteStored(ctx, [uploadId]);
  } catch (error) {
    if (!isFinal(error)) throw error;
    await ctx.db.tx(async (tx) => {
      const now = await lockUpload(tx, uploadId);
      if (!now || now.finished) return;
      await endUpload(tx, uploadId, error.code);
      await tx.schedule('deleteParts', { keys: now.parts });
      await tx.schedule('deleteFiles', { attachmentIds: [uploadId] });
    });
    throw error;
  }
}

/** What the sender should hear, as against a scanner or a disk that is away. */
function isFinal(error: unknown): error is Problem {
  return isProblem(error) && error.code.startsWith('messenger.');
}

async function wholeOf(ctx: MessengerContext, upload: UploadRow): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (const key of upload.parts) {
    const part = await ctx.files.get(key);
    if (!part) throw new Error(`a part of upload ${upload.uploadId} is missing`);
    parts.push(part.content);
  }
  const content = Buffer.concat(parts);
  if (upload.sha256 !== null && createHash('sha256').update(content).digest('hex') !== upload.sha256)
    throw new Problem('messenger.file_damaged');
  return content;
}
