import { createHash, randomBytes, randomInt } from 'node:crypto';
import { v7 } from 'uuid';

/** A UUIDv7: those of one process sort in the order in which they were made. */
export function newId(): string {
  return v7();
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** A UUID of any version in its canonical spelling. Capitals are refused: ids are compared as text. */
export function isId(value: unknown): value is string {
  return typeof value === 'string' && ID.test(value);
}

/** An unguessable token in base64url. Fewer than 16 bytes could be guessed and throw a RangeError. */
export function randomToken(bytes = 32): string {
  if (!(bytes >= 16)) throw new RangeError('a token needs 16 bytes or more');
  return randomBytes(bytes).toString('base64url');
}

/** Decimal digits (1 to 14), each code equally likely. */
export function randomCode(digits = 6): string {
  if (!Number.isInteger(digits) || digits < 1 || digits > 14) throw new RangeError('a code has 1 to 14 digits');
  return String(randomInt(10 ** digits)).padStart(digits, '0');
}

/** How tokens are kept at rest: SHA-256, hex. For tokens of `randomToken` only: a short code could be searched for. */
export function hashToken(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
