/** Support (S1–S3, I19–I21, E10, E11): tickets, disputes, reviews. */
import { expect } from 'vitest';
import type { Api } from '../api.ts';
import { RUB } from '../deal.ts';
import { mailTo, type World } from '../world.ts';
import {
  conversationOf,
  DAY,
  HOUR,
  joinStaff,
  MINUTE,
  pairWithMoney,
  runningDeal,
  withSetting,
} from './care-people.ts';
import { newAdmin, newPerson, signInAgain } from './people.ts';
import type { Walk } from './walk.ts';

const open = async (api: Api, body: object) =>
  (await api.post('/tickets', { kind: 'question', subject: 'Вопрос', text: 'Как вывести деньги?', ...body })).body;
/** Whoever of staff is at work may have been given it. */
const take = (api: Api, path: string) => api.post(`${path}/assignment`, { assigneeId: 'self' });
const presence = (api: Api, state: string) => api.put('/support/presence', { state });
const available = async (api: Api) => BigInt((await api.get('/me/accounts')).body.items[0].available.amount);

const tickets: Walk = {
  name: 'S1, S2: a ticket about something with its files, given to who is at work, taken from who is silent; deadlines stop for the author’s turn',
  async run(world) {
    const admin = await newAdmin(world);
    const [one, other] = [await joinStaff(admin, 'Кира Первая'), await joinStaff(admin, 'Лев Второй')];
    const { client, freelancer } = await pairWithMoney(world, ['Майя Вопрос', 'Нестор Мимо']);
    const { transactionId } = (await client.get('/me/statement')).body.items[0];
    await freelancer.post(
      '/tickets',
      { kind: 'payment', subject: 'Чужое', text: 'Чужой платёж', transactionId },
      { expect: 404 },
    );
    await presence(one, 'online');
    const ticket = await open(client, { kind: 'payment', transactionId, category: 'вывод' });
    const path = `/tickets/${ticket.ticketId}`;
    const assigned = (to: Api) => to.until(path, (body) => body.assigneeId === to.userId);
    await assigned(one);
    expect((await client.get(path)).body.assigneeId).toBeNull();
    const bytes = Buffer.from('<script>alert(1)</script>');
    const [file] = (
      await client.post(`${path}/attachments?fileName=${encodeURIComponent('чек.html')}`, undefined, { bytes })
    ).body.attachments;
    const served = await one.get(`${path}/attachments/${file.attachmentId}`);
    expect(served.headers.get('content-type')).toBe('application/octet-stream');
    await freelancer.get(`${path}/attachments/${file.attachmentId}`, { expect: 404 });
    const { payment, people } = (await one.get(`${path}/context`)).body;
    expect(payment.value.transactionId).toBe(transactionId);
    expect(JSON.stringify(people.value)).toContain('Майя Вопрос');
    const texts = { ru: 'Деньги приходят в течение дня.', en: 'The money comes within a day.' };
    await one.put('/support/canned-replies/payout-day', { title: 'Срок вывода', texts });
    expect(JSON.stringify((await other.get('/support/canned-replies')).body)).toContain(texts.en);
    await one.post(`${path}/notes`, { text: 'Похоже на ошибку банка.' });
    expect(JSON.stringify((await client.get(path)).body)).not.toContain('ошибку банка');
    const asked = (await one.post(`${path}/messages`, { text: 'Какой банк?', waitForUser: true })).body;
    expect(asked).toMatchObject({ status: 'waiting_for_user', paused: true, answerDueAt: null });
    await world.advance(3 * HOUR);
    await signInAgain(client, one, other, admin);
    const answered = (await client.post(`${path}/messages`, { text: 'Городской' })).body;
    const moved = Date.parse(answered.resolveDueAt) - Date.parse(ticket.resolveDueAt);
    expect(Math.round(moved / MINUTE)).toBeGreaterThanOrEqual(180);
    expect(answered.paused).toBe(false);
    // Eight hours of working time without a word: it goes to who is there. A note keeps it.
    await presence(one, 'away');
    await presence(other, 'online');
    await world.advance(8 * HOUR + 5 * MINUTE);
    await signInAgain(client, one, other, admin);
    await assigned(other);
    await admin.post(`/admin/tickets/${ticket.ticketId}/assignment`, { assigneeId: one.userId });
    await assigned(one);
    const { headers } = await one.get(path);
    const triage = { priority: 'high', tags: ['вывод средств'], category: 'банк' };
    const sorted = (await one.patch(path, triage, { ifMatch: headers.get('etag') ?? '' })).body;
    expect(sorted).toMatchObject(triage);
    const twin = await open(client, { subject: 'Ещё раз о том же' });
    await signInAgain(freelancer);
    const near = await open(freelancer, { subject: 'Похожее' });
    await one.put(`${path}/links/${near.ticketId}`, {});
    const merged = (await one.post(`/tickets/${twin.ticketId}/merge`, { into: ticket.ticketId })).body;
    expect(merged.links.map((link: { ticketId: string }) => link.ticketId).sort()).toEqual(
      [near.ticketId, twin.ticketId].sort(),
    );
    expect((await client.get(`/tickets/${twin.ticketId}`)).body).toMatchObject({
      status: 'closed',
      mergedInto: ticket.ticketId,
    });
    client.locale = 'en';
    const left = (await client.get(`/tickets/${twin.ticketId}`)).body.messages.at(-1).text;
    expect(left).toBe(`Merged into ticket ${ticket.number}.`);
    client.locale = 'ru';
    await one.post(`${path}/messages`, { text: texts.ru });
    await mailTo(world, client.email, { text: String(ticket.number) });
    const version = (await one.get(path)).headers.get('etag') ?? '';
    const done = (await one.post(`${path}/status`, { status: 'resolved' }, { ifMatch: version })).body;
    expect(done).toMatchObject({ status: 'resolved', paused: true, overdue: false });
    expect((await client.post(`${path}/satisfaction`, { mark: 4 })).body.satisfaction).toBe(4);
    await presence(other, 'away');
  },
};

const calendar: Walk = {
  name: 'S2: deadlines run on the working calendar; tickets about a person and about a message bring what they are about',
  async run(world) {
    const admin = await newAdmin(world);
    const support = await joinStaff(admin, 'Олег Календарь');
    const { client, freelancer } = await pairWithMoney(world, ['Павла Жалоба', 'Роман Грубый']);
    const orderId = await runningDeal(client, freelancer, 'Открытка к празднику');
    const conversation = `/conversations/${await conversationOf(client, orderId)}`;
    const messageId = crypto.randomUUID();
    await freelancer.post(`${conversation}/messages`, { messageId, text: 'Сами рисуйте.' });
    const hours = { timeZone: 'Europe/Moscow', days: [1, 2, 3, 4, 5], from: '09:00', to: '18:00', holidays: [] };
    await withSetting(admin, 'support.deadlines', { firstAnswerHours: 4, calendar: hours }, async () => {
      const about = { kind: 'complaint', userId: freelancer.userId, messageId };
      const ticket = await open(client, about);
      const moscow = new Intl.DateTimeFormat('en-GB', {
        timeZone: 'Europe/Moscow',
        weekday: 'short',
        hour: '2-digit',
        minute: '2-digit',
        hourCycle: 'h23',
      });
      for (const due of [ticket.answerDueAt, ticket.resolveDueAt]) {
        const parts = Object.fromEntries(moscow.formatToParts(new Date(due)).map((part) => [part.type, part.value]));
        expect(['Sat', 'Sun']).not.toContain(parts['weekday']);
        const at = `${parts['hour']}:${parts['minute']}`;
        expect(at >= '09:00' && at <= '18:00', at).toBe(true);
      }
      const context = (await support.get(`/tickets/${ticket.ticketId}/context`)).body;
      expect(context.message.value).toMatchObject({ messageId, text: 'Сами рисуйте.' });
      expect(JSON.stringify(context.people.value)).toContain('Роман Грубый');
      // I21: the look at the message is shown, too.
      const looks = (await freelancer.get(`${conversation}/looks`)).body.items;
      expect(looks[0]).toMatchObject({ ticketId: ticket.ticketId, actorId: support.userId });
    });
  },
};

async function disputed(client: Api, freelancer: Api, title: string) {
  const orderId = await runningDeal(client, freelancer, title);
  const about = { kind: 'dispute', subject: 'Работа не та', text: 'Не то, о чём договорились.', orderId };
  const ticket = await open(client, about);
  await client.until(`/orders/${orderId}`, (order) => order.status === 'disputed');
  return { orderId, path: `/tickets/${ticket.ticketId}`, ticketId: ticket.ticketId as string };
}

const offers: Walk = {
  name: 'S2: a dispute for a fee: frozen at once, one timeline, evidence of both, each reads it in his language; sealed offers meet at the midpoint, the fee comes back',
  async run(world) {
    const admin = await newAdmin(world);
    const { client, freelancer } = await pairWithMoney(world, ['Софья Спорит', 'Тимур Спорит']);
    freelancer.locale = 'en';
    await withSetting(admin, 'support.disputes', { feeBps: 500 }, async () => {
      const before = await available(client);
      const { orderId, path } = await disputed(client, freelancer, 'Баннер для булочной');
      // 100.00 of placement, 4,000.00 of the deal, 200.00 of the fee.
      expect(before - (await available(client))).toBe(430_000n);
      const { number } = (await client.get(path)).body;
      const memo = async () => (await client.get('/me/statement?kind=reserve')).body.items[0].memo;
      expect(await memo()).toBe(`Сбор за спор № ${number}`);
      client.locale = 'en';
      expect(await memo()).toBe(`Fee of dispute ${number}`);
      client.locale = 'ru';
      await freelancer.post(`/orders/${orderId}/deliveries`, { text: 'Поздно' }, { expect: 409 });
      for (const [api, name] of [
        [client, 'снимок.txt'],
        [freelancer, 'proof.txt'],
      ] as const) {
        const bytes = Buffer.from(name);
        await api.post(`${path}/attachments?fileName=${encodeURIComponent(name)}`, undefined, { bytes });
        await api.post(`${path}/messages`, { text: `См. ${name}` });
      }
      const [mine, his] = [(await client.get(path)).body, (await freelancer.get(path)).body];
      const ids = (thread: { messages: { messageId: string }[] }) => thread.messages.map((one) => one.messageId);
      expect(ids(his)).toEqual(ids(mine));
      expect(his.attachments).toHaveLength(2);
      const rules = (thread: { messages: { authorKind: string; text: string }[] }) =>
        thread.messages.find((one) => one.authorKind === 'system')?.text ?? '';
      expect([/[а-я]/.test(rules(mine)), /[a-z]/.test(rules(mine).replace(/RUB/g, ''))]).toEqual([true, false]);
      expect([/[а-я]/.test(rules(his)), rules(his).includes('frozen')]).toEqual([false, true]);
      const offer = async (api: Api, rubles: number) =>
        (await api.post(`${path}/settlement`, { freelancerAmount: RUB(rubles) })).body;
      await offer(client, 2_000);
      const sealed = (await freelancer.get(`${path}/settlement`)).body;
      expect(sealed).toMatchObject({ own: null, otherOffered: true, agreed: null });
      const paid = await available(freelancer);
      expect((await offer(freelancer, 1_000)).agreed).toEqual(RUB(1_500));
      await client.until(`/orders/${orderId}`, (order) => order.status === 'split' && order.funding === 'settled');
      await world.drain();
      expect((await available(freelancer)) - paid).toBe(135_000n);
      expect(before - (await available(client))).toBe(10_000n + 150_000n);
      const ended = (await freelancer.get(path)).body;
      expect(ended.disputeDetails).toMatchObject({ feeState: 'returned', ruling: { by: 'agreement' } });
      expect(ended.disputeDetails.ruling.reason).toBe('The offers of both parties met.');
      const history = (await freelancer.get(`/orders/${orderId}/history`)).body.items;
      expect(history.at(-1).reason ?? history[0].reason).toBe('the offers of both sides met');
    });
  },
};

const lost: Walk = {
  name: 'S2: a ruling for the freelancer, accepted by both: he is paid, the fee is kept',
  async run(world) {
    const admin = await newAdmin(world);
    const support = await joinStaff(admin, 'Ульяна Судья');
    const { client, freelancer } = await pairWithMoney(world, ['Фаина Неправа', 'Харитон Прав']);
    await withSetting(admin, 'support.disputes', { feeBps: 500 }, async () => {
      const { orderId, path } = await disputed(client, freelancer, 'Вывеска для аптеки');
      await freelancer.post(`${path}/messages`, { text: 'Всё сдано по заданию.' });
      const ruling = { outcome: 'release', freelancerAmount: RUB(4_000), reason: 'Работа соответствует заданию.' };
      await take(support, path);
      await support.post(`${path}/ruling`, { ...ruling, freelancerAmount: RUB(1) }, { expect: 400 });
      await support.post(`${path}/ruling`, ruling);
      const before = [await available(client), await available(freelancer)] as const;
      for (const api of [client, freelancer]) await api.post(`${path}/ruling/acceptance`);
      await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
      await world.drain();
      expect((await available(freelancer)) - before[1]).toBe(360_000n);
      expect((await available(client)) - before[0]).toBe(0n);
      expect((await client.get(path)).body.disputeDetails.feeState).toBe('kept');
    });
  },
};

const silence: Walk = {
  name: 'S2: who says nothing for the stated time loses; both are told in their language, and the money moves when the appeal is over',
  async run(world) {
    const { client, freelancer } = await pairWithMoney(world, ['Цветана Ждёт', 'Чеслав Молчит']);
    freelancer.locale = 'en';
    const { orderId, path } = await disputed(client, freelancer, 'Листовка для цирка');
    await world.advance(7 * DAY + HOUR);
    await signInAgain(client, freelancer);
    const said = async (api: Api) =>
      (await api.until(path, (body) => body.dispute === 'decided')).disputeDetails.ruling;
    expect(await said(client)).toMatchObject({
      outcome: 'refund',
      by: 'silence',
      reason: 'Исполнитель не ответил за 7 дн.',
    });
    expect((await said(freelancer)).reason).toBe('The freelancer said nothing for 7 days.');
    const before = await available(client);
    await world.advance(7 * DAY + HOUR);
    await signInAgain(client, freelancer);
    await client.until(`/orders/${orderId}`, (order) => order.status === 'cancelled' && order.funding === 'settled');
    await world.drain();
    expect((await available(client)) - before).toBe(400_000n);
  },
};

/** A deal that ended well, reviewed by both. */
async function reviewed(client: Api, freelancer: Api, title: string, text: string): Promise<string> {
  const orderId = await runningDeal(client, freelancer, title);
  await freelancer.post(`/orders/${orderId}/deliveries`, { text: 'Готово' });
  await client.post(`/orders/${orderId}/completion`, {});
  await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
  const { reviewId } = (await client.post(`/orders/${orderId}/reviews`, { rating: 2, text })).body;
  await freelancer.post(`/orders/${orderId}/reviews`, { rating: 5, text: 'Ясное задание, быстрая оплата.' });
  await client.world.drain();
  return reviewId;
}

const reviews: Walk = {
  name: 'S3: a review is reported, redacted or deleted on a ground its author reads; his appeal is decided by somebody else, all of it in the audit log',
  async run(world: World) {
    const admin = await newAdmin(world);
    const [one, other] = [await joinStaff(admin, 'Шура Первая'), await joinStaff(admin, 'Щукин Второй')];
    const { client, freelancer } = await pairWithMoney(world, ['Эмма Автор', 'Юрий Цель']);
    const text = 'Звоните ему сами: +7 916 000-00-00, не отвечает.';
    const reviewId = await reviewed(client, freelancer, 'Обложка для книги', text);
    const shown = async () =>
      (await freelancer.get(`/people/${freelancer.userId}/reviews`)).body.items.find(
        (item: { reviewId: string }) => item.reviewId === reviewId,
      )?.text;
    expect(await shown()).toBe(text);
    const stranger = await newPerson(world, 'Яков Чужой', ['freelancer']);
    const report = { kind: 'review', subject: 'Мой телефон', text: 'В отзыве мой телефон.', reviewId };
    await stranger.post('/tickets', { ...report, kind: 'appeal' }, { expect: [404, 409] });
    const { ticketId } = await open(freelancer, report);
    const act = { ground: 'personal_data', justification: 'В отзыве телефон исполнителя.' };
    const redaction = { ...act, parts: ['+7 916 000-00-00'] };
    await take(one, `/tickets/${ticketId}`);
    await one.post(`/tickets/${ticketId}/review-redaction`, { parts: redaction.parts }, { expect: 400 });
    await one.post(`/tickets/${ticketId}/review-redaction`, redaction);
    await world.drain();
    expect(await shown()).toBe('Звоните ему сами: […], не отвечает.');
    await mailTo(world, client.email, { text: 'телефон исполнителя' });
    const appeal = { kind: 'appeal', subject: 'Верните отзыв', text: 'Это номер моей приёмной.', reviewId };
    const first = `/tickets/${(await open(client, appeal)).ticketId}`;
    const upheld = { justification: 'Номер принадлежит автору.' };
    await take(one, first);
    expect((await one.post(`${first}/review-restoration`, upheld, { expect: 409 })).body.code).toBe(
      'support.same_person',
    );
    await take(other, first);
    await other.post(`${first}/review-restoration`, upheld);
    await world.drain();
    expect(await shown()).toBe(text);
    const again = await open(freelancer, { ...report, subject: 'Всё же удалите' });
    const deletion = { ground: 'insult', justification: 'Оскорбительный тон по отношению к исполнителю.' };
    await take(one, `/tickets/${again.ticketId}`);
    await one.post(`/tickets/${again.ticketId}/review-deletion`, deletion);
    await world.drain();
    expect(await shown()).toBeUndefined();
    await mailTo(world, client.email, { text: 'Оскорбительный тон' });
    const second = `/tickets/${(await open(client, appeal)).ticketId}`;
    await take(other, second);
    await other.post(`${second}/review-restoration`, upheld);
    await world.drain();
    expect(await shown()).toBe(text);
    const log = await admin.until(`/admin/audit-log?targetId=${reviewId}&limit=100`, (body) => body.items.length >= 2);
    const actions = log.items.map((entry: { action: string }) => entry.action).join(' ');
    expect(actions).toMatch(/redact/);
    expect(actions).toMatch(/delet/);
  },
};

export const SUPPORT: readonly Walk[] = [tickets, calendar, offers, lost, silence, reviews];
