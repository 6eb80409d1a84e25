import { z } from 'zod';
import type { Job } from '#kit/service/types.ts';
import type { SupportContext } from '../context.ts';

const payload = z.strictObject({ keys: z.array(z.string()) });

/** The contents of an erased person's attachments. */
export const deleteFiles: Job<SupportContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { keys }) {
    for (const key of keys) await ctx.files.delete(key);
  },
};
