import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
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
let versions = 1;

beforeAll(async () => {
  platform = await bootPlatform({ services: ['support'] });
  stand = standIn(platform.ctx('support') as unknown as SupportContext);
});
afterAll(() => platform?.close());
beforeEach(async () => {
  for (const set of [stand.away, stand.lost, stand.fails, stand.poor]) set.clear();
  stand.calls.length = 0;
  await setTerms({ appealDays: 7, silenceDays: 5, feeBps: 0 });
});

async function setTerms(value: object): Promise<void> {
  await platform.publish('admin.setting.changed.v1', randomUUID(), {
    settingId: randomUUID(),
    key: 'support.disputes',
    version: ++versions,
    value,
    actsFrom: platform.clock.now().toISOString(),
    actorId: null,
  });
  await platform.drain();
}

const call = (user: Principal, route: string, ticketId?: string, extra: object = {}) =>
  platform.call('support', route, { user, params: ticketId ? { ticketId } : {}, ...extra });
const refused = (code: string) => ({ code });
const orderStatus = (orderId: string) => stand.orders.get(orderId)?.status;
const rulings = () => stand.calls.filter((one) => one === 'orders.ruleDispute').length;
const rule = (agent: Principal, ticketId: string, outcome: string, amount: string) =>
  call(agent, 'ruleOnDispute', ticketId, {
    idempotencyKey: randomUUID(),
    body: { outcome, freelancerAmount: RUB(amount), reason: 'По переписке' },
  });
const appeal = (user: Principal, ticketId: string) =>
  call(user, 'appealRuling', ticketId, { body: { reason: 'Не учтена переписка' } });
const say = (user: Principal, ticketId: string, more: object = {}) =>
  call(user, 'postTicketMessage', ticketId, { idempotencyKey: randomUUID(), body: { text: 'Отвечаю', ...more } });
const byAdmin = (actorId: string, ticketId: string, outcome: string, amount: string) =>
  platform.call('support', 'decideEscalation', {
    caller: 'admin',
    params: { ticketId },
    body: { actorId, decision: { kind: 'ruling', outcome, freelancerAmount: RUB(amount), reason: 'По жалобе' } },
  });

/** A dispute that the client has opened on a deal of 10.00. */
async function dispute() {
  const [client, freelancer, agent] = [person(), person(), person({ permissions: STAFF })];
  const orderId = stand.order(client.userId, freelancer.userId);
  const body = { kind: 'dispute', subject: 'Спор', text: 'Работа не сдана', orderId };
  const opened = (await call(client, 'openTicket', undefined, { idempotencyKey: randomUUID(), body })).body;
  const read = async () => (await call(client, 'readTicket', opened.ticketId)).body;
  return { client, freelancer, agent, orderId, ticketId: opened.ticketId as string, opened, read };
}

describe('a ruling can be appealed, and the money waits', () => {
  test('nobody appeals: the money moves once when the time is over, though the answer of orders is lost', async () => {
    const { client, agent, ticketId, orderId, read } = await dispute();
    await rule(agent, ticketId, 'split', '400');
    expect((await read()).disputeDetails.ruling).toMatchObject({ outcome: 'split', by: 'support', appeal: null });
    await platform.advance(7 * DAY - HOUR);
    expect(orderStatus(orderId)).toBe('disputed');
    stand.lost.add('ruleDispute');
    await platform.advance(HOUR + 1000);
    await platform.advance(30_000);
    expect(orderStatus(orderId)).toBe('split');
    expect(await read()).toMatchObject({ dispute: 'ruled', disputeDetails: { ruling: { appealUntil: null } } });
    await expect(appeal(client, ticketId)).rejects.toMatchObject(refused('support.not_dispute'));
  });

  test('appealed: to the administration, not to the same person, finally; the money moves once', async () => {
    const { client, freelancer, agent, ticketId, orderId, read } = await dispute();
    await rule(agent, ticketId, 'refund', '0');
    await expect(appeal(person(), ticketId)).rejects.toMatchObject(refused('not_found'));
    await expect(call(freelancer, 'appealRuling', ticketId, { body: {} })).rejects.toMatchObject(
      refused('validation_failed'),
    );
    const appealed = (await appeal(freelancer, ticketId)).body;
    expect(appealed).toMatchObject({ status: 'escalated', dispute: 'appealed' });
    await expect(call(client, 'acceptRuling', ticketId)).rejects.toMatchObject(refused('support.not_dispute'));
    await platform.advance(30 * DAY);
    expect(orderStatus(orderId)).toBe('disputed');
    await expect(byAdmin(agent.userId, ticketId, 'release', '1000')).rejects.toMatchObject(
      refused('support.same_person'),
    );
    const admin = randomUUID();
    await byAdmin(admin, ticketId, 'release', '1000');
    expect(orderStatus(orderId)).toBe('completed');
    expect(await read()).toMatchObject({
      status: 'resolved',
      dispute: 'ruled',
      disputeDetails: { ruling: { by: 'admin', outcome: 'release', appeal: { by: 'respondent' } } },
    });
    await byAdmin(admin, ticketId, 'release', '1000');
    await platform.advance(30 * DAY);
    expect(rulings()).toBe(1);
  });

  test('an appeal ends by a ruling only', async () => {
    const { client, agent, ticketId } = await dispute();
    await rule(agent, ticketId, 'release', '1000');
    await appeal(client, ticketId);
    for (const decision of [
      { kind: 'return', reason: 'сами' },
      { kind: 'answer', text: 'нет' },
    ])
      await expect(
        platform.call('support', 'decideEscalation', {
          caller: 'admin',
          params: { ticketId },
          body: { actorId: randomUUID(), decision },
        }),
      ).rejects.toMatchObject(refused('support.dispute_open'));
  });

  test('who accepted does not appeal; the appeal and the end of its time exclude each other', async () => {
    const { client, freelancer, agent, ticketId, orderId } = await dispute();
    await rule(agent, ticketId, 'release', '1000');
    await call(client, 'acceptRuling', ticketId);
    await expect(appeal(client, ticketId)).rejects.toMatchObject(refused('support.step_refused'));
    stand.away.add('orders');
    await platform.advance(7 * DAY + 1000);
    await expect(appeal(freelancer, ticketId)).rejects.toMatchObject({ code: expect.stringMatching(/support\./) });
    stand.away.clear();
    await platform.advance(HOUR);
    expect(orderStatus(orderId)).toBe('completed');
  });
});

describe('silence has consequences, stated in advance', () => {
  test('the other side says nothing: the money is ruled to be the opener’s, and that can be appealed', async () => {
    const { freelancer, ticketId, orderId, opened, read } = await dispute();
    expect(opened.disputeDetails.rules.join()).toContain('5 дн.');
    expect(opened.disputeDetails.respondentAnswersBy).not.toBeNull();
    await platform.advance(5 * DAY + 1000);
    expect(await read()).toMatchObject({
      dispute: 'decided',
      disputeDetails: { ruling: { by: 'silence', outcome: 'refund' } },
    });
    expect(orderStatus(orderId)).toBe('disputed');
    expect((await appeal(freelancer, ticketId)).body.dispute).toBe('appealed');
  });

  test('who answers in time is not silent; after a question both have to answer, and when neither does support decides', async () => {
    const { freelancer, agent, ticketId, read } = await dispute();
    await say(freelancer, ticketId);
    await platform.advance(6 * DAY);
    expect((await read()).dispute).toBe('open');
    await say(agent, ticketId, { waitForUser: true });
    await platform.advance(5 * DAY + 1000);
    const body = await read();
    expect(body.dispute).toBe('open');
    expect(body.status).not.toBe('waiting_for_user');
    expect(body.history.map((step: { action: string }) => step.action)).toContain('silence');
  });

  test('a question that one side answers: the silent one loses', async () => {
    const { freelancer, client, agent, ticketId, read } = await dispute();
    await say(freelancer, ticketId);
    await say(agent, ticketId, { waitForUser: true });
    await say(freelancer, ticketId);
    await platform.advance(5 * DAY + 1000);
    expect((await read()).disputeDetails.ruling).toMatchObject({ by: 'silence', outcome: 'release' });
    await appeal(client, ticketId);
  });

  test('switched off: silence leads to nothing', async () => {
    await setTerms({ appealDays: 7, silenceDays: 0, feeBps: 0 });
    const { read } = await dispute();
    await platform.advance(60 * DAY);
    expect((await read()).dispute).toBe('open');
  });
});

describe('the fee of a dispute', () => {
  beforeEach(() => setTerms({ appealDays: 7, silenceDays: 5, feeBps: 500 }));

  test('is told before, taken once, and comes back in the share that was won', async () => {
    const { client, freelancer, agent, ticketId, orderId } = await dispute();
    const order = stand.order(client.userId, freelancer.userId);
    const terms = (await call(client, 'getDisputeTerms', undefined, { query: { orderId: order } })).body;
    expect(terms).toMatchObject({ fee: RUB('50'), claim: RUB('1000') });
    await expect(call(person(), 'getDisputeTerms', undefined, { query: { orderId: order } })).rejects.toMatchObject(
      refused('not_found'),
    );
    expect(stand.fees.get(ticketId)).toEqual({ taken: '50', returned: null });
    await rule(agent, ticketId, 'split', '400');
    for (const party of [client, freelancer]) await call(party, 'acceptRuling', ticketId);
    expect(orderStatus(orderId)).toBe('split');
    // The client was given 600 of 1000.
    expect(stand.fees.get(ticketId)).toEqual({ taken: '50', returned: '30' });
    expect((await call(client, 'readTicket', ticketId)).body.disputeDetails.feeState).toBe('divided');
  });

  test('payments away after the ruling moved the money: the fee goes back later, the money does not move again', async () => {
    const { client, freelancer, agent, ticketId, orderId, read } = await dispute();
    await rule(agent, ticketId, 'refund', '0');
    await call(client, 'acceptRuling', ticketId);
    stand.away.add('payments');
    await call(freelancer, 'acceptRuling', ticketId);
    expect(orderStatus(orderId)).toBe('cancelled');
    expect((await read()).dispute).toBe('decided');
    stand.away.clear();
    await platform.advance(HOUR);
    expect(await read()).toMatchObject({ dispute: 'ruled', disputeDetails: { feeState: 'returned' } });
    expect(stand.fees.get(ticketId)).toEqual({ taken: '50', returned: '50' });
  });

  test('no money for it: no dispute, and the person reads why; the deal is not frozen', async () => {
    const [client, freelancer] = [person(), person()];
    const orderId = stand.order(client.userId, freelancer.userId);
    stand.poor.add(client.userId);
    const body = { kind: 'dispute', subject: 'Спор', text: 'Работа не сдана', orderId };
    const { body: ticket } = await call(client, 'openTicket', undefined, { idempotencyKey: randomUUID(), body });
    expect(ticket.dispute).toBe('refused');
    expect(ticket.history.at(-1).reason).toContain('Не хватает денег на сбор');
    expect(orderStatus(orderId)).toBe('in_progress');
  });

  test('taken, but orders refuses the dispute: it goes back', async () => {
    stand.fails.set('openDispute', 'orders.not_now');
    const { opened, ticketId } = await dispute();
    expect(opened).toMatchObject({ dispute: 'refused', disputeDetails: { feeState: 'returned' } });
    expect(stand.fees.get(ticketId)).toEqual({ taken: '50', returned: '50' });
  });
});

describe('deals frozen by a block', () => {
  async function frozen() {
    const [client, blocked] = [person(), person()];
    const orderId = stand.order(client.userId, blocked.userId);
    Object.assign(stand.orders.get(orderId) as object, { status: 'disputed' });
    const ticketId = randomUUID();
    const data = {
      orderId,
      title: 'Логотип',
      clientId: client.userId,
      freelancerId: blocked.userId,
      blockedId: blocked.userId,
    };
    await platform.publish('orders.deal.frozen.v1', orderId, { ...data, held: RUB('1000') }, { id: ticketId });
    await platform.publish('orders.deal.frozen.v1', orderId, { ...data, held: RUB('1000') }, { id: ticketId });
    await platform.drain();
    const read = async () => (await call(client, 'readTicket', ticketId)).body;
    const unblock = async () => {
      await platform.publish('users.user.unblocked.v1', blocked.userId, {
        userId: blocked.userId,
        actorId: randomUUID(),
      });
      await platform.drain();
      await platform.advance(30_000);
    };
    return { client, orderId, ticketId, read, unblock };
  }

  test('are a case that the other side sees; they go on when the block is lifted', async () => {
    const { orderId, read, unblock } = await frozen();
    expect(await read()).toMatchObject({ kind: 'dispute', dispute: 'open', disputeDetails: { authorSide: 'client' } });
    await unblock();
    expect(orderStatus(orderId)).toBe('in_progress');
    expect(await read()).toMatchObject({ status: 'resolved', dispute: 'resumed' });
  });

  test('a case that is ruled on stays ruled on', async () => {
    const { orderId, ticketId, read, unblock } = await frozen();
    await rule(person({ permissions: STAFF }), ticketId, 'refund', '0');
    await unblock();
    expect(orderStatus(orderId)).toBe('disputed');
    await platform.advance(7 * DAY);
    expect(orderStatus(orderId)).toBe('cancelled');
    expect((await read()).dispute).toBe('ruled');
  });
});
