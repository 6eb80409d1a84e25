import { createHmac, timingSafeEqual } from 'node:crypto';
import { notificationType, type NotificationType } from '#contracts/notifications/http.ts';
import { isId } from '#kit/ids.ts';

export interface Unsubscription {
  readonly userId: string;
  readonly type: NotificationType;
}

/** Names the person and the type, signed: the link of a mail works without signing in, for good, and for nothing else. */
export function makeUnsubscribeToken(key: string, { userId, type }: Unsubscription): string {
  const payload = Buffer.from(`${userId}.${type}`).toString('base64url');
  return `${payload}.${mac(key, payload)}`;
}

/** Undefined: not a token of ours. */
export function readUnsubscribeToken(key: string, token: string): Unsubscription | undefined {
  const [payload, signature, more] = token.split('.');
  if (!payload || !signature || more !== undefined) return undefined;
  const [given, wanted] = [Buffer.from(signature), Buffer.from(mac(key, payload))];
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return undefined;
  const [userId, type] = Buffer.from(payload, 'base64url').toString('utf8').split('.');
  const parsed = notificationType.safeParse(type);
  return isId(userId) && parsed.success ? { userId, type: parsed.data } : undefined;
}

function mac(key: string, payload: string): string {
  return createHmac('sha256', key).update(`unsubscribe:${payload}`).digest('base64url');
}
