import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { formatMoney } from '../domain/format.ts';
import { nextDigest, quietUntil } from '../domain/quiet.ts';
import { makeUnsubscribeToken, readUnsubscribeToken } from '../domain/unsubscribe-token.ts';
import { LOCALES, shippedTexts, TEMPLATES } from '../templates/catalogue.ts';
import { checkTemplate } from '../templates/check.ts';
import { renderMail, renderShort, sampleValues } from '../templates/render.ts';
import { type Fixture, fixture } from './fixture.ts';

const URL_ = 'https://artel.test';

/** Elements that are not closed where they were opened. Conditional comments of Outlook are looked into. */
function unbalanced(html: string): string[] {
  const open: string[] = [];
  const faults: string[] = [];
  const plain = html.replaceAll(/<!--\[if mso\]>|<!\[endif\]-->/g, '').replace(/<style>[\s\S]*?<\/style>/, '');
  for (const [, close, name = ''] of plain.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*>/gi)) {
    if (/^(meta|br|hr)$/i.test(name)) continue;
    if (close === '') open.push(name);
    else if (open.pop() !== name) faults.push(name);
  }
  return [...faults, ...open];
}

describe('templates as shipped', () => {
  const all = Object.entries(TEMPLATES).flatMap(([key, definition]) =>
    LOCALES.map((locale) => ({ key, locale, definition })),
  );

  test.each(all)('$key in $locale is without fault, complete and in its language', ({ key, locale, definition }) => {
    const texts = shippedTexts(definition, locale);
    expect(checkTemplate(definition, texts)).toEqual([]);
    const frame = { locale, publicUrl: URL_, unsubscribeUrl: undefined };
    const mail = renderMail(texts, sampleValues(definition, locale, URL_), frame);
    expect(/[а-я]/i.test(mail.text.replaceAll(/https?:\S+/g, ''))).toBe(locale === 'ru');
    expect(`${mail.subject}${mail.html}${mail.text}`).not.toMatch(/\{\{|undefined|\[object/);
    expect(mail.text.trim().length).toBeGreaterThan(40);
    expect(mail.html).toMatch(/prefers-color-scheme: dark/);
    // Nothing that mail programs strip or ask about, no style that only a sheet gives, and Gmail cuts at 102 kB.
    expect(mail.html).not.toMatch(/<(script|link|img|form|iframe|object)\b/i);
    expect(mail.html.replace(/<body[\s\S]*/, '')).not.toContain('@import');
    expect(Buffer.byteLength(mail.html)).toBeLessThan(60_000);
    expect(unbalanced(mail.html)).toEqual([]);
    const empty = Object.fromEntries(Object.keys(definition.variables).map((name) => [name, null]));
    if (!key.startsWith('notice')) renderShort(key, empty, { locale, timeZone: 'UTC', who: undefined });
  });
});

describe('an edited template', () => {
  const definition = TEMPLATES['response_new'];
  const check = (html: string) => {
    if (!definition) throw new Error('response_new is gone');
    return checkTemplate(definition, { subject: 's', html, text: 't' }).map((fault) => fault.detail);
  };

  test.each([
    ['{{password}}', 'no variable'],
    ['{{{title}}}', 'unescaped'],
    ['{{&title}}', 'unescaped'],
    ['{{title', 'can not be read'],
    ['{{> partial}}', 'not allowed'],
    ['{{#each title}}x{{/each}}', 'not known'],
    ['{{lookup this "constructor"}}', 'no helper'],
    ['{{title.constructor}}', 'no variable'],
    ['{{#if password}}x{{/if}}', 'no variable'],
    ['{{#if title}}{{secret}}{{/if}}', 'no variable'],
    ['<script>alert(1)</script>', 'element'],
    ['<img src=x onerror=alert(1)>', 'handlers'],
    ['<a href="javascript:alert(1)">x</a>', 'links'],
  ])('%s is refused', (html, reason) => {
    expect(check(html).join()).toContain(reason);
  });

  test('values can not break out of HTML or into headers', () => {
    fc.assert(
      fc.property(fc.string(), (title) => {
        if (!definition) throw new Error('response_new is gone');
        const values = { ...sampleValues(definition, 'ru', URL_), title: `<i>${title}\r\nBcc: x@y` };
        const frame = { locale: 'ru' as const, publicUrl: URL_, unsubscribeUrl: undefined };
        const mail = renderMail(shippedTexts(definition, 'ru'), values, frame);
        return !mail.html.includes('<i>') && !/[\r\n]/.test(mail.subject);
      }),
    );
  });
});

describe('over the service', () => {
  let fix: Fixture;
  beforeAll(async () => {
    fix = await fixture();
  });
  afterAll(() => fix.close());
  const asAdmin = (route: string, input: object = {}) =>
    fix.platform.call('notifications', route, { caller: 'admin', ...input });
  const change = (version: number, subject: string, shipped = false) =>
    fix.publish('admin.template.changed.v1', {
      templateId: newId(),
      key: 'topup_failed',
      locale: 'ru',
      version,
      subject,
      html: '<p>{{sum}}</p>',
      text: '{{sum}}',
      shipped,
    });

  test('an edit acts at once, whatever order edits come in; what ships comes back (E12)', async () => {
    const inForce = async () =>
      (await asAdmin('listTemplates')).body.items.find(
        (one: { key: string; locale: string }) => one.key === 'topup_failed' && one.locale === 'ru',
      );
    const shipped = await inForce();
    expect(shipped).toMatchObject({ version: 0, variables: ['sum', 'reason', 'name', 'link'] });
    await change(2, 'Вторая правка {{sum}}');
    await fix.platform.drain();
    await change(1, 'Первая правка');
    await fix.platform.drain();
    expect(await inForce()).toMatchObject({ version: 2, subject: 'Вторая правка {{sum}}' });
    const contact = fix.someone();
    const amount = { amount: '70000', currency: 'RUB' };
    await fix.publish('payments.topup.failed.v1', { topupId: newId(), userId: contact.userId, amount, reason: 'x' });
    expect((await fix.mailTo(contact.email)).subject.replaceAll('\u00a0', ' ')).toBe('Вторая правка 700,00 ₽');
    await change(3, 'shipped', true);
    await fix.platform.drain();
    expect(await inForce()).toEqual({ ...shipped, version: 3 });
  });

  test('a preview renders sample values, faults are named, unknown keys are not found', async () => {
    const body = {
      key: 'response_new',
      locale: 'en',
      subject: 'For {{name}}',
      html: '<p>{{title}}</p>',
      text: '{{title}}',
    };
    const preview = await asAdmin('renderTemplate', { body });
    expect(preview.body.subject).toBe('For Ann Smith');
    expect(preview.body.html).toContain('<p>Logo for a coffee shop</p>');
    await expect(asAdmin('renderTemplate', { body: { ...body, html: '{{evil}}' } })).rejects.toMatchObject({
      code: 'notifications.template_faulty',
      errors: [{ pointer: '/body/html', detail: 'there is no variable evil' }],
    });
    for (const key of ['nope', 'constructor', '__proto__'])
      await expect(asAdmin('renderTemplate', { body: { ...body, key } })).rejects.toMatchObject({ code: 'not_found' });
    await expect(fix.platform.call('notifications', 'renderTemplate', { body })).rejects.toMatchObject({
      code: 'forbidden',
    });
  });

  test('a test send comes once, with sample values, whatever the admin muted', async () => {
    const contact = fix.someone();
    const system = { type: 'system', channels: { inApp: false, email: false } };
    await fix.as(contact.userId, 'putPreferences', { ifMatch: '"0"', body: { types: [system] } });
    const data = {
      templateId: newId(),
      key: 'confirm_email',
      locale: 'ru',
      subject: 'Проверка: {{name}}',
      html: '<p>{{code}} {{link}}</p>',
      text: '{{code}} {{link}}',
      recipientId: contact.userId,
    };
    const id = await fix.publish('admin.template.test-requested.v1', data);
    await fix.publish('admin.template.test-requested.v1', data, { id });
    const mails = await fix.sentTo(contact.email);
    expect(mails).toMatchObject([{ subject: 'Проверка: Анна Иванова', text: expect.stringContaining('123456') }]);
  });
});

test('deep links: whatever is told leads to a page of the web app', () => {
  const source = readFileSync(new URL('../../../apps/web/src/routes.ts', import.meta.url), 'utf8');
  const patterns = [...source.matchAll(/^ {2}\['(\/[^']*)', \w+/gm)].map((found) => found[1] ?? '');
  expect(patterns.length).toBeGreaterThan(20);
  const pages = patterns.map((pattern) => new RegExp(`^${pattern.replaceAll(/:\w+/g, '[^/]+')}$`));
  const id = newId();
  const params = { orderId: id, conversationId: id, ticketId: id, searchId: id };
  for (const [key, { link }] of Object.entries(TEMPLATES)) {
    const path = link(params);
    if (path !== '')
      expect(
        pages.some((page) => page.test(path.split('?')[0] ?? '')),
        `${key}: ${path}`,
      ).toBe(true);
  }
});

describe('pure rules', () => {
  test("money is exact and in the reader's way", () => {
    const show = (amount: string, currency: 'RUB' | 'JPY' | 'KWD', locale: 'ru' | 'en' = 'ru') =>
      formatMoney({ amount, currency }, locale).replaceAll('\u00a0', ' ');
    expect(show('123450', 'RUB')).toBe('1 234,50 ₽');
    expect(show('5', 'RUB')).toBe('0,05 ₽');
    expect(show('-5', 'RUB')).toBe('-0,05 ₽');
    expect(show('999999999999999', 'RUB')).toBe('9 999 999 999 999,99 ₽');
    expect(show('123450', 'JPY', 'en')).toBe('¥123,450');
    expect(show('1234', 'KWD', 'en')).toContain('1.234');
  });

  const zone = fc.constantFrom('Europe/Moscow', 'America/New_York', 'Asia/Kolkata', 'Europe/Berlin', 'Pacific/Apia');
  const time = fc.date({ min: new Date('2026-01-01'), max: new Date('2027-12-31'), noInvalidDate: true });
  const wall = fc
    .integer({ min: 0, max: 95 })
    .map((q) => `${String(q >> 2).padStart(2, '0')}:${String((q & 3) * 15).padStart(2, '0')}`);
  const hourIn = (at: Date, timeZone: string) =>
    new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }).format(at);

  test('quiet hours end outside of themselves, within a day, and only ever delay', () => {
    fc.assert(
      fc.property(time, wall, wall, zone, (at, from, to, timeZone) => {
        fc.pre(from !== to);
        const end = quietUntil(at, { from, to }, timeZone);
        if (!end) return true;
        const wait = end.getTime() - at.getTime();
        return wait > 0 && wait <= 26 * 3_600_000 && quietUntil(end, { from, to }, timeZone) === undefined;
      }),
    );
    expect(quietUntil(new Date(), null, 'UTC')).toBeUndefined();
  });

  test('the change of the clock: nine stays nine, and quiet hours end by the clock on the wall', () => {
    const newYork = 'America/New_York';
    const berlin = 'Europe/Berlin';
    const digest = (at: string, kind: 'daily' | 'weekly', zone: string) =>
      nextDigest(new Date(at), kind, zone).toISOString();
    // 8 March 2026, 2:00 becomes 3:00: the day is an hour short.
    expect(digest('2026-03-07T20:00:00Z', 'daily', newYork)).toBe('2026-03-08T13:00:00.000Z');
    expect(digest('2026-03-06T20:00:00Z', 'daily', newYork)).toBe('2026-03-07T14:00:00.000Z');
    expect(digest('2026-03-03T20:00:00Z', 'weekly', newYork)).toBe('2026-03-09T13:00:00.000Z');
    // 25 October 2026, 3:00 becomes 2:00: the night is an hour long.
    expect(digest('2026-10-24T10:00:00Z', 'daily', berlin)).toBe('2026-10-25T08:00:00.000Z');
    const quiet = { from: '22:00', to: '08:00' };
    expect(quietUntil(new Date('2026-10-24T21:00:00Z'), quiet, berlin)?.toISOString()).toBe('2026-10-25T07:00:00.000Z');
    expect(quietUntil(new Date('2026-03-28T22:00:00Z'), quiet, berlin)?.toISOString()).toBe('2026-03-29T06:00:00.000Z');
  });

  test("a digest comes later, at nine in the person's zone, weekly on Monday", () => {
    fc.assert(
      fc.property(
        time,
        zone,
        fc.constantFrom('hourly' as const, 'daily' as const, 'weekly' as const),
        (at, timeZone, kind) => {
          const next = nextDigest(at, kind, timeZone);
          const wait = next.getTime() - at.getTime();
          expect(wait).toBeGreaterThan(0);
          expect(wait).toBeLessThanOrEqual({ hourly: 1, daily: 25, weekly: 169 }[kind] * 3_600_000);
          if (kind !== 'hourly') expect(hourIn(next, timeZone)).toBe('09:00');
          if (kind === 'weekly')
            expect(new Intl.DateTimeFormat('en', { timeZone, weekday: 'short' }).format(next)).toBe('Mon');
        },
      ),
    );
  });

  test('an unsubscribe token is good for its person and type only, under its key only', () => {
    const wish = { userId: newId(), type: 'money' as const };
    const token = makeUnsubscribeToken('key', wish);
    expect(readUnsubscribeToken('key', token)).toEqual(wish);
    expect(readUnsubscribeToken('other', token)).toBeUndefined();
    fc.assert(fc.property(fc.string(), (text) => readUnsubscribeToken('key', text) === undefined));
  });
});
