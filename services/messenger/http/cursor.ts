import { isId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';

/** PostgreSQL's own spelling, with its microseconds: a Date would lose them and a page would repeat a row. */
const TIME = /^[12]\d{3}-\d{2}-\d{2}[ T]\d{2}:\d{2}:\d{2}(\.\d{1,6})?(Z|[+-]\d{2}(:?\d{2})?)$/;

/** Values of a cursor of time and id; what is neither is the caller's fault (400), never the database's. */
export function cursorTime(
  values: readonly (string | number | null)[] | undefined,
): { at: string; id: string } | undefined {
  if (values === undefined) return undefined;
  const [at, id] = values;
  if (
    typeof at !== 'string' ||
    !TIME.test(at) ||
    Number.isNaN(Date.parse(at.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00'))) ||
    !isId(id)
  )
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
    });
  return { at, id };
}
