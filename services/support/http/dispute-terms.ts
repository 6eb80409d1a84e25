import type { Money } from '#contracts/common/values.ts';
import { found } from '#kit/service/reply.ts';
import type { SupportHandlers } from '../context.ts';
import { readSetting } from '../data/known.ts';
import { feeOf, rulesOf } from '../domain/disputes.ts';

/** What opening a dispute means, before it is opened. */
export const getDisputeTerms: SupportHandlers['getDisputeTerms'] = async (ctx, req) => {
  const terms = await readSetting(ctx.db, 'support.disputes', ctx.clock.now());
  const { orderId } = req.query;
  let claim: Money | null = null;
  if (orderId !== undefined) {
    const order = await ctx.clients.orders.getOrderContext({ params: { orderId } });
    const me = req.user.userId;
    if (order.clientId !== me && order.freelancerId !== me) found(undefined);
    claim = order.price;
  }
  const fee = claim && feeOf(claim, terms.feeBps);
  return { body: { ...terms, claim, fee, rules: rulesOf(terms, fee, req.locale) } };
};
