import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Problem } from '#kit/problem.ts';
import type { Principal } from '#kit/service/types.ts';
import { DAY, DRAFT, type Market, openMarket, type Order, RUB } from './market.ts';

let market: Market;
let client: Principal;
let freelancer: Principal;

beforeAll(async () => {
  market = await openMarket();
  client = await market.client(100_000_000n);
  freelancer = await market.freelancer();
});
afterAll(async () => {
  await market?.checkBooks();
  await market?.close();
});

type Action = { name: string; allowed: boolean; why: string | null; moneyEffect: string | null };
const actionOf = (order: { actions: Action[] }, name: string) => order.actions.find((one) => one.name === name);
const refused = (route: string, user: Principal, input: object, code = 'orders.not_now') =>
  expect(market.call(route, user, input), route).rejects.toMatchObject({ code });
const proposal = async (user: Principal, orderId: string, terms: object) => {
  const order = await market.act('propose', user, orderId, { terms, reason: 'так будет лучше' });
  return order['proposals'][0].proposalId as string;
};
const decide = async (route: string, user: Principal, orderId: string, proposalId: string) => {
  await market.call(route, user, { params: { orderId, proposalId } });
  await market.platform.drain();
  return await market.read(orderId, user);
};

describe('what an order shows', () => {
  test('actions with the arithmetic of their money, in the language of the caller', async () => {
    const { orderId } = await market.started(client, freelancer);
    const order = await market.act('deliverOrder', freelancer, orderId, { text: 'Готово' });
    expect(order['terms']).toMatchObject({ commission: RUB(100_000), toFreelancer: RUB(900_000) });
    const seen = async (locale: 'ru' | 'en') =>
      (await market.call('getOrder', client, { params: { orderId }, locale })).body as { actions: Action[] };
    const plain = (text: string | null | undefined) => text?.replace(/\s/g, ' ');
    expect(plain(actionOf(await seen('ru'), 'complete')?.moneyEffect)).toBe(
      'исполнитель получит 9 000,00 ₽: 10 000,00 ₽ минус комиссия 1 000,00 ₽',
    );
    expect(plain(actionOf(await seen('en'), 'complete')?.moneyEffect)).toBe(
      'the freelancer gets RUB 9,000.00: RUB 10,000.00 less RUB 1,000.00 commission',
    );
    const { actions } = await market.read((await market.published(client)).orderId, freelancer);
    expect(actions).toMatchObject([{ name: 'respond', allowed: true }]);
  });

  test('the steps of its history, with what an edit changed; one event per status, in the order of its sequence', async () => {
    const draft = await market.draft(client);
    const { orderId } = draft;
    await market.call('editOrder', client, { params: { orderId }, body: { title: 'Новое имя' }, ifMatch: '"1"' });
    await market.act('publishOrder', client, orderId);
    const { items } = (await market.call('getHistory', client, { params: { orderId } })).body;
    expect(items[1]).toMatchObject({
      action: 'edit',
      changes: { before: { title: DRAFT.title }, after: { title: 'Новое имя' } },
    });
    const events = market.seen('orders.order.status-changed.v1').filter((event) => event.subject === orderId);
    expect(events.map((event) => event.data.to)).toEqual(['draft', 'awaiting_payment', 'published']);
    const sequences = events.map((event) => Number(event.sequence));
    expect(sequences).toEqual([...new Set(sequences)].sort((a, b) => a - b));
    await expect(
      market.platform.ctx('orders').db.tx((tx) => tx.run({ text: 'delete from history', values: [] } as never)),
    ).rejects.toThrow(/permission denied/);
  });

  test('names are decoration (I14), the right to create is not (I15)', async () => {
    const { orderId } = await market.published(client);
    const { users, roles } = market.platform.ctx('orders').clients as unknown as Record<
      string,
      Record<string, () => Promise<never>>
    >;
    const real = [users?.['getPeople'], roles?.['checkPermission']] as const;
    try {
      Object.assign(users as object, { getPeople: () => Promise.reject(new Problem('timeout')) });
      Object.assign(roles as object, { checkPermission: () => Promise.reject(new Problem('unavailable')) });
      expect((await market.read(orderId, undefined))['client']).toBeNull();
      await refused('createOrder', client, { body: DRAFT }, 'unavailable');
    } finally {
      Object.assign(users as object, { getPeople: real[0] });
      Object.assign(roles as object, { checkPermission: real[1] });
    }
    expect((await market.read(orderId, undefined))['client'].displayName).toBe('Ольга');
  });
});

const PARTS = [
  { title: 'Эскизы', amount: '300000', days: 3 },
  { title: 'Чистовик', amount: '700000', days: 4 },
];

async function byMilestones(worker = freelancer): Promise<{ order: Order; ids: string[] }> {
  const { orderId } = await market.published(client);
  const body = { price: RUB(1_000_000), days: 7, letter: 'Сделаю в два этапа.', milestones: PARTS };
  const { responseId } = (await market.call('respond', worker, { params: { orderId }, body })).body;
  await market.accept(client, orderId, responseId);
  const order = await market.read(orderId, client);
  return { order, ids: order['milestones'].map((one: { milestoneId: string }) => one.milestoneId) };
}
const milestone = async (route: string, user: Principal, orderId: string, milestoneId: string, body?: unknown) => {
  await market.call(route, user, { params: { orderId, milestoneId }, body });
  await market.platform.drain();
  return await market.read(orderId, user);
};
const statuses = (order: Order) => order['milestones'].map((one: { status: string }) => one.status);

describe('milestones', () => {
  test('are funded, delivered and paid one by one; with the last the order is completed', async () => {
    const start = await market.money(client);
    const earned = (await market.money(freelancer)).available;
    const { order, ids } = await byMilestones();
    const [first, second] = ids as [string, string];
    const { orderId } = order;
    expect(order).toMatchObject({ status: 'in_progress', price: RUB(1_000_000), held: RUB(300_000) });
    expect(statuses(order)).toEqual(['in_progress', 'planned']);
    await refused('deliverOrder', freelancer, { params: { orderId }, body: { text: 'всё сразу' } });
    await refused('deliverMilestone', freelancer, { params: { orderId, milestoneId: second }, body: { text: 'рано' } });
    await milestone('deliverMilestone', freelancer, orderId, first, { text: 'Эскизы' });
    await refused('completeMilestone', freelancer, { params: { orderId, milestoneId: first }, body: {} });
    await milestone('requestMilestoneRevision', client, orderId, first, { reason: 'ещё вариант' });
    await milestone('deliverMilestone', freelancer, orderId, first, { text: 'Эскизы 2' });
    const paid = await milestone('completeMilestone', client, orderId, first, {});
    expect(statuses(paid)).toEqual(['completed', 'planned']);
    expect(paid).toMatchObject({ status: 'in_progress', held: RUB(0) });
    expect((await market.money(freelancer)).available - earned).toBe(270_000n);
    const funded = await milestone('fundMilestone', client, orderId, second);
    expect(statuses(funded)).toEqual(['completed', 'in_progress']);
    await market.checkBooks();
    await milestone('deliverMilestone', freelancer, orderId, second, { text: 'Чистовик' });
    const done = await milestone('completeMilestone', client, orderId, second, { bonus: RUB(1_000) });
    expect(done).toMatchObject({ status: 'completed', funding: 'settled' });
    expect((await market.money(freelancer)).available - earned).toBe(901_000n);
    expect((await market.money(client)).available).toBe(start.available - 10_000n - 1_001_000n);
    const statusEvents = market.seen('orders.order.status-changed.v1').filter((event) => event.subject === orderId);
    expect(statusEvents.filter((event) => event.data.to === 'completed')).toHaveLength(1);
  });

  test('one whose money comes after the deal was frozen is planned again, and the money goes back', async () => {
    const { order, ids } = await byMilestones();
    const { orderId } = order;
    const before = await market.money(client);
    await market.asOwner(async (db) => {
      // Payments can't hold anything of the client's until this transaction ends.
      await db.query('begin');
      await db.query('select 1 from payments.accounts where user_id = $1 for update', [client.userId]);
      await market.call('fundMilestone', client, { params: { orderId, milestoneId: ids[1] } });
      expect(statuses(await market.read(orderId, client))).toEqual(['in_progress', 'funding']);
      const body = { actorId: client.userId, ticketId: randomUUID(), reason: 'не то' };
      await market.call('openDispute', undefined as never, { caller: 'support', params: { orderId }, body });
      await db.query('commit');
    });
    await market.platform.drain();
    const frozen = await market.read(orderId, client);
    expect(frozen).toMatchObject({ status: 'disputed', held: RUB(300_000) });
    expect(statuses(frozen)).toEqual(['in_progress', 'planned']);
    expect(await market.money(client)).toEqual(before);
    await market.checkBooks();
  });

  test('must sum to the price', async () => {
    const { orderId } = await market.published(client);
    const body = { price: RUB(999_999), days: 7, letter: 'Сделаю в два этапа.', milestones: PARTS };
    await refused('respond', freelancer, { params: { orderId }, body }, 'validation_failed');
  });

  test('silence accepts a milestone too, once', { timeout: 60_000 }, async () => {
    const worker = await market.freelancer();
    const { order, ids } = await byMilestones(worker);
    await milestone('deliverMilestone', worker, order.orderId, ids[0] as string, { text: 'Эскизы' });
    await market.platform.advance(15 * DAY);
    expect(statuses(await market.read(order.orderId, client))).toEqual(['completed', 'planned']);
    expect((await market.money(worker)).available).toBe(270_000n);
  });

  test('without money stays planned and says why; a dispute divides what is held', async () => {
    const start = await market.money(client);
    const { order, ids } = await byMilestones();
    const { orderId } = order;
    const poor = await market.money(client);
    await market.asOwner((db) =>
      db.query("update payments.accounts set balance = 1 where user_id = $1 and kind = 'available'", [client.userId]),
    );
    await milestone('deliverMilestone', freelancer, orderId, ids[0] as string, { text: 'Эскизы' });
    const refusedOrder = await milestone('fundMilestone', client, orderId, ids[1] as string);
    expect(statuses(refusedOrder)).toEqual(['delivered', 'planned']);
    expect(refusedOrder['refusal']).toMatchObject({ code: 'not_enough_money', missing: RUB(699_999) });
    await market.asOwner((db) =>
      db.query("update payments.accounts set balance = $2 where user_id = $1 and kind = 'available'", [
        client.userId,
        poor.available,
      ]),
    );
    const support = { caller: 'support', params: { orderId } } as const;
    const body = { actorId: client.userId, ticketId: randomUUID(), reason: 'не то' };
    await market.call('openDispute', undefined as never, { ...support, body });
    await market.platform.drain();
    const context = (await market.call('getOrderContext', undefined, support)).body;
    expect(context.price).toEqual(RUB(300_000));
    const ruling = { ...body, actorId: randomUUID(), outcome: 'split', freelancerAmount: RUB(100_000) };
    await market.call('ruleDispute', undefined, { ...support, body: ruling });
    await market.platform.drain();
    const ended = await market.read(orderId, client);
    expect(ended).toMatchObject({ status: 'split', funding: 'settled' });
    expect(statuses(ended)).toEqual(['cancelled', 'cancelled']);
    expect((await market.money(client)).available).toBe(start.available - 10_000n - 100_000n);
  });
});

describe('proposals', () => {
  test('a later date: asked, refused, asked again, granted; reminders follow it', { timeout: 60_000 }, async () => {
    const { orderId, ...order } = await market.started(client, freelancer);
    const dueAt = new Date(Date.parse(order['dueAt']) + 10 * DAY).toISOString();
    const first = await proposal(freelancer, orderId, { kind: 'deadline', dueAt });
    await refused('propose', client, {
      params: { orderId },
      body: { terms: { kind: 'deadline', dueAt }, reason: 'и я' },
    });
    await refused('consentToProposal', freelancer, { params: { orderId, proposalId: first } });
    await decide('refuseProposal', client, orderId, first);
    await refused('consentToProposal', client, { params: { orderId, proposalId: first } });
    const second = await proposal(freelancer, orderId, { kind: 'deadline', dueAt });
    expect((await decide('consentToProposal', client, orderId, second))['dueAt']).toBe(dueAt);
    await market.platform.advance(8 * DAY);
    const late = () =>
      market
        .seen('orders.deadline.near.v1')
        .filter((event) => event.subject === orderId && event.data.kind === 'delivery_late').length;
    expect(late()).toBe(0);
    await market.platform.advance(10 * DAY);
    expect(late()).toBe(1);
  });

  test('more work for more money: begins when it is held, goes with the rest', async () => {
    const { orderId } = await market.started(client, freelancer);
    const earned = (await market.money(freelancer)).available;
    const terms = { kind: 'scope', text: 'Ещё визитка к логотипу.', extra: RUB(200_000) };
    const id = await proposal(client, orderId, terms);
    const order = await decide('consentToProposal', freelancer, orderId, id);
    expect(order).toMatchObject({ price: RUB(1_200_000), held: RUB(1_200_000) });
    expect(order['description']).toContain('визитка');
    await market.checkBooks();
    await market.act('deliverOrder', freelancer, orderId, { text: 'Готово' });
    await market.act('completeOrder', client, orderId, {});
    expect((await market.money(freelancer)).available - earned).toBe(1_080_000n);
  });

  test('more work without the money changes nothing', async () => {
    const poor = await market.client(1_020_000n);
    const { orderId } = await market.started(poor, freelancer);
    const terms = { kind: 'scope', text: 'Ещё визитка к логотипу.', extra: RUB(200_000) };
    const order = await decide('consentToProposal', freelancer, orderId, await proposal(poor, orderId, terms));
    expect(order).toMatchObject({ price: RUB(1_000_000), held: RUB(1_000_000), status: 'in_progress' });
    expect(order['proposals'][0].status).toBe('refused');
    expect((await market.read(orderId, poor))['refusal']).toMatchObject({ missing: RUB(190_000) });
  });

  test('the end of the deal: what was agreed is paid, the rest goes back', async () => {
    const start = { client: await market.money(client), freelancer: await market.money(freelancer) };
    const { orderId } = await market.started(client, freelancer);
    const terms = { kind: 'cancellation', freelancerAmount: RUB(300_000) };
    const over = { terms: { ...terms, freelancerAmount: RUB(1_000_001) }, reason: 'слишком много' };
    await refused('propose', freelancer, { params: { orderId }, body: over }, 'validation_failed');
    const id = await proposal(freelancer, orderId, terms);
    const agree = actionOf((await market.read(orderId, client)) as never, 'agree_cancellation');
    expect(agree).toMatchObject({ allowed: true, moneyEffect: expect.stringMatching(/3\s000,00/) });
    expect((await decide('consentToProposal', client, orderId, id)).status).toBe('cancelled');
    expect((await market.money(freelancer)).available).toBe(start.freelancer.available + 270_000n);
    expect(await market.money(client)).toEqual({ ...start.client, available: start.client.available - 310_000n });
  });

  test('one more milestone', async () => {
    const { order } = await byMilestones();
    const terms = { kind: 'milestone', milestone: { title: 'Визитка', amount: '50000', days: 2 } };
    const changed = await decide(
      'consentToProposal',
      client,
      order.orderId,
      await proposal(freelancer, order.orderId, terms),
    );
    expect(statuses(changed)).toEqual(['in_progress', 'planned', 'planned']);
    expect(changed['price']).toEqual(RUB(1_050_000));
  });
});

describe('responses in depth', () => {
  test('a counter-offer is taken over, or answered by an edit; what changed meanwhile is not accepted unseen', async () => {
    const { orderId } = await market.published(client);
    const responseId = await market.respond(freelancer, orderId);
    const params = { orderId, responseId };
    await refused('acceptCounterOffer', freelancer, { params });
    const offer = { price: RUB(800_000), days: 5, note: 'готов начать сегодня' };
    const countered = (await market.call('makeCounterOffer', client, { params, body: offer })).body;
    expect(countered).toMatchObject({ price: RUB(1_000_000), counter: { price: RUB(800_000), days: 5 } });
    const taken = (await market.call('acceptCounterOffer', freelancer, { params })).body;
    expect(taken).toMatchObject({ price: RUB(800_000), days: 5, counter: null });
    await refused(
      'acceptResponse',
      client,
      { params, body: { responseVersion: countered.version } },
      'version_mismatch',
    );
    await market.call('acceptResponse', client, { params, body: { responseVersion: taken.version } });
    await market.platform.drain();
    expect((await market.read(orderId, client))['price']).toEqual(RUB(800_000));
  });

  test('files of a response are for its author and the client', async () => {
    const { orderId } = await market.published(client);
    const rival = await market.freelancer();
    const put = {
      params: { orderId },
      query: { fileName: 'портфолио.pdf' },
      body: Buffer.from('content'),
      contentType: 'application/pdf',
    };
    await refused('addAttachment', freelancer, put, 'not_found');
    for (const user of [freelancer, rival]) await market.respond(user, orderId);
    const { attachmentId } = (await market.call('addAttachment', freelancer, put)).body;
    const { items } = (await market.call('listResponses', client, { params: { orderId } })).body;
    expect(items.map((one: { attachments: unknown[] }) => one.attachments.length).sort()).toEqual([0, 1]);
    const get = { params: { attachmentId } };
    expect((await market.call('getAttachment', client, get)).body.toString()).toBe('content');
    await refused('getAttachment', rival, get, 'not_found');
    expect((await market.read(orderId, rival))['attachments']).toEqual([]);
  });

  test('an order for invited people is found by nobody else', async () => {
    const { orderId } = await market.published(client, { access: 'invited' } as never);
    const { items } = (await market.call('searchOrders', undefined, { query: {} })).body;
    expect(items.map((one: { orderId: string }) => one.orderId)).not.toContain(orderId);
    for (const user of [undefined, freelancer])
      await expect(market.read(orderId, user)).rejects.toMatchObject({ code: 'not_found' });
    await market.call('inviteFreelancer', client, { params: { orderId }, body: { freelancerId: freelancer.userId } });
    expect((await market.read(orderId, freelancer)).status).toBe('published');
    await market.respond(freelancer, orderId);
    const invitations = (await market.call('listOwnInvitations', freelancer, { query: {} })).body.items;
    expect(invitations).toContainEqual(expect.objectContaining({ orderId, responded: true }));
  });

  test('secret details: shown, searched and answered only after consent', async () => {
    const secret = { nda: true, description: 'Секретный проект: панголин для зоопарка будущего.' };
    const { orderId } = await market.published(client, secret as never);
    const view = await market.read(orderId, freelancer);
    expect([view['description'], view['excerpt'], view['ndaRequired']]).toEqual(['', '', true]);
    expect((await market.call('searchOrders', undefined, { query: { q: 'панголин' } })).body.items).toEqual([]);
    await expect(market.respond(freelancer, orderId)).rejects.toMatchObject({ code: 'orders.nda_required' });
    await market.call('acceptNda', freelancer, { params: { orderId } });
    expect((await market.read(orderId, freelancer))['description']).toContain('панголин');
    await market.respond(freelancer, orderId);
  });

  test('search says where the words stand, and by what weight', async () => {
    const { orderId } = await market.published(client, {
      title: 'Иллюстрация дирижабля',
      description: 'Нужен дирижабль в небе над городом, акварель.',
      tags: ['дирижабль'],
    });
    const query = { q: 'дирижабли', sort: 'relevance' };
    const { items } = (await market.call('searchOrders', undefined, { query })).body;
    const hit = items.find((one: { orderId: string }) => one.orderId === orderId);
    expect(hit.why).toEqual([
      { field: 'title', weight: 1, words: ['дирижабли'] },
      { field: 'tags', weight: 0.4, words: ['дирижабли'] },
      { field: 'description', weight: 0.2, words: ['дирижабли'] },
    ]);
  });

  test('a blocked freelancer’s open responses are withdrawn', async () => {
    const blocked = await market.freelancer();
    const { orderId } = await market.published(client);
    await market.respond(blocked, orderId);
    const data = { userId: blocked.userId, actorId: randomUUID(), until: null };
    await market.platform.publish('users.user.blocked.v1', blocked.userId, data);
    await market.platform.drain();
    const { items } = (await market.call('listResponses', client, { params: { orderId } })).body;
    expect(items).toMatchObject([{ status: 'withdrawn', reason: 'исполнитель заблокирован' }]);
  });
});

describe('events twice and out of order (F2, F3)', () => {
  test('every answer of payments told three times, with new ids: nothing moves again', async () => {
    const { orderId } = await market.started(client, freelancer);
    const { rows } = await market.asOwner((db) =>
      db.query('select hold_id as id, order_id from holds where order_id = $1', [orderId]),
    );
    const data = { holdId: rows[0].id, orderId, clientId: client.userId, freelancerId: freelancer.userId };
    const order = await market.read(orderId, client);
    const refusal = { ...data, code: 'not_enough_money', missing: null };
    for (let i = 0; i < 3; i++) {
      await market.platform.publish('payments.escrow.held.v1', orderId, { ...data, amount: RUB(1_000_000) });
      await market.platform.publish('payments.escrow.refused.v1', orderId, refusal);
      const placement = { placementId: randomUUID(), orderId, clientId: client.userId };
      const late = { ...placement, code: 'not_enough_money', missing: null };
      await market.platform.publish('payments.placement.refused.v1', orderId, late);
    }
    await market.platform.drain();
    expect(await market.read(orderId, client)).toEqual(order);
    await market.checkBooks();
  });

  test('races: of completion, giving up, a dispute and silence one wins, the money moves once', async () => {
    for (let round = 0; round < 5; round++) {
      const { orderId } = await market.started(client, freelancer);
      await market.act('deliverOrder', freelancer, orderId, { text: 'Готово' });
      const dispute = { actorId: client.userId, ticketId: randomUUID(), reason: 'не то' };
      const results = await Promise.allSettled([
        market.call('completeOrder', client, { params: { orderId }, body: {} }),
        market.call('cancelOrder', freelancer, { params: { orderId }, body: { reason: 'не успеваю' } }),
        market.call('openDispute', undefined, { caller: 'support', params: { orderId }, body: dispute }),
        market.call('requestRevision', client, { params: { orderId }, body: { reason: 'ещё раз' } }),
      ]);
      await market.platform.drain();
      const ended = results.slice(0, 2).filter((one) => one.status === 'fulfilled');
      expect(ended.length).toBeLessThanOrEqual(1);
      for (const one of results) if (one.status === 'rejected') expect(one.reason.code).toBe('orders.not_now');
      await market.checkBooks();
    }
  });
});

test('an order stays on the version of the process that it began with, beside orders of the newer one', async () => {
  const [older, newer] = [await market.started(client, freelancer), await market.started(client, freelancer)];
  await market.asOwner((db) => db.query('update orders set process = 1 where order_id = $1', [older.orderId]));
  expect([older, newer].map((one) => one['process'])).toEqual([2, 2]);
  const namesOf = async (orderId: string) =>
    (await market.read(orderId, client))['actions'].map((one: { name: string }) => one.name) as string[];
  // What only the newer one knows is not among the older one's steps, and is refused.
  expect(await namesOf(newer.orderId)).toContain('finish');
  expect(await namesOf(older.orderId)).not.toContain('finish');
  await refused('finishOrder', client, { params: { orderId: older.orderId }, body: { reason: 'хватит' } });
  // It goes its way to the end all the same.
  await market.act('deliverOrder', freelancer, older.orderId, { text: 'Готово' });
  await market.platform.advance(15 * DAY);
  expect(await market.read(older.orderId, client)).toMatchObject({ status: 'completed', process: 1 });
  await market.checkBooks();
});
