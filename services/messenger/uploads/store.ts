import type { Readable } from 'node:stream';
import { DataStore, ERRORS, Upload } from '@tus/server';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { MessengerContext } from '../context.ts';
import { lockQuota, usedBytes } from '../data/attachments.ts';
import { conversationOf, lockConversation } from '../data/conversations.ts';
import { addPart, insertUpload, uploadById } from '../data/uploads.ts';
import { readOnlyReason } from '../domain/access.ts';
import { harmlessFileName } from '../domain/file-name.ts';
import { requireSpace } from './accept.ts';
import { MAX_PART_BYTES } from '#contracts/messenger/uploads.ts';

export const UPLOAD_KEPT_MS = 24 * 3_600_000;
/** After so long a whole upload whose request died is finished by a job. */
const FINISH_AFTER_MS = 60_000;

export function partKey(uploadId: string): string {
  return `uploads/${uploadId}/${newId()}`;
}

/**
 * What @tus/server keeps uploads in: parts lie where all files of the service lie (disk or S3), their order in the
 * database. Two writers at one offset: the row lets one of them through, so no lock of a process is needed.
 */
export class UploadStore extends DataStore {
  readonly #ctx: MessengerContext;
  readonly #userId: string;
  readonly #conversationId: string;

  constructor(ctx: MessengerContext, userId: string, conversationId: string) {
    super();
    this.#ctx = ctx;
    this.#userId = userId;
    this.#conversationId = conversationId;
    this.extensions = ['creation', 'termination', 'expiration'];
  }

  override async create(file: Upload): Promise<Upload> {
    const ctx = this.#ctx;
    const length = BigInt(file.size ?? 0);
    if (length <= 0n) throw new Problem('messenger.upload_malformed', { detail: 'Upload-Length must be above zero' });
    const sha256 = file.metadata?.['sha256']?.toLowerCase() ?? null;
    if (sha256 !== null && !/^[0-9a-f]{64}$/.test(sha256))
      throw new Problem('messenger.upload_malformed', { detail: 'sha256 has 64 hexadecimal digits' });
    const createdAt = ctx.clock.now();
    const expiresAt = new Date(createdAt.getTime() + UPLOAD_KEPT_MS);
    await ctx.db.tx(async (tx) => {
      await lockConversation(tx, this.#conversationId);
      const conversation = found(await conversationOf(tx, this.#userId, this.#conversationId));
      if (readOnlyReason(conversation) !== null) throw new Problem('messenger.read_only');
      await lockQuota(tx, this.#userId);
      requireSpace(ctx, await usedBytes(tx, this.#userId), length);
      await insertUpload(tx, {
        uploadId: file.id,
        conversationId: this.#conversationId,
        uploaderId: this.#userId,
        fileName: harmlessFileName(file.metadata?.['filename'] ?? 'file'),
        length,
        sha256,
        createdAt,
        expiresAt,
      });
      await tx.schedule('dropUpload', { uploadId: file.id }, { at: expiresAt, key: `upload:${file.id}` });
    });
    file.creation_date = createdAt.toISOString();
    return file;
  }

  override async getUpload(id: string): Promise<Upload> {
    const row = await uploadById(this.#ctx.db, id);
    if (!row) throw ERRORS.FILE_NOT_FOUND;
    return new Upload({
      id,
      size: Number(row.length),
      offset: Number(row.received),
      creation_date: row.createdAt.toISOString(),
      metadata: { filename: row.fileName },
    });
  }

  override async write(stream: Readable, id: string, offset: number): Promise<number> {
    const ctx = this.#ctx;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_PART_BYTES) throw new Problem('messenger.upload_too_large');
      chunks.push(chunk);
    }
    const key = partKey(id);
    await ctx.files.put(key, Buffer.concat(chunks), 'application/octet-stream');
    const added = await ctx.db.tx(async (tx) => {
      if (!(await addPart(tx, { uploadId: id, offset, size, key }))) return false;
      const at = new Date(ctx.clock.nowMs() + FINISH_AFTER_MS);
      await tx.schedule('finishUpload', { uploadId: id }, { at, key: `finish:${id}` });
      return true;
    });
    if (added) return offset + size;
    await ctx.files.delete(key);
    throw new Problem('messenger.upload_conflict');
  }

  override async remove(id: string): Promise<void> {
    await this.#ctx.db.tx((tx) => tx.schedule('dropUpload', { uploadId: id }, { key: `upload:${id}` }));
  }

  override getExpiration(): number {
    return UPLOAD_KEPT_MS;
  }
}
