import type { SettingValue } from '#contracts/admin/settings.ts';
import type { Currency } from '#contracts/common/values.ts';
import type { Queries } from '#kit/db/db.ts';
import { settingAt } from '../data/settings.ts';

type Rates = SettingValue<'payments.commission'>;

/**
 * The share of one side: a role of the person that has a rate of its own decides (of several the lowest), then the
 * category, then the general rate. Own keys only: `constructor` is a fine slug and a property of every object.
 */
export function bpsOf(rates: Rates, of: { category: string | undefined; roles: readonly string[] }): number {
  const own = of.roles.filter((role) => Object.hasOwn(rates.byRole, role)).map((role) => rates.byRole[role] as number);
  if (own.length > 0) return Math.min(...own);
  return of.category !== undefined && Object.hasOwn(rates.byCategory, of.category)
    ? (rates.byCategory[of.category] as number)
    : rates.bps;
}

/** Whether somebody's roles change what he pays. */
export async function hasRatesByRole(db: Queries, at: Date): Promise<boolean> {
  for (const key of ['payments.commission', 'payments.client-fee'] as const)
    if (Object.keys((await settingAt(db, key, at)).value.byRole).length > 0) return true;
  return false;
}

/** Fee, commission and client's fee in force. A fee or minimum set in another currency does not apply. */
export async function quote(
  db: Queries,
  of: {
    category: string | undefined;
    currency: Currency;
    at: Date;
    clientRoles: readonly string[];
    freelancerRoles: readonly string[];
  },
) {
  const { category } = of;
  const fee = await settingAt(db, 'payments.placement-fee', of.at);
  const commission = await settingAt(db, 'payments.commission', of.at);
  const clientFee = await settingAt(db, 'payments.client-fee', of.at);
  const inCurrency = (money: { amount: string; currency: string }) => ({
    amount: money.currency === of.currency ? money.amount : '0',
    currency: of.currency,
  });
  return {
    placementFee: inCurrency(fee.value),
    terms: {
      commissionBps: bpsOf(commission.value, { category, roles: of.freelancerRoles }),
      commissionMin: inCurrency(commission.value.min),
      clientFeeBps: bpsOf(clientFee.value, { category, roles: of.clientRoles }),
      clientFeeMin: inCurrency(clientFee.value.min),
      version: commission.version,
    },
  };
}
