import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import { isProblem } from '#kit/problem.ts';
import type { Job } from '#kit/service/types.ts';
import type { MessengerContext } from '../context.ts';
import { attachmentById, dropUnsent } from '../data/attachments.ts';
import { deleteUpload } from '../data/uploads.ts';
import { deleteStored } from '../http/attachments.ts';
import { finishUpload as finish } from '../uploads/finish.ts';

const files = z.object({ attachmentIds: z.array(id) });

/** Deletes what storage keeps of attachments that are gone. */
export const deleteFiles: Job<MessengerContext, z.infer<typeof files>> = {
  payload: files,
  run: (ctx, { attachmentIds }) => deleteStored(ctx, attachmentIds),
};

const unsent = z.object({ attachmentId: id });

/** A file that was uploaded and never sent, or whose upload broke off. */
export const dropUnsentFile: Job<MessengerContext, z.infer<typeof unsent>> = {
  payload: unsent,
  async run(ctx, { attachmentId }) {
    const attachment = await attachmentById(ctx.db, attachmentId);
    if (attachment && attachment.messageId !== null) return;
    await ctx.db.tx((tx) => dropUnsent(tx, attachmentId));
    await deleteStored(ctx, [attachmentId]);
  },
};

const parts = z.object({ keys: z.array(z.string()) });

/** Deletes parts of uploads that are over. */
export const deleteParts: Job<MessengerContext, z.infer<typeof parts>> = {
  payload: parts,
  async run(ctx, { keys }) {
    for (const key of keys) await ctx.files.delete(key);
  },
};

const upload = z.object({ uploadId: id });

/** An upload that was given up or abandoned. What it became stays. */
export const dropUpload: Job<MessengerContext, z.infer<typeof upload>> = {
  payload: upload,
  run: (ctx, { uploadId }) =>
    ctx.db.tx(async (tx) => {
      const keys = await deleteUpload(tx, uploadId);
      if (keys.length > 0) await tx.schedule('deleteParts', { keys });
    }),
};

/** Finishes an upload that is whole and whose last request died. A refused file is no failure of the job. */
export const finishUpload: Job<MessengerContext, z.infer<typeof upload>> = {
  payload: upload,
  run: (ctx, { uploadId }) =>
    finish(ctx, uploadId).catch((error: unknown) => {
      if (!isProblem(error) || !error.code.startsWith('messenger.')) throw error;
    }),
};
