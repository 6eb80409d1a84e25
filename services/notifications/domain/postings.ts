import type { z } from 'zod';
import type { paymentsEvents } from '#contracts/payments/events.ts';

type Posted = z.output<(typeof paymentsEvents)['transactionPosted']['data']>;

export interface Movement {
  readonly userId: string;
  /** In minor units, above zero. */
  readonly sum: { readonly amount: string; readonly currency: Posted['postings'][number]['amount']['currency'] };
  readonly incoming: boolean;
}

/** Kinds of which `withdrawalChanged` tells. */
const TOLD_ELSEWHERE: ReadonlySet<Posted['kind']> = new Set([
  'withdrawal_request',
  'withdrawal_paid',
  'withdrawal_returned',
]);

/** What a transaction did to the money that users can dispose of: one movement per user and currency, none of zero. */
export function movementsOf(posted: Posted): Movement[] {
  if (TOLD_ELSEWHERE.has(posted.kind)) return [];
  const sums = new Map<string, { userId: string; currency: Movement['sum']['currency']; total: bigint }>();
  for (const { account, userId, amount } of posted.postings) {
    if (account !== 'available' || userId === null) continue;
    const key = `${userId}:${amount.currency}`;
    const sum = sums.get(key) ?? { userId, currency: amount.currency, total: 0n };
    sum.total += BigInt(amount.amount);
    sums.set(key, sum);
  }
  return [...sums.values()]
    .filter(({ total }) => total !== 0n)
    .map(({ userId, currency, total }) => ({
      userId,
      incoming: total > 0n,
      sum: { amount: String(total > 0n ? total : -total), currency },
    }));
}
