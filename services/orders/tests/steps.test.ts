/** B8: the steps of an order can't be skipped. Every state × step × person over the routes, made from the process itself. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { OrderAction } from '#contracts/orders/process.ts';
import { CURRENT_PROCESS } from '#contracts/orders/process.ts';
import { type Actor, ORDER_STATUSES, type OrderStatus } from '#contracts/orders/process-types.ts';
import type { Principal } from '#kit/service/types.ts';
import { person } from '#testing/env.ts';
import { decide, NO_FACTS } from '../domain/process.ts';
import { DAY, type Market, openMarket, RUB } from './market.ts';

vi.setConfig({ testTimeout: 240_000 });

let market: Market;
/** By what he is to the orders of this test. */
const people = {} as Record<'client' | 'freelancer' | 'otherClient' | 'otherFreelancer' | 'support', Principal>;
beforeAll(async () => {
  market = await openMarket();
  people.client = await market.client(1_000_000_000n);
  people.otherClient = await market.client();
  people.freelancer = await market.freelancer();
  people.otherFreelancer = await market.freelancer();
  people.support = person({ permissions: ['tickets.work'], roles: ['support'] });
});
afterAll(async () => {
  await market?.checkBooks();
  await market?.close();
});

type Role = keyof typeof people | 'guest';
const ROLES: readonly Role[] = ['client', 'freelancer', 'otherClient', 'otherFreelancer', 'support', 'guest'];
interface Place {
  orderId: string;
  responseId: string;
}
interface Way {
  readonly route: string;
  /** The moves that the route makes, by who asks. */
  readonly actions: readonly OrderAction[];
  readonly input: (place: Place) => object;
}

const soon = () => new Date(market.platform.clock.nowMs() + 20 * DAY).toISOString();
const reason = { body: { reason: 'Так надо' } };
const WAYS: readonly Way[] = [
  { route: 'editOrder', actions: ['edit'], input: () => ({ body: { title: 'Другой заголовок' } }) },
  { route: 'deleteDraft', actions: ['delete'], input: () => ({}) },
  { route: 'publishOrder', actions: ['publish'], input: () => ({}) },
  {
    route: 'respond',
    actions: ['respond'],
    input: () => ({ body: { price: RUB(1_000_000), days: 5, letter: 'Сделаю три варианта.' } }),
  },
  {
    route: 'inviteFreelancer',
    actions: ['invite'],
    input: () => ({ body: { freelancerId: people.otherFreelancer.userId } }),
  },
  {
    route: 'acceptResponse',
    actions: ['accept_response'],
    input: ({ orderId, responseId }) => ({ params: { orderId, responseId }, body: {} }),
  },
  { route: 'deliverOrder', actions: ['deliver'], input: () => ({ body: { text: 'Готово' } }) },
  { route: 'requestRevision', actions: ['request_revision'], input: () => reason },
  { route: 'completeOrder', actions: ['complete'], input: () => ({ body: {} }) },
  {
    route: 'cancelOrder',
    actions: ['cancel', 'give_up', 'propose_cancellation', 'agree_cancellation'],
    input: () => reason,
  },
  { route: 'finishOrder', actions: ['finish'], input: () => reason },
  {
    route: 'propose',
    actions: ['propose'],
    input: () => ({ body: { terms: { kind: 'deadline', dueAt: soon() }, reason: 'Нужно время' } }),
  },
  { route: 'addReview', actions: ['review'], input: () => ({ body: { rating: 5, text: 'Отлично' } }) },
  ...(['consentToProposal', 'refuseProposal', 'withdrawProposal'] as const).map((route) => ({
    route,
    actions: [] as const,
    input: ({ orderId }: Place) => ({ params: { orderId, proposalId: randomUUID() } }),
  })),
];

/** What a person is to an order in a state: before the start every freelancer may be its freelancer. */
function actorOf(state: OrderStatus, role: Role): Actor | undefined {
  if (role === 'client' || role === 'freelancer') return role;
  return role === 'otherFreelancer' && state === 'published' ? 'freelancer' : undefined;
}

/** What the process lets a person do by a way; undefined: nothing. */
function allowed(state: OrderStatus, way: Way, role: Role) {
  const actor = actorOf(state, role);
  if (!actor) return undefined;
  const facts = { ...NO_FACTS, revisionsLeft: 3, responded: role === 'freelancer' };
  return way.actions
    .map((action) => decide(CURRENT_PROCESS, { action, actor }, state, facts))
    .find((decision) => decision.ok);
}

const asSupport = (route: string, orderId: string, body: object) =>
  market.platform.call('orders', route, { caller: 'support', params: { orderId }, body } as never);

/** A fresh order in the state, with a response of `freelancer`. */
async function orderIn(state: OrderStatus): Promise<Place> {
  const { client, freelancer } = people;
  const none = randomUUID();
  if (state === 'draft' || state === 'awaiting_payment') {
    const { orderId } = await market.draft(client);
    if (state === 'awaiting_payment')
      await market.asOwner((db) => db.query(`update orders set status = $1 where order_id = $2`, [state, orderId]));
    return { orderId, responseId: none };
  }
  const { orderId } = await market.published(client);
  const responseId = await market.respond(freelancer, orderId);
  const place = { orderId, responseId };
  if (state === 'published') return place;
  if (state === 'cancelled') await market.act('cancelOrder', client, orderId, reason.body);
  else if (state === 'expired') await market.platform.advance(31 * DAY);
  else {
    await market.accept(client, orderId, responseId);
    if (state !== 'in_progress') await market.act('deliverOrder', freelancer, orderId, { text: 'Готово' });
    if (state === 'completed') await market.act('completeOrder', client, orderId, {});
    if (state === 'disputed' || state === 'split')
      await asSupport('openDispute', orderId, { actorId: client.userId, ticketId: none, reason: 'Спор' });
    if (state === 'split') {
      const ruling = {
        actorId: none,
        ticketId: none,
        outcome: 'split',
        reason: 'Пополам',
        freelancerAmount: RUB(500_000),
      };
      await asSupport('ruleDispute', orderId, ruling);
    }
  }
  await market.platform.drain();
  return place;
}

/** Everything that a step could leave behind. */
const traceOf = ({ orderId }: Place) =>
  market.asOwner(
    async (db) =>
      (
        await db.query(
          `select (select to_jsonb(o) - 'search' from orders o where order_id = $1) as "order",
             (select count(*)::int from history where order_id = $1) as history, (select jsonb_agg(to_jsonb(h) order by hold_id) from holds h where order_id = $1) as holds,
             (select jsonb_agg(to_jsonb(r) order by response_id) from responses r where order_id = $1) as responses, (select count(*)::int from proposals where order_id = $1) as proposals,
             (select count(*)::int from invitations where order_id = $1) as invitations, (select count(*)::int from reviews where order_id = $1) as reviews`,
          [orderId],
        )
      ).rows[0],
  );

async function take(way: Way, role: Role, place: Place) {
  const user = role === 'guest' ? undefined : people[role];
  const { orderId } = place;
  const version = (await market.asOwner((db) => db.query(`select version from orders where order_id = $1`, [orderId])))
    .rows[0]?.version;
  const ifMatch = way.route === 'editOrder' ? { ifMatch: `"${version}"` } : {};
  return await market.call(way.route, user, { params: { orderId }, ...ifMatch, ...way.input(place) });
}

/** 401, 403, 404 and 409 by their codes. */
const REFUSALS = [
  'unauthenticated',
  'forbidden',
  'not_found',
  'orders.not_now',
  'orders.no_revisions_left',
  'orders.own_order',
  'orders.responded_already',
];

/** What the answer of another service may have made of the order already. */
const FOLLOWED: Readonly<Record<string, readonly OrderStatus[]>> = { acceptResponse: ['in_progress'] };

describe.each(ORDER_STATUSES)('%s', (state) => {
  test('what the process does not allow is refused with a code and changes nothing', async () => {
    const place = await orderIn(state);
    expect((await traceOf(place)).order.status).toBe(state);
    const before = await traceOf(place);
    for (const way of WAYS)
      for (const role of ROLES) {
        if (allowed(state, way, role)) continue;
        const error = await take(way, role, place).then(
          () => undefined,
          (problem: { code: string }) => problem,
        );
        expect(REFUSALS, `${state}: ${way.route} by ${role}: ${error}`).toContain(error?.code);
      }
    await market.platform.drain();
    expect(await traceOf(place)).toEqual(before);
  });

  test('what it allows leads where it says', async () => {
    for (const way of WAYS)
      for (const role of ROLES) {
        const decision = allowed(state, way, role);
        if (!decision?.ok) continue;
        const place = await orderIn(state);
        const { status } = await take(way, role, place);
        expect(status, `${state}: ${way.route} by ${role}`).toBeLessThan(300);
        if (way.route === 'deleteDraft') continue;
        // At once, mostly before what follows from it.
        const { order } = await traceOf(place);
        const steps = [decision.to ?? state, ...(FOLLOWED[way.route] ?? [])];
        if (decision.to !== 'awaiting_payment') expect(steps, `${way.route} by ${role}`).toContain(order.status);
        await market.platform.drain();
      }
  });
});
