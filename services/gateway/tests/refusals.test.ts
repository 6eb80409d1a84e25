/** P4: refusals too are in the audit log, and nobody can flood it with them. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { sql } from '#kit/db/db.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import type { RefusalBook } from '../refusals.ts';

const PASSWORD = 'верный конь батарея скрепка';
let platform: TestPlatform;
let book: RefusalBook;
beforeAll(async () => {
  platform = await bootPlatform({ services: ['gateway', 'auth', 'roles', 'admin'], env: { RATE_READ: '100000' } });
  book = (platform.ctx('gateway') as unknown as { refusals: RefusalBook }).refusals;
});
afterAll(() => platform?.close());

interface Entry {
  actorId: string | null;
  targetId: string;
  outcome: string;
  code: string;
  after: { times: number };
}
function log(): Promise<Entry[]> {
  return platform.ctx('admin').db.many<Entry>(sql`
    select actor_id as "actorId", target_id as "targetId", outcome, code, after from audit_log
    where action = 'access.refused' order by number`);
}
function totals(entries: readonly Entry[]): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const { targetId, after } of entries) sums[targetId] = (sums[targetId] ?? 0) + after.times;
  return sums;
}
async function told(): Promise<Entry[]> {
  await book.tell();
  await platform.drain();
  return await log();
}

test('P4: who asks for what he may not is in the log, once for how often he asks', async () => {
  const email = 'curious@example.com';
  const post = (path: string, body: object) =>
    fetch(`${platform.url}/api/v1${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  await post('/registrations', { consents: JOINING_EXAMPLE, email, password: PASSWORD, displayName: 'Любопытный' });
  await platform.drain();
  await platform.ctx('auth').db.run(sql`update accounts set email_confirmed = true where email = ${email}`);
  const { accessToken, userId } = (await (await post('/sessions', { email, password: PASSWORD })).json()) as {
    accessToken: string;
    userId: string;
  };
  const ask = async (path: string) =>
    (await fetch(`${platform.url}/api/v1${path}`, { headers: { authorization: `Bearer ${accessToken}` } })).status;
  for (let n = 0; n < 30; n++) expect(await ask('/roles?secret=canary')).toBe(403);
  expect(await ask('/admin/users')).toBe(403);
  // Not for want of a right: nobody signed in, nothing there.
  expect((await fetch(`${platform.url}/api/v1/roles`)).status).toBe(401);
  expect(await ask('/nowhere')).toBe(404);
  const entries = await told();
  for (const entry of entries) expect(entry).toMatchObject({ actorId: userId, outcome: 'refused', code: 'forbidden' });
  expect(totals(entries)).toEqual({ 'GET /roles': 30, 'GET /admin/users': 1 });
  // One each; one more where the first was told while the others were still being asked.
  expect(entries.length).toBeLessThanOrEqual(4);
  expect(JSON.stringify(entries)).not.toContain('canary');
  // More of the same waits for the end of the window, and is then one entry.
  for (let n = 0; n < 10; n++) await ask('/roles');
  await book.endWindow();
  await platform.drain();
  const later = (await log()).slice(entries.length);
  expect(totals(later)).toEqual({ 'GET /roles': 10 });
});

test('P4, L2: a flood of refusals is a bounded number of entries, and none is lost from the count', async () => {
  const before = (await told()).length;
  const one = randomUUID();
  for (let n = 0; n < 5_000; n++) book.note(one, `GET /made-up/${n}`);
  const ofOne = (await told()).slice(before);
  expect(ofOne).toHaveLength(21);
  expect(ofOne.at(-1)).toMatchObject({ actorId: one, targetId: '*', after: { times: 4_980 } });
  for (let n = 0; n < 20_000; n++) book.note(randomUUID(), 'GET /roles');
  const all = (await told()).slice(before);
  expect(all.length).toBeLessThanOrEqual(500);
  expect(all.reduce((sum, { after }) => sum + after.times, 0)).toBe(25_000);
  expect(all.find(({ actorId }) => actorId === null)).toMatchObject({ targetId: '*' });
});
