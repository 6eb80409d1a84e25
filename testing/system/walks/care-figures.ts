/** Analytics (N-A1–N-A3, E4, E13–E16, I22, I25, B5): what the figures say after all of it. */
import { expect } from 'vitest';
import type { Api } from '../api.ts';
import { RUB } from '../deal.ts';
import { mailTo, type World } from '../world.ts';
import { DAY, pairWithMoney, runningDeal } from './care-people.ts';
import { newAdmin, signInAgain } from './people.ts';
import type { Walk } from './walk.ts';

const day = (at: Date) => at.toISOString().slice(0, 10);

/** From before the world to its last day. */
function whole(world: World): URLSearchParams {
  const from = day(new Date(Date.now() - 2 * DAY));
  return new URLSearchParams({ from, to: day(new Date(world.now().getTime() + DAY)), timeZone: 'UTC' });
}

/** Sums of the ledger by platform account, over all its pages. */
async function ledger(admin: Api): Promise<Record<string, string>> {
  const sums: Record<string, bigint> = {};
  for (let cursor: string | null = ''; cursor !== null; ) {
    const { body } = await admin.get(`/transactions?limit=100${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`);
    for (const { postings } of body.items)
      for (const { account, amount } of postings) sums[account] = (sums[account] ?? 0n) + BigInt(amount.amount);
    cursor = body.nextCursor;
  }
  return Object.fromEntries(Object.entries(sums).map(([account, sum]) => [account, sum.toString()]));
}

const figures: Walk = {
  name: 'N-A1, N-A3, E4, E13–E16: figures on four dashboards in two languages; money equals the ledger; made anew from the store they are the same',
  async run(world) {
    const admin = await newAdmin(world);
    const { client, freelancer } = await pairWithMoney(world, ['Олимпиада Цифра', 'Прохор Цифра']);
    const orderId = await runningDeal(client, freelancer, 'Знак для конторы');
    await freelancer.post(`/orders/${orderId}/deliveries`, { text: 'Готово' });
    await client.post(`/orders/${orderId}/completion`, {});
    await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
    await world.drain();
    const board = async (name: string, more: object = {}) =>
      (
        await admin.get(
          `/analytics/dashboards/${name}?${new URLSearchParams({ ...Object.fromEntries(whole(world)), ...more })}`,
        )
      ).body;
    type Panel = {
      metric: string;
      title: string;
      total: string;
      previous: string | null;
      points: unknown[];
      filtered?: boolean;
    };
    const panelsOf = (body: { panels: Panel[] }) => Object.fromEntries(body.panels.map((one) => [one.metric, one]));
    const money = panelsOf(await board('finance'));
    const books = await ledger(admin);
    expect({
      commission: money['commission']?.total,
      placement_fees: money['placement_fees']?.total,
      escrow: money['escrow_held']?.total,
    }).toEqual({
      commission: books['commission'],
      placement_fees: books['placement_fees'],
      escrow: books['escrow'] ?? '0',
    });
    expect(BigInt(money['gmv']?.total ?? '0')).toBeGreaterThanOrEqual(400_000n);
    const before: Record<string, unknown> = {};
    for (const name of ['overview', 'orders', 'finance', 'support']) {
      const body = await board(name);
      before[name] = body.panels;
      expect(body.panels.length).toBeGreaterThan(2);
      expect(body.panels.some((one: Panel) => one.points.length > 0)).toBe(true);
      expect(/[а-я]/i.test(body.title), name).toBe(true);
    }
    const filtered = await board('orders', { category: 'logo-design', step: 'week' });
    expect(filtered.panels.some((one: Panel) => one.filtered === true)).toBe(true);
    const { items: metrics } = (await admin.get('/analytics/metrics')).body;
    admin.locale = 'en';
    const english = (await admin.get('/analytics/metrics')).body.items;
    for (const [at, one] of metrics.entries()) {
      expect([one.metric, one.unit]).toEqual([english[at].metric, english[at].unit]);
      expect(/[а-я]/i.test(`${english[at].title} ${english[at].formula}`), one.metric).toBe(false);
      expect(/[а-я]/i.test(one.formula), one.metric).toBe(true);
    }
    admin.locale = 'ru';
    expect((await admin.get('/analytics/retention?months=3&timeZone=Europe/Moscow')).body.items.length).toBeGreaterThan(
      0,
    );
    const made = (await admin.post('/analytics/rebuilds', undefined, { expect: 202 })).body;
    const rebuild = await admin.until(`/analytics/rebuilds/${made.rebuildId}`, (body) => body.state !== 'running');
    expect(rebuild).toMatchObject({ state: 'done', percent: 100, equal: true, differing: [] });
    for (const [name, panels] of Object.entries(before)) expect((await board(name)).panels).toEqual(panels);
    // I22: the administration's own page has the books beside the figures.
    const query = new URLSearchParams([...whole(world), ['name', 'overview']]);
    expect((await admin.get(`/admin/dashboard?${query}`)).body.money).toMatchObject({ balanced: true });
  },
};

const own: Walk = {
  name: 'N-A1: own statistics of a freelancer and a client: views, response rate, income, spending',
  async run(world) {
    const { client, freelancer } = await pairWithMoney(world, ['Рогнеда Тратит', 'Савва Зарабатывает']);
    const profile = await freelancer.get('/me/profile');
    const edit = { visibility: 'public', headline: 'Рисую', country: 'RU' };
    await freelancer.patch('/me/profile', edit, { ifMatch: profile.headers.get('etag') ?? '' });
    await client.get(`/profiles/${profile.body.slug}`);
    await client.get(`/profiles/${profile.body.slug}`);
    await freelancer.get(`/profiles/${profile.body.slug}`);
    const orderId = await runningDeal(client, freelancer, 'Плакат для катка');
    await freelancer.post(`/orders/${orderId}/deliveries`, { text: 'Готово' });
    await client.post(`/orders/${orderId}/completion`, {});
    await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
    await world.drain();
    const mine = await freelancer.until('/me/statistics?timeZone=UTC', (body) => body.asFreelancer.views > 0);
    expect(mine.asFreelancer).toMatchObject({ views: 1, responses: 1, hires: 1, completed: 1, income: [RUB(3_600)] });
    const { asClient } = (await client.get('/me/statistics?timeZone=UTC')).body;
    expect(asClient).toMatchObject({ orders: 1, published: 1, hires: 1, completed: 1 });
    expect(asClient.spent).toEqual([RUB(4_000)]);
    expect(asClient.timeToHire).toBeGreaterThanOrEqual(0);
  },
};

const reports: Walk = {
  name: 'N-A2, I25, B5: reports as CSV, XLSX and PDF with progress, seen by who asked alone, and on schedule by mail',
  async run(world) {
    const admin = await newAdmin(world);
    const socket = await admin.socket();
    const { from, to } = Object.fromEntries(whole(world)) as { from: string; to: string };
    const marks: Record<string, (file: Buffer) => boolean> = {
      csv: (file) => file.toString().includes('Дата') || /[а-я]/i.test(file.toString()),
      xlsx: (file) => file.subarray(0, 2).toString() === 'PK',
      pdf: (file) => file.subarray(0, 5).toString() === '%PDF-',
    };
    for (const format of Object.keys(marks)) {
      const wanted = { report: 'finance', format, from, to, timeZone: 'UTC' };
      const asked = await admin.post('/analytics/reports', wanted, { expect: 202 });
      const path = `/analytics/reports/${asked.body.reportId}`;
      const done = await admin.until(path, (body) => body.state === 'done' || body.state === 'failed');
      expect(done).toMatchObject({ state: 'done', percent: 100 });
      await socket.wait(
        (frame) => frame.type === 'report' && frame.reportId === asked.body.reportId && frame.state === 'done',
      );
      const file = await admin.get(`${path}/file`);
      const bytes = Buffer.from(file.body);
      expect(bytes.length).toBe(done.size);
      expect(marks[format]?.(bytes), format).toBe(true);
      expect(file.headers.get('content-disposition')).toContain('attachment');
    }
    const [newest] = (await admin.get('/analytics/reports')).body.items;
    await admin.delete(`/analytics/reports/${newest.reportId}`);
    await admin.get(`/analytics/reports/${newest.reportId}/file`, { expect: 404 });
    socket.close();
    const schedule = {
      name: 'Финансы недели',
      report: 'finance',
      format: 'csv',
      every: 'week',
      recipientIds: [admin.userId],
    };
    const made = (await admin.post('/analytics/report-schedules', schedule)).body;
    const since = world.now().toISOString();
    await world.advance(Date.parse(made.nextAt) - world.now().getTime() + 60_000);
    const mail = await mailTo(world, admin.email, { subject: 'Финансы', timeoutMs: 60_000 });
    expect(mail.attachments).toHaveLength(1);
    expect(since < made.nextAt).toBe(true);
    await signInAgain(admin);
    const [next] = (await admin.get('/analytics/report-schedules')).body.items;
    expect(Date.parse(next.nextAt) - Date.parse(made.nextAt)).toBeGreaterThan(6 * DAY);
    await admin.delete(`/analytics/report-schedules/${made.scheduleId}`);
  },
};

export const FIGURES: readonly Walk[] = [own, figures, reports];
