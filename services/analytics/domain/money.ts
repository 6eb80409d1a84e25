import type { z } from 'zod';
import type { paymentsEvents } from '#contracts/payments/events.ts';
import type { Changes } from './changes.ts';
import type { MetricName } from './metrics.ts';

type Transaction = z.output<typeof paymentsEvents.transactionPosted.data>;

/** Whose money pays: the owner of the escrow, else of the account that goes down. */
function payerOf(data: Transaction): string | null | undefined {
  return (
    data.postings.find((posting) => posting.account === 'escrow')?.userId ??
    data.postings.find((posting) => posting.account === 'available' && posting.amount.amount.startsWith('-'))?.userId
  );
}

/** What a ledger transaction adds; from its postings alone, so that the figures equal the ledger. */
export function measureMoney(changes: Changes, at: Date, data: Transaction): void {
  const add = (metric: MetricName, dimension: string, value: bigint): void => {
    if (value !== 0n) changes.sum(at, { metric, dimension, value });
  };
  const isRelease = data.kind === 'escrow_release' || data.kind === 'escrow_split';
  const isBonus = data.kind === 'client_bonus' || data.kind === 'platform_bonus';
  const payer = payerOf(data);
  for (const { account, userId, amount } of data.postings) {
    const value = BigInt(amount.amount);
    const { currency } = amount;
    if (account === 'escrow') add('escrow_held', currency, value);
    // What the platform takes of a deal, of either side.
    if (account === 'commission' || account === 'client_fees') add('commission', currency, value);
    if (account === 'placement_fees') add('placement_fees', currency, value);
    if (data.kind === 'topup' && account === 'provider_clearing') add('topups', currency, -value);
    if (data.kind === 'chargeback' && account === 'provider_clearing') add('chargebacks', currency, value);
    if (isBonus && account === 'available' && value > 0n) add('bonuses', currency, value);
    if (data.kind === 'withdrawal_paid' && account === 'pending_withdrawal') add('withdrawals', currency, -value);
    if (isRelease && ((account === 'available' && userId !== payer) || account === 'commission'))
      add('gmv', currency, value);
    if ((isRelease || isBonus) && userId !== null) {
      const own = changes.personMoney(at, userId, currency);
      if (userId === payer) own.spent -= value;
      else if (account === 'available') own.income += value;
    }
  }
}
