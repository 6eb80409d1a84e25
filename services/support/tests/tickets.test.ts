import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import type { Principal } from '#kit/service/types.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

const HOUR = 3_600_000;
const STAFF = ['tickets.work', 'tickets.assign', 'tickets.escalate', 'reviews.delete', 'disputes.rule'];
let platform: TestPlatform;
const events: { subject: string; sequence?: string; data: Record<string, unknown> }[] = [];

beforeAll(async () => {
  platform = await bootPlatform({ services: ['support'] });
  await platform.bus.subscribe({
    queue: 'listener',
    types: ['support.ticket.changed.v1'],
    prefetch: 50,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        events.push(JSON.parse(delivery.raw.toString('utf8')));
        delivery.ack();
      }
    },
  });
});
afterAll(() => platform?.close());

const key = () => ({ idempotencyKey: randomUUID() });
type Extra = {
  contentType?: string;
  body?: unknown;
  query?: object;
  ifMatch?: string;
  idempotencyKey?: string;
  locale?: 'ru' | 'en';
};
const call = (user: Principal, route: string, ticketId?: string, extra: Extra = {}) =>
  platform.call('support', route, { user, params: ticketId ? { ticketId } : {}, ...extra } as never);
const open = async (user: Principal, body: object = {}) =>
  (
    await call(user, 'openTicket', undefined, {
      ...key(),
      body: { kind: 'question', subject: 'Вопрос', text: 'Как вывести деньги?', ...body },
    })
  ).body;
const say = (user: Principal, ticketId: string, text: string, body: object = {}) =>
  call(user, 'postTicketMessage', ticketId, { ...key(), body: { text, ...body } });
const byAdmin = (route: string, ticketId: string, body: unknown) =>
  platform.call('support', route, { caller: 'admin', params: { ticketId }, body });
const refused = (code: string) => ({ code });

describe('S1, S2: the life of a ticket', () => {
  test('opened, taken, asked back, answered, resolved, reopened, rated: history and events tell it once', async () => {
    const [author, agent] = [person(), person({ permissions: STAFF })];
    const ticket = await open(author);
    expect(ticket).toMatchObject({ status: 'new', statusTitle: 'Новое', version: 1, overdue: false, paused: false });
    expect(ticket.number).toBeGreaterThan(1000);
    const { ticketId } = ticket;
    expect((await call(agent, 'takeTicket', ticketId, { body: {} })).body.assigneeId).toBe(agent.userId);
    expect((await say(agent, ticketId, 'Какой банк?', { waitForUser: true })).body).toMatchObject({
      status: 'waiting_for_user',
      paused: true,
      answerDueAt: null,
    });
    expect((await say(author, ticketId, 'Любой')).body.status).toBe('assigned');
    const answer = (await say(agent, ticketId, 'Готово')).body;
    expect(answer.status).toBe('answered');
    const done = await call(agent, 'setTicketStatus', ticketId, {
      ifMatch: `"${answer.version}"`,
      body: { status: 'resolved' },
    });
    expect(done.body.status).toBe('resolved');
    const again = await call(author, 'reopenTicket', ticketId, { body: { reason: 'Не пришло' } });
    expect(again.body.status).toBe('assigned');
    await expect(call(author, 'rateTicket', ticketId, { body: { mark: 5 } })).rejects.toMatchObject(
      refused('support.step_refused'),
    );
    await say(agent, ticketId, 'Теперь пришло');
    const rated = (await call(author, 'rateTicket', ticketId, { body: { mark: 4 } })).body;
    expect(rated.history.map((step: { action: string }) => step.action)).toEqual(
      'open assign ask message answer resolve reopen answer rate'.split(' '),
    );
    expect(rated.version).toBe(9);
    expect(JSON.stringify(rated)).not.toContain(agent.userId);
  });

  test('E10, E15: one event per step, in sequence, for whom it concerns; the times are told once', async () => {
    const [author, agent] = [person(), person({ permissions: STAFF })];
    const { ticketId } = await open(author);
    await platform.advance(60_000);
    await say(agent, ticketId, 'Ответ');
    await call(agent, 'addTicketNote', ticketId, { body: { text: 'заметка' } });
    await say(author, ticketId, 'Ещё');
    await say(agent, ticketId, 'Ещё ответ');
    await call(agent, 'setTicketStatus', ticketId, { ifMatch: '"5"', body: { status: 'resolved' } });
    await call(author, 'rateTicket', ticketId, { body: { mark: 5 } });
    await platform.drain();
    const told = events.filter((e) => e.subject === ticketId).sort((x, y) => Number(x.sequence) - Number(y.sequence));
    expect(
      told.map(({ sequence, data: d }) => [sequence, d['action'], d['from'], d['to'], d['notify'], d['satisfaction']]),
    ).toEqual([
      ['1', 'open', null, 'new', [], null],
      ['2', 'answer', 'new', 'answered', [author.userId], null],
      ['4', 'message', 'answered', 'assigned', [agent.userId], null],
      ['5', 'answer', 'assigned', 'answered', [author.userId], null],
      ['6', 'resolve', 'answered', 'resolved', [author.userId], null],
      ['7', 'rate', 'resolved', 'resolved', [agent.userId], 5],
    ]);
    expect(told.map((e) => e.data['firstAnswerSeconds'] !== null)).toEqual([false, true, false, false, false, false]);
    expect(told[1]?.data['firstAnswerSeconds']).toBeGreaterThanOrEqual(60);
    expect(told.map((e) => e.data['resolutionSeconds'] !== null)).toEqual([false, false, false, false, true, false]);
  });

  test('a stale status change is refused', async () => {
    const [author, agent] = [person(), person({ permissions: STAFF })];
    const { ticketId } = await open(author);
    await say(author, ticketId, 'Ещё');
    const change = (ifMatch?: string) =>
      call(agent, 'setTicketStatus', ticketId, { body: { status: 'closed' }, ...(ifMatch ? { ifMatch } : {}) });
    await expect(change('"1"')).rejects.toMatchObject(refused('version_mismatch'));
    await expect(change()).rejects.toMatchObject(refused('version_required'));
    expect((await change('"2"')).body.status).toBe('closed');
  });

  test('the same key opens one ticket, another body under it is refused', async () => {
    const author = person();
    const once = key();
    const body = { kind: 'question', subject: 'Дважды', text: 'нажал' };
    const [a, b] = await Promise.all(
      [1, 2].map(() => call(author, 'openTicket', undefined, { ...once, body }).catch((e) => e)),
    );
    const replay = await call(author, 'openTicket', undefined, { ...once, body });
    for (const answer of [a, b]) if (answer.body) expect(answer.body.ticketId).toBe(replay.body.ticketId);
    await expect(
      call(author, 'openTicket', undefined, { ...once, body: { ...body, text: 'другое' } }),
    ).rejects.toMatchObject(refused('idempotency_mismatch'));
    expect((await call(author, 'listOwnTickets')).body.items).toHaveLength(1);
  });

  test('ten of staff take one ticket at once: each step is in the history, versions without a gap', async () => {
    const { ticketId } = await open(person());
    const agents = Array.from({ length: 10 }, () => person({ permissions: STAFF }));
    await Promise.all(agents.map((agent) => call(agent, 'takeTicket', ticketId, { body: {} })));
    const { body } = await call(agents[0] as Principal, 'readTicket', ticketId);
    expect(body.version).toBe(11);
    expect(body.history).toHaveLength(11);
  });
});

describe('who sees what (Z2)', () => {
  test("somebody else's ticket is 404 everywhere; notes and names of staff stay inside", async () => {
    const [author, agent, other] = [person(), person({ permissions: STAFF }), person()];
    const { ticketId } = await open(author);
    await call(agent, 'addTicketNote', ticketId, { body: { text: 'подозрительно' } });
    for (const [route, extra] of [
      ['readTicket', {}],
      ['listTicketMessages', {}],
      ['postTicketMessage', { ...key(), body: { text: 'x' } }],
      ['reopenTicket', { body: { reason: 'потому' } }],
      ['rateTicket', { body: { mark: 5 } }],
    ] as const)
      await expect(call(other, route, ticketId, extra), route).rejects.toMatchObject(refused('not_found'));
    for (const route of ['getTicketContext', 'addTicketNote', 'takeTicket'])
      await expect(call(author, route, ticketId, { body: { text: 'x' } }), route).rejects.toMatchObject(
        refused('forbidden'),
      );
    const own = (await call(author, 'readTicket', ticketId)).body;
    expect(own.messages).toHaveLength(1);
    expect(JSON.stringify(own)).not.toContain('подозрительно');
    expect(JSON.stringify(own)).not.toContain(agent.userId);
    const inside = (await call(agent, 'listTicketMessages', ticketId)).body;
    expect(inside.items.map((m: { internal: boolean }) => m.internal)).toEqual([true, false]);
    expect((await call(author, 'listTicketMessages', ticketId)).body.items).toHaveLength(1);
  });

  test('files: seen by the people of the ticket, always a download, gone with the person', async () => {
    const [author, agent, other] = [person(), person({ permissions: STAFF }), person()];
    const { ticketId } = await open(author);
    const body = Buffer.from('<script>alert(1)</script>');
    const attach = (user: Principal) =>
      call(user, 'attachToTicket', ticketId, { body, contentType: 'text/html', query: { fileName: "чек'.html" } });
    await expect(attach(other)).rejects.toMatchObject(refused('not_found'));
    const [file] = (await attach(author)).body.attachments;
    expect(file).toMatchObject({ fileName: "чек'.html", contentType: 'application/octet-stream', size: body.length });
    const get = (user: Principal, params = { ticketId, attachmentId: file.attachmentId }) =>
      platform.call('support', 'getTicketAttachment', { user, params });
    const got = await get(agent);
    expect(got.body).toEqual(body);
    expect(got.headers['content-disposition']).toBe("attachment; filename*=UTF-8''%D1%87%D0%B5%D0%BA%27.html");
    await expect(get(other)).rejects.toMatchObject(refused('not_found'));
    const own = await open(other);
    await expect(get(other, { ticketId: own.ticketId, attachmentId: file.attachmentId })).rejects.toMatchObject(
      refused('not_found'),
    );
    await platform.publish('users.user.erased.v1', author.userId, { userId: author.userId, actorId: agent.userId });
    await platform.drain();
    await expect(get(agent)).rejects.toMatchObject(refused('not_found'));
    expect(await platform.ctx('support').files.get(`attachments/${file.attachmentId}`)).toBeUndefined();
  });

  test('staff does not work on an own case, and does not see it in the queue', async () => {
    const agent = person({ permissions: STAFF });
    const { ticketId } = await open(agent);
    await expect(call(agent, 'takeTicket', ticketId, { body: {} })).rejects.toMatchObject(
      refused('support.own_ticket'),
    );
    await expect(
      byAdmin('assignTicket', ticketId, { actorId: agent.userId, assigneeId: agent.userId }),
    ).rejects.toMatchObject(refused('support.own_ticket'));
    const { items } = (await call(agent, 'getQueue', undefined, { query: { limit: 100 } })).body;
    expect(items.some((t: { ticketId: string }) => t.ticketId === ticketId)).toBe(false);
  });
});

describe('deadlines and the queue', () => {
  test('the next deadline first, page by page; a setting acts from its date; late ones are marked', async () => {
    const agent = person({ permissions: STAFF });
    const author = person();
    const settingId = randomUUID();
    const from = platform.clock.now();
    const version = (n: number, hours: number, at: Date) =>
      platform.publish('admin.setting.changed.v1', settingId, {
        settingId,
        key: 'support.deadlines',
        version: n,
        value: { firstAnswerHours: hours, resolutionHours: 72 },
        actsFrom: at.toISOString(),
        actorId: null,
      });
    await version(2, 1, new Date(from.getTime() + HOUR));
    await version(1, 2, from);
    await platform.drain();
    const two = await open(author, { kind: 'payment', category: 'queue' });
    expect(Date.parse(two.answerDueAt) - Date.parse(two.createdAt)).toBe(2 * HOUR);
    await platform.advance(HOUR + HOUR / 6);
    const one = await open(author, { kind: 'payment', category: 'queue' });
    expect(Date.parse(one.answerDueAt) - Date.parse(one.createdAt)).toBe(HOUR);
    const waits = await open(author, { kind: 'payment' });
    await say(agent, waits.ticketId, 'Что за банк?', { waitForUser: true });
    await platform.advance((HOUR * 11) / 12);
    const ids: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null; ) {
      const { body } = await call(agent, 'getQueue', undefined, {
        query: { kind: 'payment', limit: 1, ...(cursor ? { cursor } : {}) },
      });
      ids.push(...body.items.map((t: { ticketId: string }) => t.ticketId));
      cursor = body.nextCursor;
    }
    expect(ids).toEqual([two.ticketId, one.ticketId, waits.ticketId]);
    const late = (await call(agent, 'getQueue', undefined, { query: { kind: 'payment', overdue: 'true' } })).body.items;
    expect(late.map((t: { ticketId: string; overdue: boolean }) => [t.ticketId, t.overdue])).toEqual([
      [two.ticketId, true],
    ]);
    const mine = (await call(agent, 'getQueue', undefined, { query: { assignee: 'me', kind: 'payment' } })).body.items;
    expect(mine).toHaveLength(1);
    // The hours of waiting do not count.
    const before = Date.parse(mine[0].resolveDueAt);
    await platform.advance(7 * HOUR);
    const back = (await say(author, waits.ticketId, 'Любой')).body;
    expect(Date.parse(back.resolveDueAt) - before).toBeGreaterThanOrEqual(7 * HOUR);
    await expect(call(agent, 'getQueue', undefined, { query: { cursor: 'WzEsMl0' } })).rejects.toMatchObject(
      refused('validation_failed'),
    );
  });
});

describe('staff', () => {
  test('triage: priority and tags, for staff only; a repeat is no step', async () => {
    const [author, agent] = [person(), person({ permissions: STAFF })];
    const { ticketId } = await open(author);
    const triage = (ifMatch: string) =>
      call(agent, 'triageTicket', ticketId, { ifMatch, body: { priority: 'high', tags: ['вип', 'вип'] } });
    expect((await triage('"1"')).body).toMatchObject({ priority: 'high', tags: ['вип'], version: 2, assigneeId: null });
    expect((await triage('"2"')).body.version).toBe(2);
    await expect(triage('"1"')).rejects.toMatchObject(refused('version_mismatch'));
    expect(JSON.stringify((await call(author, 'readTicket', ticketId)).body)).not.toContain('вип');
  });

  test('ready texts are kept in both languages', async () => {
    const agent = person({ permissions: STAFF });
    const key = { params: { key: 'thanks' }, user: agent };
    const body = { title: 'Спасибо', texts: { ru: 'Спасибо!', en: 'Thanks!' } };
    await platform.call('support', 'putCannedReply', { ...key, body: { ...body, title: 'x' } });
    await platform.call('support', 'putCannedReply', { ...key, body });
    expect((await call(agent, 'listCannedReplies')).body.items).toMatchObject([{ key: 'thanks', ...body }]);
    await platform.call('support', 'removeCannedReply', key);
    await expect(platform.call('support', 'removeCannedReply', key)).rejects.toMatchObject(refused('not_found'));
  });

  test('resolved is closed after a week, unless it is reopened', async () => {
    const [author, agent] = [person(), person({ permissions: STAFF })];
    const [a, b] = [await open(author), await open(author)];
    for (const { ticketId } of [a, b])
      await call(agent, 'setTicketStatus', ticketId, { ifMatch: '"1"', body: { status: 'resolved' } });
    await call(author, 'reopenTicket', b.ticketId, { body: { reason: 'Не решено' } });
    await platform.advance(7 * 24 * HOUR + 1000);
    expect((await call(author, 'readTicket', a.ticketId)).body.status).toBe('closed');
    // Nobody took it up again: its assignee was silent for too long, and it waits for somebody else.
    expect((await call(author, 'readTicket', b.ticketId)).body.status).toBe('new');
  });

  const rolesOf = (userId: string, roles: string[]) =>
    platform.publish('roles.assignment.changed.v1', userId, { userId, actorId: null, roles, before: [], reason: 'x' });

  test('a ticket is given to staff only; who leaves loses the desk to the queue, twice told is once done', async () => {
    const [agent, colleague] = [person({ permissions: STAFF }), person({ permissions: STAFF })];
    const { ticketId } = await open(person());
    const give = () => call(agent, 'takeTicket', ticketId, { body: { assigneeId: colleague.userId } });
    await expect(give()).rejects.toMatchObject(refused('support.not_staff'));
    await rolesOf(colleague.userId, ['support']);
    await platform.drain();
    expect((await give()).body).toMatchObject({ assigneeId: colleague.userId, status: 'assigned' });
    await platform.advance(1000);
    await rolesOf(colleague.userId, ['client']);
    await rolesOf(colleague.userId, ['client']);
    await platform.drain();
    const { body } = await call(agent, 'readTicket', ticketId);
    expect(body).toMatchObject({ assigneeId: null, status: 'new', version: 3 });
  });

  test('P2: erasure takes the words of the person, not the ticket', async () => {
    const author = person();
    const agent = person({ permissions: STAFF });
    const { ticketId } = await open(author, { subject: 'Мой адрес', text: 'ул. Ленина, 1' });
    await say(agent, ticketId, 'Ответ');
    await call(author, 'reopenTicket', ticketId, { body: { reason: 'ул. Ленина, 2' } });
    await platform.publish('users.user.erased.v1', author.userId, { userId: author.userId, actorId: agent.userId });
    await platform.drain();
    const { body } = await call(agent, 'readTicket', ticketId);
    expect(JSON.stringify(body)).not.toMatch(/Ленина|адрес/);
    expect(JSON.stringify(body)).toContain('Ответ');
  });

  test('the history refuses changes by the service itself', async () => {
    const { db } = platform.ctx('support');
    await expect(db.run(sql`update ticket_history set reason = 'x'`)).rejects.toThrow(/permission denied/);
    await expect(db.run(sql`delete from ticket_history`)).rejects.toThrow(/permission denied/);
  });
});

describe('I24, E11: escalation', () => {
  test('escalated, answered by the administration, or sent back', async () => {
    const [author, agent, admin] = [person(), person({ permissions: STAFF }), person()];
    const { ticketId } = await open(author, { kind: 'complaint' });
    const escalate = () => call(agent, 'escalateTicket', ticketId, { body: { reason: 'сложно' } });
    expect((await escalate()).body.status).toBe('escalated');
    await expect(escalate()).rejects.toMatchObject(refused('support.step_refused'));
    expect(JSON.stringify((await call(author, 'readTicket', ticketId)).body)).not.toContain('сложно');
    const decide = (decision: object) => byAdmin('decideEscalation', ticketId, { actorId: admin.userId, decision });
    expect((await decide({ kind: 'return', reason: 'разберитесь' })).body.status).toBe('assigned');
    await expect(decide({ kind: 'answer', text: 'Поздно' })).rejects.toMatchObject(refused('support.step_refused'));
    await escalate();
    expect((await decide({ kind: 'answer', text: 'Верно решили' })).body.status).toBe('answered');
    const own = (await call(author, 'readTicket', ticketId)).body;
    expect(own.messages.at(-1)).toMatchObject({ text: 'Верно решили', authorKind: 'support', authorId: null });
    const { body } = await platform.call('support', 'listTickets', { caller: 'admin', query: { status: 'answered' } });
    expect(body.items.some((t: { ticketId: string }) => t.ticketId === ticketId)).toBe(true);
    await expect(platform.call('support', 'listTickets', { caller: 'orders' })).rejects.toMatchObject(
      refused('forbidden'),
    );
  });
});
