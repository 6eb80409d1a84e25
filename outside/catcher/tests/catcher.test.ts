import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTransport, type SendMailOptions } from 'nodemailer';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { silentLog } from '../../log.ts';
import { type Catcher, startCatcher } from '../catcher.ts';
import type { CaughtMail, CaughtMessage } from '../messages.ts';

const SMS_KEY = 'sms-key';
let folder: string;
let catcher: Catcher;

const start = () => startCatcher({ smtpPort: 0, httpPort: 0, folder, smsKey: SMS_KEY, log: silentLog });
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catcher-'));
  catcher = await start();
});
afterEach(async () => {
  await catcher.close();
  await rm(folder, { recursive: true });
});

async function send(mail: SendMailOptions): Promise<void> {
  const transport = createTransport(catcher.smtpUrl);
  try {
    await transport.sendMail({ from: 'Артель <no-reply@artel.test>', text: 'Привет', ...mail });
  } finally {
    transport.close();
  }
}

async function list(query = ''): Promise<CaughtMessage[]> {
  const response = await fetch(`${catcher.pageUrl}/api/messages${query}`);
  expect(response.status).toBe(200);
  return ((await response.json()) as { items: CaughtMessage[] }).items;
}

const wait = (query: string) => fetch(`${catcher.pageUrl}/api/messages/wait?${query}`);
const post = (path: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${catcher.pageUrl}${path}`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
const sms = (body: unknown, key = SMS_KEY) => post('/sms', body, { Authorization: `Bearer ${key}` });

describe('mail', () => {
  it('is kept with its envelope, both bodies, headers and attachments', async () => {
    await send({
      to: 'Анна <anna@example.test>',
      bcc: 'copy@example.test',
      subject: 'Подтвердите адрес почты, пожалуйста: это длинная тема письма',
      text: 'Ссылка: http://localhost/confirm',
      html: '<p>Ссылка</p>',
      headers: { 'List-Unsubscribe': '<https://example.test/unsubscribe>' },
      attachments: [{ filename: 'отчёт.csv', content: 'a;b' }],
    });
    const [mail] = (await list()) as CaughtMail[];
    expect(mail).toMatchObject({
      kind: 'mail',
      from: 'no-reply@artel.test',
      to: ['anna@example.test', 'copy@example.test'],
      subject: 'Подтвердите адрес почты, пожалуйста: это длинная тема письма',
      html: expect.stringContaining('<p>Ссылка</p>'),
      attachments: [{ name: 'отчёт.csv', type: 'text/csv', size: 3 }],
    });
    expect(mail?.text).toContain('http://localhost/confirm');
    expect(mail?.headers).toContainEqual(['List-Unsubscribe', '<https://example.test/unsubscribe>']);
    const file = await fetch(`${catcher.pageUrl}/api/messages/${mail?.id}/attachments/0`);
    expect([file.headers.get('content-disposition'), await file.text()]).toEqual(['attachment', 'a;b']);
  });

  it('is filtered by recipient, subject, text, kind and what came after', async () => {
    await send({ to: 'a@example.test', subject: 'First' });
    const [first] = await list();
    await send({ to: 'b@example.test', subject: 'Second', text: 'code 4711' });
    await sms({ to: '+79161234567', text: 'code 0815' });
    const subjects = async (query: string) =>
      (await list(query)).map((message) => (message.kind === 'mail' ? message.subject : message.text));
    expect(await subjects('')).toEqual(['code 0815', 'Second', 'First']);
    expect(await subjects('?to=A@example.test')).toEqual(['First']);
    expect(await subjects('?subject=SECO')).toEqual(['Second']);
    expect(await subjects('?text=4711')).toEqual(['Second']);
    expect(await subjects('?kind=sms')).toEqual(['code 0815']);
    expect(await subjects(`?since=${first?.id}`)).toEqual(['code 0815', 'Second']);
    expect(await subjects('?since=2999-01-01T00:00:00Z')).toEqual([]);
    expect(await subjects('?limit=1')).toEqual(['code 0815']);
  });
});

describe('waiting', () => {
  it('answers as soon as a match arrives, and not for another one', async () => {
    const answer = wait('to=late@example.test&subject=Welcome&timeoutMs=20000');
    await send({ to: 'late@example.test', subject: 'Something else' });
    await send({ to: 'late@example.test', subject: 'Welcome to Artel' });
    expect(await (await answer).json()).toMatchObject({ subject: 'Welcome to Artel' });
  });

  it('answers at once with the newest match that is there', async () => {
    await send({ to: 'a@example.test', subject: 'Code 1' });
    await send({ to: 'a@example.test', subject: 'Code 2' });
    expect(await (await wait('to=a@example.test&timeoutMs=0')).json()).toMatchObject({ subject: 'Code 2' });
  });

  it('says so when nothing came', async () => {
    const response = await wait('to=nobody@example.test&timeoutMs=1');
    expect([response.status, await response.json()]).toMatchObject([404, { error: { code: 'nothing_came' } }]);
  });
});

describe('SMS', () => {
  it('needs the key, a phone number and a text', async () => {
    expect((await sms({ to: '+79161234567', text: 'x' }, 'wrong')).status).toBe(401);
    expect((await post('/sms', { to: '+79161234567', text: 'x' })).status).toBe(401);
    expect((await sms({ to: '8 916', text: 'x' })).status).toBe(400);
    expect(await list()).toEqual([]);
    const response = await sms({ to: '+79161234567', text: 'Код 123456' });
    expect(response.status).toBe(202);
    expect(await list('?to=%2B79161234567')).toMatchObject([{ kind: 'sms', text: 'Код 123456' }]);
  });
});

describe('failures on demand', () => {
  const behave = (behaviour: object) => post('/api/behaviour', behaviour);

  it.each([
    ['reject-4xx', { responseCode: 451 }],
    ['reject-5xx', { responseCode: 550 }],
    ['drop', { command: 'CONN' }],
  ])('SMTP %s reaches the sender, and nothing is kept', async (smtp, error) => {
    await behave({ smtp });
    await expect(send({ to: 'a@example.test' })).rejects.toMatchObject(error);
    await behave({ smtp: 'ok' });
    expect(await list()).toEqual([]);
    await send({ to: 'a@example.test' });
    expect(await list()).toHaveLength(1);
  });

  it('SMS are refused, fail or break off', async () => {
    const body = { to: '+79161234567', text: 'x' };
    await behave({ sms: 'reject-4xx' });
    expect((await sms(body)).status).toBe(422);
    await behave({ sms: 'reject-5xx' });
    expect((await sms(body)).status).toBe(503);
    await behave({ sms: 'drop' });
    await expect(sms(body)).rejects.toThrow('fetch failed');
    expect(await list()).toEqual([]);
  });

  it('an unknown behaviour is refused', async () => {
    expect((await behave({ smtp: 'explode' })).status).toBe(400);
  });
});

describe('the store', () => {
  it('survives a restart', async () => {
    await send({ to: 'a@example.test', subject: 'Kept', attachments: [{ filename: 'a', content: 'b' }] });
    const before = await list();
    await catcher.close();
    catcher = await start();
    expect(await list()).toEqual(before);
    expect(await (await fetch(`${catcher.pageUrl}/api/messages/${before[0]?.id}/attachments/0`)).text()).toBe('b');
  });

  it('keeps the newest thousand', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 1_005; i += 1) {
      const response = await sms({ to: '+79161234567', text: `${i}` });
      ids.push(((await response.json()) as { id: string }).id);
    }
    expect((await fetch(`${catcher.pageUrl}/api/messages/${ids[4]}`)).status).toBe(404);
    expect((await fetch(`${catcher.pageUrl}/api/messages/${ids[5]}`)).status).toBe(200);
    const kept = await list('?limit=1000');
    expect([kept.length, kept.at(-1)?.text, kept[0]?.text]).toEqual([1_000, '5', '1004']);
  });

  it('is emptied, also for the next start', async () => {
    await send({ to: 'a@example.test' });
    expect((await fetch(`${catcher.pageUrl}/api/messages`, { method: 'DELETE' })).status).toBe(204);
    expect(await list()).toEqual([]);
    await catcher.close();
    catcher = await start();
    expect(await list()).toEqual([]);
  });
});

describe('the page', () => {
  it('lists and finds messages, in Russian and English, and runs no script', async () => {
    await send({ to: 'a@example.test', subject: '<script>alert(1)</script>' });
    await sms({ to: '+79161234567', text: 'Код 1' });
    const response = await fetch(`${catcher.pageUrl}/?lang=ru`);
    expect(response.headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-/);
    const page = await response.text();
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).not.toContain('<script');
    expect(page).toContain('lang="ru"');
    const found = await (await fetch(`${catcher.pageUrl}/?lang=en&q=a@example`)).text();
    expect(found).toContain('Mail and SMS');
    expect(found).not.toContain('Код 1');
  });

  it("shows a mail's HTML in a frame that can do nothing but open links in a new tab", async () => {
    await send({ to: 'a@example.test', html: '<html><head></head><body><a href="http://x.test/">x</a></body></html>' });
    const id = (await list())[0]?.id;
    const page = await (await fetch(`${catcher.pageUrl}/messages/${id}?lang=en`)).text();
    expect(page).toContain(`<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" src="/messages/${id}/html"`);
    const frame = await fetch(`${catcher.pageUrl}/messages/${id}/html`);
    expect(frame.headers.get('content-security-policy')).toMatch(/^sandbox allow-popups [^;]*; default-src 'none'/);
    expect(await frame.text()).toContain('<head><base target="_blank">');
  });

  it('is emptied by its own button, not by a foreign page', async () => {
    await send({ to: 'a@example.test' });
    const press = (origin: string) =>
      fetch(`${catcher.pageUrl}/clear`, { method: 'POST', redirect: 'manual', headers: { Origin: origin } });
    expect((await press('https://evil.test')).status).toBe(403);
    expect(await list()).toHaveLength(1);
    expect((await press(catcher.pageUrl)).status).toBe(303);
    expect(await list()).toEqual([]);
  });

  it('answers to local names only (DNS rebinding)', async () => {
    const status = (host: string) =>
      new Promise((resolve, reject) => {
        request(`${catcher.pageUrl}/api/messages`, { headers: { Host: host } }, (response) => {
          response.resume();
          resolve(response.statusCode);
        })
          .on('error', reject)
          .end();
      });
    expect(await status('localhost:8025')).toBe(200);
    expect(await status('evil.test:8025')).toBe(421);
  });
});

describe('bad requests', () => {
  it('are refused without an error inside', async () => {
    const statuses = await Promise.all(
      [
        fetch(`${catcher.pageUrl}/nothing`),
        fetch(`${catcher.pageUrl}/api/messages/nothing`),
        fetch(`${catcher.pageUrl}/api/messages/%E0%A4%A`),
        fetch(`${catcher.pageUrl}/api/messages?limit=0`),
        fetch(`${catcher.pageUrl}/api/messages?since=yesterday`),
        fetch(`${catcher.pageUrl}/api/messages`, { method: 'PUT' }),
        fetch(`${catcher.pageUrl}/api/behaviour`, { method: 'POST', body: '{"smtp":"drop"}' }),
        fetch(`${catcher.pageUrl}/api/behaviour`, {
          method: 'POST',
          body: '{',
          headers: { 'Content-Type': 'application/json' },
        }),
        post('/api/behaviour', { smtp: 'x'.repeat(2 * 1024 * 1024) }),
      ].map(async (response) => (await response).status),
    );
    expect(statuses).toEqual([404, 404, 400, 400, 400, 405, 415, 400, 413]);
  });

  it('a taken port is an error of the start', async () => {
    const { port } = new URL(catcher.pageUrl);
    const second = startCatcher({ smtpPort: 0, httpPort: Number(port), smsKey: SMS_KEY, log: silentLog });
    await expect(second).rejects.toMatchObject({ code: 'EADDRINUSE' });
    const smtpPort = Number(new URL(catcher.smtpUrl).port);
    const third = startCatcher({ smtpPort, httpPort: 0, smsKey: SMS_KEY, log: silentLog });
    await expect(third).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
