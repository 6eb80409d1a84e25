import { isId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { decodeCursor } from '#kit/service/reply.ts';

const FITS = {
  time: (value: unknown) =>
    typeof value === 'string' && /^[12]\d{3}-[\d:.T-]+Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  integer: (value: unknown) => typeof value === 'string' && /^\d{1,18}$/.test(value),
  number: (value: unknown) => typeof value === 'number',
  id: isId,
} as const;

/** Values of a list's cursor, each of the kind that its column takes; else it is the caller's fault (400), never the database's. */
export function cursorOf(
  cursor: string | undefined,
  ...kinds: readonly (keyof typeof FITS)[]
): (string | number | null)[] | undefined {
  const values = decodeCursor(cursor, kinds.length);
  if (values?.every((value, index) => FITS[kinds[index] ?? 'id'](value)) === false)
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
    });
  return values;
}
