/** Whether a ruling on a dispute fits the deal. */
import type { Money } from '#contracts/common/values.ts';
import type { PlatformWords } from './platform-words.ts';

export interface Ruling {
  readonly outcome: 'release' | 'refund' | 'split';
  readonly freelancerAmount: Money;
  /** A person's words; empty where the platform speaks. */
  readonly reason: string;
  readonly words?: PlatformWords | undefined;
}

/** Where sealed offers meet: the midpoint of the most the client gives and the least the freelancer takes. */
export function meetingPoint(clientGives: bigint, freelancerTakes: bigint): bigint | undefined {
  return freelancerTakes <= clientGives ? (clientGives + freelancerTakes) / 2n : undefined;
}

/** The outcome that leaves `amount` of the price to the freelancer. */
export function outcomeOf(amount: bigint, price: bigint): Ruling['outcome'] {
  if (amount === 0n) return 'refund';
  return amount === price ? 'release' : 'split';
}

/** What is wrong with the amount, or undefined. `release` is all of the price, `refund` nothing, `split` in between. */
export function faultOfRuling(ruling: Ruling, price: Money): string | undefined {
  const { outcome, freelancerAmount } = ruling;
  if (freelancerAmount.currency !== price.currency) return `the deal is in ${price.currency}`;
  const amount = BigInt(freelancerAmount.amount);
  const whole = BigInt(price.amount);
  if (outcome === 'release' && amount !== whole) return `release gives the freelancer all of it: ${price.amount}`;
  if (outcome === 'refund' && amount !== 0n) return 'refund gives the freelancer nothing: 0';
  if (outcome === 'split' && (amount <= 0n || amount >= whole)) return `split is above 0 and below ${price.amount}`;
  return undefined;
}
