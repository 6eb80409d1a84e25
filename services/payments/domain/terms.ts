export interface Terms {
  commissionBps: number;
  commissionMin: { amount: string; currency: string };
  version: number;
}

/**
 * What the platform takes of a price: basis points, rounded down to the minor unit (what is lost in rounding stays with
 * the freelancer), at least the minimum, never more than the price. `price = commission + rest`, always (M7).
 */
export function commissionOf(price: bigint, terms: Pick<Terms, 'commissionBps' | 'commissionMin'>): bigint {
  if (price <= 0n) return 0n;
  const share = (price * BigInt(terms.commissionBps)) / 10_000n;
  const least = BigInt(terms.commissionMin.amount);
  const wanted = share > least ? share : least;
  return wanted < price ? wanted : price;
}

/** How a hold is divided: the freelancer's part before commission, the rest to the client. Sums to the hold. */
export function divide(
  hold: bigint,
  freelancerPart: bigint,
  terms: Pick<Terms, 'commissionBps' | 'commissionMin'>,
): { toFreelancer: bigint; commission: bigint; toClient: bigint } {
  const part = freelancerPart < 0n ? 0n : freelancerPart > hold ? hold : freelancerPart;
  const commission = commissionOf(part, terms);
  return { toFreelancer: part - commission, commission, toClient: hold - part };
}
