import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import { isProblem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Job } from '#kit/service/types.ts';
import type { PaymentsContext } from '../context.ts';
import { ProviderRefusal } from '../provider/provider.ts';
import {
  lockWithdrawal,
  moveWithdrawal,
  chargeBack,
  settleTopup,
  settleWithdrawal,
  type Withdrawal,
  withdrawalColumns,
} from '../ledger/transfers.ts';

const none = z.strictObject({});
const payload = z.strictObject({ withdrawalId: z.uuid() });
/** A movement that nobody told the end of for so long is asked about. */
const QUIET_MS = 60_000;
/** Until a withdrawal that the provider did not take is offered again. */
const AGAIN_MS = 10_000;
/** Most movements of a kind that are asked about in one round. */
const ROUND = 200;
/** Failures one after the other that end a round: the provider is away, each more would cost a time-out. */
const GIVE_UP = 3;

/** Hands a withdrawal to the provider. The reference makes a repeat harmless, also after a time-out (M6). */
export const sendWithdrawal: Job<PaymentsContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { withdrawalId }) {
    const row = found(
      await ctx.db.maybe<Withdrawal>(
        sql`select ${withdrawalColumns} from withdrawals where withdrawal_id = ${withdrawalId}`,
      ),
    );
    if (row.status !== 'requested') return;
    const payout = await handOver(ctx, row).catch((error: unknown) => {
      if (isProblem(error, 'payments.provider_away')) return undefined;
      if (error instanceof ProviderRefusal) return 'refused' as const;
      throw error;
    });
    if (payout === 'refused') {
      // Nothing of it stands there under this reference: it was looked for before, and this request was not taken.
      ctx.log.warn({ withdrawalId }, 'the provider refused a withdrawal; the money goes back');
      await ctx.books.tx([withdrawalId], (tx) => settleWithdrawal(tx, withdrawalId, false, ctx.clock.now()));
      return;
    }
    if (!payout) {
      // Away is no fault of the job: it asks again for as long as it takes.
      const at = new Date(ctx.clock.nowMs() + AGAIN_MS);
      await ctx.db.tx((tx) =>
        tx.schedule('sendWithdrawal', { withdrawalId }, { at, key: `withdrawal:${withdrawalId}` }),
      );
      return;
    }
    await ctx.db.tx(async (tx) => {
      const now = await lockWithdrawal(tx, withdrawalId);
      await tx.run(sql`update withdrawals set provider_id = ${payout.id} where withdrawal_id = ${withdrawalId}`);
      if (now?.status === 'requested') await moveWithdrawal(tx, now, 'sent');
    });
    if (payout.status !== 'pending')
      await ctx.books.tx([withdrawalId], (tx) =>
        settleWithdrawal(tx, withdrawalId, payout.status === 'paid', ctx.clock.now()),
      );
  },
};

/** The payout under the withdrawal's id: the one that the provider has, else a new one. */
async function handOver(ctx: PaymentsContext, row: Withdrawal) {
  const { withdrawalId, currency } = row;
  const { kind, token } = row.destination;
  const known = await ctx.provider.findPayout({ reference: withdrawalId, providerId: row.providerId });
  return (
    known ??
    (await ctx.provider.createPayout({
      reference: withdrawalId,
      amount: row.amount.toString(),
      currency,
      destination: { kind, token },
      callbackUrl: `${ctx.publicUrl}/api/v1/provider-callbacks/${ctx.provider.name}`,
      since: row.createdAt,
    }))
  );
}

/** Asks the provider about what is still open: a lost callback loses no money. */
export const reconcile: Job<PaymentsContext, Record<string, never>> = {
  payload: none,
  cron: '* * * * *',
  async run(ctx) {
    await reconcileOpen(ctx, new Date(ctx.clock.nowMs() - QUIET_MS));
  },
};

export async function reconcileOpen(ctx: PaymentsContext, before: Date): Promise<void> {
  const since = new Date(before.getTime() - 7 * 86_400_000);
  const topups = await ctx.db.many<{ topupId: string; providerId: string }>(
    sql`select topup_id as "topupId", provider_id as "providerId" from topups where status = 'pending' and created_at < ${before} and created_at > ${since} order by asked_at nulls first, created_at limit ${ROUND}`,
  );
  await eachOf(ctx, topups, async ({ topupId, providerId }) => {
    await ctx.db.run(sql`update topups set asked_at = ${ctx.clock.now()} where topup_id = ${topupId}`);
    const payment = await ctx.provider.findPayment({ reference: topupId, providerId });
    if (payment && payment.status !== 'pending')
      await ctx.books.tx([topupId], (tx) =>
        payment.status === 'charged_back'
          ? chargeBack(tx, topupId, ctx.clock.now())
          : settleTopup(tx, topupId, payment.status === 'succeeded', ctx.clock.now()),
      );
  });
  const withdrawals = await ctx.db.many<Pick<Withdrawal, 'withdrawalId' | 'status' | 'providerId'>>(
    sql`select withdrawal_id as "withdrawalId", status, provider_id as "providerId" from withdrawals where status in ('requested', 'sent') and created_at < ${before} order by asked_at nulls first, created_at limit ${ROUND}`,
  );
  await eachOf(ctx, withdrawals, async ({ withdrawalId, status, providerId }) => {
    await ctx.db.run(sql`update withdrawals set asked_at = ${ctx.clock.now()} where withdrawal_id = ${withdrawalId}`);
    const payout = await ctx.provider.findPayout({ reference: withdrawalId, providerId });
    if (payout && payout.status !== 'pending')
      await ctx.books.tx([withdrawalId], (tx) =>
        settleWithdrawal(tx, withdrawalId, payout.status === 'paid', ctx.clock.now()),
      );
    // Its job has given up, or was lost: the same key keeps it single, the reference keeps the payout single.
    else if (status === 'requested')
      await ctx.db.tx((tx) => tx.schedule('sendWithdrawal', { withdrawalId }, { key: `withdrawal:${withdrawalId}` }));
  });
}

/**
 * One movement that the provider does not answer for holds up none of the others; when it answers for none, the round
 * ends. The next one begins with those that have waited longest.
 */
async function eachOf<T>(ctx: PaymentsContext, rows: readonly T[], work: (row: T) => Promise<void>): Promise<void> {
  let failures = 0;
  for (const row of rows) {
    try {
      await work(row);
      failures = 0;
    } catch (error) {
      ctx.log.warn({ err: error, movement: row }, 'a movement could not be reconciled; it is asked about again');
      failures++;
      if (failures === GIVE_UP) return;
    }
  }
}

/** Safety net: what a process committed and died before sealing. */
export const sealRest: Job<PaymentsContext, Record<string, never>> = {
  payload: none,
  cron: '* * * * *',
  async run(ctx) {
    ctx.sealer.wake();
  },
};
