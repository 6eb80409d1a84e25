import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { type Fixture, fixture } from './fixture.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await fixture();
});
afterAll(() => fix.close());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const sum = { amount: '700', currency: 'RUB' };
const failTopup = (userId: string) =>
  fix.publish('payments.topup.failed.v1', { topupId: newId(), userId, amount: sum, reason: 'declined' });
const put = (userId: string, version: number, body: object) =>
  fix.as(userId, 'putPreferences', { ifMatch: `"${version}"`, body });

describe('preferences (N3)', () => {
  test('each type has its switch per channel; the answer says all', async () => {
    const contact = fix.someone();
    const before = await fix.as(contact.userId, 'getPreferences');
    expect(before.headers.etag).toBe('"0"');
    expect(before.body.types).toHaveLength(10);
    expect(before.body.types[0]).toMatchObject({
      title: 'Отклики и приглашения',
      channels: { inApp: true, email: true },
    });
    const after = await put(contact.userId, 0, { types: [{ type: 'money', channels: { inApp: true, email: false } }] });
    expect(after.headers.etag).toBe('"1"');
    await failTopup(contact.userId);
    expect(await fix.sentTo(contact.email)).toEqual([]);
    expect(await fix.unread(contact.userId)).toBe(1);
    await put(contact.userId, 1, { types: [{ type: 'money', channels: { inApp: false, email: true } }] });
    await failTopup(contact.userId);
    expect(await fix.sentTo(contact.email)).toHaveLength(1);
    expect(await fix.unread(contact.userId)).toBe(1);
  });

  test('critical types can not be muted, stale edits are refused, unknown fields too', async () => {
    const { userId } = fix.someone();
    const mute = { types: [{ type: 'security', channels: { inApp: true, email: false } }] };
    await expect(put(userId, 0, mute)).rejects.toMatchObject({ code: 'notifications.not_mutable' });
    await expect(put(userId, 3, { digest: 'daily' })).rejects.toMatchObject({ code: 'version_mismatch' });
    await expect(put(userId, 0, { role: 'admin' })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(put(userId, 0, { quietHours: { from: '10:00', to: '10:00' } })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    const results = await Promise.allSettled([1, 2, 3].map(() => put(userId, 0, { digest: 'daily' })));
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
  });

  test('what was muted after it was queued is not sent', async () => {
    const contact = fix.someone();
    await fix.behave({ smtp: 'reject-4xx' });
    await failTopup(contact.userId);
    await expect.poll(() => fix.deliveries(contact.userId)).toMatchObject([{ attempts: 1, state: 'queued' }]);
    await put(contact.userId, 0, { types: [{ type: 'money', channels: { inApp: true, email: false } }] });
    await fix.behave({ smtp: 'ok' });
    await fix.platform.advance(2_000);
    expect(await fix.sentTo(contact.email)).toEqual([]);
    expect(await fix.deliveries(contact.userId)).toMatchObject([{ state: 'dropped', reason: 'muted' }]);
  });

  test('one-click unsubscription: GET asks, POST acts, a forged token does neither', async () => {
    const contact = fix.someone();
    await failTopup(contact.userId);
    const mail = await fix.mailTo(contact.email);
    const token = /unsubscribe\/([\w.-]+)/.exec(mail.text)?.[1] ?? '';
    const form = { contentType: 'application/x-www-form-urlencoded', body: Buffer.from('List-Unsubscribe=One-Click') };
    const call = (route: string, input: object) => fix.platform.call('notifications', route, input);
    const asked = await call('askUnsubscribe', { params: { token } });
    expect(asked).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    expect(String(asked.body)).toContain('Деньги');
    expect((await fix.as(contact.userId, 'getPreferences')).body.version).toBe(0);
    for (const forged of [`${token}x`, token.replace(/^./, 'A'), 'a.b', '%']) {
      const refused = { code: 'not_found' };
      await expect(call('unsubscribe', { params: { token: forged }, ...form })).rejects.toMatchObject(refused);
      await expect(call('askUnsubscribe', { params: { token: forged } })).rejects.toMatchObject(refused);
    }
    expect((await call('unsubscribe', { params: { token }, ...form })).status).toBe(200);
    expect((await call('unsubscribe', { params: { token }, ...form })).status).toBe(200);
    const { body } = await fix.as(contact.userId, 'getPreferences');
    expect(body.version).toBe(1);
    expect(body.types.find((one: { type: string }) => one.type === 'money').channels).toEqual({
      inApp: true,
      email: false,
      push: true,
    });
    await failTopup(contact.userId);
    expect(await fix.sentTo(contact.email)).toHaveLength(1);
  });
});

describe('time', () => {
  test('quiet hours hold mail back in the zone of the person; critical mail comes', async () => {
    const contact = fix.someone({ timeZone: 'Asia/Yekaterinburg' });
    await put(contact.userId, 0, { quietHours: { from: '22:00', to: '08:00' } });
    await fix.untilHour(18); // 23:00 in Yekaterinburg
    await failTopup(contact.userId);
    expect(await fix.sentTo(contact.email)).toEqual([]);
    await fix.publish('auth.security.noticed.v1', {
      userId: contact.userId,
      kind: 'locked_out',
      device: null,
      place: null,
      at: '2026-03-01T09:30:00Z',
    });
    expect(await fix.sentTo(contact.email)).toHaveLength(1);
    await fix.platform.advance(8 * HOUR + 59 * MINUTE);
    expect(await fix.sentTo(contact.email)).toHaveLength(1);
    await fix.platform.advance(2 * MINUTE);
    expect(await fix.sentTo(contact.email)).toHaveLength(2);
  });

  test('a digest collects what can wait, leaves out what was read, and comes once', async () => {
    const contact = fix.someone();
    await put(contact.userId, 0, { digest: 'daily' });
    await fix.untilHour(12);
    for (let i = 0; i < 4; i++) await failTopup(contact.userId);
    expect(await fix.sentTo(contact.email)).toEqual([]);
    const [first] = await fix.list(contact.userId);
    await fix.as(contact.userId, 'markRead', { params: { notificationId: first.notificationId } });
    await fix.platform.advance(18 * HOUR + MINUTE); // 9:01 in Moscow
    const mails = await fix.sentTo(contact.email);
    expect(mails).toMatchObject([{ subject: 'Artel: новых событий — 3' }]);
    expect(mails[0]?.text.match(/Пополнение на 7,00/g)).toHaveLength(3);
    await fix.platform.advance(24 * HOUR);
    expect(await fix.sentTo(contact.email)).toHaveLength(1);
  });

  test('a digest of which all was read is not sent', async () => {
    const contact = fix.someone();
    await put(contact.userId, 0, { digest: 'hourly' });
    await failTopup(contact.userId);
    await fix.settled();
    await fix.as(contact.userId, 'markAllRead', {});
    await fix.platform.advance(HOUR + MINUTE);
    expect(await fix.sentTo(contact.email)).toEqual([]);
    expect((await fix.deliveries(contact.userId)).at(-1)).toMatchObject({ event: 'digest', state: 'dropped' });
  });

  test('a reminder that waits is dropped when the order moves on', async () => {
    const freelancer = fix.someone();
    const client = fix.someone();
    const order = { orderId: newId(), title: 'Сайт', clientId: client.userId, freelancerId: freelancer.userId };
    await put(freelancer.userId, 0, { digest: 'daily' });
    await fix.publish('orders.deadline.near.v1', { ...order, kind: 'delivery_due', at: '2026-03-01T09:30:00Z' });
    await fix.settled();
    await fix.publish('orders.order.status-changed.v1', {
      ...order,
      category: 'web',
      from: 'in_progress',
      to: 'delivered',
      actorId: freelancer.userId,
      actorKind: 'freelancer',
      action: 'deliver',
      reason: null,
      price: null,
      deadline: null,
      onTime: true,
    });
    await fix.platform.advance(25 * HOUR);
    expect(await fix.sentTo(freelancer.email)).toEqual([]);
  });
});

test('a burst about one thing becomes one: responses to an order, news of a ticket; what was read stands apart', async () => {
  const client = fix.someone();
  await put(client.userId, 0, { digest: 'daily' });
  const orderId = newId();
  const respond = async (name: string) => {
    const freelancer = fix.someone({ displayName: name });
    await fix.publish('orders.response.submitted.v1', {
      responseId: newId(),
      orderId,
      title: 'Сайт',
      clientId: client.userId,
      freelancerId: freelancer.userId,
      price: sum,
      first: true,
    });
    await fix.settled();
  };
  for (const name of ['Анна', 'Борис', 'Вера']) await respond(name);
  const burst = await fix.list(client.userId);
  expect(burst).toMatchObject([{ event: 'response_new', count: 3, text: expect.stringContaining('Вера') }]);
  expect(burst[0].text).toContain('Непрочитанных откликов: 3.');
  expect(await fix.unread(client.userId)).toBe(1);
  await fix.as(client.userId, 'markAllRead', {});
  await respond('Глеб');
  const after = await fix.list(client.userId);
  expect(after.map((one) => one.count)).toEqual([1, 3]);
  expect(after[0].text).not.toContain('Непрочитанных откликов');
});

describe('messages (E8)', () => {
  const sequences = new Map<string, number>();
  /** As clients make ids: in no order. */
  const message = (conversationId: string, recipientId: string, senderId: string, messageId: string = randomUUID()) => {
    const sequence = (sequences.get(conversationId) ?? 0) + 1;
    sequences.set(conversationId, sequence);
    const data = {
      messageId,
      conversationId,
      orderId: newId(),
      orderTitle: 'Сайт',
      senderId,
      recipientIds: [recipientId],
      hasAttachments: false,
      at: '2026-01-01T00:00:00Z',
    };
    const of = { subject: conversationId, sequence };
    return { messageId, seq: sequence, send: () => fix.publish('messenger.message.sent.v1', data, of) };
  };
  const read = (
    conversationId: string,
    userId: string,
    { messageId: upTo, seq }: { messageId: string; seq: number },
    left: { unread?: number; lastSeq?: number } = {},
  ) =>
    fix.publish(
      'messenger.conversation.read.v1',
      { conversationId, userId, upTo, seq, ...left },
      { subject: conversationId },
    );

  test('live at once, one mail for a burst, after a while', async () => {
    const [reader, writer] = [fix.someone(), fix.someone({ displayName: 'Пётр' })];
    const conversationId = newId();
    for (let i = 0; i < 3; i++) {
      await message(conversationId, reader.userId, writer.userId).send();
      await fix.platform.drain();
    }
    const frames = fix.frames.filter((one) => one.userIds.includes(reader.userId));
    expect(frames.map((one) => one.frame.unread)).toEqual([1, 1, 1]);
    expect(await fix.list(reader.userId)).toMatchObject([
      {
        count: 3,
        link: `/conversations/${conversationId}`,
        text: 'Пётр пишет вам по заказу «Сайт». Непрочитанных сообщений: 3.',
      },
    ]);
    expect(await fix.sentTo(reader.email)).toEqual([]);
    await fix.platform.advance(3 * MINUTE);
    const mails = await fix.sentTo(reader.email);
    expect(mails).toMatchObject([{ text: expect.stringContaining('Непрочитанных сообщений: 3') }]);
  });

  test('what was deleted is no news: the count is one less, the last one takes all with it, whichever event comes first', async () => {
    const [reader, writer] = [fix.someone(), fix.someone()];
    const conversationId = newId();
    const erase = ({ messageId, seq }: { messageId: string; seq: number }) =>
      fix.publish(
        'messenger.message.deleted.v1',
        { messageId, conversationId, senderId: writer.userId, recipientIds: [reader.userId], seq },
        { subject: conversationId },
      );
    const write = async () => {
      const one = message(conversationId, reader.userId, writer.userId);
      await one.send();
      await fix.platform.drain();
      return one;
    };
    const [first, second, third] = [await write(), await write(), await write()];
    await erase(second);
    await fix.platform.drain();
    expect(await fix.list(reader.userId)).toMatchObject([{ count: 2, text: expect.stringContaining('сообщений: 2') }]);
    await fix.platform.advance(3 * MINUTE);
    expect(await fix.sentTo(reader.email)).toMatchObject([{ text: expect.stringContaining('сообщений: 2') }]);
    // A mail that waits counts from where it began.
    const fourth = await write();
    await erase(first);
    await fix.platform.drain();
    expect(await fix.list(reader.userId)).toMatchObject([{ count: 2 }]);
    await erase(third);
    await erase(fourth);
    await fix.platform.drain();
    expect(await fix.list(reader.userId)).toEqual([]);
    expect(await fix.unread(reader.userId)).toBe(0);
    expect(fix.frames.filter((one) => one.userIds.includes(reader.userId)).at(-1)?.frame).toMatchObject({ unread: 0 });
    const late = message(conversationId, reader.userId, writer.userId);
    await erase(late);
    await fix.platform.drain();
    await late.send();
    await fix.platform.advance(3 * MINUTE);
    expect(await fix.list(reader.userId)).toEqual([]);
    expect(await fix.sentTo(reader.email)).toHaveLength(1);
  });

  test('where a part was read the rest is counted, in the app and in the mail', async () => {
    const [reader, writer] = [fix.someone(), fix.someone()];
    const conversationId = newId();
    const send = async () => {
      const one = message(conversationId, reader.userId, writer.userId);
      await one.send();
      await fix.platform.drain();
      return one;
    };
    const [first, second] = [await send(), await send()];
    // The third is the reader's own: it has a number, and nobody is told of it.
    message(conversationId, writer.userId, reader.userId);
    const last = await send();
    await read(conversationId, reader.userId, first, { unread: 2, lastSeq: last.seq });
    await fix.platform.drain();
    expect(await fix.list(reader.userId)).toMatchObject([{ count: 2, text: expect.stringContaining('сообщений: 2') }]);
    expect(await fix.unread(reader.userId)).toBe(1);
    // One that was read is gone: nothing is less for it. One that was not is.
    const erase = ({ messageId, seq }: { messageId: string; seq: number }) =>
      fix.publish(
        'messenger.message.deleted.v1',
        { messageId, conversationId, senderId: writer.userId, recipientIds: [reader.userId], seq },
        { subject: conversationId },
      );
    await erase(first);
    await fix.platform.drain();
    expect(await fix.list(reader.userId)).toMatchObject([{ count: 2 }]);
    await send();
    await erase(second);
    await fix.platform.drain();
    expect(await fix.list(reader.userId)).toMatchObject([{ count: 2 }]);
    await fix.platform.advance(3 * MINUTE);
    expect(await fix.sentTo(reader.email)).toMatchObject([{ text: expect.stringContaining('сообщений: 2') }]);
  });

  test('where what was not read is gone nothing is left to tell', async () => {
    const [reader, writer] = [fix.someone(), fix.someone()];
    const conversationId = newId();
    const [first, last] = [1, 2].map(() => message(conversationId, reader.userId, writer.userId));
    if (!first || !last) throw new Error('no messages');
    for (const one of [first, last]) await one.send();
    await fix.platform.drain();
    await fix.publish(
      'messenger.message.deleted.v1',
      {
        ...{ messageId: last.messageId, conversationId, senderId: writer.userId },
        recipientIds: [reader.userId],
        seq: 2,
      },
      { subject: conversationId },
    );
    await fix.platform.drain();
    await read(conversationId, reader.userId, first, { unread: 0, lastSeq: 2 });
    await fix.platform.advance(3 * MINUTE);
    expect(await fix.unread(reader.userId)).toBe(0);
    expect(await fix.sentTo(reader.email)).toEqual([]);
  });

  test('what was read needs no mail, whichever event comes first', async () => {
    const [reader, writer] = [fix.someone(), fix.someone()];
    const conversationId = newId();
    const first = message(conversationId, reader.userId, writer.userId);
    const second = message(conversationId, reader.userId, writer.userId);
    await first.send();
    await fix.platform.drain();
    await read(conversationId, reader.userId, second);
    await fix.platform.drain();
    expect(await fix.unread(reader.userId)).toBe(0);
    await second.send();
    await fix.platform.advance(3 * MINUTE);
    expect(await fix.sentTo(reader.email)).toEqual([]);
    expect(await fix.unread(reader.userId)).toBe(0);
    await message(conversationId, reader.userId, writer.userId).send();
    await fix.platform.advance(0);
    await fix.platform.advance(3 * MINUTE);
    expect(await fix.sentTo(reader.email)).toHaveLength(1);
  });
});

test('E8: what was read is told by its number, whatever ids the senders make', async () => {
  const [reader, writer] = [fix.someone(), fix.someone()];
  const conversationId = newId();
  const publish = (type: string, data: object, sequence?: number) =>
    fix.publish(type, data, { subject: conversationId, ...(sequence && { sequence }) });
  const send = (messageId: string, sequence: number) => {
    const sides = { senderId: writer.userId, recipientIds: [reader.userId] };
    const about = { orderId: newId(), orderTitle: 'Сайт', hasAttachments: false, at: '2026-01-01T00:00:00Z' };
    return publish('messenger.message.sent.v1', { messageId, conversationId, ...sides, ...about }, sequence);
  };
  const upTo = 'ffffffff-0000-4000-8000-000000000001';
  await send(upTo, 1);
  await fix.platform.drain();
  await publish('messenger.conversation.read.v1', { conversationId, userId: reader.userId, upTo, seq: 1 });
  await fix.platform.drain();
  expect(await fix.unread(reader.userId)).toBe(0);
  await send('00000000-0000-4000-8000-000000000002', 2);
  await fix.platform.advance(0);
  expect(await fix.unread(reader.userId)).toBe(1);
  await fix.platform.advance(3 * MINUTE);
  expect(await fix.sentTo(reader.email)).toHaveLength(1);
});

describe('the list (N2)', () => {
  test('pages by keyset, filters, and marks as read, one and all, only for the owner', async () => {
    const [owner, other] = [fix.someone(), fix.someone()];
    for (let i = 0; i < 5; i++) {
      await failTopup(owner.userId);
      await fix.platform.drain();
    }
    const page = await fix.as(owner.userId, 'listNotifications', { query: { limit: 2 } });
    await failTopup(owner.userId);
    await fix.platform.drain();
    const rest = await fix.as(owner.userId, 'listNotifications', {
      query: { limit: 10, cursor: page.body.nextCursor },
    });
    const all = [...page.body.items, ...rest.body.items].map((one) => one.notificationId);
    expect(new Set(all).size).toBe(5);
    expect(rest.body.nextCursor).toBeNull();
    const [newest] = page.body.items;
    const markRead = (userId: string) =>
      fix.as(userId, 'markRead', { params: { notificationId: newest.notificationId } });
    await expect(markRead(other.userId)).rejects.toMatchObject({ code: 'not_found' });
    expect((await markRead(owner.userId)).body).toEqual({ unread: 5 });
    expect((await markRead(owner.userId)).body).toEqual({ unread: 5 });
    expect(await fix.list(owner.userId, { unread: 'true' })).toHaveLength(5);
    expect(await fix.list(owner.userId, { type: 'orders' })).toHaveLength(0);
    const upTo = all.at(-2);
    expect((await fix.as(owner.userId, 'markAllRead', { body: { upTo } })).body).toEqual({ unread: 3 });
    expect((await fix.as(owner.userId, 'markAllRead', {})).body).toEqual({ unread: 0 });
    expect((await fix.as(other.userId, 'getUnreadCount')).body).toEqual({ unread: 0 });
    await expect(fix.list(owner.userId, { cursor: 'WzFd' })).rejects.toMatchObject({ code: 'validation_failed' });
  });

  test("a person takes his own data along, nobody else's", async () => {
    const [owner, other] = [fix.someone(), fix.someone()];
    await failTopup(owner.userId);
    await failTopup(other.userId);
    await fix.settled();
    const { body } = await fix.platform.call('notifications', 'getPersonalData', {
      caller: 'users',
      params: { userId: owner.userId },
    });
    const rowsOf = (name: string) => body.sections.find((section: { name: string }) => section.name === name).rows;
    expect(rowsOf('notifications')).toHaveLength(1);
    expect(rowsOf('deliveries')).toMatchObject([{ event: 'topup_failed', state: 'sent' }]);
  });
});
