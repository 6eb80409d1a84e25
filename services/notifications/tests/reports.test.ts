/** N1: what mail servers send back silences a mailbox, and never security mail. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import type { CaughtMail } from '#outside/catcher/messages.ts';
import type { Report } from '#outside/catcher/reports.ts';
import { readMailReport } from '../mail/report.ts';
import { type Fixture, fixture } from './fixture.ts';

const KEY = 'key-of-the-mail-server';
let fix: Fixture;
beforeAll(async () => {
  fix = await fixture({ MAIL_FEEDBACK_KEY: KEY, MAIL_BOUNCES_TO: 'bounces@artel.test' });
});
afterAll(() => fix?.close());

/** What the receiver's server sends back about a mail, as it comes. */
async function reportAbout(mail: CaughtMail, kind: Report): Promise<Buffer> {
  const answer = await fetch(`${fix.catcher.pageUrl}/api/messages/${mail.id}/report?kind=${kind}`);
  return Buffer.from(await answer.arrayBuffer());
}

const handOn = (raw: Buffer, authorization = `Bearer ${KEY}`) =>
  fix.platform.call('notifications', 'takeMailReport', {
    body: raw,
    contentType: 'message/rfc822',
    headers: { authorization },
  });

const news = (userId: string) =>
  fix.publish('payments.withdrawal.changed.v1', {
    withdrawalId: newId(),
    userId,
    amount: { amount: '10000', currency: 'RUB' },
    status: 'paid',
  });
const security = (userId: string) =>
  fix.publish('auth.security.noticed.v1', {
    userId,
    kind: 'password_changed',
    device: null,
    place: null,
    at: fix.platform.clock.now().toISOString(),
  });

async function newsReached(email: string, userId: string): Promise<boolean> {
  const before = (await fix.sentTo(email)).length;
  await news(userId);
  return (await fix.sentTo(email)).length > before;
}

describe('reports of mail servers (N1)', () => {
  test('undeliverable mail comes back to the address of its own, and silences the mailbox, but for security mail', async () => {
    const { userId, email = '' } = fix.someone();
    await news(userId);
    const mail = await fix.mailTo(email);
    expect(mail.from).toBe('bounces@artel.test');
    const raw = await reportAbout(mail, 'gone');
    await handOn(raw);
    await handOn(raw);
    expect(await newsReached(email, userId)).toBe(false);
    expect((await fix.deliveries(userId)).map((one) => one.reason)).toContain('the mailbox refused before');
    const before = (await fix.sentTo(email)).length;
    await security(userId);
    expect((await fix.sentTo(email)).length).toBe(before + 1);
  });

  test('a full mailbox and a refusal for what a mail says silence nothing', async () => {
    const { userId, email = '' } = fix.someone();
    await news(userId);
    const mail = await fix.mailTo(email);
    for (const kind of ['full', 'spam'] as const) await handOn(await reportAbout(mail, kind));
    expect(await newsReached(email, userId)).toBe(true);
  });

  test('a complaint ends mail of that type, also at another address; security mail goes on', async () => {
    const { userId, email = '' } = fix.someone();
    await news(userId);
    await handOn(await reportAbout(await fix.mailTo(email), 'complaint'));
    expect(await newsReached(email, userId)).toBe(false);
    const moved = fix.someone({ userId, email: `moved-${userId}@example.com` });
    expect(await newsReached(moved.email ?? '', userId)).toBe(false);
    await security(userId);
    expect((await fix.sentTo(moved.email ?? '')).length).toBe(1);
  });

  test('without the key it is refused; what is no report, or about no mail of ours, is taken and does nothing', async () => {
    const { userId, email = '' } = fix.someone();
    await news(userId);
    const raw = await reportAbout(await fix.mailTo(email), 'gone');
    await expect(handOn(raw, 'Bearer other')).rejects.toMatchObject({ code: 'unauthenticated' });
    const foreign = Buffer.from(raw.toString().replace(/Message-ID: <[^>]+>/i, `Message-ID: <${newId()}@artel.test>`));
    for (const junk of [foreign, Buffer.from('no mail at all'), Buffer.from([0xff, 0, 13, 10])])
      expect((await handOn(junk)).status).toBe(204);
    expect(await newsReached(email, userId)).toBe(true);
  });

  test('reads what servers write in their own ways: folded lines, several recipients, other letter case', async () => {
    const report = (status: string) =>
      Buffer.from(
        `Content-Type: multipart/report; report-type="delivery-status"; boundary=x\n\n--x\nContent-Type: MESSAGE/Delivery-Status\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822;\n one@example.com\nACTION: Failed\nStatus: 4.2.2\n\nFinal-Recipient: rfc822; two@example.com\naction: FAILED\nstatus: ${status}\n\n--x\nContent-Type: message/rfc822\n\nSubject: x\nmessage-id:\n <0199a000-0000-7000-8000-000000000000@artel.test>\n\nMessage-ID: <other@body>\n--x--\n`,
      );
    expect(await readMailReport(report('5.1.1 (no such user)'))).toEqual({
      kind: 'bounce',
      messageId: '<0199a000-0000-7000-8000-000000000000@artel.test>',
    });
    expect((await readMailReport(report('5.2.1')))?.kind).toBe('bounce');
    expect(await readMailReport(report('5.2.2'))).toBeUndefined();
  });
});
