import { sql, type Tx } from '#kit/db/db.ts';

/** Name of an image in the store. */
export function mediaKey(mediaId: string): string {
  return `${mediaId}.webp`;
}

/** Deletes images: the rows now, the files by a job of the same transaction, so that none is left behind. */
export async function dropMedia(tx: Tx, mediaIds: readonly string[]): Promise<void> {
  if (mediaIds.length === 0) return;
  await tx.run(sql`delete from media where media_id = any(${[...mediaIds]}::uuid[])`);
  await tx.schedule('deleteFiles', { mediaIds });
}
