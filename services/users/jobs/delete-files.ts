import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { mediaKey } from '../data/media.ts';

const payload = z.strictObject({ mediaIds: z.array(id) });

/** Deletes the files of images that are gone, or whose upload broke off. */
export const deleteFiles: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { mediaIds }) {
    for (const mediaId of mediaIds) {
      if (await ctx.db.maybe(sql`select 1 from media where media_id = ${mediaId}`)) continue;
      await ctx.files.delete(mediaKey(mediaId));
    }
  },
};
