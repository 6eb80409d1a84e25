import type { Locale } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import { type Sql, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, pageOf, requireVersion } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import { DAY } from '../clocks.ts';
import type { OrdersContext } from '../context.ts';
import { cursorOf } from '../cursor.ts';
import type { MilestonePlan } from '../data/milestones.ts';
import { lockOrder, type Order } from '../data/orders.ts';
import { LIVE, responseById, responseColumns, type ResponseRow } from '../data/responses.ts';
import { record } from '../data/history.ts';
import { settingAt } from '../data/settings.ts';
import { decide } from '../domain/process.ts';
import { allowed, factsOf, refuse } from '../step.ts';
import { adoptDeposit, askDeposit, dropDeposit } from '../deposit.ts';
import { moveResponse, retimeResponse } from '../response-step.ts';
import { responseDto, termsFor } from './response-views.ts';
import { consented, NOBODY, peopleOf, visibleOrder } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

function reply(row: ResponseRow, req: { locale: Locale; user: { userId: string } }) {
  return {
    body: responseDto(row, { people: NOBODY, locale: req.locale, userId: req.user.userId }),
    version: row.version,
  };
}

function checkOffer(order: Order, price: { amount: string; currency: string }, milestones: readonly MilestonePlan[]) {
  const errors: { pointer: string; detail: string }[] = [];
  if (price.currency !== order.currency)
    errors.push({ pointer: '/body/price/currency', detail: `the order is in ${order.currency}` });
  if (order.pricing === 'hourly' && milestones.length > 0)
    errors.push({ pointer: '/body/milestones', detail: 'an hourly deal has no parts' });
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
    sql`select 1 from invitations where order_id = ${order.orderId} and freelancer_id = ${userId} and withdrawn_at is null`,
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
  const seen = await visibleOrder(ctx.db, req.params.orderId, req.user);
  const { orderId, title, responseDeposit } = seen;
  const responseId = newId();
  const write = (depositId: string | null) =>
    req.tx(async (tx) => {
      const order = found(await lockOrder(tx, orderId));
      await checkResponder(ctx, tx, order, userId, req.locale);
      checkOffer(order, req.body.price, req.body.milestones);
      const response = await addResponse(ctx, tx, order, { responseId, userId, depositId, offer: req.body });
      if (depositId) await adoptDeposit(tx, responseId);
      return reply(response, req);
    });
  if (!responseDeposit) return await write(null);
  // What is refused anyway asks for no money.
  await ctx.db.tx(async (tx) => await checkResponder(ctx, tx, found(await lockOrder(tx, orderId)), userId, req.locale));
  checkOffer(seen, req.body.price, req.body.milestones);
  const ask = { responseId, orderId, userId, amount: responseDeposit.amount, memo: title };
  const depositId = await askDeposit(ctx, ask);
  try {
    return await write(depositId);
  } catch (error) {
    await dropDeposit(ctx, ask);
    throw error;
  }
};

interface Offer {
  price: { amount: string; currency: Order['currency'] };
  days: number;
  letter: string;
  milestones: readonly MilestonePlan[];
  validDays: number | null;
}

async function addResponse(
  ctx: OrdersContext,
  tx: Tx,
  order: Order,
  of: { responseId: string; userId: string; depositId: string | null; offer: Offer },
): Promise<ResponseRow> {
  const { responseId, userId, depositId } = of;
  const { price, days, letter, milestones, validDays } = of.offer;
  const { orderId, title, category, clientId, process, status } = order;
  const now = ctx.clock.now();
  const deposit = depositId ? order.responseDeposit : null;
  const until = deposit ? new Date(now.getTime() + deposit.silenceDays * DAY) : null;
  await tx.run(sql`
    insert into responses (response_id, order_id, freelancer_id, price, currency, days, letter, milestones, status, created_at, valid_until, deposit, deposit_id, deposit_status, deposit_until)
    values (${responseId}, ${orderId}, ${userId}, ${price.amount}, ${price.currency}, ${days}, ${letter}, ${JSON.stringify(milestones)}, 'submitted', ${now}, ${validUntilOf(now, validDays)},
      ${deposit?.amount.amount ?? null}, ${depositId}, ${deposit ? 'held' : null}, ${until})`);
  await tx.run(sql`update orders set response_count = response_count + 1 where order_id = ${orderId}`);
  const response = found(await responseById(tx, responseId));
  const by = { action: 'respond', actor: 'freelancer', actorId: userId } as const;
  const changes = { responseId, after: offerOf(response) };
  record(tx, { ...by, orderId, at: now, from: status, to: status, changes, about: userId });
  await retimeResponse(tx, ctx, order, 'submitted', response);
  const told = { responseId, orderId, title, category, clientId, freelancerId: userId, price, process };
  tx.emit(ordersEvents.responseSubmitted, responseId, { ...told, first: order.responseCount === 0 });
  return response;
}

const validUntilOf = (now: Date, days: number | null) => (days === null ? null : new Date(now.getTime() + days * DAY));

/** What the history tells of an offer, before and after. The letter is the freelancer's own and can be erased with him. */
const offerOf = ({ price, days, milestones, letter, validUntil }: ResponseRow) => ({
  price: price.toString(),
  days,
  milestones,
  letter,
  validUntil: validUntil?.toISOString() ?? null,
});

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
  req: { query: { limit: number; cursor?: string | undefined }; locale: Locale; user: { userId: string } },
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
  const { userId } = req.user;
  return {
    items: page.items.map((row) => responseDto(row, { people, locale: req.locale, userId })),
    nextCursor: page.nextCursor,
  };
}

type ByResponse = { params: { orderId: string; responseId: string }; user: { userId: string }; locale: Locale };

/** The response with its order; the order's lock guards both. */
export async function lockBoth(tx: Tx, params: ByResponse['params']): Promise<{ order: Order; response: ResponseRow }> {
  const order = found(await lockOrder(tx, params.orderId));
  const response = await responseById(tx, params.responseId);
  return { order, response: found(response?.orderId === order.orderId ? response : undefined) };
}

async function asAuthor(tx: Tx, req: ByResponse) {
  const both = await lockBoth(tx, req.params);
  if (both.response.freelancerId !== req.user.userId) throw new Problem('not_found');
  return both;
}

async function asClient(tx: Tx, req: ByResponse) {
  const both = await lockBoth(tx, req.params);
  if (both.order.clientId !== req.user.userId) throw new Problem('not_found');
  return both;
}

const byAuthor = (req: ByResponse) => ({ actor: 'freelancer', actorId: req.user.userId, locale: req.locale }) as const;
const byClient = (req: ByResponse) => ({ actor: 'client', actorId: req.user.userId, locale: req.locale }) as const;

/** With the arithmetic of its price, which both sides see before they commit. */
export const getResponse: H['getResponse'] = async (ctx, req) => {
  const { userId } = req.user;
  const row = await responseById(ctx.db, req.params.responseId);
  const seen = row?.orderId === req.params.orderId && [row.freelancerId, row.orderClientId].includes(userId);
  const response = found(seen ? row : undefined);
  const [people, terms] = await Promise.all([peopleOf(ctx, [response.freelancerId]), termsFor(ctx, response)]);
  return { body: responseDto(response, { people, locale: req.locale, userId, terms }), version: response.version };
};

/** The first look is kept; it changes nothing else, so the response keeps its version. */
export const openResponse: H['openResponse'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asClient(tx, req);
    if (response.openedAt !== null) return reply(response, req);
    const at = ctx.clock.now();
    const { orderId, status } = order;
    const { responseId, freelancerId } = response;
    await tx.run(sql`update responses set opened_at = ${at} where response_id = ${responseId}`);
    const by = { action: 'response_open', actor: 'client', actorId: req.user.userId } as const;
    const of = { from: status, to: status, changes: { responseId }, about: freelancerId };
    record(tx, { ...by, ...of, orderId, at });
    return reply(found(await responseById(tx, responseId)), req);
  });

/** An edit is the freelancer's answer to a counter-offer too: his own terms stand again. */
export const editResponse: H['editResponse'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asAuthor(tx, req);
    requireVersion(req, response.version);
    const { days, letter, validDays } = req.body;
    const price = req.body.price ?? { amount: response.price.toString(), currency: response.currency };
    const milestones = req.body.milestones ?? response.milestones;
    checkOffer(order, price, milestones);
    const validUntil = validDays === undefined ? response.validUntil : validUntilOf(ctx.clock.now(), validDays);
    const changed = { ...response, price: BigInt(price.amount), days: days ?? response.days, milestones, validUntil };
    const after = { ...changed, letter: letter ?? response.letter };
    const set = [
      sql`price = ${price.amount}, days = ${after.days}, letter = ${after.letter}, milestones = ${JSON.stringify(milestones)}, valid_until = ${validUntil}, counter = null`,
    ];
    const changes = { before: offerOf(response), after: offerOf(after) };
    return reply(await moveResponse(tx, ctx, order, response, { ...byAuthor(req), action: 'edit', set, changes }), req);
  });

export const withdrawResponse: H['withdrawResponse'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asAuthor(tx, req);
    return reply(await moveResponse(tx, ctx, order, response, { ...byAuthor(req), action: 'withdraw' }), req);
  });

export const shortlistResponse: H['shortlistResponse'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asClient(tx, req);
    if (response.status === 'shortlisted') return reply(response, req);
    return reply(await moveResponse(tx, ctx, order, response, { ...byClient(req), action: 'shortlist' }), req);
  });

export const declineResponse: H['declineResponse'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asClient(tx, req);
    const step = { ...byClient(req), action: 'decline', reason: req.body.reason } as const;
    return reply(await moveResponse(tx, ctx, order, response, step), req);
  });

export const makeCounterOffer: H['makeCounterOffer'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asClient(tx, req);
    const { price, days, note } = req.body;
    checkOffer(order, price, []);
    const counter = { amount: price.amount, days, note, at: ctx.clock.now().toISOString() };
    const set = [sql`counter = ${JSON.stringify(counter)}`];
    const changes = { before: response.counter, after: counter };
    const step = { ...byClient(req), action: 'counter', set, changes } as const;
    return reply(await moveResponse(tx, ctx, order, response, step), req);
  });

/** The client's price replaces the own one; milestones planned for another price go. */
export const acceptCounterOffer: H['acceptCounterOffer'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { order, response } = await asAuthor(tx, req);
    const { counter } = response;
    const taken = counter && { ...response, price: BigInt(counter.amount), days: counter.days, milestones: [] };
    const set = counter
      ? [sql`price = ${counter.amount}, days = ${counter.days}, milestones = '[]', counter = null`]
      : [];
    const changes = taken ? { before: offerOf(response), after: offerOf(taken) } : {};
    const step = { ...byAuthor(req), action: 'accept_counter', set, changes } as const;
    return reply(await moveResponse(tx, ctx, order, response, step), req);
  });
