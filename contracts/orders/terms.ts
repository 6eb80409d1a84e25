import type { Money } from '../common/values.ts';
import type { DealTerms } from './events.ts';

/**
 * The platform's share of a sum: basis points, rounded down to the minor unit (what rounding leaves stays with the person),
 * at least the minimum, never more than the sum.
 */
export function shareOf(sum: bigint, bps: number, min: bigint): bigint {
  if (sum <= 0n) return 0n;
  const share = (sum * BigInt(bps)) / 10_000n;
  const wanted = share > min ? share : min;
  return wanted < sum ? wanted : sum;
}

type Terms = Pick<DealTerms, 'commissionBps' | 'commissionMin' | 'clientFeeBps' | 'clientFeeMin'>;

export function commissionOf(price: bigint, terms: Terms): bigint {
  return shareOf(price, terms.commissionBps, BigInt(terms.commissionMin.amount));
}

/** What the client pays on top of what goes to the freelancer. */
export function clientFeeOf(price: bigint, terms: Terms): bigint {
  return shareOf(price, terms.clientFeeBps ?? 0, BigInt(terms.clientFeeMin?.amount ?? '0'));
}

export interface Arithmetic {
  readonly commission: Money;
  readonly toFreelancer: Money;
  readonly clientFee: Money;
  readonly clientPays: Money;
}

/**
 * What the platform takes of a price, as both sides see it before they commit.
 * `price = commission + toFreelancer` and `clientPays = price + clientFee`, always.
 */
export function arithmeticOf(price: Money, terms: Terms): Arithmetic {
  const whole = BigInt(price.amount);
  const [commission, clientFee] = [commissionOf(whole, terms), clientFeeOf(whole, terms)];
  const money = (amount: bigint): Money => ({ amount: amount.toString(), currency: price.currency });
  return {
    commission: money(commission),
    toFreelancer: money(whole - commission),
    clientFee: money(clientFee),
    clientPays: money(whole + clientFee),
  };
}

/** What minutes of work come to at an hourly rate: rounded down once, on the whole week; the rest stays with the client. */
export function worthOf(rate: bigint, minutes: number): bigint {
  return (rate * BigInt(minutes)) / 60n;
}
