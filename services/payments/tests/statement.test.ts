import { inflateSync } from 'node:zlib';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { disputeFeeMemo } from '#contracts/payments/memos.ts';
import type { Principal } from '#kit/service/types.ts';
import { admins, type Bank, dealOf, openBank, TYPE } from './bank.ts';

let bank: Bank;
let user: Principal;
interface Entry {
  transactionId: string;
  kind: string;
  amount: { amount: string };
  balance: { amount: string };
}

beforeAll(async () => {
  bank = await openBank();
  user = await bank.somebody(500_000n);
  const freelancer = await bank.somebody();
  for (const [index, title] of ['=1+1', '+7', '-2', '@sum', 'обычный', '=HYPERLINK("x")'].entries()) {
    const deal = dealOf(user, freelancer, BigInt(1_000 + index));
    await bank.platform.publish(TYPE.hold, deal.orderId, { ...deal.escrowRequested, title });
    await bank.platform.publish(TYPE.settle, deal.orderId, deal.settlement('split', 100n));
  }
  await bank.platform.drain();
}, 300_000);
afterAll(async () => {
  await bank?.checkBooks();
  await bank?.close();
});

async function whole(query: object = {}): Promise<Entry[]> {
  const all: Entry[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await bank.call('getStatement', user, { query: { limit: 3, ...query, cursor } });
    all.push(...body.items);
    cursor = body.nextCursor ?? undefined;
  } while (cursor);
  return all;
}

test('P6: the running balance adds up, page after page, to what is available', async () => {
  const entries = await whole();
  expect(entries).toHaveLength(13);
  expect(new Set(entries.map((entry) => `${entry.transactionId}`)).size).toBe(13);
  expect(BigInt(entries[0]?.balance.amount ?? 0)).toBe(await bank.available(user));
  for (const [index, entry] of entries.entries()) {
    const before = entries[index + 1];
    expect(BigInt(entry.balance.amount) - BigInt(entry.amount.amount)).toBe(BigInt(before?.balance.amount ?? 0));
  }
});

test('filters by kind, dates and currency', async () => {
  expect((await whole({ kind: 'escrow_hold' })).map((entry) => entry.kind)).toEqual(Array(6).fill('escrow_hold'));
  const today = bank.platform.clock.now().toISOString().slice(0, 10);
  expect(await whole({ from: today, to: today })).toHaveLength(13);
  expect(await whole({ to: '2000-01-01' })).toEqual([]);
  expect(await whole({ from: '0000-01-01', to: '9999-12-31' })).toHaveLength(13);
  expect(await whole({ currency: 'USD' })).toEqual([]);
});

test('what the platform says of a movement each reads in his language, what a person wrote as it is', async () => {
  const payer = await bank.somebody(1_000n);
  for (const memo of [
    disputeFeeMemo(12),
    'Сбор за спор № 7 / Fee of dispute 7',
    'order_expired',
    'referral',
    'Логотип',
  ])
    await bank.platform.call('payments', 'reserveMoney', {
      caller: 'support',
      body: {
        reference: `test:${randomUUID()}`,
        userId: payer.userId,
        amount: { amount: '10', currency: 'RUB' },
        memo,
      },
    });
  const memos = async (locale: 'ru' | 'en') =>
    (await bank.call('getStatement', payer, { query: { kind: 'reserve' }, locale })).body.items.map(
      (entry: { memo: string }) => entry.memo,
    );
  const words = {
    ru: [
      'Логотип',
      'приглашённый выполнил первый заказ',
      'исполнитель не выбран в срок',
      'Сбор за спор № 7',
      'Сбор за спор № 12',
    ],
    en: [
      'Логотип',
      'who you brought completed an order',
      'no freelancer was chosen in time',
      'Fee of dispute 7',
      'Fee of dispute 12',
    ],
  };
  for (const locale of ['ru', 'en'] as const) {
    expect(await memos(locale)).toEqual(words[locale]);
    const file = await bank.call('getStatementFile', payer, { query: { format: 'csv', kind: 'reserve' }, locale });
    for (const word of words[locale]) expect(file.body.toString('utf8')).toContain(word);
  }
});

test('B5: the CSV is inert', async () => {
  const { body, headers } = await bank.call('getStatementFile', user, { query: { format: 'csv' } });
  expect(headers['content-disposition']).toMatch(/^attachment; filename="artel-statement\.csv"$/);
  const text = body.toString('utf8') as string;
  expect(text).toContain("'=1+1");
  expect(text).toContain(`"'=HYPERLINK(""x"")"`);
  for (const line of text.split('\r\n').slice(1))
    for (const cell of line.split(',')) expect(cell).not.toMatch(/^"?([=+@]|-(?!\d+([.,]\d+)?$))/);
});

/** The streams of a PDF that are deflated, as text. */
function unpacked(pdf: Buffer): string[] {
  const texts: string[] = [];
  for (let at = pdf.indexOf('stream\n'); at >= 0; at = pdf.indexOf('stream\n', at + 7)) {
    if (pdf.subarray(at - 3, at).toString('latin1') === 'end') continue;
    try {
      texts.push(inflateSync(pdf.subarray(at + 7, pdf.indexOf('\nendstream', at))).toString('latin1'));
    } catch {}
  }
  return texts;
}

test('the PDF is one, in Cyrillic', async () => {
  const { body } = await bank.call('getStatementFile', user, { query: { format: 'pdf' } });
  expect(body.subarray(0, 4).toString()).toBe('%PDF');
  // Its font has the letters, and says which: what is copied out of it is text again.
  const unicode = unpacked(body)
    .filter((stream) => stream.includes('beginbfrange') || stream.includes('beginbfchar'))
    .join('\n')
    .toLowerCase();
  for (const letter of 'Выпискапосчёту')
    expect(unicode).toContain((letter.codePointAt(0) as number).toString(16).padStart(4, '0'));
});

test('bad cursors are 400 in every list, never a fault of the database', async () => {
  const encode = (values: unknown) => Buffer.from(JSON.stringify(values)).toString('base64url');
  for (const cursor of [
    'nonsense',
    encode(['x']),
    encode(['9'.repeat(30)]),
    encode(['2026-01-01T00:00:00.000Z', "' or 1"]),
    encode(['99999-01-01', randomUUID()]),
    encode([1, 2]),
    encode({}),
  ]) {
    for (const [route, who] of [
      ['getStatement', user],
      ['listWithdrawals', user],
      ['listTransactions', admins[0]],
    ] as const)
      await expect(bank.call(route, who, { query: { cursor } }), `${route} ${cursor}`).rejects.toMatchObject({
        code: 'validation_failed',
      });
  }
});

test('the log of transactions is for who may see it, and pages without gap or repeat', async () => {
  await expect(bank.call('listTransactions', user)).rejects.toMatchObject({ code: 'forbidden' });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const { body } = await bank.call('listTransactions', admins[0], {
      query: { userId: user.userId, limit: 4, cursor },
    });
    for (const item of body.items) {
      seen.push(item.transactionId);
      const sum = item.postings.reduce(
        (all: bigint, posting: { amount: { amount: string } }) => all + BigInt(posting.amount.amount),
        0n,
      );
      expect(sum).toBe(0n);
    }
    cursor = body.nextCursor ?? undefined;
  } while (cursor);
  expect(seen).toHaveLength(13);
  expect(new Set(seen).size).toBe(13);
});

test("somebody else's money is not in one's own statement", async () => {
  const other = await bank.somebody(5n);
  const { body } = await bank.call('getStatement', other);
  expect(body.items).toHaveLength(1);
});

test('the act of a month has what the platform took, sums it, and waits for the end of the month', async () => {
  const [client, freelancer] = [await bank.somebody(100_000n), await bank.somebody()];
  const deal = dealOf(client, freelancer, 20_005n);
  await bank.platform.publish(TYPE.hold, deal.orderId, { ...deal.escrowRequested, title: '=Логотип' });
  await bank.platform.publish(TYPE.complete, deal.orderId, deal.completionConfirmed);
  const placementId = randomUUID();
  const placement = { placementId, orderId: deal.orderId, clientId: client.userId, title: 'Логотип' };
  await bank.platform.publish(TYPE.placement, deal.orderId, { ...placement, fee: { amount: '700', currency: 'RUB' } });
  await bank.platform.drain();
  const month = bank.platform.clock.now().toISOString().slice(0, 7);
  const act = async (who: Principal, query: object) =>
    (await bank.call('getAct', who, { params: { month }, query })).body.toString('utf8') as string;
  await expect(act(client, {})).rejects.toMatchObject({ code: 'payments.month_not_over' });
  await bank.platform.advance(32 * 86_400_000);
  const csv = await act(freelancer, { format: 'csv' });
  // 10 % of 200.05, rounded down; the price itself is no service of the platform.
  expect(csv).toContain("Комиссия,'=Логотип,20.00");
  expect(csv).toContain('Всего оказано услуг на сумму,,20.00');
  expect(await act(client, { format: 'csv' })).toContain('Публикация заказа,Логотип,7.00');
  expect(await act(await bank.somebody(), { format: 'csv' })).toContain('Всего оказано услуг на сумму,,0.00');
  expect(await act(client, {})).toMatch(/^%PDF-/);
});
