import { newId } from '#kit/ids.ts';
import { found } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminHandlers } from '../context.ts';
import { evidenceFiles, evidenceKey, insertEvidence } from '../data/blocks.ts';

/** The file is stored first: a row without its content would be a promise that cannot be kept. */
export const addEvidence: AdminHandlers['addEvidence'] = async (ctx, req) => {
  const evidenceId = newId();
  const file = { evidenceId, fileName: req.query.fileName, contentType: req.contentType, size: req.body.length };
  await ctx.files.put(evidenceKey(evidenceId), req.body, file.contentType);
  try {
    return await audited(
      ctx,
      req,
      { action: 'evidence.add', targetKind: 'evidence', targetId: evidenceId, wanted: { size: file.size } },
      {
        async write(tx) {
          await insertEvidence(tx, { ...file, addedBy: req.user.userId, addedAt: ctx.clock.now() });
          return { body: file };
        },
      },
    );
  } catch (error) {
    await ctx.files.delete(evidenceKey(evidenceId)).catch(() => {});
    throw error;
  }
};

/** Always a download: it is never run as a page of the platform. */
export const getEvidence: AdminHandlers['getEvidence'] = async (ctx, req) => {
  const { evidenceId } = req.params;
  const file = found((await evidenceFiles(ctx.db, [evidenceId])).get(evidenceId));
  const { content } = found(await ctx.files.get(evidenceKey(evidenceId)));
  return {
    body: content,
    headers: {
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(file.fileName).replaceAll("'", '%27')}`,
      'x-content-type-options': 'nosniff',
      'cache-control': 'private, no-store',
    },
  };
};
