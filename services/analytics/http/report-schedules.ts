import type { analyticsContract } from '#contracts/analytics/index.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import {
  keepSchedule,
  listSchedules,
  lockSchedule,
  removeSchedule,
  type ScheduleRow,
  scheduleById,
  viewSchedule,
} from '../data/schedules.ts';
import { checkTimeZone } from '../domain/range.ts';
import { nextMoment } from '../domain/schedule.ts';
import { mayGetReports, possibleRecipients } from '../recipients.ts';

type H = Handlers<typeof analyticsContract, AnalyticsContext>;
type Wanted = Omit<ScheduleRow, 'version' | 'scheduleId' | 'nextAt'>;

const MOST_SCHEDULES = 50;

export const listReportRecipients: H['listReportRecipients'] = async (ctx) => ({
  body: { items: await possibleRecipients(ctx) },
});

export const listReportSchedules: H['listReportSchedules'] = async (ctx) => ({
  body: { items: (await listSchedules(ctx.db)).map(viewSchedule) },
});

/** Every recipient must be allowed to see reports now; it is asked again each time one goes out. */
async function check(ctx: AnalyticsContext, wanted: Wanted): Promise<Omit<ScheduleRow, 'version' | 'scheduleId'>> {
  checkTimeZone(wanted.timeZone);
  const recipientIds = [...new Set(wanted.recipientIds)];
  for (const userId of recipientIds)
    if (!(await mayGetReports(ctx, userId))) throw new Problem('analytics.recipient_not_allowed', { detail: userId });
  return { ...wanted, recipientIds, nextAt: wanted.enabled ? nextMoment(wanted, ctx.clock.now()) : null };
}

export const createReportSchedule: H['createReportSchedule'] = async (ctx, req) => {
  const wanted = await check(ctx, req.body);
  return req.tx(async (tx) => {
    if ((await listSchedules(tx)).length >= MOST_SCHEDULES) throw new Problem('analytics.too_many_schedules');
    const row = await keepSchedule(
      tx,
      { ...wanted, scheduleId: newId() },
      { userId: req.user.userId, now: ctx.clock.now() },
    );
    return { body: viewSchedule(row), version: row.version };
  });
};

export const changeReportSchedule: H['changeReportSchedule'] = async (ctx, req) => {
  const { scheduleId } = req.params;
  found(await scheduleById(ctx.db, scheduleId));
  const wanted = await check(ctx, req.body);
  return req.tx(async (tx) => {
    requireVersion(req, found(await lockSchedule(tx, scheduleId)).version);
    const row = await keepSchedule(tx, { ...wanted, scheduleId }, { userId: req.user.userId, now: ctx.clock.now() });
    return { body: viewSchedule(row), version: row.version };
  });
};

export const deleteReportSchedule: H['deleteReportSchedule'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    found((await removeSchedule(tx, req.params.scheduleId)) === 1 || undefined);
    return { body: null };
  });
