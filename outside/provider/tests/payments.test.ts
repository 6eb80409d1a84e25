import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Provider } from '../provider.ts';
import {
  API_KEY,
  type Merchant,
  merchantApi,
  type ShownPayment,
  startMerchant,
  startTestProvider,
} from './merchant.ts';

let merchant: Merchant;
let provider: Provider;
let api: ReturnType<typeof merchantApi>;

beforeEach(async () => {
  merchant = await startMerchant();
  provider = await startTestProvider();
  api = merchantApi(provider, merchant.callbackUrl);
});
afterEach(async () => {
  await provider.close();
  await merchant.close();
  expect(merchant.forged).toEqual([]);
});

/** A payment whose callback comes after all earlier ones would have: so "nothing came" needs no sleep. */
async function marker(): Promise<void> {
  const before = merchant.deliveries.length;
  const { body } = await api.pay(`marker ${before}`);
  await api.simulate(body.id, 'pay');
  await merchant.came(before + 1);
}

describe('a payment', () => {
  it('is made once per reference', async () => {
    const first = await api.pay('top-up 1');
    expect(first).toMatchObject({
      status: 201,
      body: { status: 'pending', amount: { value: '123450', currency: 'RUB' }, settledAt: null },
    });
    expect(first.body.pageUrl).toBe(`${provider.url}/pay/${first.body.id}`);
    expect(await api.pay('top-up 1')).toEqual({ status: 200, body: first.body });
    const other = await api.pay('top-up 1', { amount: { value: '123451', currency: 'RUB' } });
    expect(other).toMatchObject({ status: 409, body: { error: { code: 'reference_reused' } } });
    expect((await api.call(`/v1/payments/${first.body.id}`)).body).toEqual(first.body);
    expect((await api.call('/v1/payments?reference=top-up%201')).body).toEqual({ items: [first.body] });
    expect((await api.call('/v1/payments?reference=unknown')).body).toEqual({ items: [] });
  });

  it.each([
    { amount: { value: '0', currency: 'RUB' } },
    { amount: { value: '-1', currency: 'RUB' } },
    { amount: { value: '1.5', currency: 'RUB' } },
    { amount: { value: 100, currency: 'RUB' } },
    { amount: { value: '9223372036854775808', currency: 'RUB' } },
    { amount: { value: '100', currency: 'rubles' } },
    { returnUrl: 'javascript:alert(1)' },
    { callbackUrl: 'file:///etc/passwd' },
    { status: 'succeeded' },
  ])('with %j is refused', async (more) => {
    expect((await api.pay('bad', more)).status).toBe(400);
  });

  it('needs the key of the merchant', async () => {
    const answer = await api.call('/v1/payments', api.paymentBody('x'), `not ${API_KEY}`);
    expect(answer).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
    expect((await api.call('/v1/statement', undefined, 'nobody')).status).toBe(401);
  });

  it('ends once', async () => {
    const { body } = await api.pay('top-up');
    expect((await api.simulate(body.id, 'decline')).body.status).toBe('declined');
    expect(await api.simulate(body.id, 'pay')).toMatchObject({
      status: 409,
      body: { error: { code: 'already_settled' } },
    });
    expect((await api.call<ShownPayment>(`/v1/payments/${body.id}`)).body.status).toBe('declined');
    expect((await api.simulate('pay_unknown', 'pay')).status).toBe(404);
  });
});

describe('callbacks', () => {
  it('say what happened, signed', async () => {
    const paid = (await api.pay('a')).body;
    const refused = (await api.pay('b')).body;
    const { settledAt } = (await api.simulate(paid.id, 'pay')).body;
    await merchant.came(1);
    await api.simulate(refused.id, 'decline');
    await merchant.came(2);
    expect(merchant.deliveries.map(({ event }) => event)).toMatchObject([
      {
        type: 'payment.succeeded',
        data: { id: paid.id, reference: 'a', amount: paid.amount, status: 'succeeded', at: settledAt },
      },
      { type: 'payment.declined', data: { id: refused.id, reference: 'b', status: 'declined' } },
    ]);
  });

  it('come twice with one id for "twice"', async () => {
    const { body } = await api.pay('a');
    await api.simulate(body.id, 'twice');
    await merchant.came(2);
    const [first, second] = merchant.deliveries;
    expect(first).toEqual(second);
  });

  it('come later for "late", though the payment is paid', async () => {
    const { body } = await api.pay('a');
    const before = Date.now();
    expect((await api.simulate(body.id, 'late')).body.status).toBe('succeeded');
    await merchant.came(1);
    expect(Date.now() - before).toBeGreaterThanOrEqual(199);
  });

  it('never come for "drop", though the payment is paid', async () => {
    const { body } = await api.pay('a');
    expect((await api.simulate(body.id, 'drop')).body.status).toBe('succeeded');
    await marker();
    expect(merchant.deliveries.map(({ event }) => event.data.id)).not.toContain(body.id);
  });

  it('never come while they are switched off', async () => {
    await api.behave({ callbacks: 'off' });
    const { body } = await api.pay('a');
    await api.simulate(body.id, 'pay');
    await api.behave({ callbacks: 'on' });
    await marker();
    expect(merchant.deliveries.map(({ event }) => event.data.id)).not.toContain(body.id);
  });

  it('are repeated with the same id until they are taken; a redirect is no success', async () => {
    merchant.answers.push(500, 307, 404);
    const { body } = await api.pay('a');
    await api.simulate(body.id, 'pay');
    await merchant.came(4);
    await marker();
    expect(merchant.deliveries).toHaveLength(5);
    expect(new Set(merchant.deliveries.slice(0, 4).map(({ id }) => id)).size).toBe(1);
  });

  it('stop on 410', async () => {
    merchant.answers.push(410);
    const { body } = await api.pay('a');
    await api.simulate(body.id, 'pay');
    await merchant.came(1);
    await marker();
    await marker();
    expect(merchant.deliveries.filter(({ event }) => event.data.id === body.id)).toHaveLength(1);
  });

  it('are given up after the last attempt', async () => {
    merchant.answers.push(500, 500, 500, 500, 500, 500);
    const { body } = await api.pay('a');
    await api.simulate(body.id, 'pay');
    await merchant.came(6);
    await marker();
    await marker();
    expect(merchant.deliveries.filter(({ event }) => event.data.id === body.id)).toHaveLength(6);
  });
});

describe('a chargeback', () => {
  it('takes a payment back that succeeded, once, and says so, signed', async () => {
    const { body } = await api.pay('top-up 1');
    const takeBack = () => api.call<ShownPayment>(`/v1/payments/${body.id}/chargeback`, {});
    expect((await takeBack()).status).toBe(409);
    await api.simulate(body.id, 'pay');
    await merchant.came(1);
    expect(await takeBack()).toMatchObject({ status: 200, body: { status: 'charged_back' } });
    await merchant.came(2);
    expect(merchant.deliveries[1]?.event).toMatchObject({
      type: 'payment.charged_back',
      data: { reference: 'top-up 1', amount: { value: '123450', currency: 'RUB' }, status: 'charged_back' },
    });
    expect((await takeBack()).status).toBe(409);
    await marker();
    expect(merchant.deliveries.filter(({ event }) => event.type === 'payment.charged_back')).toHaveLength(1);
    const declined = await api.pay('top-up 2');
    await api.simulate(declined.body.id, 'decline');
    expect((await api.call(`/v1/payments/${declined.body.id}/chargeback`, {})).status).toBe(409);
  });
});

describe('the hosted page', () => {
  it('shows the payment in its language or the one asked for', async () => {
    const { body } = await api.pay('top-up 7');
    const response = await fetch(body.pageUrl);
    const page = await response.text();
    expect(page).toContain('<html lang="ru">');
    expect(page).toMatch(/1\s234,50\s₽/);
    expect(page).toContain('Пополнение &lt;счёта&gt;');
    expect(response.headers.get('content-security-policy')).toContain("form-action 'self' http://shop.test;");
    for (const outcome of ['pay', 'decline', 'drop', 'twice', 'late']) expect(page).toContain(`value="${outcome}"`);
    const english = await (await fetch(`${body.pageUrl}?lang=en`)).text();
    expect(english).toContain('<html lang="en">');
    expect(english).toMatch(/RUB\s1,234\.50/);
    expect(english).not.toContain('Оплатить');
  });

  it.each([
    [{ value: '123450', currency: 'JPY' }, 'JP¥123,450'],
    [{ value: '5', currency: 'KWD' }, 'KWD 0.005'],
    [{ value: '999999999999999', currency: 'USD' }, 'US$9,999,999,999,999.99'],
  ])('writes %j as %s', async (amount, text) => {
    const { body } = await api.pay('a', { amount, locale: 'en' });
    expect((await (await fetch(body.pageUrl)).text()).replace(/\u00a0/g, ' ')).toContain(text);
  });

  it.each([
    ['pay', 'succeeded', 1],
    ['decline', 'declined', 1],
    ['twice', 'succeeded', 2],
    ['late', 'succeeded', 1],
  ])('%s leads back to the shop: %s, %i callback(s)', async (outcome, status, callbacks) => {
    const { body } = await api.pay('a');
    const response = await api.press(body.pageUrl, outcome);
    expect([response.status, response.headers.get('location')]).toEqual([303, 'http://shop.test/wallet?done=1']);
    expect((await api.call<ShownPayment>(`/v1/payments/${body.id}`)).body.status).toBe(status);
    await merchant.came(callbacks);
    await marker();
    expect(merchant.deliveries).toHaveLength(callbacks + 1);
  });

  it('drop takes the money and breaks the connection', async () => {
    const { body } = await api.pay('a');
    await expect(api.press(body.pageUrl, 'drop')).rejects.toThrow('fetch failed');
    expect((await api.call<ShownPayment>(`/v1/payments/${body.id}`)).body.status).toBe('succeeded');
    expect(await (await fetch(body.pageUrl)).text()).toContain('Платёж прошёл.');
    await marker();
    expect(merchant.deliveries).toHaveLength(1);
  });

  it('pressed twice counts once', async () => {
    const { body } = await api.pay('a');
    await Promise.all([
      api.press(body.pageUrl, 'pay'),
      api.press(body.pageUrl, 'decline'),
      api.press(body.pageUrl, 'pay'),
    ]);
    await merchant.came(1);
    await marker();
    expect(merchant.deliveries).toHaveLength(2);
  });

  it('knows no other buttons and no other payments', async () => {
    const { body } = await api.pay('a');
    expect((await api.press(body.pageUrl, 'refund')).status).toBe(400);
    expect((await fetch(`${provider.url}/pay/unknown`)).status).toBe(404);
  });
});
