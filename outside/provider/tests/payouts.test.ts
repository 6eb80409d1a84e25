import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Payout, StatementLine } from '../model.ts';
import type { Provider } from '../provider.ts';
import { type Merchant, merchantApi, type ShownPayment, startMerchant, startTestProvider } from './merchant.ts';

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

const byReference = async (reference: string) =>
  (await api.call<{ items: Payout[] }>(`/v1/payouts?reference=${reference}`)).body.items[0];

describe('a payout', () => {
  it('is pending, then paid; once per reference', async () => {
    const first = await api.payout('w1');
    expect(first).toMatchObject({ status: 201, body: { status: 'pending', destination: { kind: 'card' } } });
    expect((await api.payout('w1')).body.id).toBe(first.body.id);
    expect((await api.payout('w1', { destination: { kind: 'sbp', token: 'x' } })).status).toBe(409);
    await merchant.came(1);
    expect(merchant.deliveries[0]?.event).toMatchObject({
      type: 'payout.paid',
      data: { id: first.body.id, reference: 'w1', amount: { value: '123450', currency: 'RUB' }, status: 'paid' },
    });
    expect((await api.call<Payout>(`/v1/payouts/${first.body.id}`)).body.status).toBe('paid');
    expect(await api.payout('w1')).toMatchObject({ status: 200, body: { status: 'paid' } });
    expect(merchant.deliveries).toHaveLength(1);
  });

  it.each([
    ['a destination that ends in 0002', { destination: { kind: 'card', masked: '2200 **** 0002' } }, {}],
    ['the behaviour "fail"', {}, { payouts: 'fail' }],
  ])('fails by %s', async (_by, more, behaviour) => {
    await api.behave(behaviour);
    await api.payout('w1', more);
    await merchant.came(1);
    expect(merchant.deliveries[0]?.event).toMatchObject({ type: 'payout.failed', data: { status: 'failed' } });
    expect(JSON.stringify(await byReference('w1'))).not.toContain('fate');
  });

  it.each([
    ['a destination that ends in 0069', { destination: { kind: 'sbp', token: 'tok_0069' } }, {}],
    ['the behaviour "drop-after-accept"', {}, { payouts: 'drop-after-accept' }],
  ])('is taken without an answer by %s; a repeat is answered, and it is paid once', async (_by, more, behaviour) => {
    await api.behave(behaviour);
    await expect(api.payout('w1', more)).rejects.toThrow('fetch failed');
    const kept = await byReference('w1');
    expect(await api.payout('w1', more)).toMatchObject({ status: 200, body: { id: kept?.id } });
    await merchant.came(1);
    expect((await byReference('w1'))?.status).toBe('paid');
    expect(merchant.deliveries).toHaveLength(1);
  });

  it('needs a destination', async () => {
    expect((await api.payout('w1', { destination: { kind: 'card' } })).status).toBe(400);
    expect((await api.payout('w1', { destination: { kind: 'cheque', token: 'x' } })).status).toBe(400);
  });
});

it('a payment can be taken without an answer, too', async () => {
  await api.behave({ payments: 'drop-after-accept' });
  await expect(api.pay('p1')).rejects.toThrow('fetch failed');
  expect(await api.pay('p1')).toMatchObject({ status: 200, body: { status: 'pending' } });
});

describe('the statement', () => {
  interface Statement {
    items: StatementLine[];
    nextCursor: string | null;
  }
  const references = ({ items }: Statement) => items.map(({ reference }) => reference);
  const statement = async (query: string) => (await api.call<Statement>(`/v1/statement${query}`)).body;

  it('lists money that moved, in its order, page by page, and stays put while more comes', async () => {
    const { body: declined } = await api.pay('declined');
    await api.simulate(declined.id, 'decline');
    await api.pay('pending');
    const ids = [];
    for (const reference of ['p1', 'p2', 'p3']) ids.push((await api.pay(reference)).body.id);
    for (const id of ids.reverse()) await api.simulate(id, 'drop');
    await api.payout('w1');
    await merchant.came(2);
    const first = await statement('?limit=2');
    expect(references(first)).toEqual(['p3', 'p2']);
    await api.payout('w2');
    await merchant.came(3);
    const second = await statement(`?limit=2&cursor=${first.nextCursor}`);
    expect(references(second)).toEqual(['p1', 'w1']);
    const third = await statement(`?limit=2&cursor=${second.nextCursor}`);
    expect([references(third), third.nextCursor]).toEqual([['w2'], null]);
    expect(second.items[1]).toMatchObject({ kind: 'payout', amount: { value: '123450', currency: 'RUB' } });
  });

  it('is bounded by time', async () => {
    const { body } = await api.pay('p1');
    const { settledAt } = (await api.simulate(body.id, 'drop')).body;
    expect(references(await statement(`?from=${settledAt}`))).toEqual(['p1']);
    expect(references(await statement(`?to=${settledAt}`))).toEqual([]);
    expect((await api.call('/v1/statement?cursor=1%20OR%201')).status).toBe(400);
  });
});

describe('with a folder, after a restart', () => {
  let folder: string;
  const restart = async (timing: { payoutMs?: number; lateMs?: number } = {}) => {
    await provider.close();
    provider = await startTestProvider({ folder, timing });
    api = merchantApi(provider, merchant.callbackUrl);
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'provider-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('knows what it knew, goes on with payouts and delivers what was not delivered', async () => {
    await restart({ payoutMs: 3_600_000 });
    const paid = (await api.pay('p1')).body;
    await api.simulate(paid.id, 'pay');
    await merchant.came(1);
    const late = (await api.pay('p2')).body;
    await api.call(`/v1/payments/${late.id}/simulate`, { outcome: 'late', delayMs: 500 });
    const payout = (await api.payout('w1')).body;
    await restart();
    expect((await api.call<ShownPayment>(`/v1/payments/${paid.id}`)).body.status).toBe('succeeded');
    expect((await api.pay('p1')).body.id).toBe(paid.id);
    await merchant.came(3);
    expect(merchant.deliveries.map(({ event }) => event.data.id).sort()).toEqual([paid.id, late.id, payout.id].sort());
    await restart();
    const lines = (await api.call<{ items: StatementLine[] }>('/v1/statement')).body.items;
    expect(lines.map(({ reference }) => reference)).toEqual(['p1', 'p2', 'w1']);
    expect(merchant.deliveries).toHaveLength(3);
  });
});
