import type { Currency } from '#contracts/common/values.ts';
import type { Queries } from '#kit/db/db.ts';
import { settingAt } from '../data/settings.ts';
import type { Terms } from './terms.ts';

/** Fee and commission in force for a category. A fee or minimum set in another currency does not apply. */
export async function quote(
  db: Queries,
  of: { category: string | undefined; currency: Currency; at: Date },
): Promise<{
  placementFee: { amount: string; currency: Currency };
  terms: Terms & { commissionMin: { amount: string; currency: Currency } };
}> {
  const fee = await settingAt(db, 'payments.placement-fee', of.at);
  const commission = await settingAt(db, 'payments.commission', of.at);
  const inCurrency = (money: { amount: string; currency: string }) => ({
    amount: money.currency === of.currency ? money.amount : '0',
    currency: of.currency,
  });
  return {
    placementFee: inCurrency(fee.value),
    terms: {
      commissionBps:
        // Own keys only: `constructor` is a fine slug and a property of every object.
        of.category !== undefined && Object.hasOwn(commission.value.byCategory, of.category)
          ? (commission.value.byCategory[of.category] as number)
          : commission.value.bps,
      commissionMin: inCurrency(commission.value.min),
      version: commission.version,
    },
  };
}
