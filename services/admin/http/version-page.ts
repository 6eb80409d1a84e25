import { decodeCursor, pageOf } from '#kit/service/reply.ts';

/** A page of the versions of something, newest first. The cursor is the last version that was seen. */
export async function versionPage<Row, View extends { version: number }>(
  { limit, cursor }: { limit: number; cursor?: string | undefined },
  read: (limit: number, below: number | undefined) => Promise<Row[]>,
  view: (row: Row) => View,
) {
  const below = decodeCursor(cursor, 1)?.[0];
  const rows = await read(limit + 1, below === undefined ? undefined : Number(below));
  return pageOf(rows.map(view), limit, (last) => [last.version]);
}
