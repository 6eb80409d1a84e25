import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { LIVE_CHANNEL } from '#kit/service/live.ts';
import { type AdminFixture, adminFixture } from './fixture.ts';

let fix: AdminFixture;
beforeAll(async () => {
  fix = await adminFixture();
});
afterAll(() => fix.platform.close());

async function asOwner(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: fix.platform.adminUrl });
  await client.connect();
  await client.query(text).finally(() => client.end());
}

const escalated = (ticketId: string, at: string, reason = 'не договорились') => ({
  ticketId,
  number: 1,
  kind: 'dispute',
  subject: 'Спор',
  authorId: newId(),
  orderId: newId(),
  reviewId: null,
  escalatedBy: newId(),
  reason,
  at,
});

test('an escalation arrives, is decided once and executed by support; duplicates and old events change nothing', async () => {
  const ticketId = newId();
  const type = 'support.ticket.escalated.v1';
  const data = escalated(ticketId, '2026-11-01T10:00:00.000Z');
  const id = newId();
  await fix.platform.publish(type, ticketId, data, { id });
  await fix.platform.publish(type, ticketId, data, { id });
  await fix.platform.publish(type, ticketId, { ...data, at: '2026-11-01T09:00:00.000Z', reason: 'старее' });
  await fix.platform.drain();
  const list = async () => (await fix.call('listEscalations', { query: { status: 'open' } })).body.items;
  expect(await list()).toMatchObject([{ ticketId, reason: 'не договорились', status: 'open' }]);

  const decision = { kind: 'answer', text: 'Решение верно.' };
  const calls: unknown[] = [];
  fix.play('support', {
    decideEscalation: async (input: unknown) => {
      calls.push(input);
      return {};
    },
  });
  const decide = () => fix.call('decideEscalation', { params: { ticketId }, body: { decision } });
  expect((await decide()).body).toMatchObject({ status: 'decided', decidedBy: fix.admin.userId, decision });
  await expect(decide()).rejects.toMatchObject({ code: 'admin.already_decided' });
  expect(calls).toEqual([{ params: { ticketId }, body: { actorId: fix.admin.userId, decision } }]);
  expect(await list()).toEqual([]);
  expect((await fix.log({ targetId: ticketId })).map((entry) => entry.outcome)).toEqual(['refused', 'done']);

  await fix.platform.publish(type, ticketId, { ...data, at: '2026-11-02T10:00:00.000Z', reason: 'снова' });
  await fix.platform.drain();
  expect(await list()).toMatchObject([{ reason: 'снова', decision: null }]);
  fix.play('support', {
    decideEscalation: async () => {
      throw new Problem('conflict');
    },
    getTicket: async () => ({ status: 'resolved' }),
  });
  await expect(decide()).rejects.toMatchObject({ code: 'admin.already_decided' });
  expect(await list()).toEqual([]);
});

test('sign-ins, refused ones too, role changes, money and review deletions are in the log once', async () => {
  const userId = newId();
  const actorId = newId();
  const reviewId = newId();
  const eventId = newId();
  const send = (type: string, subject: string, data: unknown, id?: string) =>
    fix.platform.publish(type, subject, data, id ? { id } : {});
  await send('auth.session.started.v1', userId, { userId, sessionId: newId(), factors: ['password'] }, eventId);
  await send('auth.session.started.v1', userId, { userId, sessionId: newId(), factors: ['password'] }, eventId);
  await send('auth.session.refused.v1', userId, { userId, reason: 'wrong_password' });
  await send('auth.session.ended.v1', userId, { userId, sessionIds: [newId()], reason: 'sign-out' });
  const at = '2026-11-01T10:00:00.000Z';
  await send('auth.security.noticed.v1', userId, { userId, kind: 'factor_removed', device: 'x', place: 'y', at });
  await send('roles.assignment.changed.v1', userId, {
    userId,
    actorId,
    roles: ['support'],
    before: [],
    reason: 'hired',
  });
  await send('orders.review.deleted.v1', reviewId, {
    reviewId,
    orderId: newId(),
    authorId: newId(),
    targetId: newId(),
    rating: 1,
    actorId,
    justification: 'оскорбления',
  });
  const transactionId = newId();
  await send('payments.transaction.posted.v1', transactionId, {
    transactionId,
    kind: 'adjustment',
    orderId: null,
    at: '2026-11-01T10:00:00.000Z',
    actorId,
    reason: 'ошибка провайдера',
    postings: [{ account: 'available', userId, amount: { amount: '100', currency: 'RUB' } }],
  });
  const [adjustmentId, adjustedId] = [newId(), newId()];
  const amount = { amount: '-2000000', currency: 'RUB' };
  const asked = { adjustmentId, userId: adjustedId, amount, reason: 'возврат', actorId };
  await send('payments.adjustment.requested.v1', adjustmentId, asked);
  await fix.platform.drain();
  const about = async (targetId: string) =>
    (await fix.log({ targetId })).map((entry) => [entry.action, entry.outcome, entry.reason ?? entry.code]);
  expect((await about(userId)).sort()).toEqual([
    ['auth.factor-removed', 'done', null],
    ['auth.sessions-ended', 'done', 'sign-out'],
    ['auth.sign-in', 'refused', 'wrong_password'],
    ['auth.signed-in', 'done', null],
    ['roles.assignment-changed', 'done', 'hired'],
  ]);
  expect(await about(reviewId)).toEqual([['review.delete', 'done', 'оскорбления']]);
  // Money that an admin moves stands there with who and why (P4, M12).
  expect(await fix.log({ targetId: transactionId })).toMatchObject([
    { action: 'payments.adjustment', actorId, reason: 'ошибка провайдера' },
  ]);
  expect(await fix.log({ targetId: adjustedId })).toMatchObject([
    { action: 'payments.adjustment-requested', actorId, reason: 'возврат' },
  ]);
});

test('what an erased person wrote is gone, and the erasure is in the log', async () => {
  const ticketId = newId();
  const data = { ...escalated(ticketId, '2026-11-03T10:00:00.000Z'), subject: 'canary-7f3a' };
  await fix.platform.publish('support.ticket.escalated.v1', ticketId, data);
  await fix.platform.drain();
  await fix.platform.publish('users.user.erased.v1', data.authorId, {
    userId: data.authorId,
    actorId: data.authorId,
  });
  await fix.platform.drain();
  const { items } = (await fix.call('listEscalations')).body;
  expect(items.find((one: { ticketId: string }) => one.ticketId === ticketId)).toMatchObject({
    subject: '',
    reason: '',
  });
  expect(JSON.stringify(items)).not.toContain('canary-7f3a');
  expect((await fix.log({ targetId: data.authorId }))[0]).toMatchObject({ action: 'users.erased' });
});

test('P4, P5: entries written from all sides at once make one chain without gaps', async () => {
  const before = (await fix.log())[0]?.number ?? '0';
  const put = (index: number) =>
    fix
      .call('putSetting', {
        params: { key: 'payments.commission' },
        ifMatch: '"99"',
        body: { value: { index }, reason: 'many at once' },
      })
      .catch(() => {});
  const sessions = Array.from({ length: 20 }, () => {
    const userId = newId();
    const data = { userId, sessionId: newId(), factors: [] };
    return fix.platform.publish('auth.session.started.v1', userId, data);
  });
  await Promise.all([...sessions, ...Array.from({ length: 20 }, (_one, index) => put(index))]);
  await fix.platform.drain();
  const verification = (await fix.call('verifyAuditLog')).body;
  expect(verification).toMatchObject({ intact: true, fault: null });
  expect(Number(verification.entries)).toBe(Number(before) + 40);
});

test('the log pages without gaps, filters, and leaves as inert CSV', async () => {
  const all = await fix.log();
  const paged: unknown[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await fix.call('listAuditLog', { query: { limit: 7, cursor } });
    paged.push(...body.items);
    cursor = body.nextCursor ?? undefined;
  } while (cursor);
  expect(paged.slice(0, all.length)).toEqual(all);
  expect((await fix.log({ action: 'auth.*', outcome: 'refused' })).length).toBe(1);
  await expect(fix.call('listAuditLog', { query: { cursor: 'broken' } })).rejects.toMatchObject({
    code: 'validation_failed',
  });
  const userId = newId();
  await fix
    .call('putSetting', {
      params: { key: 'payments.commission' },
      ifMatch: '"99"',
      body: { value: 1, reason: '=HYPERLINK("http://evil")' },
    })
    .catch(() => {});
  const file = await fix.call('exportAuditLog', { query: { action: 'setting.put' } });
  expect(file.headers['content-type']).toContain('text/csv');
  expect(file.body.toString('utf8')).toContain(`"'=HYPERLINK(""http://evil"")"`);
  expect(file.body.toString('utf8')).not.toContain(userId);
  const lines = await fix.call('exportAuditLog', { query: { action: 'setting.put', format: 'jsonl' } });
  const entries = lines.body
    .toString('utf8')
    .trim()
    .split('\n')
    .map((line: string) => JSON.parse(line));
  expect(entries[0]).toMatchObject({
    action: 'setting.put',
    reason: '=HYPERLINK("http://evil")',
    hash: expect.any(String),
  });
  expect((await fix.log())[0]).toMatchObject({ action: 'audit.export', outcome: 'done' });
});

test('a dead letter is seen, replayed, discarded with a reason; both are logged', async () => {
  const { bus } = fix.platform;
  await fix.platform.publish('support.ticket.escalated.v1', newId(), { nonsense: true });
  await expect.poll(async () => (await bus.depth('admin')).dead, { timeout: 10_000 }).toBe(1);
  const list = async () => (await fix.call('listDeadLetters', { query: { service: 'admin' } })).body.items;
  const [letter] = await list();
  expect(letter).toMatchObject({ service: 'admin', type: 'support.ticket.escalated.v1' });
  const params = { service: 'admin', letterId: letter.id };
  expect((await fix.call('getDeadLetter', { params })).body.body).toContain('nonsense');
  await fix.call('replayDeadLetter', { params, body: {} });
  await expect.poll(async () => (await bus.depth('admin')).dead, { timeout: 10_000 }).toBe(1);
  const again = { service: 'admin', letterId: (await list())[0].id };
  await fix.call('discardDeadLetter', { params: again, body: { reason: 'мусор' } });
  expect(await list()).toEqual([]);
  await expect(fix.call('discardDeadLetter', { params: again, body: { reason: 'мусор' } })).rejects.toMatchObject({
    code: 'not_found',
  });
  expect((await fix.log({ targetKind: 'dead-letter' })).map((entry) => [entry.action, entry.outcome])).toEqual([
    ['dead-letter.discard', 'refused'],
    ['dead-letter.discard', 'done'],
    ['dead-letter.replay', 'done'],
  ]);
});

test('who looks at the health of the platform is told when it looks otherwise, once for a burst; others are not', async () => {
  const { bus } = fix.platform;
  const told: { userIds: string[]; frame: { type: string } }[] = [];
  const listening = await bus.listen(LIVE_CHANNEL, (pushes) => void told.push(...(pushes as typeof told)));
  await fix.call('getBackups');
  for (let i = 0; i < 3; i++) await fix.platform.publish('support.ticket.escalated.v1', newId(), { nonsense: i });
  await expect.poll(() => told.filter((one) => one.frame.type === 'health').length, { timeout: 10_000 }).toBe(1);
  expect(told[0]?.userIds).toEqual([fix.admin.userId]);
  expect((await bus.depth('admin')).dead).toBe(3);
  for (const letter of await bus.deadLetters.list('admin', 10)) await bus.deadLetters.discard('admin', letter.id);
  await listening.close();
});

test('health tells which service does not answer', async () => {
  const getVitals = async () => ({ outbox: 2, oldestAt: '2026-11-01T10:00:00.000Z' });
  for (const service of ['users', 'auth', 'roles', 'orders', 'messenger', 'notifications', 'support', 'analytics'])
    fix.play(service, { getVitals });
  fix.play('payments', {
    getVitals: async () => {
      throw new Problem('unavailable');
    },
  });
  const { body } = await fix.call('getHealth');
  expect(body).toMatchObject({ ready: false, transport: true, database: true });
  const by = new Map(body.services.map((one: { service: string }) => [one.service, one]));
  expect(by.get('payments')).toMatchObject({ answering: false });
  expect(by.get('users')).toMatchObject({ answering: true });
  for (const service of ['orders', 'messenger', 'analytics'])
    expect(by.get(service)).toMatchObject({ answering: true, outbox: 2, oldestAt: '2026-11-01T10:00:00.000Z' });
  expect(by.get('admin')).toMatchObject({ answering: true, outbox: expect.any(Number), waiting: 0, dead: 0 });
});

test('the dashboard goes through the gateway as the admin himself, and stands without payments', async () => {
  let asked: { user?: { userId: string } } = {};
  fix.play('gateway', {
    getDashboard: async (input: typeof asked) => {
      asked = input;
      return {
        title: 'Обзор',
        name: 'overview',
        from: 'a',
        to: 'b',
        step: 'day',
        timeZone: 'UTC',
        panels: [],
        updatedAt: null,
      };
    },
  });
  const { body } = await fix.call('getDashboard', { query: { from: '2026-11-01', to: '2026-11-30' } });
  expect(body).toMatchObject({ name: 'overview', money: null, openEscalations: 1 });
  expect(asked.user?.userId).toBe(fix.admin.userId);
});

test('an escalated ticket that the platform named each admin reads in his language', async () => {
  const subjectIn = { ru: 'Сверка', en: 'Reconciliation' };
  const data = { ...escalated(newId(), '2026-11-04T10:00:00.000Z'), subjectIn };
  await fix.platform.publish('support.ticket.escalated.v1', data.ticketId, data);
  await fix.platform.drain();
  for (const locale of ['ru', 'en'] as const) {
    const { items } = (await fix.call('listEscalations', { locale })).body;
    const one = items.find(({ ticketId }: { ticketId: string }) => ticketId === data.ticketId);
    expect(one).toMatchObject({ subject: subjectIn[locale] });
  }
});

test('P5: tampering by the database owner is found: a changed, a removed and a cut entry', async () => {
  const verify = async () => (await fix.call('verifyAuditLog')).body;
  expect((await verify()).intact).toBe(true);
  await asOwner(`update admin.audit_log set reason = 'nothing happened' where number = 5`);
  expect(await verify()).toMatchObject({ intact: false, fault: { number: '5', kind: 'changed' } });
  await asOwner('delete from admin.audit_log where number = 3');
  expect(await verify()).toMatchObject({ intact: false, fault: { number: '3', kind: 'missing' } });
  await asOwner('delete from admin.audit_log where number >= 3');
  expect(await verify()).toMatchObject({ intact: false, fault: { number: '3', kind: 'cut' } });
});
