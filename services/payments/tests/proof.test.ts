import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exportLedger, verifyExport, verifyStatement } from '../ledger/verify-files.ts';
import { verifyLedger } from '../ledger/verify.ts';
import { type Bank, dealOf, openBank, TYPE } from './bank.ts';

let bank: Bank;
let folder: string;
beforeAll(async () => {
  bank = await openBank();
  folder = await mkdtemp(join(tmpdir(), 'artel-proof-'));
}, 300_000);
afterAll(async () => {
  await bank?.close();
  await rm(folder, { recursive: true, force: true });
});

test('an export is checked without database or service; what was changed in it is named', async () => {
  const [client, freelancer] = [await bank.somebody(50_000n), await bank.somebody()];
  const deal = dealOf(client, freelancer, 10_000n);
  await bank.platform.publish(TYPE.hold, deal.orderId, deal.escrowRequested);
  await bank.platform.publish(TYPE.complete, deal.orderId, deal.completionConfirmed);
  await bank.checkBooks();
  const file = join(folder, 'ledger.jsonl');
  const chunks: string[] = [];
  await exportLedger(bank.platform.adminUrl, async (chunk) => void chunks.push(chunk));
  const text = chunks.join('');
  await writeFile(file, text);
  const { head, sealed } = await verifyLedger(bank.platform.adminUrl);
  expect(await verifyExport(file)).toEqual({ transactions: sealed, sealed, head, faults: [] });
  const faults = async (from: string | RegExp, to: string) => {
    expect(text.replace(from, to)).not.toBe(text);
    await writeFile(file, text.replace(from, to));
    return (await verifyExport(file)).faults.join('\n');
  };
  const released = /"transactionId":"([^"]+)"[^\n]*"kind":"escrow_release"/.exec(text)?.[1];
  expect(await faults('"amount":"9000"', '"amount":"9001"')).toContain(
    `transaction ${released} is not what was sealed\ntransaction ${released} does not net to zero in RUB: 1`,
  );
  expect(await faults(/"balance" : "9000"/, '"balance":"9100"')).toContain('says 9100, its postings sum to 9000');
  expect(await faults(/\n[^\n]+/, '')).toContain('the chain has a gap before position 3');
});

test("a person's proof recomputes the balance, and each movement has its place in the chain", async () => {
  const [client, freelancer] = [await bank.somebody(70_000n), await bank.somebody()];
  for (let i = 0; i < 3; i++) {
    const deal = dealOf(client, freelancer, 5_000n);
    await bank.platform.publish(TYPE.hold, deal.orderId, deal.escrowRequested);
    await bank.platform.publish(TYPE.settle, deal.orderId, deal.settlement('split', 2_000n));
  }
  await bank.checkBooks();
  const items: unknown[] = [];
  let cursor: string | undefined;
  let account: unknown;
  do {
    const { body } = await bank.call('getStatementProof', client, { query: { limit: 2, cursor } });
    items.push(...body.items);
    account = body.account;
    cursor = body.nextCursor ?? undefined;
  } while (cursor);
  const file = join(folder, 'proof.json');
  await writeFile(file, JSON.stringify({ account, items, nextCursor: null }));
  expect(await verifyStatement(file)).toMatchObject({
    transactions: 7,
    sealed: 7,
    faults: [],
    balance: `${await bank.available(client)} RUB`,
  });
  // By nobody's code but this: what the contract says of a hash, in a few lines.
  const script = `
    const { createHash } = require('node:crypto');
    const { account, items } = JSON.parse(require('node:fs').readFileSync(process.argv[1], 'utf8'));
    let balance = 0n;
    for (const { seal, transaction: t } of items) {
      const body = [seal.previousHash, t.transactionId, t.reference, t.kind, t.orderId, t.actorId, t.memo, t.at,
        t.postings.map((p) => [p.account, p.userId, p.currency, p.amount])];
      if (createHash('sha256').update(JSON.stringify(body)).digest('hex') !== seal.hash) throw new Error('not as sealed: ' + t.transactionId);
      for (const p of t.postings) if (p.account === account.kind && p.userId === account.userId && p.currency === account.currency) balance += BigInt(p.amount);
    }
    console.log(String(balance));`;
  const alone = (of: string) => execFileSync(process.execPath, ['-e', script, of], { encoding: 'utf8', stdio: 'pipe' });
  expect(alone(file).trim()).toBe(String(await bank.available(client)));
  const text = await readFile(file, 'utf8');
  await writeFile(file, text.replace('"amount":"3000"', '"amount":"4000"'));
  expect((await verifyStatement(file)).faults[0]).toMatch(/is not what was sealed/);
  expect(() => alone(file)).toThrow(/not as sealed/);
  // Nobody sees movements that are not his own.
  expect((await bank.call('getStatementProof', await bank.somebody(), {})).body.items).toEqual([]);
});
