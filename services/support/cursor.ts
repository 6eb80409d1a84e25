/** Values of cursors come from outside: what is no id or no time is the caller's fault (400), not the database's. */
import { isId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';

function refuse(): never {
  throw new Problem('validation_failed', {
    errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
  });
}

/** Undefined stays undefined: the first page. */
export function cursorId(value: string | number | null | undefined): string | undefined {
  if (value === undefined) return undefined;
  return isId(value) ? value : refuse();
}

export function cursorTime(value: string | number | null | undefined): string {
  if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) refuse();
  return new Date(value).toISOString();
}
