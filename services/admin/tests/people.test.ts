import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { person } from '#testing/env.ts';
import { type AdminFixture, adminFixture, userRow } from './fixture.ts';

let fix: AdminFixture;
beforeAll(async () => {
  fix = await adminFixture();
});
afterAll(() => fix.platform.close());

test('a block is executed by users and logged with actor, address, reason and the change', async () => {
  const userId = newId();
  fix.play('users', {
    getUser: async () => userRow(userId),
    blockUser: async (input: { body: { actorId: string; reason: string } }) => {
      expect(input.body).toEqual({ actorId: fix.admin.userId, reason: 'спам в откликах', until: null, deals: 'leave' });
      return userRow(userId, { status: 'blocked', blockReason: input.body.reason });
    },
  });
  fix.play('roles', {
    getRights: async () => ({ userId, roles: ['client'], permissions: ['orders.create'] }),
    listRoles: async () => ({ items: [{ name: 'client', permissions: ['orders.create'] }] }),
  });
  const answer = await fix.call('blockUser', { params: { userId }, body: { rule: 'spam', reason: 'спам в откликах' } });
  expect(answer.body).toMatchObject({ status: 'blocked' });
  expect((await fix.log({ targetId: userId }))[0]).toMatchObject({
    actorId: fix.admin.userId,
    action: 'user.block',
    outcome: 'done',
    reason: 'спам в откликах',
    address: '127.0.0.1',
    before: { status: 'active' },
    after: { status: 'blocked' },
  });
  const card = await fix.call('getUserCard', { params: { userId } });
  expect(card.body).toMatchObject({ roles: ['client'], recentActs: [{ action: 'user.block', outcome: 'done' }] });
});

test('nobody blocks himself, somebody above him, or until the past; each refusal is logged', async () => {
  const userId = newId();
  fix.play('roles', { getRights: async () => ({ userId, roles: ['root'], permissions: ['secret.power'] }) });
  const block = (id: string, body: object) =>
    fix.call('blockUser', { params: { userId: id }, body: { rule: 'spam', ...body } });
  await expect(block(fix.admin.userId, { reason: 'oops' })).rejects.toMatchObject({ code: 'admin.own_account' });
  await expect(block(userId, { reason: 'oops' })).rejects.toMatchObject({ code: 'admin.above_own' });
  await expect(block(userId, { reason: 'oops', until: '2020-01-01T00:00:00Z' })).rejects.toMatchObject({
    code: 'admin.block_in_past',
  });
  expect((await fix.log({ targetId: userId })).map((entry) => [entry.outcome, entry.code])).toEqual([
    ['refused', 'admin.block_in_past'],
    ['refused', 'admin.above_own'],
  ]);
});

test('what the other service refuses is logged as refused, what it may have done as unknown', async () => {
  const userId = newId();
  const assign = () =>
    fix.call('assignRoles', { params: { userId }, body: { roles: ['support'], reason: 'new colleague' } });
  fix.play('roles', {
    assignRoles: async () => {
      throw new Problem('roles.last_admin', { status: 409 });
    },
  });
  await expect(assign()).rejects.toMatchObject({ code: 'roles.last_admin' });
  fix.play('roles', {
    assignRoles: async () => {
      throw new Problem('timeout');
    },
  });
  await expect(assign()).rejects.toMatchObject({ code: 'timeout' });
  expect((await fix.log({ targetId: userId })).map((entry) => [entry.outcome, entry.code])).toEqual([
    ['unknown', 'timeout'],
    ['refused', 'roles.last_admin'],
  ]);
});

test('an act whose process died in the middle is logged as unknown', async () => {
  const userId = newId();
  fix.play('roles', { assignRoles: () => new Promise(() => {}) });
  const never = fix.call('assignRoles', { params: { userId }, body: { roles: [], reason: 'left us' } });
  never.catch(() => {});
  const { db } = fix.platform.ctx('admin');
  const { sql } = await import('#kit/db/db.ts');
  await expect
    .poll(async () => (await db.many(sql`select 1 as x from pending_acts where entry->>'targetId' = ${userId}`)).length)
    .toBe(1);
  const { settlePendingActs } = await import('../jobs/settle-pending-acts.ts');
  const run = () => settlePendingActs.run(fix.platform.ctx('admin') as never, {});
  await run();
  expect(await fix.log({ targetId: userId })).toHaveLength(0);
  fix.platform.clock.advance(6 * 60_000);
  await run();
  await run();
  expect(await fix.log({ targetId: userId })).toMatchObject([{ action: 'user.roles', outcome: 'unknown' }]);
});

test('an invitation hands out nothing that the inviter lacks, and leaves no address in the log', async () => {
  let invited = 0;
  const userId = newId();
  const role = (name: string, permissions: string[]) => ({
    name,
    title: { ru: name, en: name },
    builtIn: true,
    permissions,
    version: 1,
    updatedAt: '2026-01-01T00:00:00.000Z',
  });
  fix.play('roles', {
    listRoles: async () => ({ items: [role('support', ['admin.users.view']), role('root', ['secret.power'])] }),
  });
  fix.play('auth', {
    createInvitation: async () => {
      invited++;
      return { invitationId: newId(), userId, expiresAt: '2026-12-01T00:00:00.000Z' };
    },
  });
  const invite = (roles: string[]) =>
    fix.call('inviteStaff', {
      body: { email: 'masha@example.com', displayName: 'Маша', roles },
      idempotencyKey: `invite-${roles.join('-')}`,
    });
  await expect(invite(['root'])).rejects.toMatchObject({ code: 'admin.above_own' });
  await expect(invite(['nobody'])).rejects.toMatchObject({ code: 'roles.unknown_role' });
  const first = await invite(['support']);
  expect((await invite(['support'])).body).toEqual(first.body);
  expect(invited).toBe(1);
  const log = await fix.log({ action: 'staff.invite' });
  expect(log.map((entry) => entry.outcome)).toEqual(['done', 'refused', 'refused']);
  expect(log[0]).toMatchObject({ targetId: userId });
  expect(JSON.stringify(log)).not.toContain('masha@');
});

test('without the permission there is no way in', async () => {
  const user = person({ permissions: ['admin.users.view'] });
  await expect(
    fix.call('blockUser', { user, params: { userId: newId() }, body: { rule: 'spam', reason: 'because' } }),
  ).rejects.toMatchObject({ code: 'forbidden' });
});

test('staff: members of both roles once, with their load', async () => {
  const [one, two] = [newId(), newId()];
  const since = '2026-01-01T00:00:00.000Z';
  fix.play('roles', {
    listMembers: async (input: { params: { name: string } }) => ({
      items: input.params.name === 'admin' ? [{ userId: one, since }] : [one, two].map((userId) => ({ userId, since })),
    }),
  });
  fix.play('users', {
    getUser: async (input: { params: { userId: string } }) => {
      if (input.params.userId === two) throw new Problem('not_found');
      return userRow(one);
    },
  });
  fix.play('support', {
    getStaffLoad: async () => ({
      items: [
        { userId: one, present: true, said: null, shifts: { timeZone: 'Europe/Moscow', items: [] }, openTickets: 1 },
      ],
    }),
  });
  const { items } = (await fix.call('listStaff')).body;
  expect(items).toMatchObject([
    { userId: one, roles: ['support', 'admin'], displayName: 'Иван', openTickets: 1, present: true },
    { userId: two, roles: ['support'], displayName: '', openTickets: 0, present: false },
  ]);
});
