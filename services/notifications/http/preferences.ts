import type { z } from 'zod';
import type { preferences } from '#contracts/notifications/http.ts';
import type { Locale } from '#contracts/common/values.ts';
import { Problem } from '#kit/problem.ts';
import { requireVersion } from '#kit/service/reply.ts';
import type { NotificationsHandlers } from '../context.ts';
import { lockPreferences, preferencesOf, writePreferences } from '../data/preferences.ts';
import { applySwitches, isCriticalType, type Preferences, switchesOf } from '../domain/preferences.ts';
import { TYPE_TITLES } from '../templates/phrases.ts';

function bodyOf({ muted, quiet, digest, version }: Preferences, locale: Locale): z.input<typeof preferences> {
  const types = switchesOf(muted).map(({ type, channels }) => ({
    type,
    title: TYPE_TITLES[type][locale],
    critical: isCriticalType(type),
    channels: { ...channels },
  }));
  return { types, quietHours: quiet, digest, version };
}

export const getPreferences: NotificationsHandlers['getPreferences'] = async (ctx, req) => {
  const own = (await preferencesOf(ctx.db, [req.user.userId]))(req.user.userId);
  return { body: bodyOf(own, req.locale), version: own.version };
};

export const putPreferences: NotificationsHandlers['putPreferences'] = (ctx, req) =>
  req.tx(async (tx) => {
    const { userId } = req.user;
    const now = ctx.clock.now();
    const before = await lockPreferences(tx, userId, now);
    requireVersion(req, before.version);
    const muted = applySwitches(before.muted, req.body.types);
    if (!muted) throw new Problem('notifications.not_mutable');
    const next = {
      muted,
      quiet: req.body.quietHours === undefined ? before.quiet : req.body.quietHours,
      digest: req.body.digest ?? before.digest,
    };
    await writePreferences(tx, userId, next, now);
    const version = before.version + 1;
    return { body: bodyOf({ ...next, version }, req.locale), version };
  });
