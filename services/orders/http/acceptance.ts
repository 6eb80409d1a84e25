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

/** Once per freelancer and order; a repeat finds the first one. */
export const inviteFreelancer: H['inviteFreelancer'] = async (ctx, req) => {
  const { freelancerId } = req.body;
  if (freelancerId === req.user.userId) throw new Problem('orders.own_order');
  return req.tx(async (tx) => {
    const order = own(await lockOrder(tx, req.params.orderId), req.user.userId);
    const { orderId, title, clientId } = order;
    allowed(decide(order.process, { action: 'invite', actor: 'client' }, order.status, factsOf(order)), req.locale);
    found(
      await tx.maybe(
        sql`select 1 from freelancers where user_id = ${freelancerId} and user_id <> ${clientId} and is_freelancer and visibility <> 'hidden'`,
      ),
    );
    const known = await tx.maybe<{ invitationId: string }>(
      sql`select invitation_id as "invitationId" from invitations where order_id = ${orderId} and freelancer_id = ${freelancerId}`,
    );
    if (known) return { body: known };
    const invitationId = newId();
    await tx.run(
      sql`insert into invitations (invitation_id, order_id, freelancer_id, at) values (${invitationId}, ${orderId}, ${freelancerId}, ${ctx.clock.now()})`,
    );
    record(tx, {
      orderId,
      at: ctx.clock.now(),
      action: 'invite',
      actor: 'client',
      actorId: clientId,
      from: order.status,
      to: order.status,
      changes: { freelancerId },
      about: freelancerId,
    });
    const invited = { invitationId, orderId, title, clientId, freelancerId, process: order.process };
    tx.emit(ordersEvents.freelancerInvited, orderId, invited);
    return { body: { invitationId } };
  });
};

interface InvitationRow {
  invitationId: string;
  orderId: string;
  orderTitle: string;
  status: OrderStatus;
  at: Date;
  responded: boolean;
}

export const listOwnInvitations: H['listOwnInvitations'] = async (ctx, req) => {
  const { limit, cursor } = req.query;
  const { userId } = req.user;
  const after = cursorOf(cursor, ['time', 'id']);
  const rows = await ctx.db.many<InvitationRow>(sql`
    select i.invitation_id as "invitationId", i.order_id as "orderId", o.title as "orderTitle", o.status, i.at,
      exists (select 1 from responses r where r.order_id = i.order_id and r.freelancer_id = ${userId}) as responded
    from invitations i join orders o using (order_id) where i.freelancer_id = ${userId} and ${after ? sql`(i.at, i.invitation_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql`true`}
    order by i.at desc, i.invitation_id desc limit ${limit + 1}`);
  const page = pageOf(rows, limit, (last) => [last.at.toISOString(), last.invitationId]);
  return { body: { ...page, items: page.items.map((row) => ({ ...row, at: row.at.toISOString() })) } };
};
