import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import { seedRoles } from '../data/seed.ts';

let platform: TestPlatform;
const admin = newId();

function registered(userId: string, roles: string[], id?: string): Promise<void> {
  const data = {
    userId,
    email: `${userId}@example.com`,
    displayName: 'Кто-то',
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
    roles,
    confirmed: true,
  };
  return platform.publish('auth.user.registered.v1', userId, data, { id });
}
async function newUser(roles: string[]): Promise<string> {
  const userId = newId();
  await registered(userId, roles);
  await platform.drain();
  return userId;
}
const assign = (userId: string, roles: string[], actorId = admin) =>
  platform.call('roles', 'assignRoles', {
    caller: 'admin',
    params: { userId },
    body: { actorId, roles, reason: 'a test of roles' },
  });
const put = (name: string, permissions: string[], more: object = {}) =>
  platform.call('roles', 'putRole', {
    caller: 'admin',
    params: { name },
    body: {
      actorId: admin,
      title: { ru: 'Роль', en: 'Role' },
      permissions,
      reason: 'a test of roles',
      version: null,
      ...more,
    },
  });
const rights = async (userId: string) =>
  (await platform.call('roles', 'getRights', { caller: 'auth', params: { userId } })).body;
const roleOf = async (name: string) => {
  const { items } = (await platform.call('roles', 'listRoles', { caller: 'admin' })).body;
  return items.find((role: { name: string }) => role.name === name);
};

beforeAll(async () => {
  platform = await bootPlatform({ services: ['roles'] });
  await registered(admin, ['admin']);
  await platform.drain();
});
afterAll(() => platform?.close());

describe('R1: assignments', () => {
  test('first roles come by the event, once, also when it comes twice', async () => {
    const userId = newId();
    const id = newId();
    await registered(userId, ['client', 'freelancer'], id);
    await registered(userId, ['client', 'freelancer'], id);
    await registered(userId, ['client', 'freelancer']);
    await platform.drain();
    expect((await rights(userId)).roles).toEqual(['client', 'freelancer']);
    const { n } = await platform
      .ctx('roles')
      .db.one<{ n: number }>(sql`select count(*)::int as n from history where user_id = ${userId}`);
    expect(n).toBe(1);
  });

  test('F3: an erasure that overtakes the registration leaves no roles', async () => {
    const userId = newId();
    await platform.publish('users.user.erased.v1', userId, { userId, actorId: admin });
    await platform.drain();
    await registered(userId, ['client']);
    await platform.drain();
    expect((await rights(userId)).roles).toEqual([]);
    await expect(assign(userId, ['client'])).rejects.toMatchObject({ code: 'conflict' });
  });

  test('a user may hold several roles, custom ones too; unknown ones are refused', async () => {
    await put('moderator', ['admin.users.view']);
    const userId = await newUser(['client']);
    const answer = await assign(userId, ['moderator', 'client', 'moderator']);
    expect(answer.body).toEqual({ userId, roles: ['client', 'moderator'], before: ['client'] });
    expect((await rights(userId)).permissions).toContain('admin.users.view');
    await expect(assign(userId, ['emperor'])).rejects.toMatchObject({ code: 'roles.unknown_role' });
  });

  test('the last admin stays, also when two take the role from each other at once', async () => {
    await expect(assign(admin, [])).rejects.toMatchObject({ code: 'roles.last_admin' });
    const second = await newUser(['client']);
    await assign(second, ['admin']);
    const both = await Promise.allSettled([assign(second, [], admin), assign(admin, [], second)]);
    expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    const { items } = (await platform.call('roles', 'listMembers', { caller: 'admin', params: { name: 'admin' } }))
      .body;
    expect(items).toHaveLength(1);
    // Whoever is left makes the first one admin again, for the tests that follow.
    if (items[0].userId !== admin) await assign(admin, ['admin'], items[0].userId);
  });

  test('nobody gives, or takes, more than he has', async () => {
    const agent = await newUser(['support']);
    const friend = await newUser(['client']);
    await expect(assign(friend, ['admin'], agent)).rejects.toMatchObject({ code: 'roles.more_than_own' });
    await expect(assign(agent, ['support', 'admin'], agent)).rejects.toMatchObject({ code: 'roles.more_than_own' });
    const boss = await newUser(['client']);
    await assign(boss, ['admin']);
    await expect(assign(boss, ['client'], agent)).rejects.toMatchObject({ code: 'roles.more_than_own' });
    await expect(put('support', ['admin.users.block'], { actorId: agent })).rejects.toMatchObject({
      code: 'roles.more_than_own',
    });
    expect((await assign(friend, ['client', 'freelancer'], agent)).body.roles).toEqual(['client', 'freelancer']);
  });

  test('a person opens the other side of the account, but not what was taken from him', async () => {
    const userId = await newUser(['client']);
    const take = (role: string) => platform.call('roles', 'takeOwnRole', { user: person({ userId }), body: { role } });
    expect((await take('freelancer')).body.roles).toEqual(['client', 'freelancer']);
    await assign(userId, ['client']);
    await expect(take('freelancer')).rejects.toMatchObject({ code: 'roles.withdrawn' });
    await assign(userId, ['client', 'freelancer']);
    expect((await take('freelancer')).body.roles).toEqual(['client', 'freelancer']);
    await expect(take('admin')).rejects.toMatchObject({ code: 'validation_failed' });
  });
});

describe('R2: roles are data', () => {
  test('a role is edited with its version and a history that nobody can change', async () => {
    const made = (await put('auditor', ['roles.view'])).body;
    await expect(put('auditor', [], { version: made.version + 1 })).rejects.toMatchObject({ code: 'version_mismatch' });
    await put('auditor', [], { version: made.version });
    const user = person({ permissions: ['roles.view'] });
    const history = await platform.call('roles', 'getRoleHistory', { user, params: { name: 'auditor' } });
    expect(history.body.items).toMatchObject([
      { action: 'changed', before: ['roles.view'], after: [], actorId: admin },
      { action: 'created', before: [], after: ['roles.view'] },
    ]);
    const { db } = platform.ctx('roles');
    await expect(db.run(sql`delete from history`)).rejects.toThrow(/permission denied/);
    await expect(db.run(sql`update history set reason = 'x'`)).rejects.toThrow(/permission denied/);
  });

  test('unknown permissions are refused, and the admin role keeps control', async () => {
    await expect(put('auditor', ['world.rule'])).rejects.toMatchObject({ code: 'roles.unknown_permission' });
    await expect(put('admin', ['roles.view'])).rejects.toMatchObject({ code: 'roles.would_lock_out' });
  });

  test('what an admin took from a built-in role stays away over the next start, and can be given back', async () => {
    const before = (await roleOf('client')).permissions as string[];
    await put(
      'client',
      before.filter((permission) => permission !== 'orders.create'),
    );
    const { db, clock } = platform.ctx('roles');
    await seedRoles(db, clock.now());
    expect((await roleOf('client')).permissions).not.toContain('orders.create');
    // Not the admin's own, but such as any registered person may have.
    await put('client', before);
    expect((await roleOf('client')).permissions).toEqual(before);
  });

  test('a permission that a new release declares reaches the built-in roles', async () => {
    const { db, clock } = platform.ctx('roles');
    await db.run(sql`delete from known_permissions where permission = 'orders.create'`);
    await db.run(sql`update roles set permissions = array_remove(permissions, 'orders.create')`);
    await Promise.all([seedRoles(db, clock.now()), seedRoles(db, clock.now())]);
    expect((await roleOf('client')).permissions).toContain('orders.create');
    expect((await roleOf('support')).permissions).not.toContain('orders.create');
  });
});

describe('R3: what a user may do', () => {
  test('explains a yes and a no, in the language of the reader; a stranger is refused', async () => {
    const userId = await newUser(['client']);
    const ask = (permission: string, locale: 'ru' | 'en', permissions = ['roles.view']) =>
      platform.call('roles', 'explain', { user: person({ permissions }), query: { user: userId, permission }, locale });
    expect((await ask('orders.create', 'ru')).body).toMatchObject({
      allowed: true,
      why: 'Право orders.create даёт роль: client',
      roles: [{ name: 'client', grants: true }],
      endpoints: [
        { endpoint: 'POST /api/v1/orders', owner: null, whose: null },
        { endpoint: 'POST /api/v1/orders/{orderId}/publication', owner: 'ownOrder', whose: 'свой заказ' },
      ],
    });
    expect((await ask('admin.users.block', 'en')).body).toMatchObject({ allowed: false, roles: [{ grants: false }] });
    await expect(ask('orders.create', 'ru', [])).rejects.toMatchObject({ code: 'forbidden' });
  });

  test('roles of a user with who gave and took them', async () => {
    const userId = await newUser(['client']);
    await assign(userId, ['client', 'support']);
    const user = person({ permissions: ['roles.view'] });
    const { body } = await platform.call('roles', 'getAssignments', { user, params: { userId } });
    expect(body.roles.map((role: { name: string }) => role.name)).toEqual(['client', 'support']);
    expect(body.history.map((row: { actorId: string | null }) => row.actorId)).toEqual([admin, null]);
  });

  test('Z5: internal routes refuse services that do not declare the call', async () => {
    const input = { params: { userId: admin }, body: { actorId: admin, roles: ['admin'], reason: 'a forged call' } };
    for (const caller of ['gateway', 'orders', 'auth'] as const)
      await expect(platform.call('roles', 'assignRoles', { caller, ...input })).rejects.toMatchObject({
        code: 'forbidden',
      });
  });
});
