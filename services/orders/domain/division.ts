/**
 * Divides a sum among holds in their order: each is filled before the next begins. The parts sum to `amount`, or to all
 * of the holds when that is less; no part is below zero or above its hold.
 */
export function allocate(amount: bigint, holds: readonly bigint[]): bigint[] {
  let rest = amount > 0n ? amount : 0n;
  return holds.map((hold) => {
    const part = rest < hold ? rest : hold;
    rest -= part;
    return part;
  });
}
