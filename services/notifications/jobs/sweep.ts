import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { NotificationsContext } from '../context.ts';

const DAY_MS = 86_400_000;
/** Longer than an event can come back from the dead letters with its inbox entry cleaned. */
const KEEP_DELIVERIES_MS = 60 * DAY_MS;
const KEEP_NOTIFICATIONS_MS = 365 * DAY_MS;
const AT_ONCE = 5_000;

/** Deletes what is old: deliveries that ended, notifications of a year ago, marks of deleted messages and settled responses. */
export const sweep: Job<NotificationsContext, Record<string, never>> = {
  payload: z.object({}).strict(),
  cron: '20 3 * * *',
  async run(ctx) {
    const now = ctx.clock.nowMs();
    const old = new Date(now - KEEP_DELIVERIES_MS);
    const older = new Date(now - KEEP_NOTIFICATIONS_MS);
    while (
      (await ctx.db.run(sql`
        delete from deliveries where delivery_id in (
          select delivery_id from deliveries where done_at < ${old} limit ${AT_ONCE})`)) === AT_ONCE
    );
    while (
      (await ctx.db.run(sql`
        delete from notifications where notification_id in (
          select notification_id from notifications where created_at < ${older} limit ${AT_ONCE})`)) === AT_ONCE
    );
    await ctx.db.run(sql`delete from deleted_messages where at < ${old}`);
    await ctx.db.run(sql`delete from settled_responses where at < ${old}`);
  },
};
