import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { type Fixture, fixture } from './fixture.ts';

let fix: Fixture;
let gone = false;
beforeAll(async () => {
  fix = await fixture();
  const clients = fix.platform.ctx('notifications').clients as unknown as Record<string, object>;
  clients['analytics'] = {
    getReportAttachment: async () => {
      if (gone) throw new Problem('not_found');
      return {
        fileName: 'artel-finance.pdf',
        contentType: 'application/pdf',
        base64: Buffer.from('%PDF-report').toString('base64'),
      };
    },
  };
});
afterAll(() => fix?.close());

const report = (recipientId: string) => ({
  reportId: newId(),
  recipientId,
  title: { ru: 'Отчёт: финансы', en: 'Report: finance' },
  from: '2026-11-16',
  to: '2026-11-22',
  expiresAt: '2026-12-07T06:00:00.000Z',
});

test('a report on schedule comes by mail with its file, in the reader’s language, once', async () => {
  const { userId, email } = fix.someone({ locale: 'en' });
  const data = report(userId);
  const id = newId();
  for (let i = 0; i < 3; i++) await fix.publish('analytics.report.ready.v1', data, { id });
  const mails = await fix.sentTo(email);
  expect(mails).toHaveLength(1);
  const mail = await fix.mailTo(email);
  expect(mail.subject).toBe('Report: finance, 2026-11-16 — 2026-11-22');
  const raw = JSON.stringify(mail);
  expect(raw).toContain('artel-finance.pdf');
  gone = true;
  const { userId: other, email: there } = fix.someone();
  await fix.publish('analytics.report.ready.v1', report(other));
  expect((await fix.mailTo(there)).subject).toContain('Отчёт: финансы');
});
