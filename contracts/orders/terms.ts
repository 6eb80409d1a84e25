import type { Money } from '../common/values.ts';
import type { z } from 'zod';
import type { dealTerms } from './events.ts';

/**
 * What the platform takes of a price, as both sides see it before they commit: basis points, rounded down to the minor
 * unit, at least the minimum, never more than the price. `price = commission + toFreelancer`, always.
 */
export function arithmeticOf(
  price: Money,
  terms: Pick<z.infer<typeof dealTerms>, 'commissionBps' | 'commissionMin'>,
): { commission: Money; toFreelancer: Money } {
  const whole = BigInt(price.amount);
  const share = (whole * BigInt(terms.commissionBps)) / 10_000n;
  const least = BigInt(terms.commissionMin.amount);
  const wanted = share > least ? share : least;
  const commission = wanted < whole ? wanted : whole;
  const money = (amount: bigint): Money => ({ amount: amount.toString(), currency: price.currency });
  return { commission: money(commission), toFreelancer: money(whole - commission) };
}
