/** Admin and roles side by side: staff are managed by the real thing. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import { ALL_PERMISSIONS } from './fixture.ts';

let platform: TestPlatform;
const admin = person({ roles: ['admin'], permissions: ALL_PERMISSIONS });

async function register(userId: string, roles: string[]): Promise<void> {
  await platform.publish('auth.user.registered.v1', userId, {
    userId,
    email: `${userId}@example.com`,
    displayName: 'Кто-то',
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
    roles,
    confirmed: true,
  });
  await platform.drain();
}

beforeAll(async () => {
  platform = await bootPlatform({ services: ['admin', 'roles'] });
  await register(admin.userId, ['admin']);
});
afterAll(() => platform.close());

const call = (route: string, input: object) => platform.call('admin', route, { user: admin, ...input });

test('an admin makes somebody support, the log says so twice: the act and its effect', async () => {
  const userId = newId();
  await register(userId, ['client']);
  const params = { userId };
  const answer = await call('assignRoles', { params, body: { roles: ['client', 'support'], reason: 'в поддержку' } });
  expect(answer.body).toMatchObject({ roles: ['client', 'support'], before: ['client'] });
  await platform.drain();
  const log = (await call('listAuditLog', { query: { targetId: userId } })).body.items;
  expect(log.map((entry: { action: string; actorId: string }) => [entry.action, entry.actorId])).toContainEqual([
    'user.roles',
    admin.userId,
  ]);
  expect(log[0]).toMatchObject({ before: { roles: ['client'] }, after: { roles: ['client', 'support'] } });
});

test('the last admin stays, and the refusal is in the log', async () => {
  const params = { userId: admin.userId };
  await expect(call('assignRoles', { params, body: { roles: [], reason: 'ухожу' } })).rejects.toMatchObject({
    code: 'roles.last_admin',
  });
  const [entry] = (await call('listAuditLog', { query: { action: 'user.roles', outcome: 'refused' } })).body.items;
  expect(entry).toMatchObject({ targetId: admin.userId, code: 'roles.last_admin', reason: 'ухожу' });
});

test('a role is made and changed, with its version', async () => {
  const body = {
    title: { ru: 'Модератор', en: 'Moderator' },
    permissions: ['admin.users.view'],
    version: null as number | null,
    reason: 'новая роль',
  };
  const made = await call('putRole', { params: { name: 'moderator' }, body });
  expect(made.body).toMatchObject({ name: 'moderator', permissions: ['admin.users.view'] });
  const change = { ...body, permissions: ['admin.users.block'], version: made.body.version };
  expect((await call('putRole', { params: { name: 'moderator' }, body: change })).body.permissions).toEqual([
    'admin.users.block',
  ]);
  await expect(call('putRole', { params: { name: 'moderator' }, body: change })).rejects.toMatchObject({
    code: 'version_mismatch',
  });
  const { items } = (await call('listRoles', {})).body;
  expect(items.map((role: { name: string }) => role.name)).toContain('moderator');
});
