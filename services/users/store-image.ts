import type { UsersContext } from './context.ts';
import { mediaKey } from './data/media.ts';

/** Long after any request: until then the row of a finished upload is there. */
const CHECK_AFTER_MS = 3_600_000;

/** Stores an image before its row is written. A job looks later and deletes the file when no row came to be. */
export async function storeImage(ctx: UsersContext, mediaId: string, content: Buffer): Promise<void> {
  await ctx.db.tx((tx) =>
    tx.schedule('deleteFiles', { mediaIds: [mediaId] }, { at: new Date(ctx.clock.nowMs() + CHECK_AFTER_MS) }),
  );
  await ctx.files.put(mediaKey(mediaId), content, 'image/webp');
}
