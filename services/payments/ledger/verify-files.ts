import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import pg from 'pg';
import { z } from 'zod';
import { GENESIS, hashTransaction, SEALABLE, type Sealable } from './seal.ts';
import type { Verdict } from './verify.ts';

const sealable = z.object({
  transactionId: z.string(),
  reference: z.string(),
  kind: z.string(),
  orderId: z.string().nullable(),
  actorId: z.string().nullable(),
  memo: z.string().nullable(),
  at: z.coerce.date(),
  postings: z.array(
    z.object({ account: z.string(), userId: z.string().nullable(), currency: z.string(), amount: z.string() }),
  ),
});
const line = z.union([
  z.object({ position: z.string(), hash: z.string(), transaction: sealable }),
  z.object({ account: z.string(), userId: z.string(), currency: z.string(), balance: z.string() }),
]);
const CHUNK = 2_000;
const keyOf = (of: { account: string; userId: string | null; currency: string }) =>
  `${of.account} of ${of.userId} in ${of.currency}`;

/** Writes the sealed ledger, a JSON object a line: every transaction in the order of the chain, then people's balances. */
export async function exportLedger(connectionString: string, write: (text: string) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString, options: '-c search_path=payments' });
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    for (let position = '0'; ; ) {
      const { rows } = await client.query<Sealable & { position: string; hash: string }>(
        `select s.position::text, s.hash, ${SEALABLE.sql} from seals s join transactions t using (transaction_id) where s.position > $1 order by s.position limit ${CHUNK}`,
        [position],
      );
      const lines = rows.map(({ position: at, hash, ...transaction }) =>
        JSON.stringify({ position: at, hash, transaction }),
      );
      if (lines.length > 0) await write(`${lines.join('\n')}\n`);
      if (rows.length < CHUNK) break;
      position = rows.at(-1)?.position ?? position;
    }
    // What waits for its seal is not in the file, so it is not in these balances either.
    const { rows } = await client.query<{ text: string }>(
      `select json_build_object('account', a.kind, 'userId', a.user_id, 'currency', a.currency, 'balance', (a.balance - coalesce((select sum(p.amount) from unsealed u join postings p using (transaction_id) where p.account_id = a.account_id), 0))::text)::text as text from accounts a where a.user_id is not null order by a.account_id`,
    );
    if (rows.length > 0) await write(`${rows.map((row) => row.text).join('\n')}\n`);
  } finally {
    await client.end();
  }
}

/** Checks an export with nothing but the file: chain, net of every transaction, balances. */
export async function verifyExport(file: string): Promise<Verdict> {
  const faults: string[] = [];
  const sums = new Map<string, bigint>();
  let previous = GENESIS;
  let sealed = 0;
  for await (const text of createInterface({ input: createReadStream(file, 'utf8'), crlfDelay: Infinity })) {
    if (text === '') continue;
    const row = line.parse(JSON.parse(text));
    if ('balance' in row) {
      const sum = sums.get(keyOf(row)) ?? 0n;
      if (sum !== BigInt(row.balance))
        faults.push(`account ${keyOf(row)} says ${row.balance}, its postings sum to ${sum}`);
      if (BigInt(row.balance) < 0n && row.account !== 'recovery') faults.push(`account ${keyOf(row)} is below zero`);
      continue;
    }
    sealed++;
    if (row.position !== String(sealed)) faults.push(`the chain has a gap before position ${row.position}`);
    checkTransaction(row.transaction, previous, row.hash, faults);
    previous = row.hash;
    for (const posting of row.transaction.postings)
      sums.set(keyOf(posting), (sums.get(keyOf(posting)) ?? 0n) + BigInt(posting.amount));
    if (faults.length > 100) break;
  }
  return { transactions: sealed, sealed, head: previous, faults };
}

function checkTransaction(transaction: Sealable, previous: string, hash: string, faults: string[]): void {
  if (hashTransaction(previous, transaction) !== hash)
    faults.push(`transaction ${transaction.transactionId} is not what was sealed`);
  const nets = Map.groupBy(transaction.postings, (posting) => posting.currency);
  for (const [currency, postings] of nets) {
    const net = postings.reduce((sum, posting) => sum + BigInt(posting.amount), 0n);
    if (net !== 0n) faults.push(`transaction ${transaction.transactionId} does not net to zero in ${currency}: ${net}`);
  }
}

const statement = z.object({
  account: z.object({ kind: z.string(), userId: z.string(), currency: z.string() }),
  items: z.array(
    z.object({
      seal: z.object({ position: z.number(), previousHash: z.string(), hash: z.string() }).nullable(),
      transaction: sealable,
    }),
  ),
});

/** Checks a person's proof (`/me/statement/proof`, its pages joined): each movement's hash, and what they sum to. */
export async function verifyStatement(file: string): Promise<Verdict & { balance: string }> {
  const { account, items } = statement.parse(JSON.parse(await readFile(file, 'utf8')));
  const faults: string[] = [];
  let balance = 0n;
  let head = GENESIS;
  for (const { seal, transaction } of items) {
    if (seal) checkTransaction(transaction, seal.previousHash, seal.hash, faults);
    if (seal) head = seal.hash;
    for (const posting of transaction.postings)
      if (
        posting.account === account.kind &&
        posting.userId === account.userId &&
        posting.currency === account.currency
      )
        balance += BigInt(posting.amount);
  }
  if (balance < 0n) faults.push(`the movements sum to ${balance}`);
  const sealed = items.filter((item) => item.seal).length;
  return { transactions: items.length, sealed, head, faults, balance: `${balance} ${account.currency}` };
}
