import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { NotificationsContext } from '../context.ts';
import type { DeliveryRow } from '../data/deliveries.ts';
import { createMailer } from '../mail/mailer.ts';
import { tryDelivery } from '../mail/sender.ts';
import { createSmtp } from '../mail/smtp.ts';
import { type Fixture, fixture } from './fixture.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await fixture();
});
afterAll(() => fix.close());

const topup = (userId: string) => ({
  topupId: newId(),
  userId,
  amount: { amount: '700', currency: 'RUB' },
  reason: 'declined',
});
const FAILED = 'payments.topup.failed.v1';
const headersOf = (mail: { headers?: readonly (readonly [string, string])[] }) => new Map(mail.headers);

describe('once (F2, F13)', () => {
  test('events delivered three times each, with a second sender on the same queue: every mail once', async () => {
    const second = createMailer(fix.platform.ctx('notifications') as NotificationsContext);
    second.start();
    try {
      const people = Array.from({ length: 100 }, () => fix.someone());
      for (let round = 0; round < 3; round++)
        for (const { userId } of people) await fix.publish(FAILED, topup(userId), { id: userId });
      await fix.settled();
      const { db } = fix.platform.ctx('notifications');
      const { n } = await db.one<{ n: number }>(sql`select count(*)::int as n from notifications`);
      expect(n).toBe(people.length);
      for (const contact of people) expect(await fix.sentTo(contact.email)).toHaveLength(1);
    } finally {
      await second.close();
    }
  });

  test('a sender that died before the last line is taken over', async () => {
    const contact = fix.someone();
    await insertDelivery(contact.userId, newId(), 'claimed', -1);
    await fix.settled();
    expect(await fix.sentTo(contact.email)).toHaveLength(1);
  });

  test('a slow sender whose row another took over never sends the last line', async () => {
    const contact = fix.someone();
    const deliveryId = newId();
    const ctx = fix.platform.ctx('notifications') as NotificationsContext;
    await insertDelivery(contact.userId, deliveryId, 'claimed', 60);
    const { db } = ctx;
    const row = await db.one<DeliveryRow>(sql`
      select delivery_id as "deliveryId", channel, user_id as "userId", type, event, params, actor_id as "actorId",
        secret_id as "secretId", notification_id as "notificationId", thread, critical, count, send_at as "sendAt",
        created_at as "createdAt", attempts, handed_at as "handedAt", claim_id as "claimId"
      from deliveries where delivery_id = ${deliveryId}`);
    const { claimId } = row as DeliveryRow & { claimId: string };
    const smtp = createSmtp(fix.catcher.smtpUrl, 'no-reply@artel.test');
    const people = new Map([[contact.userId, contact]]);
    const count = async () => {
      const answer = await fetch(`${fix.catcher.pageUrl}/api/messages?to=${contact.email}`);
      return ((await answer.json()) as { items: unknown[] }).items.length;
    };
    try {
      const late = await tryDelivery(ctx, smtp, { claimId: newId(), leaseMs: 60_000 }, row, people);
      expect(late).toEqual({ kind: 'lost' });
      expect(await count()).toBe(0);
      const owner = await tryDelivery(ctx, smtp, { claimId, leaseMs: 60_000 }, row, people);
      expect(owner).toEqual({ kind: 'sent' });
      expect(await count()).toBe(1);
    } finally {
      smtp.close();
      await db.run(sql`delete from deliveries where delivery_id = ${deliveryId}`);
    }
  });

  test('one that died after the last line is sent again under the same Message-ID', async () => {
    const contact = fix.someone();
    const deliveryId = newId();
    await insertDelivery(contact.userId, deliveryId, 'handed', -1);
    const mail = await fix.mailTo(contact.email);
    expect(headersOf(mail as never).get('Message-ID')).toBe(`<${deliveryId}@artel.test>`);
  });

  async function insertDelivery(
    userId: string,
    deliveryId: string,
    state: string,
    leaseSeconds: number,
  ): Promise<void> {
    const now = fix.platform.clock.now();
    await fix.platform.ctx('notifications').db.run(sql`
      insert into deliveries (delivery_id, dedupe_key, channel, user_id, type, event, params, critical, state, send_at, created_at, claim_id, lease_until)
      values (${deliveryId}, ${deliveryId}, 'email', ${userId}, 'money', 'topup_failed', ${JSON.stringify({ sum: { amount: '700', currency: 'RUB' } })},
        false, ${state}, ${now}, ${now}, ${newId()}, statement_timestamp() + ${leaseSeconds} * interval '1 second')`);
  }
});

describe('a mail server that refuses', () => {
  test('for now: tried again after growing delays', async () => {
    const contact = fix.someone();
    await fix.behave({ smtp: 'reject-4xx' });
    await fix.publish(FAILED, topup(contact.userId));
    await expect
      .poll(() => fix.deliveries(contact.userId), { timeout: 5_000 })
      .toMatchObject([{ state: 'queued', attempts: 1, reason: expect.stringContaining('451') }]);
    await fix.behave({ smtp: 'ok' });
    await fix.platform.advance(2_000);
    expect(await fix.sentTo(contact.email)).toHaveLength(1);
    expect(await fix.deliveries(contact.userId)).toMatchObject([{ state: 'sent', attempts: 2 }]);
  });

  test('a connection that breaks after the last line: again, with the same Message-ID', async () => {
    const contact = fix.someone();
    await fix.behave({ smtp: 'drop' });
    await fix.publish(FAILED, topup(contact.userId));
    await expect
      .poll(() => fix.deliveries(contact.userId), { timeout: 5_000 })
      .toMatchObject([{ attempts: 1, state: 'queued' }]);
    await fix.behave({ smtp: 'ok' });
    await fix.platform.advance(2_000);
    const mails = await fix.sentTo(contact.email);
    expect(mails).toHaveLength(1);
  });

  test('for good: given up, the mailbox is left alone, but security mail still comes', async () => {
    const contact = fix.someone();
    await fix.behave({ smtp: 'reject-5xx' });
    await fix.publish(FAILED, topup(contact.userId));
    await fix.settled();
    expect(await fix.deliveries(contact.userId)).toMatchObject([{ state: 'failed', attempts: 1 }]);
    await fix.behave({ smtp: 'ok' });
    await fix.publish(FAILED, topup(contact.userId));
    await fix.publish('auth.security.noticed.v1', {
      userId: contact.userId,
      kind: 'password_changed',
      device: null,
      place: null,
      at: '2026-03-01T09:30:00Z',
    });
    const mails = await fix.sentTo(contact.email);
    expect(mails).toMatchObject([{ subject: 'Безопасность: Пароль изменён' }]);
    fix.someone({ userId: contact.userId, email: `new-${contact.email}` });
    await fix.publish(FAILED, topup(contact.userId));
    expect(await fix.sentTo(`new-${contact.email}`)).toHaveLength(1);
  });

  test('an SMS gateway that is away is tried again', async () => {
    const contact = fix.someone();
    const secretId = newId();
    const { userId } = contact;
    fix.secrets.set(secretId, { secretId, userId, code: '131313', linkToken: null, destination: null, locale: 'en' });
    await fix.behave({ sms: 'reject-5xx' });
    const data = { userId, secretId, channel: 'sms', purpose: 'sign_in_code', locale: 'en' };
    await fix.publish('auth.message.requested.v1', data);
    await expect.poll(() => fix.deliveries(userId)).toMatchObject([{ state: 'queued', reason: 'sms 503' }]);
    await fix.behave({ sms: 'ok' });
    await fix.platform.advance(2_000);
    expect(await fix.sentTo(contact.phone ?? '')).toMatchObject([{ text: expect.stringContaining('131313') }]);
  });
});

test('a mail names its sender, its kind and the way out of it', async () => {
  const contact = fix.someone();
  await fix.publish(FAILED, topup(contact.userId));
  const headers = headersOf((await fix.mailTo(contact.email)) as never);
  expect(headers.get('From')).toContain('no-reply@artel.test');
  expect(headers.get('Auto-Submitted')).toBe('auto-generated');
  expect(headers.get('List-Unsubscribe-Post')).toBe('List-Unsubscribe=One-Click');
  expect(headers.get('List-Unsubscribe')).toMatch(/^<http:\/\/127\.0\.0\.1:\d+\/api\/v1\/unsubscribe\/[\w.-]+>$/);
});
