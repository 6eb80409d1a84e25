import type { OrderStatus } from '#contracts/orders/process-types.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import { sql } from '#kit/db/db.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

/** For the card of a user: how many of what, on each side. */
export const getPersonDeals: H['getPersonDeals'] = async (ctx, req) => {
  const { userId } = req.params;
  const count = (whose: ReturnType<typeof sql>) =>
    ctx.db.many<{ status: OrderStatus; count: number }>(
      sql`select status, count(*)::int as count from orders where ${whose} group by status order by status`,
    );
  const asClient = await count(sql`client_id = ${userId}`);
  const asFreelancer = await count(sql`freelancer_id = ${userId}`);
  return { body: { asClient, asFreelancer } };
};
