import { createHash, timingSafeEqual } from 'node:crypto';
import { isId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import type { NotificationsHandlers } from '../context.ts';
import { sentMail } from '../data/deliveries.ts';
import { lockPreferences, writePreferences } from '../data/preferences.ts';
import { suppress } from '../data/suppressions.ts';
import { isCriticalType, mutedKey } from '../domain/preferences.ts';

/** The mailbox is left alone from now on, but for critical mail; who complains gets no more mail of that type. */
export const reportMail: NotificationsHandlers['reportMail'] = async (ctx, req) => {
  const key = ctx.config.MAIL_FEEDBACK_KEY;
  if (key === undefined) throw new Problem('not_found');
  if (!sameText(req.headers['authorization'] ?? '', `Bearer ${key}`)) throw new Problem('unauthenticated');
  const deliveryId = /^<?([0-9a-f-]{36})@/.exec(req.body.messageId.trim())?.[1];
  const mail = isId(deliveryId) ? await sentMail(ctx.db, deliveryId) : undefined;
  // A mail that is not known any more is no fault of the provider, who would only repeat himself.
  if (!mail) return { body: null };
  const now = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const { userId, addressHash, type } = mail;
    await suppress(tx, { userId, addressHash, reason: req.body.kind, now });
    if (req.body.kind !== 'complaint' || isCriticalType(type)) return;
    const before = await lockPreferences(tx, userId, now);
    const muted = mutedKey(type, 'email');
    if (!before.muted.has(muted))
      await writePreferences(tx, userId, { ...before, muted: new Set([...before.muted, muted]) }, now);
  });
  return { body: null };
};

function sameText(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}
