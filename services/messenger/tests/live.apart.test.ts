/** What passes live between people on two gateways: presence, typing, calls over the socket (M1, F13). */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Pair, type Person, twoReplicas } from './two-replicas.ts';

let pair: Pair;
let anna: Person;
let boris: Person;
let stranger: Person;
let conversationId: string;

beforeAll(async () => {
  pair = await twoReplicas({ MESSENGER_PRESENCE_GRACE: '0s' });
  anna = await pair.person('Анна', 'client');
  boris = await pair.person('Борис', 'freelancer');
  stranger = await pair.person('Чужой', 'freelancer');
  conversationId = await pair.conversation(anna, boris);
}, 60_000);
afterAll(() => pair?.close());

/** How a person is shown in a conversation, at both replicas. */
async function shown(of: Person, to: Person): Promise<unknown[]> {
  const answers = [0, 1].map((gateway) => pair.api(gateway, to.token, 'GET', `/conversations/${conversationId}`));
  return (await Promise.all(answers)).map(
    ({ participants }) => participants.find((one: { userId: string }) => one.userId === of.userId).presence,
  );
}

test('presence: who comes by one gateway is online at the other, to those he talks with alone; who leaves was here a moment ago', async () => {
  expect(await shown(boris, anna)).toEqual([
    { online: false, lastSeenAt: null },
    { online: false, lastSeenAt: null },
  ]);
  const [here, outside] = [await pair.connect(0, anna), await pair.connect(0, stranger)];
  const there = await pair.connect(1, boris);
  const from = { userId: boris.userId };
  const came = await here.heard('presence', (frame) => frame.userId === boris.userId && frame.presence.online);
  expect(came).toMatchObject({ ...from, presence: { online: true, lastSeenAt: null } });
  await expect.poll(() => shown(boris, anna)).toEqual(Array(2).fill({ online: true, lastSeenAt: null }));
  // A second device: the first one going changes nothing.
  const phone = await pair.connect(0, boris);
  await there.close();
  const typed = await phone.call('messenger.sayTyping', { conversationId });
  expect(typed.status).toBe(204);
  await here.heard('typing');
  expect(here.frames.filter((frame) => frame.type === 'presence' && !frame.presence.online)).toEqual([]);
  const before = Date.now();
  await phone.close();
  const left = await here.heard('presence', (frame) => frame.userId === boris.userId && !frame.presence.online);
  expect(Date.parse(left.presence.lastSeenAt)).toBeGreaterThanOrEqual(before);
  await expect.poll(() => shown(boris, anna)).toEqual(Array(2).fill(left.presence));
  expect(outside.frames.filter((frame) => frame.type === 'presence')).toEqual([]);
  await Promise.all([here.close(), outside.close()]);
});

test('presence that is hidden is shown to nobody, from that moment on and until it is shown again', async () => {
  const [here, there] = [await pair.connect(0, anna), await pair.connect(1, boris)];
  await here.heard('presence', (frame) => frame.userId === boris.userId && frame.presence?.online);
  const path = '/me/presence-settings';
  expect(await pair.api(0, boris.token, 'GET', path)).toEqual({ visible: true });
  await pair.api(1, boris.token, 'PUT', path, { visible: false });
  await here.heard('presence', (frame) => frame.userId === boris.userId && frame.presence === null);
  expect(await shown(boris, anna)).toEqual([null, null]);
  // He himself still sees others.
  await expect.poll(() => shown(anna, boris)).toEqual(Array(2).fill({ online: true, lastSeenAt: null }));
  const known = here.frames.length;
  await there.close();
  const again = await pair.connect(1, boris);
  await again.call('messenger.sayTyping', { conversationId });
  await here.heard('typing');
  expect(here.frames.slice(known).filter((frame) => frame.type === 'presence')).toEqual([]);
  await pair.api(0, boris.token, 'PUT', path, { visible: true });
  expect(await pair.api(1, boris.token, 'GET', path)).toEqual({ visible: true });
  await here.heard('presence', (frame) => here.frames.indexOf(frame) >= known && frame.presence?.online);
  await Promise.all([here.close(), again.close()]);
});

test('typing reaches the other side at the other gateway, and nobody else', async () => {
  const lines = await Promise.all([pair.connect(0, anna), pair.connect(1, boris), pair.connect(1, stranger)]);
  const [here, there, outside] = lines;
  await pair.api(0, anna.token, 'POST', `/conversations/${conversationId}/typing`);
  expect(await there.heard('typing')).toEqual({ type: 'typing', conversationId, userId: anna.userId });
  const refused = await outside.call('messenger.sayTyping', { conversationId });
  expect(refused).toMatchObject({ status: 404, body: { code: 'not_found', type: '/problems/not_found' } });
  expect([...here.frames, ...outside.frames].filter((frame) => frame.type === 'typing')).toEqual([]);
  await Promise.all(lines.map((line) => line.close()));
});

test('a message sent over the socket is the same message as over REST: repeat, validation, rights, limits and all', async () => {
  const [here, there] = [await pair.connect(0, anna), await pair.connect(1, boris)];
  const messageId = randomUUID();
  const body = { messageId, text: 'Добрый день' };
  const sent = await here.call('messenger.sendMessage', { conversationId }, body);
  expect(sent).toMatchObject({ status: 201, body: { messageId, text: 'Добрый день', senderId: anna.userId } });
  const frame = await there.heard('message', ({ message }) => message.messageId === messageId);
  expect(frame.message).toEqual(sent.body);
  const repeated = await pair.api(1, anna.token, 'POST', `/conversations/${conversationId}/messages`, body);
  expect(repeated).toEqual(sent.body);
  expect((await here.call('messenger.sendMessage', { conversationId }, { messageId })).body).toMatchObject({
    code: 'validation_failed',
    errors: [{ pointer: '/body/text' }],
  });
  expect((await here.call('messenger.getConversation', { conversationId })).body.code).toBe('not_found');
  expect((await here.call('auth.changePassword', {}, {})).body.code).toBe('not_found');
  const read = await there.call('messenger.markRead', { conversationId }, { seq: sent.body.seq });
  expect(read.body).toEqual({ readSeq: sent.body.seq, unread: 0 });
  await here.heard('read', (one) => one.readSeq === sent.body.seq);
  const closed = new Promise((resolve) => here.socket.once('close', (code) => resolve(code)));
  here.socket.send('{"type":"call","id":"1","id":"2","route":"messenger.markRead"}');
  expect(await closed).toBe(4400);
  expect(there.socket.readyState).toBe(WebSocket.OPEN);
  await there.close();
});
