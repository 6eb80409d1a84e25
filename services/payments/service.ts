import { paymentsContract } from '#contracts/payments/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { paymentsConfig } from './config.ts';
import {
  completionConfirmed,
  escrowRequested,
  orderStatusChanged,
  placementRefundRequested,
  placementRequested,
  settingChanged,
  settlementRequested,
  userErased,
  userRegistered,
} from './consumers/deals.ts';
import { approveAdjustment, grantBonus, listAdjustments, requestAdjustment } from './http/admin.ts';
import {
  getInvariants,
  getOrderMoney,
  getOwnAccounts,
  getPublicInvariants,
  getStatement,
  getStatementFile,
  getTerms,
  listTransactions,
  quoteTerms,
} from './http/reading.ts';
import { getAct } from './http/act.ts';
import { getPersonMoney, getTransaction } from './http/get-transaction.ts';
import { getStatementProof } from './http/proof.ts';
import {
  getTopup,
  listWithdrawals,
  payDebt,
  providerCallback,
  requestWithdrawal,
  startTopup,
  yookassaCallback,
} from './http/transfers.ts';
import { getReservation, postReservation, reserveMoney, voidReservation } from './http/reservations.ts';
import { compareStatement } from './jobs/compare-statement.ts';
import { expireReservation } from './jobs/expire-reservation.ts';
import { payRuleBonus } from './jobs/pay-rule-bonus.ts';
import { reconcile, sealRest, sendWithdrawal } from './jobs/jobs.ts';
import { createBooks } from './ledger/books.ts';
import { createSealer } from './ledger/seal.ts';
import { createProvider } from './provider/choose.ts';
import { personalData } from './data/personal-data.ts';
import { paymentsOwners } from './owners.ts';

/** Accounts, top-ups, fees, escrow, commission, bonuses, withdrawals: a double-entry ledger (P1–P6, E6, E7, E9, E14, I18). */
export const paymentsService = defineService({
  contract: paymentsContract,
  config: paymentsConfig,
  migrations: new URL('./migrations/', import.meta.url),
  setup: (base) => {
    const sealer = createSealer(base.db, (error) => base.log.warn({ err: error }, 'transactions wait for their seal'));
    return {
      provider: createProvider(base.config, base.clock),
      sealer,
      books: createBooks(base.db, () => sealer.wake()),
    };
  },
  http: {
    ...personalData,
    ...vitals,
    getOwnAccounts,
    startTopup,
    getTopup,
    providerCallback,
    yookassaCallback,
    requestWithdrawal,
    listWithdrawals,
    getStatement,
    getStatementFile,
    getStatementProof,
    getAct,
    payDebt,
    quoteTerms,
    getPublicInvariants,
    grantBonus,
    requestAdjustment,
    listAdjustments,
    approveAdjustment,
    listTransactions,
    getTerms,
    getOrderMoney,
    getInvariants,
    reserveMoney,
    getReservation,
    postReservation,
    voidReservation,
    getTransaction,
    getPersonMoney,
  },
  owners: paymentsOwners,
  on: {
    placementRequested,
    placementRefundRequested,
    escrowRequested,
    completionConfirmed,
    settlementRequested,
    orderStatusChanged,
    settingChanged,
    userErased,
    userRegistered,
  },
  transact:
    (ctx, { subject }) =>
    (work) =>
      ctx.books.tx([subject], work),
  jobs: { compareStatement, expireReservation, payRuleBonus, sendWithdrawal, reconcile, sealRest },
  async close(ctx) {
    await ctx.books.close();
    await ctx.sealer.close();
  },
});
