/** Messenger (M1–M3, T1–T4, F13): what two people who talk about a deal see. */
import { createHash, randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { expect } from 'vitest';
import { Api } from '../api.ts';
import { conversationOf, joinStaff, MINUTE, pairWithMoney, publish, respond, runningDeal } from './care-people.ts';
import { newAdmin, newPerson, signInAgain } from './people.ts';
import type { Walk } from './walk.ts';

const say = (api: Api, path: string, text: string, more: object = {}) =>
  api.post(`${path}/messages`, { messageId: randomUUID(), text, ...more });

const opening: Walk = {
  name: 'M1: nobody writes out of the blue: a response or an invitation opens the conversation, each reads its steps in his language',
  async run(world) {
    const { client, freelancer } = await pairWithMoney(world, ['Вера Заказчица', 'Глеб Отклик']);
    const invited = await newPerson(world, 'Ivan Invited', ['freelancer'], 'en');
    const orderId = await publish(client, 'Логотип для пристани');
    await freelancer.get(`/orders/${orderId}`);
    expect((await freelancer.get('/conversations')).body.items).toEqual([]);
    const unknown = `/conversations/${randomUUID()}/messages`;
    await freelancer.post(unknown, { messageId: randomUUID(), text: 'Здравствуйте!' }, { expect: 404 });
    await freelancer.post('/conversations', { orderId, userId: client.userId }, { expect: [404, 405] });
    await respond(freelancer, orderId);
    await client.post(`/orders/${orderId}/invitations`, { freelancerId: invited.userId });
    const path = `/conversations/${await conversationOf(freelancer, orderId)}`;
    const steps = async (api: Api, of: string) =>
      (await api.get(`${of}/messages`)).body.items.map((one: { kind: string; text: string }) => [one.kind, one.text]);
    expect(await steps(client, path)).toEqual([['system', 'Исполнитель откликнулся на заказ']]);
    const other = `/conversations/${await conversationOf(invited, orderId)}`;
    expect(await steps(invited, other)).toEqual([['system', 'The client invited the freelancer']]);
    await say(invited, other, 'Thank you, I will look at it.');
    // One order, two conversations: neither freelancer finds the other's.
    await freelancer.get(other, { expect: 404 });
    await invited.get(path, { expect: 404 });
    expect((await client.get(`/conversations?orderId=${orderId}`)).body.items).toHaveLength(2);
    const view = (await client.get(path)).body;
    expect(view.participants.map((one: { displayName: string }) => one.displayName)).toEqual([
      'Вера Заказчица',
      'Глеб Отклик',
    ]);
  },
};

const live: Walk = {
  name: 'M1, F13: typing, presence, replies, reactions, edits and deletions reach the other side live, and the unread count stays right',
  async run(world) {
    const { client, freelancer } = await pairWithMoney(world, ['Дарья Живая', 'Егор Ответов']);
    const orderId = await publish(client, 'Вывеска для чайной');
    await respond(freelancer, orderId);
    const path = `/conversations/${await conversationOf(client, orderId)}`;
    const here = await client.socket();
    const there = await freelancer.socket();
    await here.wait(
      (frame) => frame.type === 'presence' && frame.userId === freelancer.userId && frame.presence.online,
    );
    await freelancer.post(`${path}/typing`);
    await here.wait((frame) => frame.type === 'typing' && frame.userId === freelancer.userId);
    await client.put(`${path}/read`, { seq: 1 });
    const unread = async (api: Api) => (await api.get(path)).body.unread;
    const texts = ['Первый вариант готов.', 'Второй тоже.', 'Третий будет завтра.'];
    const sent: string[] = [];
    for (const text of texts) sent.push((await say(freelancer, path, text)).body.messageId);
    const [first, second, third] = sent;
    await here.wait((frame) => frame.type === 'message' && frame.message.messageId === third);
    expect(await unread(client)).toBe(3);
    await freelancer.patch(`${path}/messages/${first}`, { text: 'Первый вариант почти готов.' });
    await here.wait((frame) => frame.type === 'message.edited' && frame.message.text.includes('почти'));
    expect(await unread(client)).toBe(3);
    await freelancer.delete(`${path}/messages/${second}`);
    await here.wait((frame) => frame.type === 'message.deleted' && frame.message.messageId === second);
    expect(await unread(client)).toBe(2);
    const after = (await client.get(`${path}/messages`)).body.items;
    expect(after.map((one: { text: string; deleted: boolean }) => [one.text, one.deleted]).slice(1)).toEqual([
      ['Первый вариант почти готов.', false],
      ['', true],
      ['Третий будет завтра.', false],
    ]);
    expect((await client.get('/conversations/unread')).body).toEqual({ conversations: 1, messages: 2 });
    await client.put(`${path}/read`, { seq: after.at(-1).seq });
    expect(await unread(client)).toBe(0);
    const seen = (await freelancer.get(path)).body.participants.find((one: { kind: string }) => one.kind === 'client');
    expect(seen.readSeq).toBe(after.at(-1).seq);
    const reply = (await say(client, path, 'Жду!', { replyTo: third })).body;
    expect(reply.replyTo).toBe(third);
    await there.wait((frame) => frame.type === 'message' && frame.message.replyTo === third);
    await client.put(`${path}/messages/${third}/reaction`, { emoji: '🎉' });
    await there.wait((frame) => frame.type === 'message.reaction' && frame.message.reactions[0]?.emoji === '🎉');
    // A repeat is the same message; its id with other words is refused.
    const body = { messageId: randomUUID(), text: 'Один раз' };
    const answers = await Promise.all(Array.from({ length: 6 }, () => client.post(`${path}/messages`, body)));
    expect(new Set(answers.map((one) => one.body.seq)).size).toBe(1);
    const other = await client.post(`${path}/messages`, { ...body, text: 'Другое' }, { expect: 409 });
    expect(other.body.code).toBe('messenger.message_id_taken');
    await client.patch(`${path}/messages/${first}`, { text: 'чужое' }, { expect: 404 });
    there.close();
    const gone = await here.wait((frame) => frame.type === 'presence' && frame.presence?.online === false);
    expect(gone.presence.lastSeenAt).not.toBeNull();
    here.close();
  },
};

const resume: Walk = {
  name: 'F13: a client whose line broke reads what came meanwhile from either replica: each message once, in order, then goes on live',
  async run(world) {
    const { client, freelancer } = await pairWithMoney(world, ['Жанна Обрыв', 'Захар Писец']);
    const orderId = await publish(client, 'Буклет для музея');
    await respond(freelancer, orderId);
    const path = `/conversations/${await conversationOf(client, orderId)}`;
    let rev = (await client.get(path)).body.rev;
    const read: string[] = [];
    const catchUp = async () => {
      for (let more = true; more; ) {
        const { body } = await client.get(`${path}/changes?after=${rev}&limit=7`);
        for (const one of body.items) read.push(one.text);
        ({ rev, more } = body);
      }
    };
    const wanted: string[] = [];
    const write = async (count: number) => {
      for (let i = 0; i < count; i++) {
        wanted.push(`строка ${wanted.length + 1}`);
        await say(freelancer, path, wanted.at(-1) as string);
      }
    };
    for (let round = 0; round < 4; round++) {
      const socket = await client.socket();
      await catchUp();
      await write(5);
      await socket.wait((frame) => frame.type === 'message' && frame.message.text === wanted.at(-1));
      // A frame of before may come late: its revision says that it was read already.
      const came = socket.frames.filter((frame) => frame.type === 'message' && frame.rev > rev);
      expect(came.map((frame) => frame.message.text).sort()).toEqual(wanted.slice(-5).sort());
      socket.drop();
      await write(9);
    }
    await catchUp();
    expect(read).toEqual(wanted);
  },
};

const windows: Walk = {
  name: 'M1, M2, I21: edits end with their window, staff on a ticket sees the original and the look is shown; search; closed after a bad end',
  async run(world) {
    const admin = await newAdmin(world);
    const support = await joinStaff(admin, 'Инна Поддержка');
    const { client, freelancer } = await pairWithMoney(world, ['Кира Спорова', 'Лев Правкин']);
    const orderId = await runningDeal(client, freelancer, 'Афиша для театра');
    const path = `/conversations/${await conversationOf(client, orderId)}`;
    const text = 'Пришлю макеты афиши завтра, они почти готовы.';
    const { messageId } = (await say(freelancer, path, text)).body;
    await freelancer.patch(`${path}/messages/${messageId}`, { text: 'Пришлю макеты афиши через неделю.' });
    const dropped = (await say(freelancer, path, 'Лишние слова про канарейку')).body.messageId;
    await freelancer.delete(`${path}/messages/${dropped}`);
    await say(client, path, 'The drafts were running late again.');
    for (const [q, hits] of [
      ['макетами', 1],
      ['draft runs', 1],
      ['канарейка', 0],
    ] as const) {
      const { items } = (await client.get(`/conversations/search?q=${encodeURIComponent(q)}`)).body;
      expect(items, q).toHaveLength(hits);
    }
    const ticket = { kind: 'complaint', subject: 'Обещания меняются', text: 'Срок в переписке переписали.', orderId };
    const { ticketId } = (await client.post('/tickets', ticket)).body;
    await support.until('/support/queue', (body) => JSON.stringify(body).includes(ticketId));
    const { conversation } = (await support.get(`/tickets/${ticketId}/context`)).body;
    const originals = conversation.value.items.flatMap((one: { originals: { text: string }[] }) => one.originals);
    expect(originals.map((one: { text: string }) => one.text).sort()).toEqual(
      ['Лишние слова про канарейку', text].sort(),
    );
    for (const api of [client, freelancer]) {
      const looks = (await api.get(`${path}/looks`)).body.items;
      expect(looks[0]).toMatchObject({ ticketId, actorId: support.userId });
    }
    // Nobody of staff reads it without a ticket.
    await support.get(`${path}/messages`, { expect: [403, 404] });
    await world.advance(16 * MINUTE);
    await signInAgain(client, freelancer);
    const late = await freelancer.patch(`${path}/messages/${messageId}`, { text: 'Поздно' }, { expect: 409 });
    expect(late.body.code).toBe('messenger.too_late');
    await freelancer.delete(`${path}/messages/${messageId}`, { expect: 409 });
    await freelancer.post(`/orders/${orderId}/cancellation`, { reason: 'Не успеваю' });
    await client.until(`/orders/${orderId}`, (order) => order.status === 'cancelled' && order.funding === 'settled');
    const closed = await client.until(path, (body) => body.readOnly !== null);
    expect(closed).toMatchObject({ readOnly: 'order_ended', orderStatus: 'cancelled' });
    const refused = await client.post(
      `${path}/messages`,
      { messageId: randomUUID(), text: 'Ещё слово' },
      { expect: 409 },
    );
    expect(refused.body.code).toBe('messenger.read_only');
    const steps = (await client.get(`${path}/messages`)).body.items.filter(
      (one: { kind: string }) => one.kind === 'system',
    );
    expect(steps.map((one: { text: string }) => one.text)).toEqual([
      'Исполнитель откликнулся на заказ',
      'Работа началась: деньги зарезервированы',
      'Заказ отменён. Причина: Не успеваю',
    ]);
  },
};

const TUS = { 'tus-resumable': '1.0.0' };
const b64 = (text: string) => Buffer.from(text).toString('base64');

async function begin(api: Api, path: string, length: number, name: string, expected = 201) {
  const headers = { ...TUS, 'upload-length': String(length), 'upload-metadata': `filename ${b64(name)}` };
  const answer = await api.call('POST', `${path}/uploads`, { headers, key: false, expect: expected });
  return { ...answer, upload: (answer.headers.get('location') ?? '').replace('/api/v1', '') };
}
const part = (api: Api, upload: string, offset: number, bytes: Buffer, expected = 204) =>
  api.call('PATCH', upload, {
    bytes,
    contentType: 'application/offset+octet-stream',
    headers: { ...TUS, 'upload-offset': String(offset) },
    expect: expected,
  });

/** A part of which only the first half is sent before the line breaks. */
async function brokenPart(api: Api, upload: string, offset: number, bytes: Buffer): Promise<void> {
  const half = bytes.subarray(0, bytes.length / 2);
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new Uint8Array(half));
      setTimeout(() => controller.error(new Error('the line broke')), 50);
    },
  });
  const base = api.world.gateways[0] as string;
  const headers = {
    ...TUS,
    authorization: `Bearer ${api.token}`,
    'upload-offset': String(offset),
    'content-type': 'application/offset+octet-stream',
  };
  const sent = fetch(`${base}/api/v1${upload}`, { method: 'PATCH', headers, body, duplex: 'half' } as RequestInit);
  await expect(sent).rejects.toThrow();
}

const files: Walk = {
  name: 'M3, T1–T4: an upload that breaks goes on at the other replica; types by content, limits, previews, links that end, files that go',
  async run(world) {
    const { client, freelancer } = await pairWithMoney(world, ['Майя Файлова', 'Нестор Фотов']);
    const stranger = await newPerson(world, 'Олег Чужой', ['freelancer']);
    const orderId = await publish(client, 'Съёмка витрины');
    await respond(freelancer, orderId);
    const path = `/conversations/${await conversationOf(client, orderId)}`;
    const content = Buffer.alloc(3 * 1024 * 1024, 'части большого файла ');
    const third = content.length / 3;
    const { upload } = await begin(client, path, content.length, 'договор.txt');
    await part(client, upload, 0, content.subarray(0, third));
    await brokenPart(client, upload, third, content.subarray(third, 2 * third));
    // Asked twice, so at both gateways: the upload stands where its last whole part ended.
    for (let i = 0; i < 2; i++) {
      const { headers } = await client.call('HEAD', upload, { headers: TUS });
      expect(headers.get('upload-offset')).toBe(String(third));
    }
    await stranger.call('HEAD', upload, { headers: TUS, expect: 404 });
    await part(client, upload, third, content.subarray(third, 2 * third));
    await part(client, upload, third, content.subarray(third, 2 * third), 409);
    await part(client, upload, 2 * third, content.subarray(2 * third));
    const { attachment } = (await client.get(upload)).body;
    const sha256 = createHash('sha256').update(content).digest('hex');
    expect(attachment).toMatchObject({ fileName: 'договор.txt', contentType: 'text/plain', sha256 });
    await say(client, path, '', { attachmentIds: [attachment.attachmentId] });
    const got = await freelancer.get(`/attachments/${attachment.attachmentId}`);
    expect(createHash('sha256').update(got.body).digest('hex')).toBe(sha256);

    const put = (api: Api, name: string, bytes: Buffer, expected?: number) =>
      api.post(`${path}/attachments?fileName=${encodeURIComponent(name)}`, undefined, {
        bytes,
        ...(expected && { expect: expected }),
      });
    const refusals: [string, Buffer, string][] = [
      ['игра.txt', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(200)]), 'messenger.file_refused'],
      ['письмо.txt', Buffer.from('some VIRUS inside'), 'messenger.file_infected'],
    ];
    for (const [name, bytes, code] of refusals) expect((await put(client, name, bytes, 400)).body.code).toBe(code);
    const large = await begin(client, path, 6 * 1024 * 1024, 'фильм.mp4', 413);
    expect(large.body.code).toBe('messenger.upload_too_large');
    const rest = await begin(client, path, 4 * 1024 * 1024, 'архив.bin');
    const over = await begin(client, path, 3 * 1024 * 1024, 'ещё.bin', 413);
    expect(over.body.code).toBe('messenger.quota_exceeded');
    await client.call('DELETE', rest.upload, { headers: TUS });

    const svg = (await put(freelancer, 'знак.svg', Buffer.from('<!doctype html><script>alert(1)</script>'))).body;
    await say(freelancer, path, 'Знак', { attachmentIds: [svg.attachmentId] });
    const inert = await client.get(`/attachments/${svg.attachmentId}`);
    expect(inert.headers.get('content-type')).toMatch(/^(text\/plain|application\/octet-stream)/);
    expect(inert.headers.get('content-disposition')).toMatch(/^attachment/);
    expect(inert.headers.get('content-security-policy')).toContain('sandbox');

    const photo = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#3a3' } })
      .withExif({ IFD0: { Copyright: 'Canary Owner' }, IFD3: { GPSLatitude: '55/1 45/1 0/1' } })
      .jpeg()
      .toBuffer();
    const image = (await put(freelancer, '../витрина.txt', photo)).body;
    expect(image).toMatchObject({ fileName: 'витрина.txt', contentType: 'image/jpeg', hasPreview: true });
    await client.get(`/attachments/${image.attachmentId}`, { expect: 404 });
    const { messageId } = (await say(freelancer, path, 'Вот витрина', { attachmentIds: [image.attachmentId] })).body;
    const shown = await client.get(`/attachments/${image.attachmentId}`);
    const preview = await client.get(`/attachments/${image.attachmentId}/preview`);
    expect((await sharp(preview.body).metadata()).format).toBe('webp');
    for (const { body } of [shown, preview]) expect(body.includes('Canary Owner')).toBe(false);
    for (const what of ['', '/preview', '/links'])
      await stranger.get(`/attachments/${image.attachmentId}${what}`, { expect: 404 });

    const guest = new Api(world);
    const linkOf = async () => (await client.get(`/attachments/${image.attachmentId}/links`)).body;
    const opened = (url: string, expected: number) =>
      guest.get(new URL(url, 'http://x').pathname, { expect: expected });
    const links = await linkOf();
    expect((await opened(links.url, 200)).headers.get('content-disposition')).toMatch(/^attachment/);
    await opened(links.previewUrl, 200);
    await opened(
      links.url.replace(/.$/, (last: string) => (last === 'A' ? 'B' : 'A')),
      404,
    );
    await world.advance(6 * MINUTE);
    await opened(links.url, 404);
    await signInAgain(client, freelancer);
    const fresh = await linkOf();
    await freelancer.delete(`${path}/messages/${messageId}`);
    await world.drain();
    // The link was made for a participant; membership and message are looked at again.
    await opened(fresh.url, 404);
    for (const api of [client, freelancer]) await api.get(`/attachments/${image.attachmentId}`, { expect: 404 });
  },
};

const erased: Walk = {
  name: 'T4, Z4: who was blocked or erased reads nothing more by a link that was made for him',
  async run(world) {
    const { client, freelancer } = await pairWithMoney(world, ['Павел Остался', 'Роман Уходит']);
    const orderId = await publish(client, 'Плакат для ярмарки');
    await respond(freelancer, orderId);
    const path = `/conversations/${await conversationOf(client, orderId)}`;
    const bytes = Buffer.from('смета');
    const file = (await client.post(`${path}/attachments?fileName=a.txt`, undefined, { bytes })).body;
    await say(client, path, 'Смета', { attachmentIds: [file.attachmentId] });
    const { url } = (await freelancer.get(`/attachments/${file.attachmentId}/links`)).body;
    const opened = (expected: number) => new Api(world).get(new URL(url, 'http://x').pathname, { expect: expected });
    await opened(200);
    const admin = await newAdmin(world);
    const block = { rule: 'spam', reason: 'Рассылка в откликах', until: null, deals: 'leave' };
    await admin.post(`/admin/users/${freelancer.userId}/block`, block);
    await world.drain();
    await opened(404);
    await admin.post(`/admin/users/${freelancer.userId}/unblock`, { reason: 'Разобрались' });
    await world.drain();
    await opened(200);
    await admin.post(`/admin/users/${freelancer.userId}/erasure`, { reason: 'Просьба самого человека' });
    await world.drain();
    await opened(404);
    expect((await client.get(path)).body.readOnly).toBe('participant_erased');
  },
};

export const TALK: readonly Walk[] = [opening, live, resume, windows, files, erased];
