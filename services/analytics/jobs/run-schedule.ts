import { z } from 'zod';
import type { Job } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import { addReport, type NewReport } from '../data/reports.ts';
import { lockSchedule, moveOn, scheduleById } from '../data/schedules.ts';
import { nextMoment, periodOf } from '../domain/schedule.ts';
import { mayGetReports } from '../recipients.ts';

const payload = z.object({ scheduleId: z.uuid(), dueAt: z.iso.datetime() });

/**
 * A schedule's moment has come: each recipient gets a report of his own, in his language and time zone. Once per moment,
 * whatever runs twice: the schedule has moved on, and a recipient has one report per moment.
 */
export const runSchedule: Job<AnalyticsContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { scheduleId, dueAt: due }) {
    const schedule = await scheduleById(ctx.db, scheduleId);
    const dueAt = new Date(due);
    if (!schedule?.enabled || schedule.nextAt?.getTime() !== dueAt.getTime()) return;
    // Who lost the permission since, was blocked or left gets nothing (Z4).
    const { items: contacts } = await ctx.clients.users.getContacts({
      query: { ids: schedule.recipientIds.join(',') },
    });
    const reports: NewReport[] = [];
    for (const contact of contacts) {
      if (contact.status !== 'active' || !(await mayGetReports(ctx, contact.userId))) continue;
      reports.push({
        ownerId: contact.userId,
        report: schedule.report,
        format: schedule.format,
        ...periodOf(schedule.every, dueAt, contact.timeZone),
        step: 'day',
        timeZone: contact.timeZone,
        locale: contact.locale,
        category: schedule.category,
      });
    }
    await ctx.db.tx(async (tx) => {
      const now = await lockSchedule(tx, scheduleId);
      if (!now?.enabled || now.nextAt?.getTime() !== dueAt.getTime()) return;
      for (const report of reports) await addReport(tx, report, ctx.clock.now(), { scheduleId, dueAt });
      // A moment that was missed (everything was away) is made up for once; the next one is in the future.
      const after = new Date(Math.max(dueAt.getTime(), ctx.clock.nowMs()));
      await moveOn(tx, now, nextMoment(now, after));
    });
  },
};
