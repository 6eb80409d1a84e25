/** Invitations go both ways (O4): seen, answered, declined with a reason, taken back. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { type Market, openMarket } from './market.ts';

let market: Market;
let client: Principal;
beforeAll(async () => {
  market = await openMarket();
  client = await market.client();
});
afterAll(() => market?.close());

const REASON = 'Занят до конца месяца';
const invite = async (orderId: string, who: Principal) =>
  (await market.call('inviteFreelancer', client, { params: { orderId }, body: { freelancerId: who.userId } })).body
    .invitationId as string;
const sent = async (orderId: string) =>
  (await market.call('listSentInvitations', client, { params: { orderId } })).body.items as Record<string, unknown>[];
const mine = async (who: Principal) => (await market.call('listOwnInvitations', who)).body.items[0];
const step = (route: string, who: Principal, params: object, body?: object) =>
  market.call(route, who, { params, ...(body ? { body } : {}) });
const told = (orderId: string) =>
  market
    .seen('orders.invitation.changed.v1')
    .filter((one) => one.subject === orderId)
    .map((one) => [one.data.state, one.data.reason]);

test('the client sees what became of each: sent, seen, answered, declined with its reason', async () => {
  const [quiet, looking, busy, eager] = [
    await market.freelancer(),
    await market.freelancer(),
    await market.freelancer(),
    await market.freelancer(),
  ];
  const { orderId } = await market.published(client);
  const ids = new Map<Principal, string>();
  for (const one of [quiet, looking, busy, eager]) ids.set(one, await invite(orderId, one));
  const of = (who: Principal) => ({ invitationId: ids.get(who) as string });
  expect((await market.read(orderId, looking))['invitation']).toMatchObject({ ...of(looking), state: 'sent' });
  expect((await market.read(orderId, client))['invitation']).toBeNull();
  for (let i = 0; i < 2; i++) await step('openInvitation', looking, of(looking));
  await step('declineInvitation', busy, of(busy), { reason: REASON });
  await market.respond(eager, orderId);
  await market.platform.drain();
  const states = new Map((await sent(orderId)).map((one) => [one['freelancerId'], [one['state'], one['reason']]]));
  expect([quiet, looking, busy, eager].map((one) => states.get(one.userId))).toEqual([
    ['sent', null],
    ['seen', null],
    ['declined', REASON],
    ['answered', null],
  ]);
  expect((await sent(orderId))[0]).toMatchObject({ freelancer: { displayName: 'Андрей' } });
  expect(told(orderId)).toEqual([['declined', REASON]]);
  // Said once; nobody is asked again, and what he may think better of stays open to him.
  await expect(step('declineInvitation', busy, of(busy), { reason: REASON })).rejects.toMatchObject({
    code: 'orders.not_now',
  });
  expect(await invite(orderId, busy)).toBe(ids.get(busy));
  expect(await mine(busy)).toMatchObject({ state: 'declined', reason: REASON });
  await market.respond(busy, orderId);
  expect(await mine(busy)).toMatchObject({ state: 'answered', responded: true });
  // Somebody else's invitation does not exist (Z2).
  for (const route of ['openInvitation', 'declineInvitation'])
    await expect(step(route, quiet, of(looking), { reason: REASON })).rejects.toMatchObject({ code: 'not_found' });
  const { items } = (await market.call('getHistory', client, { params: { orderId } })).body;
  expect(items).toContainEqual(
    expect.objectContaining({
      action: 'decline_invitation',
      actorId: busy.userId,
      changes: { freelancerId: busy.userId, reason: REASON },
    }),
  );
});

test('one taken back closes an order for the invited only, until it is sent anew; an answered one stays', async () => {
  const [guest, author] = [await market.freelancer(), await market.freelancer()];
  const { orderId } = await market.published(client, { access: 'invited' });
  const params = { orderId, invitationId: await invite(orderId, guest) };
  await market.read(orderId, guest);
  expect((await step('withdrawInvitation', client, params)).body).toMatchObject({ state: 'withdrawn' });
  await expect(step('withdrawInvitation', client, params)).rejects.toMatchObject({ code: 'orders.not_now' });
  await expect(market.read(orderId, guest)).rejects.toMatchObject({ code: 'not_found' });
  await expect(market.respond(guest, orderId)).rejects.toMatchObject({ code: 'not_found' });
  expect(await mine(guest)).toMatchObject({ state: 'withdrawn' });
  const other = await market.client();
  await expect(step('withdrawInvitation', other, params)).rejects.toMatchObject({ code: 'not_found' });
  const elsewhere = { ...params, orderId: (await market.published(client)).orderId };
  await expect(step('withdrawInvitation', client, elsewhere)).rejects.toMatchObject({ code: 'not_found' });
  expect(await invite(orderId, guest)).toBe(params.invitationId);
  expect(await mine(guest)).toMatchObject({ state: 'sent' });
  const answered = { orderId, invitationId: await invite(orderId, author) };
  await market.respond(author, orderId);
  await expect(step('withdrawInvitation', client, answered)).rejects.toMatchObject({ code: 'orders.not_now' });
  await market.platform.drain();
  expect(told(orderId)).toEqual([['withdrawn', null]]);
});

test('a refusal and a withdrawal at once: one of them has it', async () => {
  for (let i = 0; i < 5; i++) {
    const guest = await market.freelancer();
    const { orderId } = await market.published(client);
    const params = { orderId, invitationId: await invite(orderId, guest) };
    const results = await Promise.allSettled([
      step('declineInvitation', guest, params, { reason: REASON }),
      step('withdrawInvitation', client, params),
    ]);
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    await market.platform.drain();
    expect(told(orderId)).toHaveLength(1);
  }
});

test('P2: the reason goes with the person', async () => {
  const guest = await market.freelancer();
  const { orderId } = await market.published(client);
  await step('declineInvitation', guest, { invitationId: await invite(orderId, guest) }, { reason: 'canary-51b2' });
  await market.platform.drain();
  await market.platform.publish('users.user.erased.v1', guest.userId, { userId: guest.userId, actorId: guest.userId });
  await market.platform.drain();
  expect(JSON.stringify(await sent(orderId))).not.toContain('canary-51b2');
  const history = (await market.call('getHistory', client, { params: { orderId } })).body;
  expect(JSON.stringify(history)).not.toContain('canary-51b2');
});
