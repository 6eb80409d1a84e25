import type { ordersContract } from '#contracts/orders/index.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import { resume } from '../blocked.ts';
import type { OrdersContext } from '../context.ts';
import { lockOrder } from '../data/orders.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

export const resumeDeal: H['resumeDeal'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const order = found(await lockOrder(tx, req.params.orderId));
    const after = await resume(tx, ctx, order);
    if (!after) throw new Problem('conflict', { detail: 'the deal is not frozen by a block' });
    return { body: { orderId: after.orderId, status: after.status } };
  });
