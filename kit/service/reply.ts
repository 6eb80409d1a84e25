import { Problem } from '#kit/problem.ts';

/** Refuses a stale edit (412). `ifMatch` was made sure of by the route's declaration. */
export function requireVersion(req: { ifMatch: number | undefined }, version: number): void {
  if (req.ifMatch !== version)
    throw new Problem('version_mismatch', { detail: `the resource is at version ${version}` });
}

/** Somebody else's or no such id: both are 404, so that nothing is told (Z2). */
export function found<T>(row: T | undefined | null): T {
  if (row === undefined || row === null) throw new Problem('not_found');
  return row;
}

/** Opaque cursor of a keyset page: the sort values of its last row. */
export function encodeCursor(values: readonly (string | number | null)[]): string {
  return Buffer.from(JSON.stringify(values)).toString('base64url');
}

/** The values of a cursor; a broken one is the caller's fault (400). `size`: how many values the list's cursors have. */
export function decodeCursor(cursor: string | undefined, size: number): (string | number | null)[] | undefined {
  if (cursor === undefined) return undefined;
  try {
    const values: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    if (
      Array.isArray(values) &&
      values.length === size &&
      values.every((v) => v === null || typeof v === 'string' || typeof v === 'number')
    )
      return values;
  } catch {}
  throw new Problem('validation_failed', {
    errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
  });
}

/** Cuts a list that was read with `limit + 1` rows into a page. */
export function pageOf<T>(
  rows: readonly T[],
  limit: number,
  cursorOf: (last: T) => readonly (string | number | null)[],
): { items: T[]; nextCursor: string | null } {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(cursorOf(last)) : null };
}
