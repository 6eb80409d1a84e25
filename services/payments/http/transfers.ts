import type { paymentsContract } from '#contracts/payments/index.ts';
import { sql } from '#kit/db/db.ts';
import { isId, newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, pageOf } from '#kit/service/reply.ts';
import type { Handlers, Origin } from '#kit/service/types.ts';
import { mayMoveMoney } from '../consumers/deals.ts';
import type { PaymentsContext } from '../context.ts';
import type { Provider } from '../provider/provider.ts';
import { post } from '../ledger/round.ts';
import { reserve } from '../ledger/reservations.ts';
import {
  moveWithdrawal,
  chargeBack,
  settleTopup,
  settleWithdrawal,
  type Topup,
  askedFor,
  topupById,
  type Withdrawal,
  withdrawalColumns,
  withdrawnMoney,
} from '../ledger/transfers.ts';
import { cursorOf } from './cursors.ts';

type H = Handlers<typeof paymentsContract, PaymentsContext>;
/** Minor units: more than this in one movement is a slip of the finger. */
const MOST = 100_000_000_00n;

function topupView(topup: Topup) {
  return {
    topupId: topup.topupId,
    amount: { amount: topup.amount.toString(), currency: topup.currency },
    status: topup.status,
    pageUrl: topup.pageUrl,
    createdAt: topup.createdAt.toISOString(),
  };
}

function withdrawalView(row: Withdrawal) {
  return {
    withdrawalId: row.withdrawalId,
    amount: { amount: row.amount.toString(), currency: row.currency },
    destination: row.destination.token?.replace(/.(?=.{4})/g, '*') ?? '',
    status: row.status,
    createdAt: row.createdAt.toISOString(),
  };
}

async function requireActive(ctx: PaymentsContext, userId: string): Promise<void> {
  if (!(await mayMoveMoney(ctx, userId))) throw new Problem('payments.user_blocked');
}

export const startTopup: H['startTopup'] = async (ctx, req) => {
  const { amount, returnPath } = req.body;
  const { userId } = req.user;
  if (BigInt(amount.amount) > MOST) throw new Problem('payments.too_much');
  await requireActive(ctx, userId);
  const topupId = newId();
  // The page is opened first: one that nobody is shown costs nothing, a top-up without a page would be lost.
  const payment = await ctx.provider.createPayment({
    reference: topupId,
    amount: amount.amount,
    currency: amount.currency,
    returnUrl: `${ctx.publicUrl}${returnPath}`,
    callbackUrl: `${ctx.publicUrl}/api/v1/provider-callbacks/${ctx.provider.name}`,
    description: req.locale === 'ru' ? 'Пополнение счёта Артель' : 'Artel top-up',
    locale: req.locale,
  });
  return req.tx(async (tx) => {
    await tx.run(
      sql`insert into topups (topup_id, user_id, amount, currency, status, provider_id, page_url, created_at) values (${topupId}, ${userId}, ${amount.amount}, ${amount.currency}, 'pending', ${payment.id}, ${payment.pageUrl ?? null}, ${ctx.clock.now()})`,
    );
    return { body: topupView(found(await topupById(tx, topupId))) };
  });
};

export const getTopup: H['getTopup'] = async (ctx, req) => {
  const topup = await topupById(ctx.db, req.params.topupId);
  return { body: topupView(found(topup?.userId === req.user.userId ? topup : undefined)) };
};

/** A callback of the provider: believed for its signature, effective once. An unknown reference is asked for again later. */
async function takeCallback(
  ctx: PaymentsContext,
  req: { body: Buffer; headers: Readonly<Record<string, string>>; origin: Origin },
  of: Provider['name'],
): Promise<{ body: null }> {
  if (ctx.provider.name !== of) throw new Problem('not_found');
  const { type, data } = await ctx.provider.readCallback(req.body, req.headers, req.origin.ip);
  if (!isId(data.reference)) throw new Problem('not_found');
  const known = await ctx.books.tx([data.reference], async (tx) => {
    const at = ctx.clock.now();
    const asked = await askedFor(tx, type.startsWith('payment.') ? 'topup' : 'withdrawal', data.reference);
    if (asked && (asked.amount.toString() !== data.amount.value || asked.currency !== data.amount.currency))
      throw new Problem('conflict', { detail: 'another sum than was asked for' });
    if (type === 'payment.charged_back') return await chargeBack(tx, data.reference, at);
    return type.startsWith('payment.')
      ? await settleTopup(tx, data.reference, type === 'payment.succeeded', at)
      : await settleWithdrawal(tx, data.reference, type === 'payout.paid', at);
  });
  if (!known) throw new Problem('not_found');
  return { body: null };
}

export const providerCallback: H['providerCallback'] = (ctx, req) => takeCallback(ctx, req, 'simulated');
export const yookassaCallback: H['yookassaCallback'] = (ctx, req) => takeCallback(ctx, req, 'yookassa');

export const requestWithdrawal: H['requestWithdrawal'] = async (ctx, req) => {
  const { userId } = req.user;
  const { amount, destination } = req.body;
  await requireActive(ctx, userId);
  return req.tx(async (tx) => {
    const withdrawalId = newId();
    const at = ctx.clock.now();
    const refused = await reserve(tx, {
      ...withdrawnMoney({ withdrawalId, userId, amount: BigInt(amount.amount), currency: amount.currency }),
      kind: 'withdrawal_request',
      memo: null,
      at,
      unlessOwing: true,
    });
    if (refused) throw new Problem('payments.not_enough_money', { detail: `${refused.missing} ${amount.currency}` });
    await tx.run(
      sql`insert into withdrawals (withdrawal_id, user_id, amount, currency, destination, status, created_at) values (${withdrawalId}, ${userId}, ${amount.amount}, ${amount.currency}, ${JSON.stringify(destination)}, 'requested', ${at})`,
    );
    const row = await tx.one<Withdrawal>(
      sql`select ${withdrawalColumns} from withdrawals where withdrawal_id = ${withdrawalId}`,
    );
    await moveWithdrawal(tx, row, 'requested');
    await tx.schedule('sendWithdrawal', { withdrawalId }, { key: `withdrawal:${withdrawalId}` });
    return { body: withdrawalView(row) };
  }, ctx.books.on());
};

/** Pays what a chargeback left owing, as far as the available money goes. */
export const payDebt: H['payDebt'] = async (ctx, req) => {
  const { userId } = req.user;
  const { currency } = req.body;
  const money = (amount: bigint) => ({ amount: amount.toString(), currency });
  return req.tx(async (tx) => {
    let paid = 0n;
    let debt = 0n;
    await post(tx, {
      reference: `debt:${newId()}`,
      kind: 'debt_payment',
      currency,
      orderId: null,
      actorId: userId,
      memo: null,
      at: ctx.clock.now(),
      postings: {
        accounts: [
          { account: 'available', userId },
          { account: 'recovery', userId },
        ],
        decide([has = 0n, recovery = 0n]) {
          debt = -recovery;
          if (debt <= 0n) throw new Problem('conflict', { detail: 'nothing is owed' });
          if (has === 0n) throw new Problem('payments.not_enough_money', { detail: `${debt} ${currency}` });
          paid = has < debt ? has : debt;
          return [
            { account: 'available', userId, amount: -paid },
            { account: 'recovery', userId, amount: paid },
          ];
        },
      },
    });
    return { body: { paid: money(paid), debt: money(debt - paid) } };
  }, ctx.books.on());
};

export const listWithdrawals: H['listWithdrawals'] = async (ctx, req) => {
  const after = cursorOf(req.query.cursor, 'time', 'id');
  const rows = await ctx.db.many<Withdrawal>(sql`
    select ${withdrawalColumns} from withdrawals where user_id = ${req.user.userId} and (${after?.[0] ?? null}::timestamptz is null or (created_at, withdrawal_id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::uuid))
    order by created_at desc, withdrawal_id desc limit ${req.query.limit + 1}`);
  const page = pageOf(rows, req.query.limit, (last) => [last.createdAt.toISOString(), last.withdrawalId]);
  return { body: { items: page.items.map(withdrawalView), nextCursor: page.nextCursor } };
};
