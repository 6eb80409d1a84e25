/** What a person sees of the own sessions, and ends (A4, A8). */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Fixture, PASSWORD, startFixture } from './fixture.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await startFixture();
});
afterAll(() => fix?.close());

const EDGE = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36 Edg/140.0';
const PHONE = 'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 Chrome/140.0 Mobile Safari/537.36';

async function signInWith(email: string, agent: string): Promise<string> {
  const answer = await fix.api('POST', '/sessions', { email, password: PASSWORD }, undefined, { 'user-agent': agent });
  return answer.body.accessToken;
}
const list = (token: string) => fix.api('GET', '/sessions', undefined, token);

test('the list tells device, network and last use, newest first, and which one asks', async () => {
  const { email } = await fix.newPerson();
  await fix.platform.advance(1_000);
  await signInWith(email, EDGE);
  await fix.platform.advance(1_000);
  const { items } = (await list(await signInWith(email, PHONE))).body;
  expect(items.slice(0, 2)).toMatchObject([
    { device: 'Chrome, Android', current: true, place: '127.0.0.*' },
    { device: 'Edge, Windows', current: false },
  ]);
  expect(items[0].lastUsedAt > items[1].lastUsedAt).toBe(true);
});

test('A8: one session or all others end at once; nobody ends those of another', async () => {
  const owner = await fix.newPerson();
  const [edge, phone] = [await signInWith(owner.email, EDGE), await signInWith(owner.email, PHONE)];
  const idOf = async (token: string) =>
    (await list(token)).body.items.find((item: { current: boolean }) => item.current).sessionId;
  const path = `/sessions/${await idOf(edge)}`;

  const stranger = (await fix.newPerson()).tokens.accessToken;
  expect((await fix.api('DELETE', path, undefined, stranger)).status).toBe(404);
  expect((await list(edge)).status).toBe(200);

  expect((await fix.api('DELETE', path, undefined, phone)).status).toBe(204);
  expect((await list(edge)).status).toBe(401);
  expect((await list(owner.tokens.accessToken)).status).toBe(200);

  expect((await fix.api('DELETE', '/sessions', undefined, phone)).status).toBe(204);
  expect((await list(owner.tokens.accessToken)).status).toBe(401);
  expect((await fix.api('POST', '/sessions/refresh', { refreshToken: owner.tokens.refreshToken })).status).toBe(401);
  expect((await list(phone)).body.items).toHaveLength(1);
});
