import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CURRENCIES, type Currency } from '#contracts/common/values.ts';
import { clientFeeOf, commissionOf } from '#contracts/orders/terms.ts';
import { divide, heldFor } from '../domain/terms.ts';
import { major } from '../domain/amounts.ts';

const currency = fc.constantFrom(...(Object.keys(CURRENCIES) as Currency[]));
const sum = fc.bigInt(0n, 999_999_999_999_999n);
const share = fc.integer({ min: 0, max: 10_000 });
const terms = fc.record({ bps: share, least: sum, clientBps: share, clientLeast: sum, currency }).map((of) => ({
  commissionBps: of.bps,
  commissionMin: { amount: of.least.toString(), currency: of.currency },
  clientFeeBps: of.clientBps,
  clientFeeMin: { amount: of.clientLeast.toString(), currency: of.currency },
  version: 0,
}));

describe('M7: fees and splits lose no minor unit', () => {
  test('a commission lies between nothing and the price, and never below its floor', () => {
    fc.assert(
      fc.property(sum, terms, (price, of) => {
        const commission = commissionOf(price, of);
        expect(commission >= 0n && commission <= price).toBe(true);
        const least = BigInt(of.commissionMin.amount);
        if (price >= least) expect(commission >= least).toBe(true);
        else expect(commission).toBe(price);
        // Rounded down: what is lost in rounding stays with the freelancer.
        if (commission > least) expect(commission * 10_000n <= price * BigInt(of.commissionBps)).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('the parts of a division sum to the hold, whatever is asked for, with a fee of the client too', () => {
    fc.assert(
      fc.property(sum, fc.bigInt(-(10n ** 16n), 10n ** 16n), terms, (price, part, of) => {
        const hold = { price, amount: heldFor(price, of) };
        const { toFreelancer, commission, clientFee, toClient } = divide(hold, part, of);
        expect(toFreelancer + commission + clientFee + toClient).toBe(hold.amount);
        for (const one of [toFreelancer, commission, clientFee, toClient]) expect(one >= 0n).toBe(true);
        // A part pays the fee of that part and no more than was held for it.
        expect(clientFee <= hold.amount - price).toBe(true);
        if (part >= price) expect(toClient).toBe(0n);
        if (part <= 0n) expect(toClient).toBe(hold.amount);
      }),
      { numRuns: 2_000 },
    );
  });

  test('a known deal: 10 % of 12 345.67, and 3 % of the client, at least 500', () => {
    const least = (amount: string) => ({ amount, currency: 'RUB' as const });
    const of = { commissionBps: 1000, commissionMin: least('0'), version: 0 };
    const hold = { price: 1_234_567n, amount: 1_234_567n };
    const whole = { toFreelancer: 1_111_111n, commission: 123_456n, clientFee: 0n, toClient: 0n };
    expect(divide(hold, 1_234_567n, of)).toEqual(whole);
    const both = { ...of, clientFeeBps: 300, clientFeeMin: least('50000') };
    expect(clientFeeOf(1_234_567n, both)).toBe(50_000n);
    expect(divide({ price: 1_234_567n, amount: 1_284_567n }, 1_234_567n, both)).toEqual({
      ...whole,
      clientFee: 50_000n,
    });
    // Of half the work half the price, and the fee that half of it costs.
    const half = divide({ price: 4_000_000n, amount: heldFor(4_000_000n, both) }, 2_000_000n, both);
    expect(half).toEqual({
      toFreelancer: 1_800_000n,
      commission: 200_000n,
      clientFee: 60_000n,
      toClient: 2_060_000n,
    });
  });

  test('in a currency of 0, 2 and 3 decimals: rounded down to its own minor unit, the rest stays with the freelancer', () => {
    const at = (bps: number, least: string, currency: Currency) => ({
      commissionBps: bps,
      commissionMin: { amount: least, currency },
    });
    // 7.25 % of ¥999, of 9.99 and of 0.999 KWD: 72.43 of the minor unit each.
    for (const of of ['JPY', 'RUB', 'KWD'] as const)
      expect(divide({ amount: 999n, price: 999n }, 999n, at(725, '0', of))).toEqual({
        toFreelancer: 927n,
        commission: 72n,
        clientFee: 0n,
        toClient: 0n,
      });
    expect(major(commissionOf(999n, at(725, '0', 'JPY')), 'JPY')).toBe('72');
    expect(major(commissionOf(999n, at(725, '0', 'KWD')), 'KWD')).toBe('0.072');
    // A split in odd parts, with a floor, and one whose whole part the floor takes.
    expect(divide({ amount: 1_001n, price: 1_001n }, 333n, at(1_000, '50', 'KWD'))).toEqual({
      toFreelancer: 283n,
      commission: 50n,
      clientFee: 0n,
      toClient: 668n,
    });
    expect(divide({ amount: 1_001n, price: 1_001n }, 30n, at(1_000, '50', 'KWD'))).toEqual({
      toFreelancer: 0n,
      commission: 30n,
      clientFee: 0n,
      toClient: 971n,
    });
    expect(divide({ amount: 1n, price: 1n }, 1n, at(9_999, '0', 'JPY'))).toEqual({
      toFreelancer: 1n,
      commission: 0n,
      clientFee: 0n,
      toClient: 0n,
    });
  });

  test('sums are written with the decimals of their currency', () => {
    expect(major(5n, 'RUB')).toBe('0.05');
    expect(major(-123_456n, 'USD')).toBe('-1234.56');
    expect(major(1_500n, 'JPY')).toBe('1500');
    expect(major(7n, 'KWD')).toBe('0.007');
    expect(major(0n, 'JPY')).toBe('0');
  });
});
