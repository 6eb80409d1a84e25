import { createHmac, timingSafeEqual } from 'node:crypto';
import { isId } from '#kit/ids.ts';

export interface Link {
  readonly attachmentId: string;
  readonly userId: string;
  readonly preview: boolean;
  /** Epoch seconds. */
  readonly expiresAt: number;
}

function sign(key: string, payload: string): Buffer {
  return createHmac('sha256', key).update(payload).digest();
}

/** The secret part of a short-lived address: says who may fetch what until when, and can not be made without the key. */
export function makeLink(key: string, link: Link): string {
  const payload = [link.attachmentId, link.userId, link.preview ? 'p' : 'f', link.expiresAt].join('.');
  return Buffer.from(`${payload}.${sign(key, payload).toString('base64url')}`).toString('base64url');
}

/** Undefined: not ours, altered or expired. */
export function readLink(key: string, token: string, nowMs: number): Link | undefined {
  const [attachmentId, userId, what, until, signature, ...rest] = Buffer.from(token, 'base64url')
    .toString('utf8')
    .split('.');
  if (rest.length > 0 || !isId(attachmentId) || !isId(userId) || signature === undefined) return undefined;
  if ((what !== 'p' && what !== 'f') || until === undefined || !/^\d{9,12}$/.test(until)) return undefined;
  const link = { attachmentId, userId, preview: what === 'p', expiresAt: Number(until) };
  // Compared as it was written: base64url has spare bits, and another spelling of the same bytes is an altered link.
  const [given, right] = [Buffer.from(token), Buffer.from(makeLink(key, link))];
  if (given.length !== right.length || !timingSafeEqual(given, right)) return undefined;
  if (Number(until) * 1000 <= nowMs) return undefined;
  return link;
}
