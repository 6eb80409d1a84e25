/** Money through YooKassa (P2, P3, M6), as its API is published: a world of its own, set by the environment alone. */
import { expect } from 'vitest';
import { AGENT, SHOP, type startYookassa } from '#services/payments/tests/yookassa-stand-in.ts';
import type { Api } from '../api.ts';
import { RUB } from '../deal.ts';
import type { World } from '../world.ts';
import { clientWith, purse, runNow, told } from './parties.ts';
import { newAdmin } from './people.ts';
import type { Walk } from './walk.ts';

type Yookassa = Awaited<ReturnType<typeof startYookassa>>;
/** One of the addresses that its notifications come from. */
const THEIRS = '185.71.76.17';

/** What an operator sets; the gateway stands behind one proxy, so that addresses of callers are seen. */
export function yookassaEnv(url: string): Record<string, string> {
  return {
    YOOKASSA_URL: url,
    YOOKASSA_SHOP_ID: SHOP.id,
    YOOKASSA_SECRET_KEY: SHOP.key,
    YOOKASSA_PAYOUT_AGENT_ID: AGENT.id,
    YOOKASSA_PAYOUT_SECRET_KEY: AGENT.key,
    TRUSTED_PROXIES: '1',
  };
}

export function yookassaWalks(shop: () => Yookassa): readonly Walk[] {
  const only = (reference: string) => {
    const found = shop().of(reference);
    expect(found).toHaveLength(1);
    return found[0] as { id: string; status: string; amount: unknown };
  };
  const notify = (api: Api, event: string, object: object, status: number | number[], from = THEIRS) =>
    api.post(
      '/provider-callbacks/yookassa',
      { type: 'notification', event, object },
      { key: false, headers: { 'x-forwarded-for': from }, expect: status },
    );

  async function payments(world: World): Promise<void> {
    const client = await clientWith(world, 'Юлия Платящая', await newAdmin(world), 0);
    const { topupId, pageUrl } = (await client.post('/top-ups', { amount: RUB(1_234.05) })).body;
    expect(pageUrl).toBe('https://yoomoney.example/checkout');
    const payment = only(topupId);
    expect(payment.amount).toEqual({ value: '1234.05', currency: 'RUB' });
    const { id } = payment;
    // Made up: its API says otherwise. True, but from elsewhere: not looked at.
    await notify(client, 'payment.succeeded', { id, status: 'succeeded' }, 404);
    payment.status = 'succeeded';
    for (const from of ['127.0.0.1', '185.71.76.32', `${THEIRS}, 10.0.0.1`])
      expect((await notify(client, 'payment.succeeded', { id }, 401, from)).body.code).toBe('payments.signature_wrong');
    expect((await purse(client)).available).toBe(0n);
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => notify(client, 'payment.succeeded', { id }, [200, 503])),
    );
    expect(answers.some((one) => one.status === 200)).toBe(true);
    await client.until(`/top-ups/${topupId}`, (topup) => topup.status === 'succeeded');
    expect((await purse(client)).available).toBe(123_405n);
    await told(client, 'money_in', '');
    // The other provider's callbacks are not taken meanwhile.
    await client.post('/provider-callbacks/simulated', {}, { key: false, expect: 404 });
    const canceled = (await client.post('/top-ups', { amount: RUB(600) })).body.topupId;
    only(canceled).status = 'canceled';
    await notify(client, 'payment.canceled', { id: only(canceled).id }, 200);
    await client.until(`/top-ups/${canceled}`, (topup) => topup.status === 'declined');
    // M6: the notification got lost; asked for, it is found.
    const lost = (await client.post('/top-ups', { amount: RUB(7) })).body.topupId;
    only(lost).status = 'succeeded';
    await world.advance(2 * 60_000);
    await runNow(world, 'payments', 'reconcile');
    await client.until(`/top-ups/${lost}`, (topup) => topup.status === 'succeeded');
    expect((await purse(client)).available).toBe(124_105n);
    // Given back as a whole it is a charge-back.
    shop().objects.set('refund-1', { id: 'refund-1', status: 'succeeded', payment_id: only(lost).id });
    Object.assign(only(lost), { refunded_amount: { value: '7.00', currency: 'RUB' } });
    await notify(client, 'refund.succeeded', { id: 'refund-1' }, 200);
    await client.until(`/top-ups/${lost}`, (topup) => topup.status === 'charged_back');
    expect((await purse(client)).available).toBe(123_405n);
  }

  async function payouts(world: World): Promise<void> {
    const client = await clientWith(world, 'Юрий Выводящий', await newAdmin(world), 50);
    const withdraw = async (rubles: number, kind = 'card') =>
      (await client.post('/withdrawals', { amount: RUB(rubles), destination: { kind, token: 'pt-1234' } })).body
        .withdrawalId as string;
    const ends = (id: string, status: string) =>
      client.until('/withdrawals', (body) =>
        body.items.some(
          (one: { withdrawalId: string; status: string }) => one.withdrawalId === id && one.status === status,
        ),
      );
    // M6: taken, then the connection drops: the repeat is the same payout.
    shop().dropAfterAccept();
    const dropped = await withdraw(30);
    await world.drain();
    await world.advance(15_000);
    await ends(dropped, 'sent');
    only(dropped).status = 'succeeded';
    await notify(client, 'payout.succeeded', { id: only(dropped).id }, 200);
    await ends(dropped, 'paid');
    const canceled = await withdraw(10);
    await ends(canceled, 'sent');
    only(canceled).status = 'canceled';
    await world.advance(2 * 60_000);
    await runNow(world, 'payments', 'reconcile');
    await ends(canceled, 'returned');
    // To where it does not pay, it is not even asked.
    const sbp = await withdraw(5, 'sbp');
    await ends(sbp, 'returned');
    expect(shop().of(sbp)).toEqual([]);
    expect(await purse(client)).toMatchObject({ available: 2_000n, pendingWithdrawal: 0n });
  }

  return [
    {
      name: 'P2, M6: payments: believed by its API alone, from its addresses alone, once; lost and given back',
      run: payments,
    },
    { name: 'P3, M6: payouts: paid once though the answer was lost, given back when they fail', run: payouts },
  ];
}
