import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { isKnownPushService } from '../mail/push.ts';
import { type Fixture, fixture } from './fixture.ts';
import { device as subscribed } from '#testing/push-device.ts';

let fix: Fixture;
let service: Server;
let base: string;
let answer = 201;
const received: { path: string; headers: NodeJS.Dict<string | string[]>; body: Buffer }[] = [];

beforeAll(async () => {
  service = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      received.push({ path: request.url ?? '', headers: request.headers, body: Buffer.concat(parts) });
      response.writeHead(answer).end();
    });
  });
  await new Promise<void>((resolve) => service.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(service.address() as AddressInfo).port}`;
  fix = await fixture({ PUSH_HOSTS: '127.0.0.1', MAIL_FEEDBACK_KEY: 'feedback-key' });
});
afterAll(async () => {
  await fix?.close();
  service.close();
});

/** A browser that subscribed. */
const device = (path: string) => subscribed(`${base}${path}`);

const failTopup = (userId: string) =>
  fix.publish('payments.topup.failed.v1', {
    topupId: newId(),
    userId,
    amount: { amount: '700', currency: 'RUB' },
    reason: 'declined',
  });
const pushed = (path: string) => received.filter((one) => one.path === path);

describe('web push', () => {
  test('reaches the device encrypted, signed by the key that the browser subscribed with, once', async () => {
    const { userId } = fix.someone({ locale: 'en' });
    const browser = device('/first');
    const added = await fix.as(userId, 'addPushSubscription', { body: browser.body });
    expect(added.status).toBe(201);
    const again = await fix.as(userId, 'addPushSubscription', { body: browser.body });
    expect(again.body).toEqual(added.body);
    await failTopup(userId);
    await fix.settled();
    const [message, ...more] = pushed('/first');
    expect(more).toEqual([]);
    const [item] = await fix.list(userId, {}, 'en');
    const { notificationId, title, text, link } = item;
    expect(browser.read(message?.body ?? Buffer.alloc(0))).toEqual({ notificationId, title, text, link });
    const { publicKey } = (await fix.as(userId, 'getPushKey')).body;
    expect(message?.headers.authorization).toContain(`k=${publicKey}`);
    expect(message?.body.toString('latin1')).not.toContain('Top-up');
  });

  test('is a channel of its own, and only for its owner to end', async () => {
    const { userId } = fix.someone();
    const browser = device('/second');
    const { subscriptionId } = (await fix.as(userId, 'addPushSubscription', { body: browser.body })).body;
    const channels = { inApp: true, email: true, push: false };
    await fix.as(userId, 'putPreferences', { ifMatch: '"0"', body: { types: [{ type: 'money', channels }] } });
    await failTopup(userId);
    await fix.settled();
    expect(pushed('/second')).toEqual([]);
    const params = { subscriptionId };
    await expect(fix.as(newId(), 'removePushSubscription', { params })).rejects.toMatchObject({ code: 'not_found' });
    expect((await fix.as(userId, 'removePushSubscription', { params })).status).toBe(204);
  });

  test('a device that is gone is forgotten, a service that is away is tried again', async () => {
    const { userId } = fix.someone();
    await fix.as(userId, 'addPushSubscription', { body: device('/third').body });
    answer = 503;
    await failTopup(userId);
    await expect.poll(() => pushed('/third').length).toBe(1);
    answer = 410;
    await expect
      .poll(async () => (await fix.deliveries(userId)).some((one) => one.reason === 'push: no answer'))
      .toBe(true);
    await fix.platform.advance(2_000);
    await fix.settled();
    answer = 201;
    expect(pushed('/third')).toHaveLength(2);
    await failTopup(userId);
    await fix.settled();
    expect(pushed('/third')).toHaveLength(2);
  });

  test('no endpoint leads anywhere but to known push services (B7)', async () => {
    const { userId } = fix.someone();
    const { keys } = device('/x').body;
    for (const endpoint of ['https://169.254.169.254/latest', 'https://evil.example/', `http://user@127.0.0.1/`])
      await expect(fix.as(userId, 'addPushSubscription', { body: { endpoint, keys } })).rejects.toMatchObject({
        code: 'notifications.push_service_unknown',
      });
    const hosts = ['fcm.googleapis.com', '*.push.apple.com'];
    expect(isKnownPushService('https://fcm.googleapis.com/fcm/send/x', hosts)).toBe(true);
    expect(isKnownPushService('https://web.push.apple.com/x', hosts)).toBe(true);
    for (const bad of [
      'http://fcm.googleapis.com/x',
      'https://fcm.googleapis.com.evil.example/x',
      'https://evilpush.apple.com/x',
      'https://fcm.googleapis.com:8443@evil.example/x',
      'file:///etc/passwd',
      'nonsense',
    ])
      expect(isKnownPushService(bad, hosts), bad).toBe(false);
  });
});

describe('what the mail provider reports', () => {
  const report = (messageId: string, kind: string, key = 'feedback-key') =>
    fix.platform.call('notifications', 'reportMail', {
      body: { messageId, kind },
      headers: { authorization: `Bearer ${key}` },
    });

  test('a bounce silences the mailbox, a complaint the type too; without the key nothing', async () => {
    const contact = fix.someone();
    const { userId, email } = contact;
    await failTopup(userId);
    const messageId = new Map((await fix.mailTo(email)).headers).get('Message-ID') ?? '';
    await expect(report(messageId, 'bounce', 'wrong')).rejects.toMatchObject({ code: 'unauthenticated' });
    expect((await report(messageId, 'bounce')).status).toBe(204);
    expect((await report('<nobody@example.com>', 'bounce')).status).toBe(204);
    await failTopup(userId);
    expect(await fix.sentTo(email)).toHaveLength(1);
    expect((await fix.as(userId, 'getPreferences')).body.version).toBe(0);
    await report(messageId, 'complaint');
    const { types } = (await fix.as(userId, 'getPreferences')).body;
    expect(types.find((one: { type: string }) => one.type === 'money').channels.email).toBe(false);
    fix.someone({ ...contact, email: `new-${email}` });
    await failTopup(userId);
    expect(await fix.sentTo(`new-${email}`)).toHaveLength(0);
  });
});
