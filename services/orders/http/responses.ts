import type { z } from 'zod';
import type { Locale } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import type { responseView } from '#contracts/orders/views.ts';
import { type Sql, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, pageOf, requireVersion } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { cursorOf } from '../cursor.ts';
import type { MilestonePlan } from '../data/milestones.ts';
import { lockOrder, type Order } from '../data/orders.ts';
import { changeResponse, isLive, LIVE, responseById, responseColumns, type ResponseRow } from '../data/responses.ts';
import { settingAt } from '../data/settings.ts';
import { decide } from '../domain/process.ts';
import { reasonText } from '../domain/words.ts';
import { allowed, factsOf, refuse } from '../step.ts';
import { consented, NOBODY, type People, peopleOf, visibleOrder } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

function responseDto(row: ResponseRow, people: People, locale: Locale): z.input<typeof responseView> {
  const { price, currency, createdAt, counter, reasonCode, ...rest } = row;
  return {
    ...rest,
    reason: row.reason ?? reasonText(reasonCode, locale),
    price: { amount: price.toString(), currency },
    counter: counter && { ...counter, price: { amount: counter.amount, currency } },
    createdAt: createdAt.toISOString(),
    freelancer: people.get(row.freelancerId) ?? null,
  };
}

function reply(row: ResponseRow, locale: Locale) {
  return { body: responseDto(row, NOBODY, locale), version: row.version };
}

function checkOffer(order: Order, price: { amount: string; currency: string }, milestones: readonly MilestonePlan[]) {
  const errors: { pointer: string; detail: string }[] = [];
  if (price.currency !== order.currency)
    errors.push({ pointer: '/body/price/currency', detail: `the order is in ${order.currency}` });
  const sum = milestones.reduce((all, one) => all + BigInt(one.amount), 0n);
  if (milestones.length > 0 && sum !== BigInt(price.amount))
    errors.push({ pointer: '/body/milestones', detail: `the parts sum to ${sum}, the price is ${price.amount}` });
  if (errors.length > 0) throw new Problem('validation_failed', { errors });
}

/** What must hold before somebody responds; the order is locked. */
async function checkResponder(ctx: OrdersContext, tx: Tx, order: Order, userId: string, locale: Locale): Promise<void> {
  if (order.clientId === userId) throw new Problem('orders.own_order');
  const live = await tx.maybe(
    sql`select 1 from responses where order_id = ${order.orderId} and freelancer_id = ${userId} and status in ${LIVE}`,
  );
  if (live) throw new Problem('orders.responded_already');
  allowed(decide(order.process, { action: 'respond', actor: 'freelancer' }, order.status, factsOf(order)), locale);
  if (order.nda && !(await consented(tx, order.orderId, userId))) throw new Problem('orders.nda_required');
  const invited = await tx.maybe(
    sql`select 1 from invitations where order_id = ${order.orderId} and freelancer_id = ${userId}`,
  );
  if (order.access === 'invited' && !invited) throw refuse('not_invited', locale);
  const { liveResponsesPerFreelancer } = await settingAt(tx, 'orders.limits', ctx.clock.now());
  const { n } = await tx.one<{ n: number }>(
    sql`select count(*)::int as n from responses where freelancer_id = ${userId} and status in ('submitted', 'shortlisted')`,
  );
  if (n >= liveResponsesPerFreelancer)
    throw new Problem('orders.too_many_responses', { detail: `${n} / ${liveResponsesPerFreelancer}` });
}

export const respond: H['respond'] = async (ctx, req) => {
  const { userId } = req.user;
  const { price, days, letter, milestones } = req.body;
  const { orderId } = await visibleOrder(ctx.db, req.params.orderId, req.user);
  return req.tx(async (tx) => {
    const order = found(await lockOrder(tx, orderId));
    await checkResponder(ctx, tx, order, userId, req.locale);
    checkOffer(order, price, milestones);
    const responseId = newId();
    await tx.run(sql`
      insert into responses (response_id, order_id, freelancer_id, price, currency, days, letter, milestones, status, created_at)
      values (${responseId}, ${orderId}, ${userId}, ${price.amount}, ${price.currency}, ${days}, ${letter}, ${JSON.stringify(milestones)}, 'submitted', ${ctx.clock.now()})`);
    await tx.run(sql`update orders set response_count = response_count + 1 where order_id = ${orderId}`);
    const { title, category, clientId } = order;
    const first = order.responseCount === 0;
    tx.emit(ordersEvents.responseSubmitted, responseId, {
      responseId,
      orderId,
      title,
      category,
      clientId,
      freelancerId: userId,
      price,
      first,
    });
    return reply(found(await responseById(tx, responseId)), req.locale);
  });
};

export const listResponses: H['listResponses'] = async (ctx, req) => {
  const { userId } = req.user;
  const order = await visibleOrder(ctx.db, req.params.orderId, req.user);
  const own = order.clientId === userId;
  const mine = await ctx.db.maybe(
    sql`select 1 from responses where order_id = ${order.orderId} and freelancer_id = ${userId}`,
  );
  // Rivals are blind to each other; who has no part in it finds nothing (Z2).
  if (!own && !mine) throw new Problem('not_found');
  const where = own
    ? sql`r.order_id = ${order.orderId}`
    : sql`r.order_id = ${order.orderId} and r.freelancer_id = ${userId}`;
  return { body: await list(ctx, where, req) };
};

export const listOwnResponses: H['listOwnResponses'] = async (ctx, req) => ({
  body: await list(ctx, sql`r.freelancer_id = ${req.user.userId}`, req),
});

async function list(
  ctx: OrdersContext,
  where: Sql,
  req: { query: { limit: number; cursor?: string | undefined }; locale: Locale },
) {
  const { limit, cursor } = req.query;
  const after = cursorOf(cursor, ['time', 'id']);
  const rows = await ctx.db.many<ResponseRow>(sql`
    select ${responseColumns} from responses r join orders o using (order_id) where ${where} and ${after ? sql`(r.created_at, r.response_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql`true`}
    order by r.created_at desc, r.response_id desc limit ${limit + 1}`);
  const page = pageOf(rows, limit, (last) => [last.createdAt.toISOString(), last.responseId]);
  const people = await peopleOf(
    ctx,
    page.items.map((row) => row.freelancerId),
  );
  return { items: page.items.map((row) => responseDto(row, people, req.locale)), nextCursor: page.nextCursor };
}

type ByResponse = { params: { orderId: string; responseId: string }; user: { userId: string }; locale: Locale };

/** The response with its order; the order's lock guards both. */
export async function lockBoth(tx: Tx, params: ByResponse['params']): Promise<{ order: Order; response: ResponseRow }> {
  const order = found(await lockOrder(tx, params.orderId));
  const response = await responseById(tx, params.responseId);
  return { order, response: found(response?.orderId === order.orderId ? response : undefined) };
}

function requireLive(response: ResponseRow, locale: Locale): void {
  if (!isLive(response.status)) throw refuse('response_closed', locale);
}

async function asAuthor(tx: Tx, req: ByResponse) {
  const both = await lockBoth(tx, req.params);
  if (both.response.freelancerId !== req.user.userId) throw new Problem('not_found');
  requireLive(both.response, req.locale);
  return both;
}

async function asClient(tx: Tx, req: ByResponse) {
  const both = await lockBoth(tx, req.params);
  if (both.order.clientId !== req.user.userId) throw new Problem('not_found');
  requireLive(both.response, req.locale);
  return both;
}

const live = (response: ResponseRow) => (response.status === 'shortlisted' ? 'shortlisted' : 'submitted');

/** An edit is the freelancer's answer to a counter-offer too: his own terms stand again. */
export const editResponse: H['editResponse'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asAuthor(tx, req);
    requireVersion(req, response.version);
    const { days, letter } = req.body;
    const price = req.body.price ?? { amount: response.price.toString(), currency: response.currency };
    const milestones = req.body.milestones ?? response.milestones;
    checkOffer(order, price, milestones);
    await tx.run(sql`
      update responses set price = ${price.amount}, days = ${days ?? response.days}, letter = ${letter ?? response.letter}, milestones = ${JSON.stringify(milestones)}, counter = null where response_id = ${response.responseId}`);
    return reply(await changeResponse(tx, order, response, { status: live(response) }), req.locale);
  });

export const withdrawResponse: H['withdrawResponse'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asAuthor(tx, req);
    return reply(await changeResponse(tx, order, response, { status: 'withdrawn' }), req.locale);
  });

export const shortlistResponse: H['shortlistResponse'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asClient(tx, req);
    if (response.status === 'shortlisted') return reply(response, req.locale);
    return reply(await changeResponse(tx, order, response, { status: 'shortlisted' }), req.locale);
  });

export const declineResponse: H['declineResponse'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asClient(tx, req);
    const { reason } = req.body;
    return reply(await changeResponse(tx, order, response, { status: 'declined', reason }), req.locale);
  });

export const makeCounterOffer: H['makeCounterOffer'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asClient(tx, req);
    const { price, days, note } = req.body;
    checkOffer(order, price, []);
    const counter = { amount: price.amount, days, note, at: ctx.clock.now().toISOString() };
    await tx.run(
      sql`update responses set counter = ${JSON.stringify(counter)} where response_id = ${response.responseId}`,
    );
    return reply(await changeResponse(tx, order, response, { status: live(response), counter: true }), req.locale);
  });

/** The client's price replaces the own one; milestones planned for another price go. */
export const acceptCounterOffer: H['acceptCounterOffer'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asAuthor(tx, req);
    const { counter } = response;
    if (!counter) throw refuse('no_counter', req.locale);
    await tx.run(
      sql`update responses set price = ${counter.amount}, days = ${counter.days}, milestones = '[]', counter = null where response_id = ${response.responseId}`,
    );
    return reply(await changeResponse(tx, order, response, { status: live(response) }), req.locale);
  });
