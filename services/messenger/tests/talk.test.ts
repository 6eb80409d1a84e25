import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ordersEvents } from '#contracts/orders/events.ts';
import { usersEvents } from '#contracts/users/events.ts';
import { LIVE_CHANNEL } from '#kit/service/live.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import { call, changeStatus, openDeal, send, stubPeople, talker, type Frame } from './fixture.ts';

let platform: TestPlatform;
const frames: Frame[] = [];
let people: ReturnType<typeof stubPeople>;

beforeAll(async () => {
  platform = await bootPlatform({ services: ['messenger'] });
  people = stubPeople(platform);
  await platform.bus.listen(
    LIVE_CHANNEL,
    (payload) => void frames.push(...(payload as Frame[])),
    () => {},
  );
});
afterAll(() => platform?.close());

test('a response opens one conversation, whatever comes how often; it is shown without names when users is away', async () => {
  const deal = await openDeal(platform);
  await platform.publish(ordersEvents.freelancerInvited.type, deal.orderId, {
    invitationId: randomUUID(),
    orderId: deal.orderId,
    title: 'Логотип для кофейни',
    clientId: deal.client.userId,
    freelancerId: deal.freelancer.userId,
  });
  await platform.drain();
  people.away = true;
  const mine = (await call(platform, deal.client, 'listConversations')).body;
  people.away = false;
  expect(mine.items).toHaveLength(1);
  expect(mine.items[0]).toMatchObject({
    conversationId: deal.conversationId,
    orderTitle: 'Логотип для кофейни',
    readOnly: null,
    unread: 0,
    participants: [
      { userId: deal.client.userId, kind: 'client', displayName: null },
      { userId: deal.freelancer.userId, kind: 'freelancer', displayName: null },
    ],
    lastMessage: { kind: 'system', text: 'Заказчик пригласил исполнителя', senderId: null },
  });
});

test('I16: the people of a conversation come from users in one call', async () => {
  const { client, freelancer, conversationId } = await openDeal(platform);
  people.names.set(client.userId, 'Анна Соколова');
  people.calls.length = 0;
  const { body } = await call(platform, client, 'getConversation', { params: { conversationId } });
  expect(body.participants[0]).toMatchObject({ displayName: 'Анна Соколова', status: 'active' });
  expect(people.calls).toEqual([[client.userId, freelancer.userId].join()]);
});

test('messages are numbered without gaps, counted as unread, read, and told live to both', async () => {
  const { client, freelancer, conversationId } = await openDeal(platform);
  const texts = Array.from({ length: 20 }, (_, n) => `сообщение ${n}`);
  await Promise.all(texts.map((text, n) => send(platform, n % 2 === 0 ? client : freelancer, conversationId, text)));
  const { body } = await call(platform, client, 'listMessages', { params: { conversationId } });
  expect(body.items.map((one: { seq: number }) => one.seq)).toEqual(Array.from({ length: 21 }, (_, n) => n + 1));
  expect(body).toMatchObject({ before: null, after: null });
  const unread = (await call(platform, client, 'getConversation', { params: { conversationId } })).body;
  expect(unread.unread).toBe(10);
  expect((await call(platform, client, 'getUnreadCounts')).body).toEqual({ conversations: 1, messages: 10 });
  const read = await call(platform, client, 'markRead', { params: { conversationId }, body: { seq: 999 } });
  expect(read.body).toEqual({ readSeq: 21, unread: 0 });
  const back = await call(platform, client, 'markRead', { params: { conversationId }, body: { seq: 3 } });
  expect(back.body).toEqual({ readSeq: 21, unread: 0 });
  const told = frames.filter((one) => one.frame.conversationId === conversationId);
  expect(told.filter((one) => one.frame.type === 'message' && one.frame.message.kind === 'text')).toHaveLength(20);
  expect(told.every((one) => one.userIds.includes(client.userId) && one.userIds.includes(freelancer.userId))).toBe(
    true,
  );
  expect(told.find((one) => one.frame.type === 'read')?.frame).toMatchObject({ userId: client.userId, readSeq: 21 });
});

test('the same message id is one message: repeats and races are answered alike, other content is refused', async () => {
  const { client, freelancer, conversationId } = await openDeal(platform);
  const messageId = randomUUID();
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => send(platform, client, conversationId, 'Один раз', { messageId })),
  );
  expect(new Set(answers.map((one) => one.body.seq))).toEqual(new Set([2]));
  expect((await send(platform, client, conversationId, 'Другое', { messageId })).code).toBe(
    'messenger.message_id_taken',
  );
  expect((await send(platform, freelancer, conversationId, 'Один раз', { messageId })).code).toBe(
    'messenger.message_id_taken',
  );
  const next = await send(platform, freelancer, conversationId, 'Дальше');
  expect(next.body.seq).toBe(3);
  expect((await send(platform, client, conversationId, '   ')).code).toBe('validation_failed');
});

test('history pages both ways; what changed in a break comes back once, in order', async () => {
  const { client, freelancer, conversationId } = await openDeal(platform);
  const sent = [];
  for (let n = 0; n < 7; n++) sent.push((await send(platform, client, conversationId, `t${n}`)).body);
  const page = async (query: Record<string, string>) =>
    (await call(platform, freelancer, 'listMessages', { params: { conversationId }, query })).body;
  const newest = await page({ limit: '3' });
  expect(newest.items.map((one: { seq: number }) => one.seq)).toEqual([6, 7, 8]);
  const older = await page({ limit: '3', before: String(newest.before) });
  expect(older.items.map((one: { seq: number }) => one.seq)).toEqual([3, 4, 5]);
  expect((await page({ limit: '3', after: '5' })).items.map((one: { seq: number }) => one.seq)).toEqual([6, 7, 8]);
  const { rev } = await page({});
  await call(platform, client, 'editMessage', {
    params: { conversationId, messageId: sent[1].messageId },
    body: { text: 'правка' },
  });
  await call(platform, client, 'deleteMessage', { params: { conversationId, messageId: sent[2].messageId } });
  await call(platform, freelancer, 'react', {
    params: { conversationId, messageId: sent[3].messageId },
    body: { emoji: '👍' },
  });
  await send(platform, client, conversationId, 'новое');
  const seen: string[] = [];
  for (let after = rev, more = true; more; ) {
    const { body } = await call(platform, freelancer, 'listChanges', {
      params: { conversationId },
      query: { after: String(after), limit: '1' },
    });
    seen.push(...body.items.map((one: { text: string; deleted: boolean }) => (one.deleted ? 'удалено' : one.text)));
    ({ rev: after, more } = body);
  }
  expect(seen).toEqual(['правка', 'удалено', 't3', 'новое']);
});

test('edit and delete: own messages, within the time, originals for staff only; unread stays right', async () => {
  const { client, freelancer, conversationId, orderId } = await openDeal(platform);
  const { messageId } = (await send(platform, client, conversationId, 'первый текст')).body;
  const other = (await send(platform, client, conversationId, 'лишнее')).body;
  const edit = (user: typeof client, text: string) =>
    call(platform, user, 'editMessage', { params: { conversationId, messageId }, body: { text } });
  expect((await edit(freelancer, 'чужое')).code).toBe('not_found');
  expect((await edit(client, 'второй текст')).body).toMatchObject({
    text: 'второй текст',
    editedAt: expect.any(String),
  });
  const deleted: unknown[] = [];
  await platform.bus.subscribe({
    queue: 'deletions',
    types: ['messenger.message.deleted.v1'],
    prefetch: 10,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        deleted.push(JSON.parse(delivery.raw.toString('utf8')).data);
        delivery.ack();
      }
    },
  });
  for (let i = 0; i < 2; i++)
    await call(platform, client, 'deleteMessage', { params: { conversationId, messageId: other.messageId } });
  const { userId: senderId } = client;
  const gone = {
    messageId: other.messageId,
    conversationId,
    senderId,
    recipientIds: [freelancer.userId],
    seq: other.seq,
  };
  await expect.poll(() => deleted).toEqual([gone]);
  const list = (await call(platform, freelancer, 'getConversation', { params: { conversationId } })).body;
  expect(list).toMatchObject({ unread: 1, lastMessage: { deleted: true, text: '' } });
  await platform.advance(16 * 60_000);
  expect((await edit(client, 'поздно')).code).toBe('messenger.too_late');
  const history = await platform.call('messenger', 'getHistory', {
    caller: 'support',
    params: { orderId },
    query: { actorId: randomUUID(), ticketId: randomUUID() },
  });
  expect(history.body.items).toMatchObject([
    { text: 'второй текст', edited: true, deleted: false, originals: [{ text: 'первый текст' }] },
    { text: '', deleted: true, originals: [{ text: 'лишнее' }] },
  ]);
});

test('I21: every look of support is shown to the participants; other services are refused', async () => {
  const { client, freelancer, conversationId, orderId } = await openDeal(platform);
  const look = { actorId: randomUUID(), ticketId: randomUUID() };
  const input = { params: { orderId }, query: look };
  await platform.call('messenger', 'getHistory', { caller: 'support', ...input });
  expect((await call(platform, client, 'listLooks', { params: { conversationId } })).body.items).toMatchObject([look]);
  expect((await call(platform, freelancer, 'listLooks', { params: { conversationId } })).body.items).toHaveLength(1);
  expect((await call(platform, undefined, 'getHistory', { caller: 'orders', ...input })).code).toBe('forbidden');
  expect((await call(platform, client, 'getHistory', { caller: 'gateway', ...input })).code).toBe('forbidden');
});

test('Z2: a third person gets 404 everywhere and finds nothing', async () => {
  const { client, conversationId, orderId } = await openDeal(platform);
  const stranger = talker();
  const { messageId } = (await send(platform, client, conversationId, 'секретный пароль')).body;
  const params = { conversationId, messageId };
  const tries: [string, object][] = [
    ['getConversation', {}],
    ['listMessages', {}],
    ['listChanges', { query: { after: '0' } }],
    ['sendMessage', { body: { messageId: randomUUID(), text: 'я тут' } }],
    ['editMessage', { body: { text: 'подмена' } }],
    ['deleteMessage', {}],
    ['react', { body: { emoji: '👍' } }],
    ['markRead', { body: { seq: 1 } }],
    ['sayTyping', {}],
    ['listLooks', {}],
    ['addAttachment', { query: { fileName: 'a.txt' }, body: Buffer.from('x'), contentType: 'text/plain' }],
  ];
  for (const [route, input] of tries)
    expect((await call(platform, stranger, route, { params, ...input })).code, route).toBe('not_found');
  expect((await call(platform, stranger, 'listConversations', { query: { orderId } })).body.items).toEqual([]);
  expect((await call(platform, stranger, 'searchMessages', { query: { q: 'пароль' } })).body.items).toEqual([]);
});

test('M2: search knows word forms of both languages and pages without repeats', async () => {
  const { client, conversationId } = await openDeal(platform);
  for (const text of ['Сделаю три логотипа', 'Покажите первый логотип', 'The drafts are ready', 'Ничего'])
    await send(platform, client, conversationId, text);
  const find = async (q: string, more: object = {}) =>
    (await call(platform, client, 'searchMessages', { query: { q, ...more } })).body;
  expect((await find('логотипы')).items.map((one: { message: { text: string } }) => one.message.text)).toEqual([
    'Покажите первый логотип',
    'Сделаю три логотипа',
  ]);
  expect((await find('draft')).items).toHaveLength(1);
  const first = await find('логотип', { limit: '1' });
  const second = await find('логотип', { limit: '1', cursor: first.nextCursor });
  expect(second.items[0].message.text).toBe('Сделаю три логотипа');
  expect(second.nextCursor).toBeNull();
  const wrong = Buffer.from(JSON.stringify(["2026-11-23'; drop", 'x'])).toString('base64url');
  expect((await call(platform, client, 'searchMessages', { query: { q: 'ло', cursor: wrong } })).code).toBe(
    'validation_failed',
  );
});

test('steps of the deal converge under disorder; a bad end closes, a good one keeps the two talking', async () => {
  const { orderId, client, freelancer, conversationId } = await openDeal(platform);
  const rival = await openDeal(platform, { orderId, client });
  await changeStatus(platform, { orderId, client, freelancer }, 'completed', 9);
  await platform.drain();
  await changeStatus(platform, { orderId, client, freelancer }, 'in_progress', 5);
  await platform.drain();
  const state = async (of: { conversationId: string }) =>
    (await call(platform, client, 'getConversation', { params: of })).body;
  expect(await state({ conversationId })).toMatchObject({ orderStatus: 'completed', readOnly: null });
  expect(await state(rival)).toMatchObject({ readOnly: 'not_chosen' });
  expect((await send(platform, rival.freelancer, rival.conversationId, 'Эй')).code).toBe('messenger.read_only');
  expect((await send(platform, freelancer, conversationId, 'Спасибо!')).status).toBe(201);
  const ended = await openDeal(platform);
  await changeStatus(platform, ended, 'in_progress', 1);
  await changeStatus(platform, ended, 'cancelled', 2, { from: 'in_progress', reason: 'передумали' });
  await platform.drain();
  expect(
    await call(platform, ended.client, 'getConversation', { params: { conversationId: ended.conversationId } }),
  ).toMatchObject({
    body: { readOnly: 'order_ended', lastMessage: { text: 'Заказ отменён. Причина: передумали' } },
  });
  expect((await send(platform, ended.client, ended.conversationId, 'Нет')).code).toBe('messenger.read_only');
  const english = await call(platform, ended.client, 'getConversation', {
    params: { conversationId: ended.conversationId },
    locale: 'en',
  });
  expect(english.body.lastMessage.text).toBe('The order was cancelled. Reason: передумали');
});

test('a deal that overtakes its response has a conversation all the same', async () => {
  const deal = { orderId: randomUUID(), client: talker(), freelancer: talker() };
  await changeStatus(platform, deal, 'in_progress', 3);
  await platform.drain();
  const { body } = await call(platform, deal.freelancer, 'listConversations');
  expect(body.items).toMatchObject([{ orderId: deal.orderId, orderStatus: 'in_progress' }]);
});

test('P2: an erased person writes no more; his files and earlier texts go, the other side keeps the words', async () => {
  const { client, freelancer, conversationId, orderId } = await openDeal(platform);
  const { messageId } = (await send(platform, client, conversationId, 'канарейка-1')).body;
  await call(platform, client, 'editMessage', { params: { conversationId, messageId }, body: { text: 'итог' } });
  const file = await call(platform, client, 'addAttachment', {
    params: { conversationId },
    query: { fileName: 'паспорт.txt' },
    body: Buffer.from('канарейка-2'),
    contentType: 'text/plain',
  });
  await send(platform, client, conversationId, '', { attachmentIds: [file.body.attachmentId] });
  const erasure = { userId: client.userId, actorId: randomUUID() };
  await platform.publish(usersEvents.userErased.type, client.userId, erasure, { sequence: 7 });
  await platform.drain();
  const { body } = await call(platform, freelancer, 'listMessages', { params: { conversationId } });
  expect(body.items.slice(1)).toMatchObject([{ text: 'итог' }, { deleted: true, attachments: [] }]);
  expect((await send(platform, freelancer, conversationId, 'Ау')).code).toBe('messenger.read_only');
  expect(await platform.ctx('messenger').files.get(`attachments/${file.body.attachmentId}`)).toBeUndefined();
  const history = await platform.call('messenger', 'getHistory', {
    caller: 'support',
    params: { orderId },
    query: { actorId: randomUUID(), ticketId: randomUUID() },
  });
  expect(JSON.stringify(history.body)).not.toMatch(/канарейка|паспорт/);
});

test('P1: the export has the own words and files and nobody else’s', async () => {
  const { client, freelancer, conversationId } = await openDeal(platform);
  await send(platform, client, conversationId, 'моё');
  await send(platform, freelancer, conversationId, 'не моё');
  const { body } = await platform.call('messenger', 'getPersonalData', {
    caller: 'users',
    params: { userId: client.userId },
  });
  const rowsOf = (name: string) => body.sections.find((section: { name: string }) => section.name === name).rows;
  expect(rowsOf('conversations')).toMatchObject([{ orderTitle: 'Логотип для кофейни' }]);
  expect(rowsOf('messages')).toMatchObject([{ text: 'моё' }]);
  expect(JSON.stringify(body)).not.toContain('не моё');
});
