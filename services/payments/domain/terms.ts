import type { DealTerms } from '#contracts/orders/events.ts';
import { clientFeeOf, commissionOf } from '#contracts/orders/terms.ts';

/** As a deal keeps them; of an older deal without a client's fee. */
export type Terms = DealTerms;

/** What is held for a price: with the client's fee on top. */
export function heldFor(price: bigint, terms: Terms): bigint {
  return price + clientFeeOf(price, terms);
}

/**
 * How a hold is divided: of the freelancer's part (before commission) the platform takes its commission and, of what was
 * held on top of the price, the client's fee for that part; the rest goes back to the client. Sums to the hold (M7).
 */
export function divide(
  hold: { amount: bigint; price: bigint },
  freelancerPart: bigint,
  terms: Omit<Terms, 'version'>,
): { toFreelancer: bigint; commission: bigint; clientFee: bigint; toClient: bigint } {
  const { amount, price } = hold;
  const part = freelancerPart < 0n ? 0n : freelancerPart > price ? price : freelancerPart;
  const commission = commissionOf(part, terms);
  const wanted = clientFeeOf(part, terms);
  const clientFee = wanted < amount - price ? wanted : amount - price;
  return { toFreelancer: part - commission, commission, clientFee, toClient: amount - part - clientFee };
}
