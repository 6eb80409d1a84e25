/** A small world for the tests of payments: people with money, a provider, a deal's events. */
import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect } from 'vitest';
import type { ServiceName } from '#contracts/common/define.ts';
import { silentLog } from '#outside/log.ts';
import { startProvider } from '#outside/provider/provider.ts';
import { newCall, runInCall } from '#kit/call-context.ts';
import type { Tx } from '#kit/db/db.ts';
import type { Principal } from '#kit/service/types.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import type { PaymentsContext } from '../context.ts';
import { type Books, createBooks } from '../ledger/books.ts';
import { verifyLedger } from '../ledger/verify.ts';

export const RUB = (minor: bigint | number) => ({ amount: String(minor), currency: 'RUB' });
export const TERMS = { commissionBps: 1000, commissionMin: RUB(0), version: 0 };

export interface Bank {
  readonly platform: TestPlatform;
  readonly provider: {
    url: string;
    secret: string;
    /** How it treats its merchant from now on. */
    behave(behaviour: Record<string, string>): Promise<void>;
    /** Ends a payment by its reference. */
    end(reference: string, outcome: string): Promise<void>;
    payouts(reference: string): Promise<{ id: string; status: string }[]>;
    statement(): Promise<{ reference: string }[]>;
  };
  readonly ctx: PaymentsContext;
  /** Registers somebody and gives him money by an adjustment of two admins. */
  somebody(minor?: bigint, currency?: string): Promise<Principal>;
  available(user: Principal, currency?: string): Promise<bigint>;
  accounts(user: Principal): Promise<{ available: bigint; escrow: bigint; pending: bigint }>;
  call(route: string, user: Principal | undefined, input?: object): ReturnType<TestPlatform['call']>;
  /** An event's effect straight in the books, of this process and of others in turn: no lane keeps two apart. */
  apply(consumer: unknown, data: object | undefined, sequence?: bigint): Promise<void>;
  /** The books of other processes. */
  readonly others: readonly Books[];
  /** Runs statements as the database's owner. */
  asOwner<T>(work: (client: pg.Client) => Promise<T>): Promise<T>;
  /** M1, M3 and the chain, checked from outside. */
  checkBooks(): Promise<void>;
  close(): Promise<void>;
}

export const admins = [
  person({ permissions: ['payments.adjust', 'payments.view', 'payments.bonus.grant'] }),
  person({ permissions: ['payments.adjust', 'payments.view', 'payments.bonus.grant'] }),
] as const;

/** `beside`: services that hear of the money. */
export async function openBank(
  env: Readonly<Record<string, string>> = {},
  beside: readonly ServiceName[] = [],
): Promise<Bank> {
  const apiKey = randomBytes(16).toString('hex');
  const secret = `whsec_${randomBytes(24).toString('base64')}`;
  const service = await startProvider({
    port: 0,
    apiKey,
    webhookSecret: secret,
    log: silentLog,
    // No listener takes callbacks here: the tests deliver them, or leave it to the reconciliation.
    timing: { payoutMs: 5, lateMs: 5, retryMs: [] },
  });
  const platform = await bootPlatform({
    // Without orders: it would give back the holds of deals that it does not know.
    services: ['users', 'roles', 'payments', ...beside],
    env: { PROVIDER_URL: service.url, PROVIDER_API_KEY: apiKey, PROVIDER_WEBHOOK_SECRET: secret, ...env },
  });
  const ask = async (method: string, path: string, body?: unknown) => {
    const answer = await fetch(`${service.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    expect(answer.status).toBeLessThan(300);
    return (await answer.json()) as { items: { id: string; status: string; reference: string }[] };
  };
  const call: Bank['call'] = (route, user, input = {}) =>
    platform.call('payments', route, { user, idempotencyKey: randomUUID(), ...input });
  const ctx = platform.ctx('payments') as unknown as PaymentsContext;
  const asOwner: Bank['asOwner'] = async (work) => {
    const client = new pg.Client({ connectionString: platform.adminUrl, options: '-c search_path=payments' });
    await client.connect();
    try {
      return await work(client);
    } finally {
      await client.end();
    }
  };
  const accounts: Bank['accounts'] = async (user) => {
    const { body } = await call('getOwnAccounts', user);
    const rub = body.items.find((item: { currency: string }) => item.currency === 'RUB');
    const of = (name: string) => BigInt(rub[name].amount);
    return { available: of('available'), escrow: of('escrow'), pending: of('pendingWithdrawal') };
  };
  const others = [createBooks(ctx.db, ctx.sealer.wake), createBooks(ctx.db, ctx.sealer.wake)];
  let turn = 0;
  return {
    platform,
    ctx,
    others,
    async apply(consumer, data, sequence) {
      const books = [ctx.books, ...others][turn++ % 3] as Books;
      const subject = (data as { orderId?: string } | undefined)?.orderId ?? randomUUID();
      await runInCall(newCall({ timeoutMs: 30_000 }), async () => {
        const effect = await (consumer as Consumer)(ctx as never, { subject, data, sequence } as never);
        await books.tx([subject], effect);
      });
    },
    call,
    asOwner,
    accounts,
    provider: {
      url: service.url,
      secret,
      behave: async (behaviour) => void (await ask('POST', '/v1/behaviour', behaviour)),
      async end(reference, outcome) {
        const [payment] = (await ask('GET', `/v1/payments?reference=${reference}`)).items;
        await ask('POST', `/v1/payments/${payment?.id}/simulate`, { outcome });
      },
      payouts: async (reference) => (await ask('GET', `/v1/payouts?reference=${reference}`)).items,
      statement: async () => (await ask('GET', '/v1/statement?limit=1000')).items,
    },
    async somebody(minor = 0n, currency = 'RUB') {
      const user = person({ permissions: ['payments.topup', 'payments.withdraw'], roles: ['client'] });
      await register(platform, user);
      if (minor > 0n) {
        const body = { userId: user.userId, amount: { amount: String(minor), currency }, reason: 'for a test' };
        const asked = await call('requestAdjustment', admins[0], { body });
        if (asked.body.status === 'waiting_for_approval')
          await call('approveAdjustment', admins[1], { params: { adjustmentId: asked.body.adjustmentId } });
      }
      return user;
    },
    async available(user, currency = 'RUB') {
      const { body } = await call('getOwnAccounts', user);
      const row = body.items.find((item: { currency: string }) => item.currency === currency);
      return BigInt(row?.available.amount ?? 0);
    },
    async checkBooks() {
      await platform.drain();
      ctx.sealer.wake();
      await ctx.sealer.idle();
      const verdict = await verifyLedger(platform.adminUrl);
      expect(verdict.faults).toEqual([]);
      expect(verdict.sealed).toBe(verdict.transactions);
      const rows = await asOwner(
        async (client) =>
          (
            await client.query(
              "select a.currency, sum(p.amount)::text as sum, (select count(*) from accounts where user_id is not null and kind <> 'recovery' and balance < 0)::int as negative from postings p join accounts a using (account_id) group by 1",
            )
          ).rows,
      );
      for (const row of rows) expect(row).toMatchObject({ sum: '0', negative: 0 });
    },
    async close() {
      await platform.close();
      await service.close();
    },
  };
}

type Consumer = (ctx: never, event: never) => Promise<(tx: Tx) => Promise<void>>;

async function register(platform: TestPlatform, user: Principal): Promise<void> {
  await platform.publish('auth.user.registered.v1', user.userId, {
    userId: user.userId,
    email: `${user.userId}@example.com`,
    displayName: 'Кто-то',
    locale: 'ru',
    country: null,
    phone: null,
    timeZone: 'Europe/Moscow',
    roles: ['client', 'freelancer'],
    confirmed: true,
  });
  await platform.drain();
}

/** The events of one deal, as orders emits them. */
export function dealOf(client: Principal, freelancer: Principal, price: bigint) {
  const ids = { holdId: randomUUID(), orderId: randomUUID(), clientId: client.userId, freelancerId: freelancer.userId };
  return {
    ...ids,
    escrowRequested: {
      ...ids,
      title: 'Логотип',
      category: 'logo-design',
      price: RUB(price),
      terms: TERMS,
    },
    completionConfirmed: { ...ids, bonus: null as null | ReturnType<typeof RUB>, automatic: false },
    settlement: (outcome: 'refund' | 'release' | 'split', toFreelancer: bigint) => ({
      ...ids,
      freelancerAmount: RUB(toFreelancer),
      outcome,
      reason: 'for a test',
    }),
  };
}

export const TYPE = {
  hold: 'orders.escrow.requested.v1',
  complete: 'orders.completion.confirmed.v1',
  settle: 'orders.settlement.requested.v1',
  placement: 'orders.placement.requested.v1',
  placementRefund: 'orders.placement.refund-requested.v1',
} as const;
