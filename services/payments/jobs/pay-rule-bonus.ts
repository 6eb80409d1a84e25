import { z } from 'zod';
import { currency, id } from '#contracts/common/values.ts';
import type { Job } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import { RULE_MEMOS } from '../domain/memo.ts';

const payload = z.strictObject({
  rule: z.enum(['first-order', 'referral']),
  /** Whose order it is for: one bonus of a rule for each. */
  of: id,
  userId: id,
  amount: z.string(),
  currency,
  orderId: id,
});

/** Pays a bonus that a rule promises. The reference makes it the only one, however often the job runs. */
export const payRuleBonus: Job<PaymentsContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { rule, of, userId, orderId, ...money }) {
    const amount = BigInt(money.amount);
    await ctx.books.submit({
      reference: `${rule}:${of}`,
      kind: 'platform_bonus',
      currency: money.currency,
      orderId,
      actorId: null,
      memo: RULE_MEMOS[rule],
      at: ctx.clock.now(),
      postings: [
        { account: 'bonus_fund', userId: null, amount: -amount },
        { account: 'available', userId, amount },
      ],
    });
  },
};
