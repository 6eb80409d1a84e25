/** The adapter of SMS.RU against a stand-in that speaks its API (A3). */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { type Fixture, fixture } from './fixture.ts';

const API_ID = 'B3A1F2C4-0000-0000-0000-1234567890AB';
let server: Server;
let fix: Fixture;
const taken: { path: string; form: URLSearchParams }[] = [];
/** What the stand-in answers about a number, or about the whole call. */
let about: { whole?: number; number?: number; http?: number; raw?: string } = {};

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let text = '';
    for await (const chunk of request) text += chunk;
    const form = new URLSearchParams(text);
    taken.push({ path: request.url ?? '', form });
    const isKnown = form.get('api_id') === API_ID && request.method === 'POST' && form.get('json') === '1';
    const whole = about.whole ?? (isKnown ? 100 : 200);
    const number = about.number ?? 100;
    const entry =
      number === 100 ? { status: 'OK', sms_id: '000000-10000000' } : { status: 'ERROR', status_text: 'нет' };
    const answer = {
      status: whole === 100 ? 'OK' : 'ERROR',
      status_code: whole,
      ...(whole === 100 ? { sms: { [form.get('to') ?? '']: { ...entry, status_code: number } }, balance: 100.5 } : {}),
    };
    response.writeHead(about.http ?? 200, { 'content-type': 'application/json' });
    response.end(about.raw ?? JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  fix = await fixture({
    SMS_PROVIDER: 'sms.ru',
    SMS_KEY: API_ID,
    SMS_FROM: 'Artel',
    SMS_URL: `http://127.0.0.1:${port}/sms/send`,
  });
});
afterAll(async () => {
  await fix?.close();
  server?.closeAllConnections();
  server?.close();
});
beforeEach(() => {
  about = {};
  taken.length = 0;
});

/** A code by SMS for a person of his own. */
async function code() {
  const contact = fix.someone({ phone: '+79161234567' });
  const { userId } = contact;
  const secretId = newId();
  fix.secrets.set(secretId, { secretId, userId, code: '131313', linkToken: null, destination: null, locale: 'ru' });
  const data = { userId, secretId, channel: 'sms', purpose: 'sign_in_code', locale: 'ru' };
  await fix.publish('auth.message.requested.v1', data);
  return userId;
}
const stateOf = async (userId: string) => (await fix.deliveries(userId)).map(({ state, reason }) => [state, reason]);

test('an SMS goes out as their API wants it; the key is in no address', async () => {
  const userId = await code();
  await expect.poll(() => stateOf(userId)).toEqual([['sent', null]]);
  expect(taken).toHaveLength(1);
  expect(taken[0]?.path).toBe('/sms/send');
  const form = Object.fromEntries(taken[0]?.form ?? []);
  expect(form).toMatchObject({ api_id: API_ID, to: '79161234567', json: '1', from: 'Artel' });
  expect(form['msg']).toContain('131313');
});

test.each([
  ['a wrong number is not tried again', { number: 202 }, 'failed', 'sms.ru 202'],
  ['a number on the stop list is not tried again', { number: 209 }, 'failed', 'sms.ru 209'],
  ['a number on their own stop list is not tried again', { number: 215 }, 'failed', 'sms.ru 215'],
  ['a number abroad, where the operator sends none, is not tried again', { number: 214 }, 'failed', 'sms.ru 214'],
  ['a sender that is not approved yet waits for it', { whole: 204 }, 'queued', 'sms.ru 204'],
  ['too many codes to a number wait for their time', { number: 233 }, 'queued', 'sms.ru 233'],
  [
    'an answer without the number tells nothing',
    { raw: '{"status":"OK","status_code":100,"sms":{}}' },
    'queued',
    'sms.ru: unknown answer',
  ],
  ['a text that is too long is not tried again', { whole: 205 }, 'failed', 'sms.ru 205'],
  ['no money waits for money', { whole: 201 }, 'queued', 'sms.ru 201'],
  ['a wrong key waits for the right one', { whole: 200 }, 'queued', 'sms.ru 200'],
  ['their service being away is waited for', { whole: 220 }, 'queued', 'sms.ru 220'],
  ['their server failing is waited for', { http: 502 }, 'queued', 'sms 502'],
  ['words that are not theirs tell nothing', { raw: '<html>' }, 'queued', 'sms.ru: unknown answer'],
])('%s', async (_name, answer, state, reason) => {
  about = answer;
  const userId = await code();
  await expect.poll(() => stateOf(userId)).toEqual([[state, reason]]);
});

test('a number that is refused keeps no mail of the person back', async () => {
  about = { number: 202 };
  const userId = await code();
  await expect.poll(() => stateOf(userId)).toEqual([['failed', 'sms.ru 202']]);
  const { db } = fix.platform.ctx('notifications');
  expect(await db.many(sql`select 1 from suppressions where user_id = ${userId}`)).toEqual([]);
  const data = { userId, kind: 'password_changed', device: null, place: null, at: new Date().toISOString() };
  await fix.publish('auth.security.noticed.v1', data);
  await expect.poll(async () => (await stateOf(userId)).map(([state]) => state).sort()).toEqual(['failed', 'sent']);
});
