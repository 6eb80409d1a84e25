/** F15: a restoration that two of the administration ask for in the panel, carried out while nothing of the platform runs. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { Api } from './api.ts';
import { PASSWORD, RUB, topUp } from './deal.ts';
import { joinStaff } from './walks/care-people.ts';
import { newAdmin, newPerson, signInAgain } from './walks/people.ts';
import type { World } from './world.ts';

const available = async (api: Api) => (await api.get('/me/accounts')).body.items[0].available;

/** `restart` ends the whole platform and starts it anew, as the documentation says (`docs/how-to/back-up.md`). */
export async function restored(world: World, restart: () => Promise<void>): Promise<void> {
  const admin = await newAdmin(world);
  const second = await joinStaff(admin, 'Рената Вторая', 'admin');
  const rule = await admin.get('/admin/settings/admin.second-person');
  const both = { value: { ...rule.body.inForce.value, restoration: true }, reason: 'Восстанавливаем вдвоём' };
  await admin.put('/admin/settings/admin.second-person', both, { ifMatch: rule.headers.get('etag') ?? '' });
  const person = await newPerson(world, 'Ольга Прежняя', ['client']);
  await topUp(person, 500);
  await world.drain();
  const done = async ({ taskId }: { taskId: string }) => {
    const task = await admin.until(
      `/admin/backup-tasks/${taskId}`,
      ({ state }) => state === 'done' || state === 'failed',
    );
    expect(task).toMatchObject({ state: 'done', fault: null });
    return task;
  };
  const asked = await admin.post('/admin/backups', { reason: 'Перед работами' }, { expect: 202 });
  const { backup } = await done(asked.body);

  // What comes after the backup.
  await topUp(person, 300);
  const late = await newPerson(world, 'Павел Поздний', ['client']);
  const wish = { confirm: backup, reason: `Испорченные данные ${randomUUID()}` };
  const path = `/admin/backups/${backup}/restoration`;
  expect((await admin.post(path, wish, { expect: 409 })).body.code).toBe('admin.second_admin_needed');
  await done((await second.post(path, wish, { expect: 202 })).body);
  expect((await admin.get('/admin/backups')).body.restoration).toMatchObject({ backup, state: 'done' });
  // Prepared is not carried out.
  expect(await available(person)).toEqual(RUB(800));
  await world.drain();

  await restart();
  await signInAgain(admin, second, person);
  expect(await available(person)).toEqual(RUB(500));
  await new Api(world).post('/sessions', { email: late.email, password: PASSWORD }, { expect: 401 });
  expect((await admin.get('/admin/backups')).body).toMatchObject({ items: [{ name: backup }], restoration: null });
  const [entry] = (await admin.until('/admin/audit-log?action=backup.restored', ({ items }) => items.length > 0)).items;
  expect(entry).toMatchObject({ targetId: backup, actorId: second.userId });
  expect((await admin.get('/admin/audit-log/verification')).body).toMatchObject({ intact: true });
  expect((await admin.get('/ledger/invariants')).body).toMatchObject({ balanced: true, escrowEqualsDeals: true });
  // It goes on from there.
  await topUp(person, 100);
  expect(await available(person)).toEqual(RUB(600));
}
