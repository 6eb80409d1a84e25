import { z } from 'zod';
import { bytes, type ErrorDefinition, guest, may, type Permission, route, signedIn } from '../common/define.ts';
import {
  currency,
  id,
  money,
  page,
  pageQuery,
  positiveMoney,
  signedMoney,
  slug,
  text,
  timestamp,
} from '../common/values.ts';
import { transactionKind } from './events.ts';

const topup = z.object({
  topupId: id,
  amount: money,
  status: z.enum(['pending', 'succeeded', 'declined', 'charged_back']),
  pageUrl: z.string().nullable(),
  createdAt: timestamp,
});
const withdrawal = z.object({
  withdrawalId: id,
  amount: money,
  destination: z.string(),
  status: z.enum(['requested', 'sent', 'paid', 'failed', 'returned']),
  createdAt: timestamp,
});
const entry = z.object({
  transactionId: id,
  kind: transactionKind,
  at: timestamp,
  orderId: id.nullable(),
  memo: z.string().nullable(),
  amount: signedMoney,
  balance: money,
});
const statementQuery = {
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  kind: transactionKind.optional(),
  currency: currency.default('RUB'),
};
/**
 * A movement with its seal: `hash` is the SHA-256 of `[previousHash, transactionId, reference, kind, orderId, actorId,
 * memo, at, postings]` as JSON, each posting as `[account, userId, currency, amount]`. Null: not sealed yet.
 */
const proof = z.object({
  seal: z.object({ position: z.number().int(), previousHash: z.string(), hash: z.string() }).nullable(),
  transaction: z.object({
    transactionId: id,
    reference: z.string(),
    kind: transactionKind,
    orderId: id.nullable(),
    actorId: id.nullable(),
    memo: z.string().nullable(),
    at: timestamp,
    postings: z.array(
      z.object({ account: z.string(), userId: id.nullable(), currency, amount: signedMoney.shape.amount }),
    ),
  }),
});
const adjustment = z.object({
  adjustmentId: id,
  userId: id,
  amount: signedMoney,
  reason: z.string(),
  status: z.enum(['posted', 'waiting_for_approval']),
  requestedBy: id,
  approvedBy: id.nullable(),
});

/** Public routes of payments, below `/api/v1`. */
export const paymentsHttp = {
  getOwnAccounts: route({
    method: 'GET',
    path: '/me/accounts',
    summary: 'Own balances: available, held for deals, on the way out',
    rows: ['P1'],
    access: signedIn({ owner: 'self' }),
    reply: z.object({
      /** `reserved`: set aside for what is not decided yet. `debt`: what a chargeback left owing. */
      items: z.array(
        z.object({ currency, available: money, escrow: money, pendingWithdrawal: money, reserved: money, debt: money }),
      ),
    }),
  }),
  startTopup: route({
    method: 'POST',
    path: '/top-ups',
    summary: 'Top up: opens a page of the payment provider',
    rows: ['P2'],
    access: may('payments.topup', { agreed: true }),
    idempotency: 'required',
    body: z.strictObject({
      amount: positiveMoney,
      returnPath: z
        .string()
        .regex(/^\/[\w\-/]*$/)
        .max(200)
        .default('/money'),
    }),
    reply: topup,
    errors: ['payments.provider_away', 'payments.user_blocked', 'payments.too_much'],
    example: { body: { amount: { amount: '500000', currency: 'RUB' } } },
  }),
  getTopup: route({
    method: 'GET',
    path: '/top-ups/{topupId}',
    summary: 'One top-up',
    rows: ['P2'],
    access: signedIn({ owner: 'ownTopup' }),
    params: z.object({ topupId: id }),
    reply: topup,
  }),
  providerCallback: route({
    method: 'POST',
    path: '/provider-callbacks/simulated',
    summary: 'For the payment provider: signed by the Standard Webhooks scheme',
    rows: ['P2'],
    access: guest,
    rate: 'write',
    status: 204,
    body: bytes(['application/json'], 64 * 1024),
    headers: ['webhook-id', 'webhook-timestamp', 'webhook-signature'],
    reply: null,
    errors: ['payments.signature_wrong'],
  }),
  yookassaCallback: route({
    method: 'POST',
    path: '/provider-callbacks/yookassa',
    summary:
      'For YooKassa: from its addresses only, and what it tells is asked for again at its API before it is believed',
    rows: ['P2'],
    access: guest,
    rate: 'write',
    /** It takes 200 for an answer and nothing else. */
    status: 200,
    body: bytes(['application/json'], 64 * 1024),
    reply: null,
    errors: ['payments.provider_away', 'payments.signature_wrong'],
  }),
  requestWithdrawal: route({
    method: 'POST',
    path: '/withdrawals',
    summary: 'Withdraw money',
    rows: ['P1', 'P3'],
    access: may('payments.withdraw', { fresh: true }),
    idempotency: 'required',
    body: z.strictObject({
      amount: positiveMoney,
      destination: z.strictObject({ kind: z.enum(['card', 'sbp']), token: z.string().regex(/^[\w+*-]{4,64}$/) }),
    }),
    reply: withdrawal,
    errors: ['payments.not_enough_money', 'payments.user_blocked', 'payments.debt_first'],
    example: {
      body: { amount: { amount: '100000', currency: 'RUB' }, destination: { kind: 'card', token: '****4242' } },
    },
  }),
  listWithdrawals: route({
    method: 'GET',
    path: '/withdrawals',
    summary: 'Own withdrawals',
    rows: ['P6'],
    access: signedIn({ owner: 'self' }),
    query: z.object(pageQuery),
    reply: page(withdrawal),
  }),
  getStatement: route({
    method: 'GET',
    path: '/me/statement',
    summary: 'Own statement with the running balance',
    rows: ['P6'],
    access: signedIn({ owner: 'self' }),
    query: z.object({ ...pageQuery, ...statementQuery }),
    reply: page(entry),
  }),
  getStatementFile: route({
    method: 'GET',
    path: '/me/statement/file',
    summary: 'Own statement as CSV or PDF',
    rows: ['P6'],
    access: signedIn({ owner: 'self' }),
    timeoutMs: 30_000,
    query: z.object({ ...statementQuery, format: z.enum(['csv', 'pdf']) }),
    reply: bytes(['text/csv', 'application/pdf']),
    example: { query: { format: 'csv' } },
  }),
  getStatementProof: route({
    method: 'GET',
    path: '/me/statement/proof',
    summary:
      'Own movements, oldest first, with all that it takes to recompute the balance and their place in the chain',
    rows: ['P6'],
    access: signedIn({ owner: 'self' }),
    query: z.object({ ...pageQuery, currency: currency.default('RUB') }),
    reply: z.object({
      account: z.object({ kind: z.literal('available'), userId: id, currency }),
      items: z.array(proof),
      nextCursor: z.string().nullable(),
    }),
  }),
  getAct: route({
    method: 'GET',
    path: '/me/acts/{month}',
    summary: 'The act of services of a month that is over: what the platform took for placements and as commission',
    rows: ['P3', 'P4', 'P6'],
    access: signedIn({ owner: 'self' }),
    timeoutMs: 30_000,
    params: z.object({ month: z.string().regex(/^2\d{3}-(0[1-9]|1[0-2])$/) }),
    query: z.object({ currency: currency.default('RUB'), format: z.enum(['csv', 'pdf']).default('pdf') }),
    reply: bytes(['application/pdf', 'text/csv']),
    errors: ['payments.month_not_over'],
    example: { params: { month: '2026-01' } },
  }),
  payDebt: route({
    method: 'POST',
    path: '/me/debt-payments',
    summary: 'Pay what a chargeback left owing, as far as the available money goes',
    rows: ['P1', 'P6'],
    access: may('payments.topup'),
    idempotency: 'required',
    body: z.strictObject({ currency }),
    reply: z.object({ paid: money, debt: money }),
    errors: ['payments.not_enough_money'],
    example: { body: { currency: 'RUB' } },
  }),
  quoteTerms: route({
    method: 'GET',
    path: '/terms',
    summary: 'Fee and commission in force, with the arithmetic for a price',
    rows: ['P3', 'P4'],
    access: guest,
    query: z.object({
      category: slug.optional(),
      price: z
        .string()
        .regex(/^[1-9]\d{0,14}$/)
        .optional(),
      currency: currency.default('RUB'),
    }),
    reply: z.object({
      placementFee: money,
      commissionBps: z.number().int(),
      commissionMin: money,
      /** What the client pays on top of the price. */
      clientFeeBps: z.number().int(),
      clientFeeMin: money,
      price: money.nullable(),
      commission: money.nullable(),
      freelancerGets: money.nullable(),
      clientFee: money.nullable(),
      clientPays: money.nullable(),
    }),
    example: { query: { price: '1000000' } },
  }),
  getPublicInvariants: route({
    method: 'GET',
    path: '/ledger/invariants',
    summary: 'The books as anybody may check them: debits = credits, escrow = open deals, head of the chain',
    rows: ['P6'],
    access: guest,
    reply: z.object({
      balanced: z.boolean(),
      transactions: z.number().int(),
      escrow: z.array(money),
      openDeals: z.array(money).nullable(),
      escrowEqualsDeals: z.boolean().nullable(),
      chainHead: z.string(),
      sealed: z.number().int(),
    }),
  }),
  grantBonus: route({
    method: 'POST',
    path: '/bonuses',
    summary: 'Grant a bonus of the platform',
    rows: ['P5'],
    access: may('payments.bonus.grant'),
    idempotency: 'required',
    body: z.strictObject({ userId: id, amount: positiveMoney, reason: text(3, 500) }),
    reply: z.object({ transactionId: id }),
    example: {
      body: {
        userId: '00000000-0000-7000-8000-000000000000',
        amount: { amount: '50000', currency: 'RUB' },
        reason: 'За помощь',
      },
    },
  }),
  requestAdjustment: route({
    method: 'POST',
    path: '/adjustments',
    summary: 'Correct a balance; above the set sum a second admin must approve',
    rows: ['P6'],
    access: may('payments.adjust'),
    idempotency: 'required',
    body: z.strictObject({ userId: id, amount: signedMoney, reason: text(3, 500) }),
    reply: adjustment,
    errors: ['payments.not_enough_money'],
    example: {
      body: {
        userId: '00000000-0000-7000-8000-000000000000',
        amount: { amount: '-1000', currency: 'RUB' },
        reason: 'Ошибка провайдера',
      },
    },
  }),
  listAdjustments: route({
    method: 'GET',
    path: '/adjustments',
    summary: 'Corrections, newest first: those that wait for a second admin, and those that were posted',
    rows: ['P6'],
    access: may('payments.adjust'),
    query: z.object({ ...pageQuery, status: adjustment.shape.status.optional() }),
    reply: page(adjustment),
  }),
  approveAdjustment: route({
    method: 'POST',
    path: '/adjustments/{adjustmentId}/approval',
    summary: 'Approve an adjustment as a second admin',
    rows: ['P6'],
    access: may('payments.adjust'),
    idempotency: 'optional',
    params: z.object({ adjustmentId: id }),
    status: 200,
    reply: adjustment,
    errors: ['payments.own_adjustment', 'payments.not_enough_money'],
  }),
  listTransactions: route({
    method: 'GET',
    path: '/transactions',
    summary: 'The log of financial transactions',
    rows: ['P6'],
    access: may('payments.view'),
    query: z.object({ ...pageQuery, kind: transactionKind.optional(), userId: id.optional(), orderId: id.optional() }),
    reply: page(
      z.object({
        transactionId: id,
        kind: transactionKind,
        at: timestamp,
        orderId: id.nullable(),
        memo: z.string().nullable(),
        postings: z.array(z.object({ account: z.string(), userId: id.nullable(), amount: signedMoney })),
      }),
    ),
  }),
};

export const paymentsPermissions: Record<string, Permission> = {
  'payments.topup': { title: { ru: 'Пополнять счёт', en: 'Top up' }, roles: ['client', 'freelancer'] },
  'payments.withdraw': { title: { ru: 'Выводить деньги', en: 'Withdraw money' }, roles: ['client', 'freelancer'] },
  'payments.view': { title: { ru: 'Смотреть журнал операций', en: 'See the log of transactions' }, roles: ['admin'] },
  'payments.bonus.grant': { title: { ru: 'Начислять премии', en: 'Grant bonuses' }, roles: ['admin'] },
  'payments.adjust': { title: { ru: 'Корректировать счета', en: 'Adjust accounts' }, roles: ['admin'] },
};

export const paymentsErrors: Record<string, ErrorDefinition> = {
  'payments.not_enough_money': { status: 409, title: { ru: 'Недостаточно средств', en: 'Not enough money' } },
  'payments.debt_first': {
    status: 409,
    title: { ru: 'Сначала погасите долг за отозванный платёж', en: 'Pay the debt of a chargeback first' },
  },
  'payments.month_not_over': { status: 409, title: { ru: 'Месяц ещё не закончился', en: 'The month is not over' } },
  'payments.user_blocked': { status: 403, title: { ru: 'Счёт заблокирован', en: 'The account is blocked' } },
  'payments.too_much': { status: 400, title: { ru: 'Слишком большая сумма', en: 'The sum is too large' } },
  'payments.provider_away': {
    status: 503,
    title: { ru: 'Платёжная система не отвечает', en: 'The payment provider does not answer' },
  },
  'payments.signature_wrong': { status: 401, title: { ru: 'Подпись не подходит', en: 'The signature is wrong' } },
  'payments.own_adjustment': {
    status: 403,
    title: { ru: 'Нужен второй администратор', en: 'A second admin is needed' },
  },
  'payments.reservation_ended': {
    status: 409,
    title: { ru: 'Резерв уже использован или возвращён', en: 'The reservation was posted or given back already' },
  },
  'payments.reserved_less': { status: 409, title: { ru: 'Столько не зарезервировано', en: 'So much is not reserved' } },
  'payments.reference_reused': {
    status: 422,
    title: { ru: 'Ссылка операции уже использована', en: 'The reference was used for another transaction' },
  },
};
