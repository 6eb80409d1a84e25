import { serveFile } from '#kit/files/serve.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { MessengerContext, MessengerHandlers } from '../context.ts';
import {
  attachmentById,
  attachmentFor,
  type AttachmentRow,
  dropUnsent,
  fileKey,
  previewKey,
  usedBytes,
} from '../data/attachments.ts';
import { conversationOf } from '../data/conversations.ts';
import { readOnlyReason } from '../domain/access.ts';
import { attachmentDisposition } from '../domain/file-name.ts';
import { makeLink, readLink } from '../domain/link.ts';
import { insertAccepted, requireSpace, takeFile } from '../uploads/accept.ts';
import { attachmentShape } from './shape.ts';

export const addAttachment: MessengerHandlers['addAttachment'] = async (ctx, req) => {
  const { conversationId } = req.params;
  const { userId } = req.user;
  const conversation = found(await conversationOf(ctx.db, userId, conversationId));
  if (readOnlyReason(conversation) !== null) throw new Problem('messenger.read_only');
  requireSpace(ctx, await usedBytes(ctx.db, userId), BigInt(req.body.length));
  const attachment = await takeFile(ctx, {
    attachmentId: newId(),
    conversationId,
    uploaderId: userId,
    fileName: req.query.fileName,
    content: req.body,
  });
  return await req.tx(async (tx) => {
    await insertAccepted(ctx, tx, attachment);
    return { body: attachmentShape(attachment) };
  });
};

export const removeAttachment: MessengerHandlers['removeAttachment'] = async (ctx, req) => {
  const { attachmentId } = req.params;
  const attachment = found(await attachmentFor(ctx.db, req.user.userId, attachmentId));
  if (attachment.uploaderId !== req.user.userId) throw new Problem('not_found');
  return await req.tx(async (tx) => {
    if (!(await dropUnsent(tx, attachmentId))) throw new Problem('messenger.attachment_unusable');
    await tx.unschedule(`unsent:${attachmentId}`);
    await tx.schedule('deleteFiles', { attachmentIds: [attachmentId] });
    return { body: null };
  });
};

export const getAttachment: MessengerHandlers['getAttachment'] = async (ctx, req) =>
  await serve(ctx, req, found(await attachmentFor(ctx.db, req.user.userId, req.params.attachmentId)), false);

export const getAttachmentPreview: MessengerHandlers['getAttachmentPreview'] = async (ctx, req) =>
  await serve(ctx, req, found(await attachmentFor(ctx.db, req.user.userId, req.params.attachmentId)), true);

/**
 * Nothing that somebody uploaded runs in the origin of the application (T1): always a download, never sniffed, in a
 * sandbox without scripts. Previews are pictures that we made; they may be shown.
 */
async function serve(
  ctx: MessengerContext,
  req: { readonly headers: Readonly<Record<string, string>> },
  attachment: AttachmentRow,
  preview: boolean,
) {
  if (preview && !attachment.hasPreview) throw new Problem('not_found');
  const { attachmentId } = attachment;
  const file = found(await ctx.files.open(preview ? previewKey(attachmentId) : fileKey(attachmentId)));
  return await serveFile(file, req, preview ? `${attachmentId}-preview` : attachmentId, {
    'content-type': preview ? 'image/webp' : attachment.contentType,
    'content-disposition': preview ? 'inline' : attachmentDisposition(attachment.fileName),
    'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; sandbox",
    'cache-control': 'private, no-store',
  });
}

export const getAttachmentLinks: MessengerHandlers['getAttachmentLinks'] = async (ctx, req) => {
  const { userId } = req.user;
  const attachment = found(await attachmentFor(ctx.db, userId, req.params.attachmentId));
  const expiresAt = Math.floor((ctx.clock.nowMs() + ctx.config.MESSENGER_LINK_TTL) / 1000);
  const address = (preview: boolean) =>
    `/api/v1/attachment-links/${makeLink(ctx.linkKey, { attachmentId: attachment.attachmentId, userId, preview, expiresAt })}`;
  return {
    body: {
      url: address(false),
      previewUrl: attachment.hasPreview ? address(true) : null,
      expiresAt: new Date(expiresAt * 1000).toISOString(),
    },
    headers: { 'cache-control': 'no-store' },
  };
};

export const openAttachmentLink: MessengerHandlers['openAttachmentLink'] = async (ctx, req) => {
  const link = found(readLink(ctx.linkKey, req.params.token, ctx.clock.nowMs()));
  // The link is a bearer of its own: a block and an erasure end the sessions, and have to end it, too (Z4).
  const { items } = await ctx.clients.users.getPeople({ query: { ids: link.userId } });
  if (items[0]?.status !== 'active') throw new Problem('not_found');
  return await serve(ctx, req, found(await attachmentFor(ctx.db, link.userId, link.attachmentId)), link.preview);
};

/** Deletes the stored files of attachments whose rows are gone. Harmless to repeat. */
export async function deleteStored(ctx: MessengerContext, attachmentIds: readonly string[]): Promise<void> {
  for (const attachmentId of attachmentIds) {
    if (await attachmentById(ctx.db, attachmentId)) continue;
    for (const key of [fileKey(attachmentId), previewKey(attachmentId)]) {
      await ctx.files.delete(key);
    }
  }
}
