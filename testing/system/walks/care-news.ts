/** Notifications (N1–N3, B9): what reaches people, when, and what does not. */
import { createHmac, randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { CaughtMail } from '#outside/catcher/messages.ts';
import { device } from '../../push-device.ts';
import { Api } from '../api.ts';
import { PASSWORD, RUB } from '../deal.ts';
import { mailTo, type World } from '../world.ts';
import {
  conversationOf,
  HOUR,
  MAIL_KEY,
  MINUTE,
  pairWithMoney,
  publish,
  type Received,
  receiver,
  respond,
} from './care-people.ts';
import { newAdmin, newPerson, signInAgain } from './people.ts';
import type { Walk } from './walk.ts';

/** A top-up that the provider declines: news of money, and nothing else happens. */
async function decline(api: Api, rubles = 700): Promise<void> {
  const { outside } = api.world;
  const { topupId } = (await api.post('/top-ups', { amount: RUB(rubles) })).body;
  const headers = { authorization: `Bearer ${outside.providerKey}`, 'content-type': 'application/json' };
  const found = await fetch(`${outside.providerUrl}/v1/payments?reference=${topupId}`, { headers });
  const [payment] = ((await found.json()) as { items: { id: string }[] }).items;
  const body = '{"outcome":"decline"}';
  await fetch(`${outside.providerUrl}/v1/payments/${payment?.id}/simulate`, { method: 'POST', headers, body });
  await api.until(`/top-ups/${topupId}`, (topup) => topup.status === 'declined');
  await api.world.drain();
}

async function mailsTo(world: World, to: string): Promise<CaughtMail[]> {
  const query = new URLSearchParams({ to, kind: 'mail', limit: '100' });
  const answer = await fetch(`${world.outside.catcherUrl}/api/messages?${query}`);
  return ((await answer.json()) as { items: CaughtMail[] }).items;
}

/** Mails of declined top-ups; what comes by itself was there before the mail of a password reset that is asked for now. */
async function declinedMails(api: Api): Promise<number> {
  const resets = async () => (await mailsTo(api.world, api.email)).filter((mail) => /парол/i.test(mail.subject ?? ''));
  const before = (await resets()).length;
  await new Api(api.world).post('/password-resets', { email: api.email }, { key: false });
  await expect.poll(async () => (await resets()).length, { timeout: 30_000, interval: 100 }).toBeGreaterThan(before);
  return (await mailsTo(api.world, api.email)).filter((mail) => `${mail.subject}\n${mail.text}`.includes('Пополнение'))
    .length;
}

async function prefer(api: Api, body: object, expected?: number) {
  const { headers } = await api.get('/me/notification-preferences');
  return await api.put('/me/notification-preferences', body, {
    ifMatch: headers.get('etag') ?? '',
    ...(expected && { expect: expected }),
  });
}
const channel = (type: string, inApp: boolean, email: boolean, push = false) => ({
  types: [{ type, channels: { inApp, email, push } }],
});

const wishes: Walk = {
  name: 'N2, N3: type × channel, live and in a list with a badge; critical news can not be muted; one click in a mail ends its type, by POST only',
  async run(world) {
    const api = await newPerson(world, 'Анна Тихая', ['client']);
    const socket = await api.socket();
    await decline(api);
    const frame = await socket.wait((one) => one.type === 'notification' && one.notification.type === 'money');
    expect(frame.unread).toBeGreaterThan(0);
    const [item] = (await api.get('/notifications?type=money')).body.items;
    expect(item).toMatchObject({ event: 'topup_failed', readAt: null, link: expect.stringMatching(/^\//) });
    const { unread } = (await api.get('/notifications/unread-count')).body;
    expect((await api.post(`/notifications/${item.notificationId}/read`)).body.unread).toBe(unread - 1);
    await socket.wait((one) => one.type === 'notifications-read' && one.unread === unread - 1);
    expect((await prefer(api, channel('security', true, false), 409)).body.code).toBe('notifications.not_mutable');

    const mail = await mailTo(world, api.email, { subject: 'Пополнение' });
    const token = /unsubscribe\/([\w.-]+)/.exec(mail.text ?? '')?.[1] ?? '';
    const guest = new Api(world);
    const asked = await guest.get(`/unsubscribe/${token}`);
    expect(asked.headers.get('content-type')).toContain('text/html');
    const byMail = async () =>
      (await api.get('/me/notification-preferences')).body.types.find((one: { type: string }) => one.type === 'money')
        .channels.email;
    expect(await byMail()).toBe(true);
    await guest.get(`/unsubscribe/${token}x`, { expect: 404 });
    const form = { bytes: Buffer.from('List-Unsubscribe=One-Click'), contentType: 'application/x-www-form-urlencoded' };
    await guest.post(`/unsubscribe/${token}`, undefined, { ...form, key: false });
    expect(await byMail()).toBe(false);
    await decline(api);
    expect(await declinedMails(api)).toBe(1);
    expect((await api.get('/notifications?type=money')).body.items[0].count).toBeGreaterThan(0);
    await prefer(api, channel('money', false, true));
    const shown = (await api.get('/notifications?type=money')).body.items.length;
    await decline(api);
    expect(await declinedMails(api)).toBe(2);
    expect((await api.get('/notifications?type=money')).body.items).toHaveLength(shown);
    socket.close();
  },
};

/** To the next time that it is so late in UTC. */
async function clockTo(world: World, hour: number, minute = 0): Promise<void> {
  const now = world.now();
  const next = new Date(now);
  next.setUTCHours(hour, minute, 0, 0);
  const wait = (next.getTime() - now.getTime() + 24 * HOUR) % (24 * HOUR);
  await world.advance(wait || 24 * HOUR);
}

const times: Walk = {
  name: 'N3: quiet hours and digests (hourly, daily, weekly) in the zone of the person, but security mail at once; what was read meanwhile is not sent',
  async run(world) {
    const api = await newPerson(world, 'Борис Соня', ['client']);
    const profile = await api.get('/me/profile');
    await api.patch('/me/profile', { timeZone: 'Asia/Yekaterinburg' }, { ifMatch: profile.headers.get('etag') ?? '' });
    await prefer(api, { quietHours: { from: '22:00', to: '08:00' } });
    await clockTo(world, 18); // 23:00 in Yekaterinburg
    await signInAgain(api);
    await decline(api);
    // The reset's mail is of security: it comes in the night.
    expect(await declinedMails(api)).toBe(0);
    await world.advance(9 * HOUR + MINUTE);
    await mailTo(world, api.email, { subject: 'Пополнение', timeoutMs: 60_000 });
    await signInAgain(api);
    await prefer(api, { quietHours: null, digest: 'daily' });
    for (let i = 0; i < 3; i++) await decline(api, 900 + i);
    const [newest] = (await api.get('/notifications?type=money')).body.items;
    await api.post(`/notifications/${newest.notificationId}/read`);
    expect(await declinedMails(api)).toBe(1);
    await clockTo(world, 4, 1); // 9:01 there
    const digest = await mailTo(world, api.email, { subject: 'новых событий', timeoutMs: 60_000 });
    expect(digest.text).not.toContain(newest.text);
    await signInAgain(api);
    await prefer(api, { digest: 'hourly' });
    await decline(api);
    await api.post('/notifications/read-all', {});
    await world.advance(HOUR + MINUTE);
    // The one in the night and the digest.
    expect(await declinedMails(api)).toBe(2);
    await signInAgain(api);
    await prefer(api, { digest: 'weekly' });
    await decline(api, 950);
    const monday = world.now();
    monday.setUTCDate(monday.getUTCDate() + ((8 - monday.getUTCDay()) % 7));
    monday.setUTCHours(4, 1); // 9:01 there
    const wait = (monday.getTime() - world.now().getTime() + 7 * 24 * HOUR) % (7 * 24 * HOUR);
    await world.advance(wait - 2 * HOUR);
    expect(await declinedMails(api)).toBe(2);
    await world.advance(2 * HOUR);
    await expect.poll(() => declinedMails(api), { timeout: 60_000 }).toBe(3);
  },
};

const burst: Walk = {
  name: 'E8, N1: several messages are one notification and one mail after a while; what is read or deleted in time needs none',
  async run(world) {
    const { client, freelancer } = await pairWithMoney(world, ['Вера Читает', 'Глеб Частит']);
    const orderId = await publish(client, 'Меню для столовой');
    await respond(freelancer, orderId);
    const conversationId = await conversationOf(client, orderId);
    const path = `/conversations/${conversationId}`;
    const write = async () => {
      const ids: string[] = [];
      for (const text of ['Раз', 'Два', 'Три'])
        ids.push((await freelancer.post(`${path}/messages`, { messageId: randomUUID(), text })).body.messageId);
      await world.drain();
      return ids;
    };
    await write();
    const news = async () =>
      (await client.get('/notifications?type=messages')).body.items.filter(
        (one: { link: string }) => one.link === path,
      );
    expect(await news()).toMatchObject([{ count: 3, readAt: null }]);
    await client.put(`${path}/read`, { seq: 100 });
    await world.drain();
    expect((await news())[0].readAt).not.toBeNull();
    await world.advance(4 * MINUTE);
    // Of three one is deleted before anybody was told.
    const [gone] = await write();
    await signInAgain(freelancer);
    await freelancer.delete(`${path}/messages/${gone}`);
    await world.drain();
    await world.advance(4 * MINUTE);
    const mail = await mailTo(world, client.email, { text: 'Непрочитанных сообщений', timeoutMs: 60_000 });
    expect(mail.text).toContain('Непрочитанных сообщений: 2');
    const about = (await mailsTo(world, client.email)).filter((one) => (one.text ?? '').includes('Глеб Частит пишет'));
    expect(about).toHaveLength(1);
    // Of three two are still to be read when the mail comes.
    await signInAgain(client, freelancer);
    await client.put(`${path}/read`, { seq: 100 });
    const [first] = await write();
    const { items } = (await client.get(`${path}/messages`)).body;
    await client.put(`${path}/read`, {
      seq: items.find((one: { messageId: string }) => one.messageId === first).seq,
    });
    await world.drain();
    expect((await news())[0]).toMatchObject({ count: 2, readAt: null });
    await world.advance(4 * MINUTE);
    const mails = async () =>
      (await mailsTo(world, client.email)).filter((one) => (one.text ?? '').includes('Непрочитанных сообщений: 2'));
    await expect.poll(async () => (await mails()).length, { timeout: 60_000 }).toBe(2);
  },
};

const settled: Walk = {
  name: 'N1, N3, O4: what waits is told as it is by then: no response that was withdrawn, the others at their price',
  async run(world) {
    const { client, freelancer: anna } = await pairWithMoney(world, ['Клим Спит', 'Анна Первая']);
    const boris = await newPerson(world, 'Борис Второй', ['freelancer']);
    const vera = await newPerson(world, 'Вера Третья', ['freelancer']);
    const orderId = await publish(client, 'Вывеска для пекарни');
    await prefer(client, { quietHours: { from: '22:00', to: '08:00' } });
    await clockTo(world, 20); // 23:00 in Moscow
    await signInAgain(client, anna, boris, vera);
    const of = new Map<Api, string>();
    for (const one of [anna, boris, vera]) {
      of.set(one, await respond(one, orderId));
      await world.drain();
    }
    const path = (one: Api) => `/orders/${orderId}/responses/${of.get(one)}`;
    await vera.post(`${path(vera)}/withdrawal`);
    const { headers } = await boris.get(path(boris));
    await boris.patch(path(boris), { price: RUB(3_500) }, { ifMatch: headers.get('etag') ?? '' });
    await world.drain();
    await world.advance(9 * HOUR + MINUTE);
    const mail = await mailTo(world, client.email, { subject: 'Новый отклик', timeoutMs: 60_000 });
    expect(mail.text).toMatch(/откликнулись: Борис Второй, цена 3\s500,00/);
    expect(mail.text).toContain('Непрочитанных откликов: 2');
    const all = (await mailsTo(world, client.email)).filter((one) => (one.text ?? '').includes('откликнулись'));
    expect(all).toHaveLength(1);
    expect(all[0]?.text).not.toContain('Вера Третья');
  },
};

const templates: Walk = {
  name: 'D3, E12: a template takes declared variables only, is previewed, sent as a test, versioned, compared and put back',
  async run(world) {
    const admin = await newAdmin(world);
    const api = await newPerson(world, 'Дина Письма', ['client']);
    const read = async () =>
      (await admin.get('/admin/templates')).body.items.find(
        (one: { key: string; locale: string }) => one.key === 'topup_failed' && one.locale === 'ru',
      );
    const shipped = await read();
    const path = '/admin/templates/topup_failed/ru';
    const { subject, html, text, version, variables } = shipped;
    expect(variables.length).toBeGreaterThan(0);
    const texts = { subject: `Новое: ${subject}`, html, text };
    const faulty = { ...texts, text: `${text} {{canary}}` };
    expect((await admin.post(`${path}/preview`, faulty, { expect: 400 })).body.code).toBe(
      'notifications.template_faulty',
    );
    const preview = (await admin.post(`${path}/preview`, texts)).body;
    expect(preview.subject).toMatch(/^Новое: /);
    expect(preview.text).not.toContain('{{');
    const put = (body: object, of: number, expected = 200) =>
      admin.put(path, { ...body, reason: 'Понятнее' }, { ifMatch: `"${of}"`, expect: expected });
    await put(faulty, version, 400);
    await put(texts, version);
    await put(texts, version, 412);
    await admin.post(`${path}/test`, texts);
    await mailTo(world, admin.email, { subject: 'Новое: ' });
    await world.drain();
    await decline(api);
    await mailTo(world, api.email, { subject: 'Новое: ' });
    await admin.delete(path, { ifMatch: `"${(await read()).version}"` });
    expect(await read()).toMatchObject({ shipped: true, subject });
    const history = (await admin.get(`${path}/history`)).body.items;
    expect(history.map((one: { shipped: boolean }) => one.shipped)).toEqual([true, false, true]);
    const mails = (start: string) =>
      expect.poll(
        async () => (await mailsTo(world, api.email)).filter((one) => one.subject?.startsWith(start)).length,
        { timeout: 30_000 },
      );
    await world.drain();
    await decline(api, 800);
    await mails('Пополнение').toBe(1);

    // Back to a version that was chosen, and to what ships again.
    const [latest, edited] = history.map((one: { version: number }) => one.version);
    const back = (of: number, to: number, expected = 200) =>
      admin.post(`${path}/rollback`, { version: to, reason: 'Было лучше' }, { ifMatch: `"${of}"`, expect: expected });
    const { changes } = (await admin.get(`${path}/diff?from=${edited}&to=${latest}`)).body;
    expect(changes).toEqual([{ path: '/subject', before: texts.subject, after: subject }]);
    await back(edited, edited, 412);
    await back(latest, 1_000, 404);
    expect((await back(latest, edited)).body).toMatchObject({ ...texts, shipped: false, version: latest + 1 });
    await world.drain();
    await decline(api, 900);
    await mails('Новое: ').toBe(2);
    expect((await back(latest + 1, 0)).body).toMatchObject({ subject, shipped: true });
    await world.drain();
    await decline(api, 1_000);
    await mails('Пополнение').toBe(2);
    const acts = (await admin.get('/admin/audit-log?action=template.rollback')).body.items;
    expect(acts.map((one: { outcome: string }) => one.outcome)).toEqual(['done', 'done', 'refused', 'refused']);
  },
};

const push: Walk = {
  name: 'N3: web push reaches the device, encrypted, once; a device that is gone is forgotten; only known push services are called',
  async run(world) {
    const api = await newPerson(world, 'Егор Телефон', ['client']);
    const service = await receiver();
    service.state.answer = 201;
    try {
      const phone = device(`${service.url}/phone`);
      const elsewhere = { ...phone.body, endpoint: 'https://169.254.169.254/latest' };
      const refused = await api.post('/me/push-subscriptions', elsewhere, { expect: 422 });
      expect(refused.body.code).toBe('notifications.push_service_unknown');
      await api.post('/me/push-subscriptions', phone.body);
      await decline(api);
      await expect.poll(() => service.at('/phone').length, { timeout: 30_000 }).toBe(1);
      const [message] = service.at('/phone');
      const [item] = (await api.get('/notifications?type=money')).body.items;
      expect(phone.read(message?.body as Buffer)).toMatchObject({
        notificationId: item.notificationId,
        text: item.text,
      });
      const { publicKey } = (await api.get('/me/push-key')).body;
      expect(message?.headers.authorization).toContain(`k=${publicKey}`);
      service.state.answer = 410;
      await decline(api);
      await expect.poll(() => service.at('/phone').length, { timeout: 30_000 }).toBe(2);
      service.state.answer = 201;
      await decline(api);
      await declinedMails(api);
      expect(service.at('/phone')).toHaveLength(2);
    } finally {
      await service.close();
    }
  },
};

const returned: Walk = {
  name: 'N1: a mailbox that returned mail, and a reader who complained, get no more of it, but security mail always',
  async run(world) {
    const bounced = await newPerson(world, 'Жанна Возврат', ['client']);
    const complains = await newPerson(world, 'Захар Жалоба', ['client']);
    const handOn = async (api: Api, kind: string, key = MAIL_KEY) => {
      const mail = await mailTo(world, api.email, { subject: 'Пополнение' });
      const report = await fetch(`${world.outside.catcherUrl}/api/messages/${mail.id}/report?kind=${kind}`);
      const bytes = Buffer.from(await report.arrayBuffer());
      const headers = { authorization: `Bearer ${key}` };
      const options = { bytes, contentType: 'message/rfc822', headers, key: false } as const;
      return (await new Api(world).post('/mail-feedback/reports', undefined, { ...options, expect: [204, 401] }))
        .status;
    };
    for (const [api, kind] of [
      [bounced, 'gone'],
      [complains, 'complaint'],
    ] as const) {
      await decline(api);
      expect(await handOn(api, kind, 'other key')).toBe(401);
      await decline(api);
      // A full mailbox is no reason.
      expect(await handOn(api, 'full')).toBe(204);
      await decline(api);
      expect(await declinedMails(api)).toBe(3);
      expect(await handOn(api, kind)).toBe(204);
      await decline(api);
      expect(await declinedMails(api)).toBe(3);
    }
  },
};

function verifies(one: Received | undefined, secret: string): boolean {
  if (!one) return false;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signed = `${one.headers['webhook-id']}.${one.headers['webhook-timestamp']}.${one.body}`;
  return String(one.headers['webhook-signature'])
    .split(' ')
    .includes(`v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
}

const webhooks: Walk = {
  name: 'B7, B9: webhooks are signed, tried again under the same id, stopped at 410, and call no address inside',
  async run(world) {
    const api = await newPerson(world, 'Инна Робот', ['client']);
    const target = await receiver();
    try {
      const events = ['topup.failed'];
      const inside = { url: 'https://169.254.169.254/latest', events };
      expect((await api.post('/me/webhooks', inside, { expect: 422 })).body.code).toBe(
        'notifications.webhook_address_refused',
      );
      const made = (await api.post('/me/webhooks', { url: `${target.url}/hook`, events })).body;
      const calls = `/me/webhooks/${made.endpointId}/calls`;
      await decline(api);
      await api.until(calls, (body) => body.items[0]?.state === 'delivered');
      expect(target.at('/hook').map((one) => verifies(one, made.secret))).toEqual([true]);
      target.state.answer = 500;
      await decline(api);
      await api.until(calls, (body) => body.items[0].attempts === 1);
      target.state.answer = 204;
      await world.advance(10 * MINUTE);
      await signInAgain(api);
      await api.until(calls, (body) => body.items[0].state === 'delivered');
      const [, failed, again] = target.at('/hook');
      expect(again?.headers['webhook-id']).toBe(failed?.headers['webhook-id']);
      expect(verifies(again, made.secret)).toBe(true);
      target.state.answer = 410;
      await decline(api);
      await api.until('/me/webhooks', (body) => body.items[0].stoppedBecause === 'gone');
      const heard = target.at('/hook').length;
      await decline(api);
      await declinedMails(api);
      expect(target.at('/hook')).toHaveLength(heard);
      expect(JSON.stringify((await api.get(calls)).body)).not.toContain(PASSWORD);
    } finally {
      await target.close();
    }
  },
};

export const NEWS: readonly Walk[] = [wishes, times, burst, settled, templates, push, returned, webhooks];
