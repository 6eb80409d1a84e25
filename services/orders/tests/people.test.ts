import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Principal } from '#kit/service/types.ts';
import { DAY, DRAFT, type Market, openMarket, RUB } from './market.ts';

let market: Market;
let client: Principal;
let freelancer: Principal;
let stranger: Principal;

beforeAll(async () => {
  market = await openMarket();
  client = await market.client(100_000_000n);
  freelancer = await market.freelancer();
  const other = await market.freelancer();
  // All rights, but no part in anything.
  stranger = { ...other, permissions: new Set([...client.permissions, ...freelancer.permissions]) };
});
afterAll(async () => {
  await market?.checkBooks();
  await market?.close();
});

const finished = async () => {
  const { orderId } = await market.started(client, freelancer);
  await market.act('deliverOrder', freelancer, orderId, { text: 'Готово' });
  return await market.act('completeOrder', client, orderId, {});
};

describe("Z2: somebody else's is not found", () => {
  test('every step of a deal, by a third person', async () => {
    const { orderId } = await market.started(client, freelancer);
    const { items } = (await market.call('listResponses', client, { params: { orderId } })).body;
    const { responseId } = items[0];
    const reason = { reason: 'просто так' };
    const bodies: Record<string, unknown> = {
      publishOrder: undefined,
      deliverOrder: { text: 'x' },
      requestRevision: reason,
      completeOrder: {},
      cancelOrder: reason,
      getHistory: undefined,
      listResponses: undefined,
      addReview: { rating: 5, text: 'хорошо' },
      listOrderReviews: undefined,
      acceptResponse: undefined,
      shortlistResponse: undefined,
      declineResponse: reason,
      withdrawResponse: undefined,
      inviteFreelancer: { freelancerId: freelancer.userId },
      deleteDraft: undefined,
    };
    for (const [route, body] of Object.entries(bodies))
      for (const id of [orderId, randomUUID()])
        await expect(
          market.call(route, stranger, { params: { orderId: id, responseId }, body }),
          route,
        ).rejects.toMatchObject({ code: 'not_found' });
    for (const [route, body] of [
      ['editOrder', { title: 'Моё название' }],
      ['editResponse', { days: 3 }],
    ] as const)
      await expect(
        market.call(route, stranger, { params: { orderId, responseId }, body, ifMatch: '"1"' }),
        route,
      ).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      market.call('addAttachment', stranger, {
        params: { orderId },
        query: { fileName: 'x.txt' },
        body: Buffer.from('x'),
        contentType: 'text/plain',
      }),
    ).rejects.toMatchObject({ code: 'not_found' });
    await expect(
      market.platform.call('orders', 'openDispute', {
        caller: 'support',
        params: { orderId },
        body: { actorId: stranger.userId, ticketId: randomUUID(), reason: 'просто так' },
      }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  test('a draft does not exist for others; of a running deal they see the public part only (Z3)', async () => {
    const { orderId } = await market.draft(client);
    for (const user of [undefined, stranger])
      await expect(market.read(orderId, user)).rejects.toMatchObject({ code: 'not_found' });
    const running = await market.started(client, freelancer);
    expect(await market.read(running.orderId, stranger)).toMatchObject({
      status: 'in_progress',
      freelancer: null,
      price: null,
      dueAt: null,
      funding: null,
      refusal: null,
      terms: null,
      revisions: null,
      deliveries: null,
      actions: [],
    });
    expect(await market.read(running.orderId, freelancer)).toMatchObject({
      price: RUB(1_000_000),
      terms: { placementFee: null, commissionBps: 1000 },
    });
  });

  test('rivals are blind to each other; a response is changed by its owner only', async () => {
    const { orderId } = await market.published(client);
    const rival = await market.freelancer();
    const mine = await market.respond(freelancer, orderId);
    await expect(market.call('listResponses', rival, { params: { orderId } })).rejects.toMatchObject({
      code: 'not_found',
    });
    const theirs = await market.respond(rival, orderId, 900_000n);
    const list = async (user: Principal) =>
      (await market.call('listResponses', user, { params: { orderId } })).body.items.map(
        (row: { responseId: string }) => row.responseId,
      );
    expect(await list(rival)).toEqual([theirs]);
    expect(await list(freelancer)).toEqual([mine]);
    expect((await list(client)).sort()).toEqual([mine, theirs].sort());
    for (const route of ['withdrawResponse', 'acceptResponse', 'shortlistResponse'])
      await expect(
        market.call(route, { ...rival, permissions: stranger.permissions }, { params: { orderId, responseId: mine } }),
        route,
      ).rejects.toMatchObject({ code: 'not_found' });
    // A response under somebody else's order is none of it.
    const other = await market.published(client);
    await expect(
      market.call('acceptResponse', client, { params: { orderId: other.orderId, responseId: mine } }),
    ).rejects.toMatchObject({ code: 'not_found' });
  });

  test('files: of the order for who sees it, of the work for the parties', async () => {
    const { orderId } = await market.published(client);
    const put = async (user: Principal, name: string) =>
      (
        await market.call('addAttachment', user, {
          params: { orderId },
          query: { fileName: name },
          body: Buffer.from('content'),
          contentType: 'text/plain',
        })
      ).body.attachmentId as string;
    const get = (user: Principal | undefined, attachmentId: string) =>
      market.call('getAttachment', user, { params: { attachmentId } });
    const brief = await put(client, '../"бриф".txt');
    await market.accept(client, orderId, await market.respond(freelancer, orderId));
    const [secret, work] = [await put(client, 'secret.txt'), await put(freelancer, 'work.txt')];
    const answer = await get(undefined, brief);
    expect(answer.headers['content-disposition']).not.toContain('..');
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-content-type-options': 'nosniff',
    });
    for (const id of [secret, work])
      for (const user of [undefined, stranger])
        await expect(get(user, id)).rejects.toMatchObject({ code: 'not_found' });
    expect((await get(freelancer, secret)).body.toString()).toBe('content');
    expect((await market.read(orderId, stranger)).attachments).toHaveLength(1);
    expect((await market.read(orderId, client)).attachments).toHaveLength(2);
    const foreign = market.call('deliverOrder', freelancer, {
      params: { orderId },
      body: { text: 'x', attachmentIds: [secret] },
    });
    await expect(foreign).rejects.toMatchObject({ code: 'validation_failed' });
    const done = await market.act('deliverOrder', freelancer, orderId, { text: 'x', attachmentIds: [work] });
    expect(done.deliveries).toMatchObject([{ attachments: [{ attachmentId: work }] }]);
  });
});

describe('edits and versions', () => {
  test('If-Match: none is 428, a stale one 412, the present one works once', async () => {
    const order = await market.draft(client);
    const edit = (ifMatch: string | undefined, title = 'Новое название') =>
      market.call('editOrder', client, { params: { orderId: order.orderId }, body: { title }, ifMatch });
    await expect(edit(undefined)).rejects.toMatchObject({ code: 'version_required' });
    for (const wrong of ['"99"', '*', 'W/"1"', '1'])
      await expect(edit(wrong)).rejects.toMatchObject({ code: 'version_mismatch' });
    const both = await Promise.allSettled([edit('"1"', 'Первое имя'), edit('"1"', 'Второе имя')]);
    expect(both.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    expect((await edit('"2"')).headers['etag']).toBe('"3"');
  });

  test('of a published order the words, not the budget or the category', async () => {
    const order = await market.published(client);
    const edit = (body: object) =>
      market.call('editOrder', client, {
        params: { orderId: order.orderId },
        body,
        ifMatch: `"${order.version}"`,
      });
    await expect(edit({ category: 'texts' })).rejects.toMatchObject({ code: 'orders.not_now' });
    await expect(edit({ budget: DRAFT.budget })).rejects.toMatchObject({ code: 'orders.not_now' });
    expect((await edit({ title: 'Эмблема для кофейни' })).body.title).toBe('Эмблема для кофейни');
    expect((await market.call('searchOrders', undefined, { query: { q: 'эмблемы' } })).body.items).toHaveLength(1);
  });

  test('a response: edited with its version, not once it is being accepted', async () => {
    const { orderId } = await market.published(client);
    const responseId = await market.respond(freelancer, orderId);
    const edit = (ifMatch: string, body: object) =>
      market.call('editResponse', freelancer, { params: { orderId, responseId }, body, ifMatch });
    await expect(edit('"7"', { days: 3 })).rejects.toMatchObject({ code: 'version_mismatch' });
    expect((await edit('"1"', { days: 3 })).body).toMatchObject({ days: 3, price: RUB(1_000_000), version: 2 });
    await expect(edit('"2"', { price: { amount: '5', currency: 'USD' } })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    await market.accept(client, orderId, responseId);
    await expect(edit('"4"', { days: 1 })).rejects.toMatchObject({ code: 'orders.not_now' });
  });

  test('B3, I15: what is not in the dictionaries, not for the client to set, or no longer his right', async () => {
    const create = (user: Principal, of: object) => market.call('createOrder', user, { body: { ...DRAFT, ...of } });
    await expect(create(client, { category: 'magic' })).rejects.toMatchObject({ code: 'orders.unknown_key' });
    await expect(create(client, { skills: ['magic'] })).rejects.toMatchObject({ code: 'orders.unknown_key' });
    await expect(create(client, { status: 'published' })).rejects.toMatchObject({ code: 'validation_failed' });
    await expect(create(client, { budget: { min: '2', max: '1', currency: 'RUB' } })).rejects.toMatchObject({
      code: 'validation_failed',
    });
    // His token says that he may; the roles say that he may not.
    await expect(create(stranger, {})).rejects.toMatchObject({ code: 'forbidden' });
    await expect(market.call('createOrder', client, { body: DRAFT, idempotencyKey: undefined })).rejects.toMatchObject({
      code: 'idempotency_key_required',
    });
  });

  test('a draft that is deleted is gone', async () => {
    const { orderId } = await market.draft(client);
    await market.call('deleteDraft', client, { params: { orderId } });
    await expect(market.read(orderId, client)).rejects.toMatchObject({ code: 'not_found' });
    const { orderId: open } = await market.published(client);
    await expect(market.call('deleteDraft', client, { params: { orderId: open } })).rejects.toMatchObject({
      code: 'orders.not_now',
    });
  });
});

describe('O4: responses', () => {
  test('once per order, not to the own one, in its currency, again after a withdrawal', async () => {
    const { orderId } = await market.published(client);
    const first = await market.respond(freelancer, orderId);
    await expect(market.respond(freelancer, orderId)).rejects.toMatchObject({ code: 'orders.responded_already' });
    const both = { ...client, permissions: stranger.permissions };
    await expect(market.respond(both, orderId)).rejects.toMatchObject({ code: 'orders.own_order' });
    await expect(
      market.call('respond', stranger, {
        params: { orderId },
        body: { price: { amount: '1', currency: 'USD' }, days: 1, letter: 'Сделаю дёшево.' },
      }),
    ).rejects.toMatchObject({ code: 'validation_failed' });
    await market.call('withdrawResponse', freelancer, { params: { orderId, responseId: first } });
    await expect(
      market.call('acceptResponse', client, { params: { orderId, responseId: first } }),
    ).rejects.toMatchObject({ code: 'orders.not_now' });
    expect(await market.respond(freelancer, orderId)).not.toBe(first);
  });

  test('of 10 at once from one freelancer one is kept', async () => {
    const { orderId } = await market.published(client);
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => market.respond(freelancer, orderId)));
    expect(results.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    for (const one of results)
      if (one.status === 'rejected') expect(one.reason).toMatchObject({ code: 'orders.responded_already' });
    expect((await market.read(orderId, client)).responses).toBe(1);
  });

  test('an invitation is sent once, and not to oneself', async () => {
    const { orderId } = await market.published(client);
    const invite = (freelancerId: string) =>
      market.call('inviteFreelancer', client, { params: { orderId }, body: { freelancerId } });
    const first = await invite(freelancer.userId);
    expect((await invite(freelancer.userId)).body).toEqual(first.body);
    await expect(invite(client.userId)).rejects.toMatchObject({ code: 'orders.own_order' });
    await expect(invite(randomUUID())).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('reviews', () => {
  const review = async (user: Principal, orderId: string, rating = 5) =>
    (await market.call('addReview', user, { params: { orderId }, body: { rating, text: 'хорошо' } })).body;
  const seenBy = async (user: Principal, orderId: string) =>
    (await market.call('listOrderReviews', user, { params: { orderId } })).body.items as {
      reviewId: string;
      publishedAt: string | null;
    }[];
  const about = async (user: Principal) =>
    (await market.call('listPersonReviews', undefined, { params: { userId: user.userId } })).body.items as {
      reviewId: string;
      answer: string | null;
    }[];

  test('double-blind: the first is hidden from the other, both are seen once both are in', async () => {
    const { orderId } = await finished();
    const before = (await about(freelancer)).length;
    const first = await review(client, orderId);
    expect(await seenBy(client, orderId)).toMatchObject([{ publishedAt: null }]);
    expect(await seenBy(freelancer, orderId)).toEqual([]);
    expect(await about(freelancer)).toHaveLength(before);
    await expect(review(client, orderId)).rejects.toMatchObject({ code: 'orders.reviewed_already' });
    await review(freelancer, orderId, 4);
    expect(await seenBy(freelancer, orderId)).toHaveLength(2);
    expect((await about(freelancer)).map((row) => row.reviewId)).toContain(first.reviewId);
    const answer = (user: Principal, text: string) =>
      market.call('answerReview', user, { params: { reviewId: first.reviewId }, body: { text } });
    await expect(answer(client, 'сам себе')).rejects.toMatchObject({ code: 'not_found' });
    const answers = await Promise.allSettled([answer(freelancer, 'Спасибо'), answer(freelancer, 'Благодарю')]);
    expect(answers.filter((one) => one.status === 'fulfilled')).toHaveLength(1);
    await expect(answer(freelancer, 'ещё раз')).rejects.toMatchObject({ code: 'orders.not_now' });
  });

  test('both at once: each in, both seen', async () => {
    const { orderId } = await finished();
    await Promise.all([review(client, orderId), review(freelancer, orderId)]);
    expect((await seenBy(client, orderId)).every((row) => row.publishedAt !== null)).toBe(true);
    await market.platform.drain();
    expect(market.seen('orders.review.published.v1').filter((event) => event.data.orderId === orderId)).toHaveLength(2);
  });

  test('the only one is seen after 14 days; after them none is taken', { timeout: 60_000 }, async () => {
    const { orderId } = await finished();
    const { reviewId } = await review(client, orderId);
    await expect(
      market.call('answerReview', freelancer, { params: { reviewId }, body: { text: 'рано отвечать' } }),
    ).rejects.toMatchObject({ code: 'not_found' });
    await market.platform.advance(13.9 * DAY);
    expect(await seenBy(freelancer, orderId)).toEqual([]);
    await market.platform.advance(0.2 * DAY);
    expect(await seenBy(freelancer, orderId)).toMatchObject([{ reviewId }]);
    await expect(review(freelancer, orderId)).rejects.toMatchObject({ code: 'orders.not_now' });
  });

  test('S3: a deleted one is gone from sight, once, with its reason', async () => {
    const { orderId } = await finished();
    const { reviewId } = await review(client, orderId, 1);
    await review(freelancer, orderId);
    const remove = () =>
      market.platform.call('orders', 'deleteReview', {
        caller: 'support',
        params: { reviewId },
        body: { actorId: randomUUID(), ground: 'abuse', justification: 'оскорбления в тексте' },
      });
    const first = await remove();
    expect((await remove()).body).toEqual(first.body);
    expect((await about(freelancer)).map((row) => row.reviewId)).not.toContain(reviewId);
  });
});
