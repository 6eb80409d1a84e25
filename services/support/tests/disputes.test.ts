import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { Principal } from '#kit/service/types.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import type { SupportContext } from '../context.ts';
import { type StandIns, standIn } from './stand-ins.ts';

const STAFF = ['tickets.work', 'tickets.assign', 'tickets.escalate', 'reviews.delete', 'disputes.rule'];
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const RUB = (amount: string) => ({ amount, currency: 'RUB' });
let platform: TestPlatform;
let stand: StandIns;
const notices: { subject: string; data: Record<string, unknown> }[] = [];

beforeAll(async () => {
  platform = await bootPlatform({ services: ['support'] });
  stand = standIn(platform.ctx('support') as unknown as SupportContext);
  await platform.bus.subscribe({
    queue: 'listener',
    types: ['support.review.deletion-noticed.v1', 'support.ticket.escalated.v1'],
    prefetch: 50,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        notices.push(JSON.parse(delivery.raw.toString('utf8')));
        delivery.ack();
      }
    },
  });
});
afterAll(() => platform?.close());
beforeEach(() => {
  stand.away.clear();
  stand.lost.clear();
  stand.fails.clear();
  stand.calls.length = 0;
});

const key = () => ({ idempotencyKey: randomUUID() });
const call = (user: Principal, route: string, ticketId?: string, extra: object = {}) =>
  platform.call('support', route, { user, params: ticketId ? { ticketId } : {}, ...extra });
const open = async (user: Principal, body: object) =>
  (
    await call(user, 'openTicket', undefined, {
      ...key(),
      body: { subject: 'Спор', text: 'Работа не сдана', ...body },
    })
  ).body;
const rule = (agent: Principal, ticketId: string, outcome: string, amount: string) =>
  call(agent, 'ruleOnDispute', ticketId, {
    ...key(),
    body: { outcome, freelancerAmount: RUB(amount), reason: 'По переписке' },
  });
const accept = (user: Principal, ticketId: string) => call(user, 'acceptRuling', ticketId);
const byAdmin = (actorId: string, ticketId: string, decision: object) =>
  platform.call('support', 'decideEscalation', { caller: 'admin', params: { ticketId }, body: { actorId, decision } });
const refused = (code: string) => ({ code });
const people = () => [person(), person(), person({ permissions: STAFF })] as const;

describe('disputes', () => {
  test('opened by a party, the deal is frozen at once; both see it, nobody else; ruled on once', async () => {
    const [client, freelancer, agent] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    const dispute = { kind: 'dispute', orderId };
    await expect(open(person(), dispute)).rejects.toMatchObject(refused('not_found'));
    await expect(open(client, { kind: 'dispute' })).rejects.toMatchObject(refused('validation_failed'));
    const { ticketId, ...ticket } = await open(client, dispute);
    expect(ticket).toMatchObject({ dispute: 'open', priority: 'urgent', status: 'new' });
    expect(stand.orders.get(orderId)?.status).toBe('disputed');
    await expect(open(freelancer, dispute)).rejects.toMatchObject(refused('support.dispute_exists'));
    const read = (await call(freelancer, 'readTicket', ticketId)).body;
    // The words of the author, and the rules that both read.
    expect(read.messages).toHaveLength(2);
    expect(read.messages[1].text).toContain('7 дн.');
    const said = await call(freelancer, 'postTicketMessage', ticketId, { ...key(), body: { text: 'Я всё сдал' } });
    expect(said.body.messages).toHaveLength(3);
    await expect(call(person(), 'readTicket', ticketId)).rejects.toMatchObject(refused('not_found'));
    await expect(
      call(agent, 'setTicketStatus', ticketId, { ifMatch: `"${said.body.version}"`, body: { status: 'closed' } }),
    ).rejects.toMatchObject(refused('support.dispute_open'));
    await expect(rule(agent, ticketId, 'split', '1000')).rejects.toMatchObject(refused('support.amount_faulty'));
    const done = (await rule(agent, ticketId, 'split', '400')).body;
    expect(done).toMatchObject({ status: 'resolved', dispute: 'decided' });
    expect(stand.orders.get(orderId)?.status).toBe('disputed');
    expect((await call(freelancer, 'readTicket', ticketId)).body.messages.at(-1).text).toBe('По переписке');
    expect((await rule(agent, ticketId, 'split', '400')).body.version).toBe(done.version);
    await expect(rule(agent, ticketId, 'refund', '0')).rejects.toMatchObject(refused('support.not_dispute'));
    await accept(client, ticketId);
    expect(stand.orders.get(orderId)?.status).toBe('disputed');
    expect((await accept(freelancer, ticketId)).body.disputeDetails.ruling.acceptedByAuthor).toBe(true);
    await accept(freelancer, ticketId).catch(() => {});
    expect(stand.orders.get(orderId)?.status).toBe('split');
    expect((await call(client, 'readTicket', ticketId)).body).toMatchObject({ status: 'resolved', dispute: 'ruled' });
    expect(stand.calls.filter((c) => c === 'orders.ruleDispute')).toHaveLength(1);
  });

  test('what the platform says is in the language of each reader; older rows keep their words', async () => {
    const [client, freelancer] = people();
    const { ticketId } = await open(client, {
      kind: 'dispute',
      orderId: stand.order(client.userId, freelancer.userId),
    });
    const old = { id: newId(), text: 'Спор ничего не стоит.\n\nA dispute costs nothing.' };
    await platform.ctx('support').db.run(sql`
      insert into ticket_messages (message_id, ticket_id, author_kind, text, internal, sent_at)
      values (${old.id}, ${ticketId}, 'system', ${old.text}, false, ${platform.clock.now()})`);
    const read = async (locale: 'ru' | 'en') => (await call(client, 'readTicket', ticketId, { locale })).body;
    const said = async (locale: 'ru' | 'en') =>
      (await read(locale)).messages
        .filter((one: { authorKind: string; messageId: string }) => one.authorKind === 'system')
        .map((one: { text: string }) => one.text);
    await platform.advance(7 * DAY + HOUR);
    const [rulesRu, oldRu, silenceRu] = await said('ru');
    const [rulesEn, oldEn, silenceEn] = await said('en');
    expect([oldRu, oldEn]).toEqual([old.text, old.text]);
    expect([rulesRu, rulesEn].map((text) => [/[а-я]/.test(text), /[a-z]/.test(text)])).toEqual([
      [true, false],
      [false, true],
    ]);
    expect([silenceRu, silenceEn]).toEqual([
      'Исполнитель не ответил за 7 дн.',
      'The freelancer said nothing for 7 days.',
    ]);
    const { disputeDetails, history } = await read('en');
    expect(disputeDetails.ruling).toMatchObject({ by: 'silence', reason: silenceEn });
    expect(history.find((step: { action: string }) => step.action === 'rule').reason).toBe(silenceEn);
    for (const party of [client, freelancer]) await accept(party, ticketId);
  });

  test('who has not the ticket of a colleague does not rule on it, until he takes it over', async () => {
    const [client, freelancer, agent] = people();
    const colleague = person({ permissions: STAFF });
    const { ticketId } = await open(client, {
      kind: 'dispute',
      orderId: stand.order(client.userId, freelancer.userId),
    });
    await call(colleague, 'takeTicket', ticketId, { body: { assigneeId: 'self' } });
    await expect(rule(agent, ticketId, 'split', '400')).rejects.toMatchObject(refused('forbidden'));
    expect((await call(client, 'readTicket', ticketId)).body.dispute).toBe('open');
    await call(agent, 'takeTicket', ticketId, { body: { assigneeId: 'self' } });
    expect((await rule(agent, ticketId, 'split', '400')).body.dispute).toBe('decided');
    for (const party of [client, freelancer]) await accept(party, ticketId);
    expect((await call(client, 'readTicket', ticketId)).body.dispute).toBe('ruled');
  });

  test('two open at the same time: one ticket', async () => {
    const [client, freelancer] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    const results = await Promise.allSettled([client, freelancer].map((p) => open(p, { kind: 'dispute', orderId })));
    expect(results.map((r) => r.status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(stand.orders.get(orderId)?.status).toBe('disputed');
  });

  test('the answer to the opening is lost: the job finds the order disputed and goes on', async () => {
    const [client, freelancer] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    stand.lost.add('openDispute');
    const { ticketId, dispute } = await open(client, { kind: 'dispute', orderId });
    expect(dispute).toBe('opening');
    await platform.advance(30_000);
    expect((await call(client, 'readTicket', ticketId)).body.dispute).toBe('open');
  });

  test('a finished order cannot be disputed', async () => {
    const [client, freelancer] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    Object.assign(stand.orders.get(orderId) as object, { status: 'completed' });
    await expect(open(client, { kind: 'dispute', orderId })).rejects.toMatchObject(refused('support.not_disputable'));
  });

  test('orders away while a ruling is carried out: other steps wait, the job ends it, money moves once', async () => {
    const [client, freelancer, agent] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    const { ticketId } = await open(client, { kind: 'dispute', orderId });
    await rule(agent, ticketId, 'release', '1000');
    await accept(client, ticketId);
    stand.lost.add('ruleDispute');
    await accept(freelancer, ticketId);
    await expect(
      call(client, 'appealRuling', ticketId, { body: { reason: 'передумал соглашаться' } }),
    ).rejects.toMatchObject(refused('support.step_refused'));
    await platform.advance(30_000);
    const { body } = await call(agent, 'readTicket', ticketId);
    expect(body).toMatchObject({ status: 'resolved', dispute: 'ruled', assigneeId: agent.userId });
    expect(stand.orders.get(orderId)?.status).toBe('completed');
  });

  test('a ruling that runs already is no refusal; one that orders refuses is tried again', async () => {
    const [client, freelancer, agent] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    const { ticketId } = await open(client, { kind: 'dispute', orderId });
    await rule(agent, ticketId, 'release', '1000');
    stand.fails.set('ruleDispute', 'orders.not_now');
    await platform.advance(7 * DAY + 1000);
    expect((await call(agent, 'readTicket', ticketId)).body.dispute).toBe('decided');
    stand.fails.set('ruleDispute', 'idempotency_in_progress');
    await platform.advance(HOUR + 1000);
    await platform.advance(30_000);
    expect((await call(agent, 'readTicket', ticketId)).body.dispute).toBe('ruled');
    expect(stand.orders.get(orderId)?.status).toBe('completed');
  });

  test('a party does not rule on the own deal', async () => {
    const client = person({ permissions: STAFF });
    const freelancer = person({ permissions: STAFF });
    const orderId = stand.order(client.userId, freelancer.userId);
    const { ticketId } = await open(client, { kind: 'dispute', orderId });
    for (const party of [client, freelancer])
      await expect(rule(party, ticketId, 'refund', '0')).rejects.toMatchObject(refused('support.own_ticket'));
    const escalated = await call(person({ permissions: STAFF }), 'escalateTicket', ticketId, {
      body: { reason: 'Крупная сумма' },
    });
    expect(escalated.body.status).toBe('escalated');
    const ruling = { kind: 'ruling', outcome: 'refund', freelancerAmount: RUB('0'), reason: 'Не сдано' };
    await expect(byAdmin(freelancer.userId, ticketId, ruling)).rejects.toMatchObject(refused('support.own_ticket'));
    const admin = randomUUID();
    expect((await byAdmin(admin, ticketId, ruling)).body.status).toBe('resolved');
    await platform.advance(7 * DAY + 1000);
    expect(stand.orders.get(orderId)?.status).toBe('cancelled');
  });
});

describe('sealed offers', () => {
  const offer = (user: Principal, ticketId: string, amount: string) =>
    call(user, 'offerSettlement', ticketId, { ...key(), body: { freelancerAmount: RUB(amount) } });

  test('where they meet the deal ends at the midpoint; until then nobody sees the other one', async () => {
    const [client, freelancer, agent] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    const { ticketId } = await open(client, { kind: 'dispute', orderId });
    await expect(offer(agent, ticketId, '1')).rejects.toMatchObject(refused('not_found'));
    await expect(offer(client, ticketId, '1001')).rejects.toMatchObject(refused('support.amount_faulty'));
    expect((await offer(client, ticketId, '300')).body).toEqual({
      own: RUB('300'),
      otherOffered: false,
      offersLeft: 2,
      agreed: null,
    });
    expect((await offer(freelancer, ticketId, '800')).body).toMatchObject({ otherOffered: true, agreed: null });
    const sealed = await call(client, 'getSettlement', ticketId);
    expect(JSON.stringify(sealed.body)).not.toContain('800');
    expect((await offer(client, ticketId, '400')).body).toMatchObject({ agreed: null });
    expect((await offer(freelancer, ticketId, '201')).body).toMatchObject({ agreed: RUB('300') });
    expect(stand.orders.get(orderId)?.status).toBe('split');
    const thread = (await call(client, 'readTicket', ticketId)).body;
    expect(thread).toMatchObject({ status: 'resolved', dispute: 'ruled' });
    expect(thread.history.at(-1)).toMatchObject({ action: 'settle', actorKind: 'user' });
    await expect(rule(agent, ticketId, 'refund', '0')).rejects.toMatchObject(refused('support.not_dispute'));
    await expect(offer(client, ticketId, '1')).rejects.toMatchObject(refused('support.not_dispute'));
  });

  test('nobody feels for the limit of the other: three offers each', async () => {
    const [client, freelancer] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    const { ticketId } = await open(client, { kind: 'dispute', orderId });
    for (const amount of ['1', '2', '3']) await offer(client, ticketId, amount);
    await expect(offer(client, ticketId, '4')).rejects.toMatchObject(refused('support.no_offers_left'));
    expect((await offer(freelancer, ticketId, '900')).body.offersLeft).toBe(2);
  });

  test('both offer at the same time: they still meet, once', async () => {
    const [client, freelancer] = people();
    const orderId = stand.order(client.userId, freelancer.userId);
    const { ticketId } = await open(client, { kind: 'dispute', orderId });
    await Promise.all([offer(client, ticketId, '1000'), offer(freelancer, ticketId, '1000')]);
    await platform.advance(30_000);
    expect(stand.orders.get(orderId)?.status).toBe('completed');
    expect((await call(client, 'readTicket', ticketId)).body.dispute).toBe('ruled');
  });
});

describe('S3: deletion of a review', () => {
  const deletion = { ground: 'insult', justification: 'Оскорбления исполнителя' };

  test('asked for by its target, done with a justification, noticed once, appealed by its author', async () => {
    const [author, target, agent] = people();
    const reviewId = stand.review(author.userId, target.userId);
    await expect(open(person(), { kind: 'review', reviewId })).rejects.toMatchObject(refused('not_found'));
    await expect(open(author, { kind: 'appeal', reviewId })).rejects.toMatchObject(
      refused('support.nothing_to_appeal'),
    );
    const { ticketId } = await open(target, { kind: 'review', reviewId });
    const remove = () => call(agent, 'deleteTicketReview', ticketId, { body: deletion });
    await expect(call(agent, 'deleteTicketReview', ticketId, { body: { ground: 'insult' } })).rejects.toMatchObject(
      refused('validation_failed'),
    );
    await expect(
      call(person({ permissions: ['tickets.work'] }), 'deleteTicketReview', ticketId, { body: deletion }),
    ).rejects.toMatchObject(refused('forbidden'));
    stand.lost.add('deleteReview');
    await expect(remove()).rejects.toMatchObject(refused('timeout'));
    expect((await remove()).body.status).toBe('resolved');
    await remove();
    await platform.drain();
    const told = notices.filter((n) => n.subject === reviewId);
    expect(told.map((n) => n.data)).toEqual([
      { reviewId, ticketId, authorId: author.userId, targetId: target.userId, ...deletion },
    ]);
    expect(await open(author, { kind: 'appeal', reviewId })).toMatchObject({ kind: 'appeal', status: 'new' });
  });

  test('an unpublished review is nobody’s but its author’s; a ticket without one has none to delete', async () => {
    const [author, target, agent] = people();
    const reviewId = stand.review(author.userId, target.userId, false);
    await expect(open(target, { kind: 'review', reviewId })).rejects.toMatchObject(refused('not_found'));
    const { ticketId } = await open(target, { kind: 'question' });
    await expect(call(agent, 'deleteTicketReview', ticketId, { body: deletion })).rejects.toMatchObject(
      refused('support.no_review'),
    );
  });
});

test('I19–I21: the context; what is away is null with the reason, the rest is there', async () => {
  const [client, freelancer, agent] = people();
  const orderId = stand.order(client.userId, freelancer.userId);
  const { ticketId } = await open(client, { kind: 'complaint', orderId });
  const context = async () => (await call(agent, 'getTicketContext', ticketId)).body;
  const full = await context();
  expect(full.people.value.map((p: { userId: string }) => p.userId).sort()).toEqual(
    [client.userId, freelancer.userId].sort(),
  );
  expect(full).toMatchObject({
    order: { value: { orderId }, missing: null },
    money: { value: null, missing: 'not_found' },
    conversation: { value: { items: [] }, missing: null },
    review: { value: null, missing: 'not_about_it' },
  });
  stand.away.add('orders').add('messenger');
  expect(await context()).toMatchObject({
    people: { missing: null },
    order: { value: null, missing: 'unavailable' },
    conversation: { value: null, missing: 'unavailable' },
  });
});
