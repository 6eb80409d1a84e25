import type { ordersContract } from '#contracts/orders/index.ts';
import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { cursorOf } from '../cursor.ts';
import { historyOf, record } from '../data/history.ts';
import { lockOrder, orderColumns, type OrderRow } from '../data/orders.ts';
import { refuse } from '../step.ts';
import { answer } from './answer.ts';
import { detailView, peopleOf, sideOf, summaryView, visibleOrder } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

export const getOrder: H['getOrder'] = async (ctx, req) => {
  const { user, locale } = req;
  const order = await visibleOrder(ctx.db, req.params.orderId, user);
  const people = await peopleOf(ctx, [order.clientId, sideOf(order, user?.userId) ? order.freelancerId : null]);
  return { body: await detailView(ctx.db, order, { user, locale, people }), version: order.version };
};

export const listOwnOrders: H['listOwnOrders'] = async (ctx, req) => {
  const { as, status, limit, cursor } = req.query;
  const after = cursorOf(cursor, ['time', 'id']);
  const rows = await ctx.db.many<OrderRow>(sql`
    select ${orderColumns} from orders o where ${as === 'client' ? sql`o.client_id` : sql`o.freelancer_id`} = ${req.user.userId} and ${status ? sql`o.status = ${status}` : sql`true`}
      and ${after ? sql`(o.created_at, o.order_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql`true`}
    order by o.created_at desc, o.order_id desc limit ${limit + 1}`);
  const page = pageOf(rows, limit, (last) => [last.createdAt.toISOString(), last.orderId]);
  const people = await peopleOf(
    ctx,
    page.items.map((order) => order.clientId),
  );
  return { body: { items: page.items.map((order) => summaryView(order, people)), nextCursor: page.nextCursor } };
};

/** The client sees all, the freelancer what is not another's, one beside the deal what concerns himself (Z2). */
export const getHistory: H['getHistory'] = async (ctx, req) => {
  const { userId } = req.user;
  const order = await visibleOrder(ctx.db, req.params.orderId, req.user);
  const side = sideOf(order, userId);
  const own = sql`h.about = ${userId}`;
  const seen = side === 'client' ? sql`true` : side === 'freelancer' ? sql`(h.about is null or ${own})` : own;
  const items = await historyOf(ctx.db, order.orderId, req.locale, seen);
  if (!side && items.length === 0) throw new Problem('not_found');
  return { body: { items } };
};

/** Kept with its time and never taken back: the proof of the consent. */
export const acceptNda: H['acceptNda'] = async (ctx, req) => {
  const { userId } = req.user;
  const seen = await visibleOrder(ctx.db, req.params.orderId, req.user);
  if (!seen.nda) throw refuse('no_nda', req.locale);
  return req.tx(async (tx) => {
    const order = (await lockOrder(tx, seen.orderId)) ?? seen;
    const at = ctx.clock.now();
    const fresh = await tx.run(
      sql`insert into nda_consents (order_id, user_id, at) values (${order.orderId}, ${userId}, ${at}) on conflict do nothing`,
    );
    const { orderId, status } = order;
    const by = { action: 'accept_nda', actor: 'freelancer', actorId: userId } as const;
    if (fresh > 0) record(tx, { ...by, orderId, at, from: status, to: status, about: userId });
    return await answer(tx, order, req);
  });
};
