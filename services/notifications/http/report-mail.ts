import { createHash, timingSafeEqual } from 'node:crypto';
import { isId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import type { NotificationsContext, NotificationsHandlers } from '../context.ts';
import { sentMail } from '../data/deliveries.ts';
import { lockPreferences, writePreferences } from '../data/preferences.ts';
import { suppress } from '../data/suppressions.ts';
import { isCriticalType, mutedKey } from '../domain/preferences.ts';
import { type MailReport, readMailReport } from '../mail/report.ts';

export const reportMail: NotificationsHandlers['reportMail'] = async (ctx, req) => {
  requireKey(ctx, req.headers);
  await takeReport(ctx, req.body);
  return { body: null };
};

export const takeMailReport: NotificationsHandlers['takeMailReport'] = async (ctx, req) => {
  requireKey(ctx, req.headers);
  const report = await readMailReport(req.body);
  if (report) await takeReport(ctx, report);
  else ctx.log.info({ bytes: req.body.length }, 'a mail to the address for reports says nothing of a mailbox');
  return { body: null };
};

function requireKey(ctx: NotificationsContext, headers: Readonly<Record<string, string>>): void {
  const key = ctx.config.MAIL_FEEDBACK_KEY;
  if (key === undefined) throw new Problem('not_found');
  if (!sameText(headers['authorization'] ?? '', `Bearer ${key}`)) throw new Problem('unauthenticated');
}

/**
 * The mailbox is left alone from now on, but for critical mail; who complains gets no more mail of that type. Only who got
 * a mail knows its id, so whoever forges a report can silence himself at most.
 */
async function takeReport(ctx: NotificationsContext, { messageId, kind }: MailReport): Promise<void> {
  const deliveryId = /^<?([0-9a-f-]{36})@/.exec(messageId.trim())?.[1];
  const mail = isId(deliveryId) ? await sentMail(ctx.db, deliveryId) : undefined;
  // A mail that is not known any more is no fault of the provider, who would only repeat himself.
  if (!mail) return;
  const now = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const { userId, addressHash, type } = mail;
    await suppress(tx, { userId, addressHash, reason: kind, now });
    if (kind !== 'complaint' || isCriticalType(type)) return;
    const before = await lockPreferences(tx, userId, now);
    const muted = mutedKey(type, 'email');
    if (!before.muted.has(muted))
      await writePreferences(tx, userId, { ...before, muted: new Set([...before.muted, muted]) }, now);
  });
}

function sameText(given: string, wanted: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(given), hash(wanted));
}
