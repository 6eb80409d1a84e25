import { ordersEvents } from '#contracts/orders/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import type { OrderStatus } from '#contracts/orders/process-types.ts';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, pageOf, requireVersion } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { cursorOf } from '../cursor.ts';
import { responseById } from '../data/responses.ts';
import { record } from '../data/history.ts';
import { requestHold } from '../data/holds.ts';
import { lockOrder, orderById } from '../data/orders.ts';
import { decide } from '../domain/process.ts';
import { moveResponse } from '../response-step.ts';
import { allowed, factsOf, move } from '../step.ts';
import { answer } from './answer.ts';
import { own } from './drafts.ts';
import { lockBoth } from './responses.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

/**
 * The terms are those in force at this moment; the deal keeps them. The work begins when payments holds the price, or the
 * first milestone's part of it.
 */
export const acceptResponse: H['acceptResponse'] = async (ctx, req) => {
  const { userId } = req.user;
  const open = own(await orderById(ctx.db, req.params.orderId), userId);
  const { category, currency, clientId } = open;
  const wanted = found(await responseById(ctx.db, req.params.responseId));
  const freelancerId = found(wanted.orderId === open.orderId ? wanted.freelancerId : undefined);
  const { terms } = await ctx.clients.payments.getTerms({
    query: { category, currency, clientId, freelancerId },
  });
  return req.tx(async (tx) => {
    const { order, response } = await lockBoth(tx, req.params);
    own(order, userId);
    const { responseId } = response;
    const seen = req.body.responseVersion;
    if (seen !== undefined) requireVersion({ ifMatch: seen }, response.version);
    const after = await move(tx, ctx, order, {
      action: 'accept_response',
      actor: 'client',
      actorId: userId,
      locale: req.locale,
      changes: { responseId, price: response.price.toString() },
      set: [sql`pending_response_id = ${responseId}, terms = ${JSON.stringify(terms)}, refusal = null`],
    });
    const by = { actor: 'client', actorId: userId, locale: req.locale } as const;
    await moveResponse(tx, ctx, after, response, { ...by, action: 'accept' });
    // Ahead of the work: a week of hours, the first milestone, or the whole price.
    const amount =
      order.weeklyHours === null
        ? BigInt(response.milestones[0]?.amount ?? response.price)
        : response.price * BigInt(order.weeklyHours);
    await requestHold(tx, after, { purpose: 'price', responseId, amount, freelancerId, at: ctx.clock.now() });
    return await answer(tx, found(await orderById(tx, order.orderId)), req);
  });
};
