import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { LIVE_CHANNEL } from '#kit/service/live.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import type { AnalyticsContext } from '../context.ts';
import { nextMoment, periodOf } from '../domain/schedule.ts';
import { runReport } from '../jobs/run-report.ts';
import { runSchedule } from '../jobs/run-schedule.ts';
import { admin, transaction } from './events.ts';

let platform: TestPlatform;
const frames: { userIds: string[]; frame: { type: string; state: string; percent: number } }[] = [];
const ready: { id: string; data: { reportId: string; recipientId: string; from: string; to: string } }[] = [];
const people = new Map<string, object>();
const allowed = new Set<string>();
const ctx = () => platform.ctx('analytics') as unknown as AnalyticsContext;
const call = (route: string, input: object = {}, user = admin) => platform.call('analytics', route, { user, ...input });

beforeAll(async () => {
  platform = await bootPlatform({ services: ['analytics'] });
  const clients = platform.ctx('analytics').clients as unknown as Record<string, object>;
  clients['users'] = {
    getContacts: async ({ query }: { query: { ids: string } }) => ({
      items: query.ids.split(',').flatMap((userId) => people.get(userId) ?? []),
    }),
  };
  clients['roles'] = {
    checkPermission: async ({ query }: { query: { userId: string } }) => ({ allowed: allowed.has(query.userId) }),
    listRoles: async () => ({
      items: [
        { name: 'admin', permissions: ['analytics.reports'] },
        { name: 'x', permissions: [] },
      ],
    }),
    listMembers: async ({ params }: { params: { name: string } }) => ({
      items: params.name === 'admin' ? [...people.keys()].map((userId) => ({ userId })) : [],
    }),
  };
  await platform.bus.listen(LIVE_CHANNEL, (payload) => void frames.push(...(payload as never[])));
  await platform.bus.subscribe({
    queue: 'watch',
    types: ['analytics.report.ready.v1'],
    prefetch: 10,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        ready.push(JSON.parse(delivery.raw.toString('utf8')));
        delivery.ack();
      }
    },
  });
  await platform.publish(
    'payments.transaction.posted.v1',
    randomUUID(),
    transaction('topup', [
      ['provider_clearing', null, '-123450'],
      ['available', randomUUID(), '123450'],
    ]),
    { time: new Date('2026-02-03T10:00:00Z') },
  );
  await platform.drain();
});
afterAll(() => platform?.close());

function staff(more: { locale: string; timeZone: string; status?: string }): string {
  const userId = randomUUID();
  people.set(userId, { userId, displayName: 'Анна', email: 'a@artel.test', status: 'active', ...more });
  allowed.add(userId);
  return userId;
}

const WANTED = { report: 'finance', from: '2026-02-01', to: '2026-02-28', timeZone: 'UTC', locale: 'ru' };

describe('on demand', () => {
  test('each format is made by a job that tells how far it is, and is kept for its time', async () => {
    for (const [format, head] of [
      ['csv', '\ufeff'],
      ['xlsx', 'PK'],
      ['pdf', '%PDF'],
    ] as const) {
      const asked = await call('requestReport', { body: { ...WANTED, format } });
      expect(asked).toMatchObject({ status: 202, body: { state: 'queued', percent: 0 } });
      const params = { reportId: asked.body.reportId };
      await platform.drain();
      const state = await call('getReportState', { params });
      expect(state.body).toMatchObject({
        state: 'done',
        percent: 100,
        fileName: `artel-finance-2026-02-01-2026-02-28.${format}`,
      });
      // Asked again with the ETag of before, the gateway answers 304 only when nothing has changed.
      expect(state.headers['etag']).not.toBe(asked.headers['etag']);
      const { body, headers } = await call('downloadReport', { params });
      expect(body.toString('utf8').startsWith(head)).toBe(true);
      expect(headers['content-disposition']).toContain('attachment');
      if (format === 'csv') expect(body.toString('utf8')).toContain('1234.50');
      const told = frames.filter((one) => (one.frame as never as typeof params).reportId === params.reportId);
      expect(told.every((one) => one.userIds[0] === admin.userId)).toBe(true);
      const percents = told.map((one) => one.frame.percent);
      expect(percents.length).toBeGreaterThan(4);
      expect(percents).toEqual([...percents].sort((a, b) => a - b));
      expect(told.at(-1)?.frame).toMatchObject({ type: 'report', state: 'done', percent: 100 });
    }
    expect((await call('listReports', { query: { limit: 2 } })).body.items).toHaveLength(2);
  });

  test("somebody else's report is not there; it goes when its time is over, or its owner says so", async () => {
    const { body } = await call('requestReport', { body: { ...WANTED, format: 'csv' } });
    await platform.drain();
    const params = { reportId: body.reportId };
    const other = person({ permissions: ['analytics.reports'] });
    for (const route of ['getReportState', 'downloadReport', 'deleteReport'])
      await expect(call(route, { params }, other)).rejects.toMatchObject({ code: 'not_found' });
    const again = (await call('requestReport', { body: { ...WANTED, format: 'csv' } })).body;
    await platform.drain();
    await call('deleteReport', { params: { reportId: again.reportId } });
    expect(await ctx().files.get(`reports/${again.reportId}.csv`)).toBeUndefined();
    expect(await ctx().files.get(`reports/${body.reportId}.csv`)).toBeDefined();
    await platform.advance(14 * 86_400_000 + 1000);
    await expect(call('getReportState', { params })).rejects.toMatchObject({ code: 'not_found' });
    expect(await ctx().files.get(`reports/${body.reportId}.csv`)).toBeUndefined();
  });

  test('one that can not be made has failed after five tries, and says so; a range nobody has is refused', async () => {
    const { body } = await call('requestReport', { body: { ...WANTED, format: 'csv' } });
    const broken = {
      ...ctx(),
      files: {
        putStream: () => Promise.reject(new Error('no place')),
        get: async () => undefined,
        delete: async () => {},
      },
    };
    await platform.drain();
    await ctx().db.run(sql`update reports set state = 'queued', percent = 0 where report_id = ${body.reportId}`);
    const state = async () => (await call('getReportState', { params: { reportId: body.reportId } })).body.state;
    for (let i = 0; i < 4; i++) await expect(runReport.run(broken as never, body)).rejects.toThrow('no place');
    expect(await state()).toBe('running');
    await runReport.run(broken as never, body);
    expect(await state()).toBe('failed');
    await expect(call('requestReport', { body: { ...WANTED, to: '2036-01-01', format: 'csv' } })).rejects.toMatchObject(
      {
        code: 'analytics.range_too_long',
      },
    );
  });
});

describe('on schedule', () => {
  test('the moment is that of the zone, over summer time; the period is the whole week or month before', () => {
    const berlin = { every: 'week', hour: 9, timeZone: 'Europe/Berlin' } as const;
    expect(nextMoment(berlin, new Date('2026-03-23T08:00:00Z')).toISOString()).toBe('2026-03-30T07:00:00.000Z');
    expect(nextMoment(berlin, new Date('2026-03-23T07:59:59Z')).toISOString()).toBe('2026-03-23T08:00:00.000Z');
    const kolkata = { every: 'month', hour: 0, timeZone: 'Asia/Kolkata' } as const;
    expect(nextMoment(kolkata, new Date('2026-12-31T18:29:59Z')).toISOString()).toBe('2026-12-31T18:30:00.000Z');
    expect(nextMoment(kolkata, new Date('2026-12-31T18:30:00Z')).toISOString()).toBe('2027-01-31T18:30:00.000Z');
    // 02:00 is skipped in Berlin on 29 March; a schedule of each month is not touched, the hour after is taken.
    expect(periodOf('month', new Date('2026-12-31T18:30:00Z'), 'Asia/Kolkata')).toEqual({
      from: '2026-12-01',
      to: '2026-12-31',
    });
    // The same moment is still December in London: its reader gets the last month that is whole for him.
    expect(periodOf('month', new Date('2026-12-31T18:30:00Z'), 'Europe/London')).toEqual({
      from: '2026-11-01',
      to: '2026-11-30',
    });
    expect(periodOf('week', new Date('2026-03-30T07:00:00Z'), 'Europe/Berlin')).toEqual({
      from: '2026-03-23',
      to: '2026-03-29',
    });
  });

  test('each recipient gets his own once, in his language and zone, however often the job runs', async () => {
    const anna = staff({ locale: 'ru', timeZone: 'Europe/Moscow' });
    const ann = staff({ locale: 'en', timeZone: 'America/New_York' });
    const left = staff({ locale: 'ru', timeZone: 'Europe/Moscow' });
    const blocked = staff({ locale: 'ru', timeZone: 'Europe/Moscow', status: 'blocked' });
    const body = {
      name: 'Неделя',
      report: 'finance',
      format: 'pdf',
      every: 'week',
      recipientIds: [anna, ann, left, blocked],
    };
    await expect(
      call('createReportSchedule', { body: { ...body, recipientIds: [randomUUID()] } }),
    ).rejects.toMatchObject({
      code: 'analytics.recipient_not_allowed',
    });
    const { body: schedule } = await call('createReportSchedule', { body });
    allowed.delete(left);
    const dueAt = schedule.nextAt as string;
    // Three replicas at the same moment, and the timer itself.
    await platform.advance(Date.parse(dueAt) - platform.clock.nowMs() + 1000);
    await Promise.all([1, 2, 3].map(() => runSchedule.run(ctx(), { scheduleId: schedule.scheduleId, dueAt })));
    await platform.drain();
    const own = ready.filter((one) => [anna, ann, left, blocked].includes(one.data.recipientId));
    expect(own.map((one) => one.data.recipientId).sort()).toEqual([anna, ann].sort());
    const rows = await ctx().db.many<{ owner: string; locale: string; zone: string }>(
      sql`select owner_id as owner, locale, time_zone as zone from reports where schedule_id = ${schedule.scheduleId} order by locale`,
    );
    expect(rows).toEqual([
      { owner: ann, locale: 'en', zone: 'America/New_York' },
      { owner: anna, locale: 'ru', zone: 'Europe/Moscow' },
    ]);
    // The mail's file is for its recipient alone.
    const of = (reportId: string, recipientId: string) =>
      platform.call('analytics', 'getReportAttachment', {
        caller: 'notifications',
        params: { reportId },
        query: { recipientId },
      });
    const mine = own.find((one) => one.data.recipientId === anna)?.data.reportId ?? '';
    expect(
      Buffer.from((await of(mine, anna)).body.base64, 'base64')
        .subarray(0, 4)
        .toString(),
    ).toBe('%PDF');
    await expect(of(mine, ann)).rejects.toMatchObject({ code: 'not_found' });
    const [after] = (await call('listReportSchedules')).body.items;
    expect(Date.parse(after.nextAt) - Date.parse(dueAt)).toBeGreaterThan(6 * 86_400_000);
  });

  test('it is edited with its version, switched off and deleted', async () => {
    const anna = staff({ locale: 'ru', timeZone: 'Europe/Moscow' });
    const fields = { name: 'Месяц', report: 'orders', format: 'csv', every: 'month', recipientIds: [anna] };
    const made = await call('createReportSchedule', { body: fields });
    const params = { scheduleId: made.body.scheduleId };
    const change = (body: object, ifMatch: string) => call('changeReportSchedule', { params, body, ifMatch });
    const off = await change({ ...fields, enabled: false }, '"1"');
    expect(off.body).toMatchObject({ enabled: false, nextAt: null, version: 2 });
    await expect(change(fields, '"1"')).rejects.toMatchObject({ code: 'version_mismatch' });
    const before = ready.length;
    await platform.advance(32 * 86_400_000);
    expect(ready.filter((one) => one.data.recipientId === anna)).toEqual([]);
    expect(ready.length).toBeGreaterThanOrEqual(before);
    expect((await call('listReportRecipients')).body.items).toContainEqual({ userId: anna, displayName: 'Анна' });
    await call('deleteReportSchedule', { params });
    await expect(call('deleteReportSchedule', { params })).rejects.toMatchObject({ code: 'not_found' });
  });
});
