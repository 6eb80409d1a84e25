import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { MessengerContext, MessengerHandlers } from '../context.ts';
import { attachmentById } from '../data/attachments.ts';
import { conversationOf } from '../data/conversations.ts';
import { uploadOf, type UploadRow } from '../data/uploads.ts';
import { readOnlyReason } from '../domain/access.ts';
import type { TusCall } from '../uploads/tus.ts';
import { attachmentShape } from './shape.ts';

/** The protocol's library is loaded at the first upload. */
const speakTus = async (ctx: MessengerContext, call: TusCall) =>
  await (await import('../uploads/tus.ts')).speakTus(ctx, call);

export const createUpload: MessengerHandlers['createUpload'] = async (ctx, req) => {
  const { conversationId } = req.params;
  const { userId } = req.user;
  const conversation = found(await conversationOf(ctx.db, userId, conversationId));
  if (readOnlyReason(conversation) !== null) throw new Problem('messenger.read_only');
  return await speakTus(ctx, { method: 'POST', userId, conversationId, headers: req.headers });
};

export const getUploadOffset: MessengerHandlers['getUploadOffset'] = async (ctx, req) =>
  await onUpload(ctx, req, { method: 'HEAD' });

export const continueUpload: MessengerHandlers['continueUpload'] = async (ctx, req) =>
  await onUpload(ctx, req, { method: 'PATCH', body: req.body });

export const dropUpload: MessengerHandlers['dropUpload'] = async (ctx, req) =>
  await onUpload(ctx, req, { method: 'DELETE' });

interface UploadReq {
  readonly user: { readonly userId: string };
  readonly params: { readonly uploadId: string };
  readonly headers: Readonly<Record<string, string>>;
}

async function onUpload(ctx: MessengerContext, req: UploadReq, call: Pick<TusCall, 'method' | 'body'>) {
  const upload = await ownUpload(ctx, req);
  const { uploadId, conversationId, uploaderId: userId } = upload;
  // What was refused stays so: the client hears why, however often it asks to go on.
  if (call.method === 'PATCH' && upload.refused !== null) throw new Problem(upload.refused);
  return await speakTus(ctx, { ...call, userId, conversationId, uploadId, headers: req.headers });
}

async function ownUpload(ctx: MessengerContext, req: UploadReq): Promise<UploadRow> {
  return found(await uploadOf(ctx.db, req.user.userId, req.params.uploadId));
}

export const getUpload: MessengerHandlers['getUpload'] = async (ctx, req) => {
  const upload = await ownUpload(ctx, req);
  const attachment = upload.finished ? await attachmentById(ctx.db, upload.uploadId) : undefined;
  return {
    body: {
      uploadId: upload.uploadId,
      fileName: upload.fileName,
      length: Number(upload.length),
      offset: Number(upload.received),
      expiresAt: upload.expiresAt.toISOString(),
      refused: upload.refused,
      attachment: attachment ? attachmentShape(attachment) : null,
    },
  };
};
