import { serveFile } from '#kit/files/serve.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { SupportHandlers } from '../context.ts';
import { attachmentKey, insertAttachment, listAttachments } from '../data/attachments.ts';
import { lockTicket, readTicketRow } from '../data/tickets.ts';
import { hasSpoken } from '../silence.ts';
import { threadOf, viewerOf } from '../views.ts';

const MAX_FILES = 50;
const SHOWN = /^(image\/(png|jpeg|webp|gif)|application\/pdf|text\/plain|video\/mp4|application\/zip)$/;

/** The file is stored first: a row without its content would be a promise that cannot be kept. */
export const attachToTicket: SupportHandlers['attachToTicket'] = async (ctx, req) => {
  const now = ctx.clock.now();
  const { ticketId } = req.params;
  viewerOf(await readTicketRow(ctx.db, ticketId), req, now);
  const attachmentId = newId();
  const named = req.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const contentType = SHOWN.test(named) ? named : 'application/octet-stream';
  await ctx.files.put(attachmentKey(attachmentId), req.body, contentType);
  try {
    return await req.tx(async (tx) => {
      const { ticket, viewer } = viewerOf(await lockTicket(tx, ticketId), req, now);
      if (ticket.status === 'closed') throw new Problem('support.step_refused', { detail: 'the ticket is closed' });
      if ((await listAttachments(tx, ticketId)).length >= MAX_FILES) throw new Problem('support.too_many_messages');
      await insertAttachment(tx, ticketId, {
        attachmentId,
        authorId: req.user.userId,
        authorKind: viewer.staff ? 'support' : 'user',
        fileName: req.query.fileName,
        contentType,
        size: req.body.length,
        addedAt: now,
      });
      if (!viewer.staff) await hasSpoken(tx, ticket, req.user.userId);
      return { ...(await threadOf(tx, found(await readTicketRow(tx, ticketId)), viewer)), status: 201 };
    });
  } catch (error) {
    await ctx.files.delete(attachmentKey(attachmentId)).catch(() => {});
    throw error;
  }
};

/** Always a download: what a user sent is never run as a page of the platform. */
export const getTicketAttachment: SupportHandlers['getTicketAttachment'] = async (ctx, req) => {
  const { ticketId, attachmentId } = req.params;
  viewerOf(await readTicketRow(ctx.db, ticketId), req, ctx.clock.now());
  const file = found((await listAttachments(ctx.db, ticketId)).find((row) => row.attachmentId === attachmentId));
  const content = found(await ctx.files.open(attachmentKey(attachmentId)));
  return await serveFile(content, req, attachmentId, {
    'content-type': file.contentType,
    'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.fileName).replaceAll("'", '%27')}`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'private, no-store',
  });
};
