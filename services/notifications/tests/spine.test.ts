import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { type Fixture, fixture } from './fixture.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await fixture();
});
afterAll(() => fix.close());

/** Everything that the service keeps, as text. */
async function dumpAll(): Promise<string> {
  const { db } = fix.platform.ctx('notifications');
  const { tables } = await db.one<{ tables: string }>(
    sql`select schema_to_xml('notifications', true, false, '')::text as tables`,
  );
  return tables;
}

const RUB = (amount: string) => ({ amount, currency: 'RUB' });

describe('codes and links of auth (E2)', () => {
  const requested = async (purpose: string, secret: object, more: object = {}) => {
    const contact = fix.someone();
    const secretId = newId();
    const { userId } = contact;
    fix.secrets.set(secretId, {
      secretId,
      userId,
      code: null,
      linkToken: null,
      destination: null,
      locale: 'ru',
      expiresAt: '2099-01-01T00:00:00Z',
      ...secret,
    });
    const data = { userId, secretId, channel: 'email', purpose, locale: 'ru', ...more };
    await fix.publish('auth.message.requested.v1', data);
    return contact;
  };

  test('the code stands alone on its line, the link carries the token, in the language of the person', async () => {
    const contact = await requested('confirm_email', { code: '012345', linkToken: 'tok-1' });
    const mail = await fix.mailTo(contact.email);
    expect(mail.subject).toBe('Подтвердите почту в Artel');
    expect(mail.text).toMatch(/^012345$/m);
    expect(mail.text).toContain(`${fix.platform.url}/confirm?token=tok-1`);
    expect(mail.html).toContain('/confirm?token=tok-1"');
    expect(new Map(mail.headers).has('List-Unsubscribe')).toBe(false);
    const english = await requested('confirm_email', { code: '123456', linkToken: 't', locale: 'en' });
    expect((await fix.mailTo(english.email)).subject).toBe('Confirm your email for Artel');
  });

  test('each purpose has its mail and its page', async () => {
    const pages = {
      reset_password: '/reset?token=tok',
      invitation: '/invitation?token=tok',
      already_registered: '/sign-in',
      email_replaced: '/sign-in',
    };
    for (const [purpose, page] of Object.entries(pages)) {
      const contact = await requested(purpose, { linkToken: page === '/sign-in' ? null : 'tok' });
      expect((await fix.mailTo(contact.email)).text).toContain(`${fix.platform.url}${page}\n`);
    }
    for (const purpose of ['sign_in_code', 'change_email']) {
      const contact = await requested(purpose, { code: '654321' });
      expect((await fix.mailTo(contact.email)).text).toMatch(/^654321$/m);
    }
  });

  test('goes to the destination when the profile is not there yet, and never when the secret is over', async () => {
    const secretId = newId();
    const userId = newId();
    const data = { userId, secretId, channel: 'email', purpose: 'confirm_email', locale: 'en' };
    const destination = `${newId()}@example.com`;
    fix.secrets.set(secretId, { secretId, userId, code: '111222', linkToken: 'x', destination, locale: 'en' });
    await fix.publish('auth.message.requested.v1', data);
    expect((await fix.mailTo(destination)).text).toContain('Hello, there!');
    const over = { ...data, userId: newId(), secretId: newId() };
    await fix.publish('auth.message.requested.v1', over);
    await fix.settled();
    expect(await fix.deliveries(over.userId)).toMatchObject([{ state: 'dropped', attempts: 1 }]);
  });

  test('a code for the phone goes by SMS, once', async () => {
    const contact = await requested('verify_phone', { code: '777888' }, { channel: 'sms' });
    const sent = await fix.sentTo(contact.phone ?? '');
    expect(sent).toHaveLength(1);
    expect(sent[0]).toMatchObject({ kind: 'sms', text: expect.stringContaining('777888') });
  });

  test('no code, token or address is in the database (P3)', async () => {
    const contact = await requested('confirm_email', { code: '909090', linkToken: 'canary-token' });
    await fix.mailTo(contact.email);
    const dumps = await dumpAll();
    expect(dumps).toContain(contact.userId);
    expect(dumps).not.toMatch(/909090|canary-token|@example\.com/);
  });
});

describe('news of orders (E5)', () => {
  test('a response reaches the client in the app, live and by mail, with name, price and link', async () => {
    const client = fix.someone();
    const freelancer = fix.someone({ displayName: 'Пётр <b>' });
    const orderId = newId();
    await fix.publish('orders.response.submitted.v1', {
      responseId: newId(),
      orderId,
      title: 'Логотип & знак',
      clientId: client.userId,
      freelancerId: freelancer.userId,
      price: RUB('123450'),
      first: true,
    });
    const mail = await fix.mailTo(client.email);
    expect(mail.subject).toBe('Новый отклик на заказ «Логотип & знак»');
    expect(mail.text.replaceAll('\u00a0', ' ')).toContain('Пётр <b>, цена 1 234,50 ₽');
    expect(mail.html).toContain('Логотип &amp; знак');
    expect(mail.html).not.toContain('<b>');
    expect(mail.text).toContain(`${fix.platform.url}/orders/${orderId}`);
    const [item] = await fix.list(client.userId);
    expect(item).toMatchObject({ type: 'responses', event: 'response_new', link: `/orders/${orderId}`, readAt: null });
    expect(item.text).toContain('Пётр <b>');
    expect((await fix.list(client.userId, {}, 'en'))[0].title).toBe('New response to “Логотип & знак”');
    const frame = fix.frames.find((one) => one.userIds.includes(client.userId));
    expect(frame?.frame).toMatchObject({ type: 'notification', unread: 1, notification: { title: item.title } });
    expect(await fix.list(freelancer.userId)).toEqual([]);
  });

  test('a change of status reaches the other side; what another event says better is not said twice', async () => {
    const client = fix.someone();
    const freelancer = fix.someone();
    const order = { orderId: newId(), title: 'Сайт', category: 'web-design', price: RUB('100'), deadline: null };
    const parties = { clientId: client.userId, freelancerId: freelancer.userId };
    const step = async (action: string, from: string, to: string, actorKind: string, reason: string | null = null) => {
      const actorId = actorKind === 'client' ? client.userId : actorKind === 'system' ? null : freelancer.userId;
      await fix.publish('orders.order.status-changed.v1', {
        ...order,
        ...parties,
        from,
        to,
        actorId,
        actorKind,
        action,
        reason,
        onTime: null,
      });
      await fix.settled();
    };
    await step('placement_refused', 'awaiting_payment', 'draft', 'system', 'нет денег');
    await step('placement_charged', 'awaiting_payment', 'published', 'system');
    await step('start', 'published', 'in_progress', 'client');
    await step('deliver', 'in_progress', 'delivered', 'freelancer');
    await step('request_revision', 'delivered', 'in_progress', 'client', 'поправить цвет');
    await step('complete', 'delivered', 'completed', 'client');
    await step('dispute', 'in_progress', 'disputed', 'client', 'не то');
    const events = async (userId: string) => (await fix.list(userId)).map((one) => one.event).reverse();
    expect(await events(client.userId)).toEqual(['order_published', 'order_delivered', 'order_disputed']);
    expect(await events(freelancer.userId)).toEqual(['order_revision', 'order_completed', 'order_disputed']);
    const mails = await fix.sentTo(freelancer.email);
    expect(mails.map((mail) => mail.text).join()).toContain('Что поправить: поправить цвет');
  });
});

describe('money (E9), support (E10), notices (E12)', () => {
  test('a transaction tells each user in one sentence what it did to his money', async () => {
    const client = fix.someone();
    const freelancer = fix.someone({ locale: 'en' });
    await fix.publish('payments.transaction.posted.v1', {
      transactionId: newId(),
      kind: 'client_bonus',
      orderId: newId(),
      at: '2026-01-01T00:00:00Z',
      postings: [
        { account: 'available', userId: client.userId, amount: RUB('-50000') },
        { account: 'available', userId: freelancer.userId, amount: RUB('50000') },
      ],
    });
    const text = (mail: { subject: string }) => mail.subject.replaceAll('\u00a0', ' ');
    expect(text(await fix.mailTo(client.email))).toBe('Списано 500,00 ₽');
    expect(text(await fix.mailTo(freelancer.email))).toBe('₽500.00 received');
    expect((await fix.list(client.userId))[0]).toMatchObject({ type: 'money', link: '/money' });
  });

  test('a refused fee says what is missing; a withdrawal and a failed top-up say their state', async () => {
    const { userId } = fix.someone();
    const order = { placementId: newId(), orderId: newId(), clientId: userId };
    await fix.publish('payments.placement.refused.v1', {
      ...order,
      code: 'not_enough_money',
      missing: RUB('9900'),
    });
    await fix.publish('payments.withdrawal.changed.v1', {
      withdrawalId: newId(),
      userId,
      amount: RUB('10000'),
      status: 'paid',
    });
    await fix.publish('payments.topup.failed.v1', { topupId: newId(), userId, amount: RUB('700'), reason: 'declined' });
    await fix.settled();
    const texts = (await fix.list(userId)).map((one) => one.text.replaceAll('\u00a0', ' ')).join('\n');
    expect(texts).toContain('недостаточно денег на счёте. Не хватает 99,00 ₽');
    expect(texts).toContain('Вывод 100,00 ₽: выплачен');
    expect(texts).toContain('Пополнить счёт на 7,00 ₽ не удалось');
  });

  test('a ticket reaches those named; a deleted review its author, with the justification, and its target', async () => {
    const [author, target] = [fix.someone(), fix.someone()];
    const ticketId = newId();
    await fix.publish('support.ticket.changed.v1', {
      ticketId,
      number: 42,
      kind: 'question',
      subject: 'Вывод',
      authorId: author.userId,
      assigneeId: null,
      orderId: null,
      from: 'assigned',
      to: 'answered',
      action: 'answer',
      actorId: target.userId,
      notify: [author.userId],
      at: '2026-01-01T00:00:00Z',
      firstAnswerSeconds: null,
      resolutionSeconds: null,
      satisfaction: null,
    });
    expect((await fix.mailTo(author.email)).subject).toBe('Обращение № 42: есть ответ');
    expect((await fix.list(author.userId))[0].text).toContain('«Вывод»');
    await fix.publish('support.review.deletion-noticed.v1', {
      reviewId: newId(),
      authorId: author.userId,
      targetId: target.userId,
      ticketId,
      ground: 'insult',
      justification: 'Отзыв о другой работе',
    });
    expect((await fix.mailTo(author.email)).text).toContain('Обоснование: Отзыв о другой работе');
    expect((await fix.mailTo(target.email)).subject).toBe('Отзыв о вас удалён');
    expect((await fix.list(author.userId))[0].link).toBe(`/tickets/${ticketId}`);
  });

  test('a ticket that the platform opened is named to its assignee in his language', async () => {
    const staff = [fix.someone(), fix.someone({ locale: 'en' })] as const;
    for (const { userId } of staff)
      await fix.publish('support.ticket.changed.v1', {
        ticketId: newId(),
        number: 43,
        kind: 'payment',
        subject: 'Сверка',
        subjectIn: { ru: 'Сверка', en: 'Reconciliation' },
        authorId: newId(),
        assigneeId: userId,
        orderId: null,
        from: 'new',
        to: 'assigned',
        action: 'assign',
        actorId: newId(),
        notify: [userId],
        at: '2026-01-01T00:00:00Z',
        firstAnswerSeconds: null,
        resolutionSeconds: null,
        satisfaction: null,
      });
    expect((await fix.mailTo(staff[0].email)).text).toContain('«Сверка»');
    expect((await fix.mailTo(staff[1].email)).text).toContain('“Reconciliation”');
    expect((await fix.list(staff[1].userId, {}, 'en'))[0].text).toContain('“Reconciliation”');
  });

  test('a notice reaches hundreds of people, each in his language, contacts in batches (I17)', async () => {
    const people = Array.from({ length: 300 }, (_, i) => fix.someone({ locale: i % 2 ? 'en' : 'ru' }));
    const before = fix.lookups.length;
    await fix.publish('admin.notice.requested.v1', {
      noticeId: newId(),
      recipientIds: people.map((one) => one.userId),
      title: { ru: 'Работы ночью', en: 'Maintenance tonight' },
      text: { ru: 'С двух до трёх.', en: 'From two to three.' },
      critical: false,
    });
    expect((await fix.mailTo(people[0]?.email ?? '')).subject).toBe('Работы ночью');
    expect((await fix.mailTo(people[299]?.email ?? '')).subject).toBe('Maintenance tonight');
    expect(fix.lookups.length - before).toBeLessThan(60);
    expect(fix.lookups.every((ids) => ids.split(',').length <= 100)).toBe(true);
  });

  test('security news comes by mail whatever is muted', async () => {
    const contact = fix.someone();
    const { userId } = contact;
    await fix.publish('auth.security.noticed.v1', {
      userId,
      kind: 'new_device',
      device: 'Firefox',
      place: null,
      at: '2026-03-01T09:30:00Z',
    });
    const mail = await fix.mailTo(contact.email);
    expect(mail.subject).toBe('Безопасность: Вход с нового устройства');
    expect(mail.text).toMatch(/1 марта 2026.*12:30.*Firefox/);
  });
});

test('a profile that comes late is waited for', async () => {
  const userId = newId();
  await fix.publish('payments.topup.failed.v1', { topupId: newId(), userId, amount: RUB('700'), reason: 'x' });
  await expect
    .poll(() => fix.deliveries(userId))
    .toMatchObject([{ state: 'queued', reason: 'no contact yet', attempts: 1 }]);
  const contact = fix.someone({ userId });
  await fix.platform.advance(60_000);
  expect(await fix.sentTo(contact.email)).toHaveLength(1);
});

test('an erased person leaves nothing behind', async () => {
  const contact = fix.someone();
  const { userId } = contact;
  await fix.publish('payments.topup.failed.v1', { topupId: newId(), userId, amount: RUB('700'), reason: 'x' });
  await fix.as(userId, 'putPreferences', { ifMatch: '"0"', body: { digest: 'daily' } });
  await fix.settled();
  expect(await dumpAll()).toContain(userId);
  await fix.publish('users.user.erased.v1', { userId, actorId: newId() });
  await fix.platform.drain();
  expect(await dumpAll()).not.toContain(userId);
});
