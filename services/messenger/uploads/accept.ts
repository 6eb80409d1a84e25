import { createHash } from 'node:crypto';
import type { Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { MessengerContext } from '../context.ts';
import {
  type AttachmentRow,
  fileKey,
  insertAttachment,
  lockQuota,
  previewKey,
  usedBytes,
} from '../data/attachments.ts';
import { conversationOf, lockConversation } from '../data/conversations.ts';
import { readOnlyReason } from '../domain/access.ts';
import { harmlessFileName } from '../domain/file-name.ts';
import { inspectUpload } from '../domain/inspect.ts';
import { scanForViruses } from '../scanner.ts';

const UNSENT_KEPT_MS = 24 * 3_600_000;
const MIB = 1024 * 1024;
/** Files that are looked at at once: each is in memory, and a picture unfolds there. */
const AT_ONCE = 2;

export interface Incoming {
  readonly attachmentId: string;
  readonly conversationId: string;
  readonly uploaderId: string;
  readonly fileName: string;
  readonly content: Buffer;
}

let looking = 0;
const queue: (() => void)[] = [];
async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (looking >= AT_ONCE) await new Promise<void>((resolve) => queue.push(resolve));
  else looking++;
  try {
    return await work();
  } finally {
    const next = queue.shift();
    if (next) next();
    else looking--;
  }
}

/** Finds out what a file is, makes it harmless, stores it. Nobody sees it before `insertAccepted`; without that it goes after a day. */
export async function takeFile(ctx: MessengerContext, incoming: Incoming): Promise<AttachmentRow> {
  const { attachmentId, conversationId, uploaderId } = incoming;
  const file = await inTurn(async () => {
    const inspected = await inspectUpload(incoming.content);
    await scanForViruses(ctx.config.CLAMAV_URL, inspected.content);
    return inspected;
  });
  // Known before the files are there: whatever happens from here on, what stays unsent goes.
  await ctx.db.tx((tx) =>
    tx.schedule(
      'dropUnsent',
      { attachmentId },
      { at: new Date(ctx.clock.nowMs() + UNSENT_KEPT_MS), key: `unsent:${attachmentId}` },
    ),
  );
  await ctx.files.put(fileKey(attachmentId), file.content, file.contentType);
  if (file.preview) await ctx.files.put(previewKey(attachmentId), file.preview, 'image/webp');
  return {
    attachmentId,
    conversationId,
    uploaderId,
    messageId: null,
    fileName: harmlessFileName(incoming.fileName),
    contentType: file.contentType,
    size: BigInt(file.content.length),
    width: file.width,
    height: file.height,
    hasPreview: file.preview !== undefined,
    sha256: createHash('sha256').update(file.content).digest('hex'),
  };
}

/** Makes a stored file an attachment, if the conversation is still open and there is space. */
export async function insertAccepted(ctx: MessengerContext, tx: Tx, attachment: AttachmentRow): Promise<void> {
  const { conversationId, uploaderId, size } = attachment;
  await lockConversation(tx, conversationId);
  const now = found(await conversationOf(tx, uploaderId, conversationId));
  if (readOnlyReason(now) !== null) throw new Problem('messenger.read_only');
  await lockQuota(tx, uploaderId);
  requireSpace(ctx, await usedBytes(tx, uploaderId), size);
  await insertAttachment(tx, attachment, ctx.clock.now());
}

export function requireSpace(ctx: MessengerContext, used: bigint, size: bigint): void {
  if (used + size > BigInt(ctx.config.MESSENGER_USER_QUOTA_MB) * BigInt(MIB))
    throw new Problem('messenger.quota_exceeded', { detail: `${ctx.config.MESSENGER_USER_QUOTA_MB} MiB` });
}
