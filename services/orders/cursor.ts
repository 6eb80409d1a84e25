import { Problem } from '#kit/problem.ts';
import { decodeCursor } from '#kit/service/reply.ts';

const SHAPES = {
  id: (value: unknown) => typeof value === 'string' && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(value),
  time: (value: unknown) =>
    typeof value === 'string' && /^\d{4}-\d\d-\d\dT[\d:.]{8,12}Z$/.test(value) && !Number.isNaN(Date.parse(value)),
  integer: (value: unknown) => typeof value === 'string' && /^\d{1,18}$/.test(value),
  number: (value: unknown) => typeof value === 'number' && Number.isFinite(value),
} as const;

/** The values of a cursor, each of its shape; a made-up one is the caller's fault, not the database's. */
export function cursorOf(cursor: string | undefined, shapes: readonly (keyof typeof SHAPES)[]) {
  const values = decodeCursor(cursor, shapes.length);
  if (values === undefined || shapes.every((shape, index) => SHAPES[shape](values[index]))) return values;
  throw new Problem('validation_failed', {
    errors: [{ pointer: '/query/cursor', detail: 'not a cursor of this list' }],
  });
}
