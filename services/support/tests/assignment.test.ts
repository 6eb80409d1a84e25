import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import type { SupportContext } from '../context.ts';
import { isPresent } from '../domain/presence.ts';
import { type StandIns, standIn } from './stand-ins.ts';

const STAFF = ['tickets.work', 'tickets.assign', 'tickets.escalate', 'reviews.delete'];
const HOUR = 3_600_000;
let platform: TestPlatform;
let stand: StandIns;
let versions = 1;

beforeAll(async () => {
  platform = await bootPlatform({ services: ['support'] });
  stand = standIn(platform.ctx('support') as unknown as SupportContext);
});
afterAll(() => platform?.close());

const call = (user: Principal, route: string, ticketId?: string, extra: object = {}) =>
  platform.call('support', route, { user, params: ticketId ? { ticketId } : {}, ...extra });
const refused = (code: string) => ({ code });

async function setting(value: object): Promise<void> {
  await platform.publish('admin.setting.changed.v1', randomUUID(), {
    settingId: randomUUID(),
    key: 'support.assignment',
    version: ++versions,
    value,
    actsFrom: platform.clock.now().toISOString(),
    actorId: null,
  });
  await platform.drain();
}
async function agent(state?: 'online' | 'away'): Promise<Principal> {
  const user = person({ permissions: STAFF });
  await platform.publish('roles.assignment.changed.v1', user.userId, {
    userId: user.userId,
    actorId: null,
    before: [],
    roles: ['support'],
    reason: 'x',
  });
  await platform.drain();
  if (state) await presence(user, state);
  return user;
}
async function presence(user: Principal, state: string): Promise<void> {
  await call(user, 'setOwnPresence', undefined, { body: { state } });
  await platform.drain();
}
async function open(author: Principal, more: object = {}) {
  const body = { kind: 'question', subject: 'Вопрос', text: 'Как вывести деньги?', ...more };
  const { body: ticket } = await call(author, 'openTicket', undefined, { idempotencyKey: randomUUID(), body });
  await platform.drain();
  return ticket;
}
const assignee = async (by: Principal, ticketId: string) => (await call(by, 'readTicket', ticketId)).body.assigneeId;

describe('assignment by load and presence', () => {
  test('a ticket waits until somebody is at work; then the one with the least on the desk has it, never an own case', async () => {
    const [a, b, away] = [await agent(), await agent(), await agent('away')];
    const first = await open(person());
    expect(await assignee(a, first.ticketId)).toBeNull();
    await presence(a, 'online');
    expect(await assignee(a, first.ticketId)).toBe(a.userId);
    await presence(b, 'online');
    const second = await open(person());
    expect(await assignee(a, second.ticketId)).toBe(b.userId);
    const own = await open(b);
    expect(await assignee(a, own.ticketId)).toBe(a.userId);
    const { body } = await platform.call('support', 'getStaffLoad', {
      caller: 'admin',
      query: { ids: [a, b, away].map((one) => one.userId).join(',') },
    });
    const load = (user: Principal) => body.items.find((one: { userId: string }) => one.userId === user.userId);
    expect(load(a)).toMatchObject({ present: true, openTickets: 2 });
    expect(load(away)).toMatchObject({ present: false, openTickets: 0 });
    for (const user of [a, b]) await presence(user, 'away');
  });

  test('nobody is given more than the limit; switched off, tickets wait for a hand', async () => {
    const one = await agent('online');
    await setting({ automatic: true, maxOpen: 1, silentHours: 0 });
    const [first, second] = [await open(person()), await open(person())];
    expect(await assignee(one, first.ticketId)).toBe(one.userId);
    expect(await assignee(one, second.ticketId)).toBeNull();
    await setting({ automatic: false, maxOpen: 20, silentHours: 0 });
    const third = await open(person());
    await platform.advance(2 * 60_000);
    expect(await assignee(one, third.ticketId)).toBeNull();
    await call(one, 'takeTicket', third.ticketId, { body: { assigneeId: 'self' } });
    expect(await assignee(one, third.ticketId)).toBe(one.userId);
    await presence(one, 'away');
    await call(one, 'setTicketStatus', second.ticketId, { ifMatch: `"${second.version}"`, body: { status: 'closed' } });
  });

  test('a silent assignee loses the ticket to somebody else; a note keeps it', async () => {
    await setting({ automatic: true, maxOpen: 20, silentHours: 4 });
    const [silent, other] = [await agent('online'), await agent()];
    const { ticketId } = await open(person());
    expect(await assignee(other, ticketId)).toBe(silent.userId);
    await platform.advance(3 * HOUR);
    await call(silent, 'addTicketNote', ticketId, { body: { text: 'Смотрю' } });
    await platform.advance(2 * HOUR);
    expect(await assignee(other, ticketId)).toBe(silent.userId);
    await presence(other, 'online');
    await platform.advance(2 * HOUR + 1000);
    expect(await assignee(other, ticketId)).toBe(other.userId);
    const { history } = (await call(other, 'readTicket', ticketId)).body;
    const lost = history.find((step: { action: string }) => step.action === 'unassign');
    expect(lost.reason).toBe('Исполнитель молчал дольше срока.');
    const english = (await call(other, 'readTicket', ticketId, { locale: 'en' })).body.history;
    expect(english.map((step: { reason: string }) => step.reason)).toContain('The assignee was silent for too long.');
    for (const user of [silent, other]) await presence(user, 'away');
  });

  test('shifts count in their time zone, unless somebody said otherwise', () => {
    const shifts = { timeZone: 'Asia/Yekaterinburg', items: [{ day: 1, from: '09:00', to: '18:00' }] };
    const at = (time: string) => new Date(`2026-11-23T${time}Z`);
    expect(isPresent(null, shifts, at('04:30:00'))).toBe(true);
    expect(isPresent(null, shifts, at('03:30:00'))).toBe(false);
    expect(isPresent(null, shifts, at('13:00:00'))).toBe(false);
    expect(isPresent({ state: 'away', until: at('06:00:00') }, shifts, at('04:30:00'))).toBe(false);
    expect(isPresent({ state: 'away', until: at('04:00:00') }, shifts, at('04:30:00'))).toBe(true);
  });
});

describe('what a ticket is about', () => {
  test('a person, a payment, a message: only what its author may see', async () => {
    const author = person();
    const other = randomUUID();
    // The stand-ins hide a person from himself, and show payments and messages by the id of their owner.
    const ticket = await open(author, { kind: 'complaint', userId: other, transactionId: author.userId });
    expect(ticket).toMatchObject({ userId: other, transactionId: author.userId, messageId: null });
    for (const foreign of [{ userId: author.userId }, { transactionId: other }, { messageId: other }])
      await expect(open(author, foreign)).rejects.toMatchObject(refused('not_found'));
    const about = await open(author, { messageId: author.userId });
    const { body } = await call(person({ permissions: STAFF }), 'getTicketContext', about.ticketId);
    expect(body.message.value.text).toBe('привет');
    expect(body.payment).toEqual({ value: null, missing: 'not_about_it' });
  });
});

describe('tickets that belong together', () => {
  test('merged: messages and files go into the other one, the first is closed and stays closed', async () => {
    const [author, staff] = [person(), person({ permissions: STAFF })];
    const [a, b, foreign] = [await open(author), await open(author), await open(person())];
    const merge = (into: string) => call(staff, 'mergeTicket', a.ticketId, { body: { into } });
    await expect(merge(foreign.ticketId)).rejects.toMatchObject(refused('support.not_mergeable'));
    await expect(merge(a.ticketId)).rejects.toMatchObject(refused('support.not_mergeable'));
    const orderId = stand.order(author.userId, randomUUID());
    const dispute = await open(author, { kind: 'dispute', orderId });
    await expect(merge(dispute.ticketId)).rejects.toMatchObject(refused('support.not_mergeable'));
    const into = (await merge(b.ticketId)).body;
    expect(into.messages.filter((one: { authorKind: string }) => one.authorKind === 'user')).toHaveLength(2);
    const left = (await call(author, 'readTicket', a.ticketId)).body;
    expect(left).toMatchObject({ status: 'closed', mergedInto: b.ticketId });
    await expect(call(author, 'reopenTicket', a.ticketId, { body: { reason: 'ещё раз' } })).rejects.toMatchObject(
      refused('support.step_refused'),
    );
  });

  test('linked both ways, seen by staff only', async () => {
    const [author, staff] = [person(), person({ permissions: STAFF })];
    const [a, b] = [await open(author), await open(person())];
    const params = { ticketId: a.ticketId, otherId: b.ticketId };
    const linked = await call(staff, 'linkTicket', undefined, { params });
    expect(linked.body.links).toMatchObject([{ ticketId: b.ticketId }]);
    expect((await call(staff, 'readTicket', b.ticketId)).body.links).toMatchObject([{ ticketId: a.ticketId }]);
    expect((await call(author, 'readTicket', a.ticketId)).body.links).toEqual([]);
    await expect(call(author, 'linkTicket', undefined, { params })).rejects.toMatchObject(refused('forbidden'));
    await call(staff, 'unlinkTicket', undefined, { params });
    expect((await call(staff, 'readTicket', b.ticketId)).body.links).toEqual([]);
  });
});

describe('S3: a review redacted, appealed, shown again', () => {
  test('parts give way to a mark; somebody else upholds the appeal, and the text is back', async () => {
    const [author, target, one, other] = [person(), person(), await agent(), await agent()];
    const reviewId = stand.review(author.userId, target.userId);
    const { ticketId } = await open(target, { kind: 'review', reviewId });
    const body = { ground: 'personal_data', justification: 'В отзыве телефон.', parts: ['+7'] };
    const done = await call(one, 'redactTicketReview', ticketId, { body });
    expect(done.body.status).toBe('resolved');
    expect(stand.reviews.get(reviewId)?.text).toBe('плохо, звоните […]');
    const appeal = await open(author, { kind: 'appeal', reviewId });
    const justification = { justification: 'Номер принадлежит площадке.' };
    await expect(call(one, 'restoreTicketReview', appeal.ticketId, { body: justification })).rejects.toMatchObject(
      refused('support.same_person'),
    );
    await expect(call(other, 'redactTicketReview', appeal.ticketId, { body })).rejects.toMatchObject(
      refused('support.no_review'),
    );
    // The ticket is a colleague's.
    await expect(call(other, 'restoreTicketReview', ticketId, { body: justification })).rejects.toMatchObject(
      refused('forbidden'),
    );
    await call(other, 'restoreTicketReview', appeal.ticketId, { body: justification });
    expect(stand.reviews.get(reviewId)).toMatchObject({ text: 'плохо, звоните +7', redactedAt: null });
  });
});
