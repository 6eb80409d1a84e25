/** The books as anybody may check them (P6, M1–M5, M10, B5): statement, act, proof, invariants, `artel ledger verify`, and races. */
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import pg from 'pg';
import { expect } from 'vitest';
import { TEST_SECRET } from '#testing/env.ts';
import type { Api, Answer } from '../api.ts';
import { RUB } from '../deal.ts';
import { temporaryFolder, type World } from '../world.ts';
import { clientWith, daysPass, grant, type Parties, parties, purse, running } from './parties.ts';
import { newAdmin } from './people.ts';
import type { Walk } from './walk.ts';

const MAIN = fileURLToPath(new URL('../../../apps/server/artel.mjs', import.meta.url));
const run = promisify(execFile);

type Row = { kind: string; memo: string | null; amount: { amount: string }; balance: { amount: string } };

async function wholeStatement(api: Api, query = ''): Promise<Row[]> {
  const all: Row[] = [];
  for (let cursor = ''; ; ) {
    const { items, nextCursor } = (await api.get(`/me/statement?limit=3${query}${cursor}`)).body;
    all.push(...items);
    if (!nextCursor) return all;
    cursor = `&cursor=${nextCursor}`;
  }
}

async function completed({ client, master, world }: Parties, title: string): Promise<void> {
  const orderId = await running({ client, master, world } as Parties, { title });
  await master.post(`/orders/${orderId}/deliveries`, { text: 'Готово' });
  await client.post(`/orders/${orderId}/completion`, {});
  await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
  await world.drain();
}

async function statement(world: World): Promise<void> {
  const of = await parties(world, 30_000);
  const { client, master } = of;
  await completed(of, '=HYPERLINK("http://x") и точка');
  const month = world.now().toISOString().slice(0, 7);
  const rows = await wholeStatement(client);
  // Page after page the running balance adds up to what is available.
  for (const [at, row] of rows.entries())
    expect(BigInt(row.balance.amount) - BigInt(row.amount.amount)).toBe(BigInt(rows[at + 1]?.balance.amount ?? 0));
  expect(BigInt(rows[0]?.balance.amount ?? 0)).toBe((await purse(client)).available);
  expect((await wholeStatement(client, '&kind=placement_fee')).map((row) => row.kind)).toEqual(['placement_fee']);
  const today = world.now().toISOString().slice(0, 10);
  expect(await wholeStatement(client, `&from=${today}&to=${today}`)).toHaveLength(rows.length);
  expect(await wholeStatement(client, '&to=2000-01-01')).toEqual([]);
  expect(await wholeStatement(client, '&currency=USD')).toEqual([]);
  // B5: a title that is a formula elsewhere is words in the file.
  const csv = Buffer.from((await client.get('/me/statement/file?format=csv')).body).toString('utf8');
  expect(csv).toContain('HYPERLINK');
  for (const line of csv.trim().split('\r\n').slice(1))
    for (const cell of line.split(',')) expect(cell).not.toMatch(/^"?([=+@]|-(?!\d+([.,]\d+)?$))/);
  const pdf = Buffer.from((await client.get('/me/statement/file?format=pdf')).body);
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  // The act of a month waits for its end; then it has what the platform took, and for nobody else.
  const early = await client.get(`/me/acts/${month}`, { expect: 409 });
  expect(early.body.code).toBe('payments.month_not_over');
  await daysPass(world, 32, client, master);
  const act = async (api: Api) => Buffer.from((await api.get(`/me/acts/${month}?format=csv`)).body).toString('utf8');
  expect(await act(client)).toMatch(/Публикация заказа,.*100[.,]00/);
  expect(await act(master)).toMatch(/Комиссия,.*1000[.,]00/);
  expect(
    Buffer.from((await master.get(`/me/acts/${month}`)).body)
      .subarray(0, 5)
      .toString(),
  ).toBe('%PDF-');
}

/** All pages of a person's proof, once everything is sealed. */
async function proofOf(api: Api): Promise<{ account: Record<string, string>; items: Proof[] }> {
  await api.until('/ledger/invariants', (books) => books.sealed === books.transactions);
  const items: Proof[] = [];
  for (let cursor = ''; ; ) {
    const { body } = await api.get(`/me/statement/proof?limit=2${cursor}`);
    items.push(...body.items);
    if (!body.nextCursor) return { account: body.account, items };
    cursor = `&cursor=${body.nextCursor}`;
  }
}

interface Proof {
  seal: { position: number; previousHash: string; hash: string };
  transaction: {
    transactionId: string;
    reference: string;
    kind: string;
    orderId: string | null;
    actorId: string | null;
    memo: string | null;
    at: string;
    postings: { account: string; userId: string | null; currency: string; amount: string }[];
  };
}

/** By nobody's code but this: what the contract says of a hash, and what the movements sum to. */
function recomputed({ account, items }: { account: Record<string, string>; items: readonly Proof[] }): bigint {
  let balance = 0n;
  let last = 0;
  for (const { seal, transaction: of } of items) {
    const postings = of.postings.map((one) => [one.account, one.userId, one.currency, one.amount]);
    const whole = [seal.previousHash, of.transactionId, of.reference, of.kind, of.orderId, of.actorId, of.memo, of.at];
    const hash = createHash('sha256')
      .update(JSON.stringify([...whole, postings]))
      .digest('hex');
    if (hash !== seal.hash) throw new Error(`not as sealed: ${of.transactionId}`);
    if (seal.position <= last) throw new Error(`out of its place: ${of.transactionId}`);
    last = seal.position;
    for (const one of of.postings)
      if (one.account === account['kind'] && one.userId === account['userId'] && one.currency === account['currency'])
        balance += BigInt(one.amount);
  }
  return balance;
}

async function proof(world: World): Promise<void> {
  const of = await parties(world, 30_000);
  await completed(of, 'Доказанная сделка');
  for (const api of [of.client, of.master]) {
    const shown = await proofOf(api);
    expect(recomputed(shown)).toBe((await purse(api)).available);
    expect(shown.items.at(-1)?.seal.position).toBeGreaterThan(shown.items.length - 1);
    const first = shown.items[0] as Proof;
    const forged = structuredClone(shown);
    (forged.items[0] as Proof).transaction.postings[0] = {
      ...(first.transaction.postings[0] as Proof['transaction']['postings'][0]),
      amount: '1',
    };
    expect(() => recomputed(forged)).toThrow('not as sealed');
  }
  // Both are places of one chain: who has a movement in common has it under the same seal.
  const seals = async (api: Api) =>
    new Map((await proofOf(api)).items.map((one) => [one.transaction.transactionId, one.seal.hash]));
  const [mine, theirs] = [await seals(of.client), await seals(of.master)];
  for (const [id, hash] of mine) if (theirs.has(id)) expect(theirs.get(id)).toBe(hash);
  const books = (await of.client.get('/ledger/invariants')).body;
  expect(books).toMatchObject({ balanced: true, escrowEqualsDeals: true });
  const held = (sums: { amount: string }[]) => sums.filter((one) => one.amount !== '0');
  expect(held(books.escrow)).toEqual(held(books.openDeals));
  expect(books.chainHead).toMatch(/^[0-9a-f]{64}$/);
}

/** The operator's tool, as a program of its own: exit code and what it says. */
async function ledger(world: World, ...words: string[]): Promise<{ code: number; text: string }> {
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    DATABASE_URL: world.adminUrl,
    ARTEL_SECRET: TEST_SECRET,
  };
  const most = { env, maxBuffer: 256 * 1024 * 1024 };
  return await run(process.execPath, [MAIN, 'ledger', ...words], most).then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    (error: { code: number; stdout: string; stderr: string }) => ({
      code: error.code,
      text: error.stdout + error.stderr,
    }),
  );
}

async function verified(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const person = await clientWith(world, 'Вика Сверщица', admin, 700);
  const shown = await proofOf(person);
  const folder = temporaryFolder();
  const database = new pg.Client({ connectionString: world.adminUrl, options: '-c search_path=payments' });
  await database.connect();
  try {
    await world.drain();
    const whole = await ledger(world, 'verify');
    expect(whole).toMatchObject({ code: 0, text: expect.stringMatching(/is whole: (\d+) transactions, \1 sealed/) });
    const file = join(folder.path, 'ledger.jsonl');
    const { text } = await ledger(world, 'export');
    await writeFile(file, text);
    expect(await ledger(world, 'verify', '--export', file)).toMatchObject({ code: 0 });
    const mine = join(folder.path, 'mine.json');
    await writeFile(mine, JSON.stringify(shown));
    expect((await ledger(world, 'verify', '--statement', mine)).text).toContain('sum to 70000 RUB');
    // What was changed is named, in the file and in the database.
    const [first] = shown.items as [Proof];
    const id = first.transaction.transactionId;
    await writeFile(file, (await readFile(file, 'utf8')).replaceAll('"amount":"70000"', '"amount":"70001"'));
    const found = await ledger(world, 'verify', '--export', file);
    expect(found.code).toBe(1);
    expect(found.text).toContain(`transaction ${id} is not what was sealed`);
    // M2: neither the service's own role nor the owner changes a posting; only who switches the guards off.
    const change = (by: string) =>
      database.query(`update postings set amount = amount + ${by} where transaction_id = $1 and amount > 0`, [id]);
    await expect(change('1')).rejects.toThrow();
    await expect(database.query('delete from postings where transaction_id = $1', [id])).rejects.toThrow();
    await database.query("set session_replication_role = 'replica'");
    await change('1');
    const tampered = await ledger(world, 'verify');
    await change('-1');
    expect(tampered.code).toBe(1);
    expect(tampered.text).toMatch(new RegExp(`transaction ${id} \\(position \\d+\\) is not what was sealed`));
    expect(tampered.text).toContain(`transaction ${id} does not net to zero in RUB`);
    expect((await ledger(world, 'verify')).code).toBe(0);
  } finally {
    await database.end();
    folder.remove();
  }
}

const count = (answers: readonly Answer[], fits: (status: number) => boolean) =>
  answers.filter((one) => fits(one.status)).length;
const faultsAmong = (answers: readonly Answer[]) =>
  answers.filter((one) => one.status >= 500).map(({ status, body }) => `${status} ${body.code}: ${body.detail}`);
const ANY = [200, 201, 202, 400, 403, 404, 409, 422, 429, 500, 502, 503, 504];

/** M4, M5, M10: asked five hundred times at once the money moves once, and nobody meets a fault. */
async function releasedOnce(world: World): Promise<void> {
  const of = await parties(world, 30_000);
  const { client, master } = of;
  const orderId = await running(of, { title: 'Одна выплата из пятисот' });
  await master.post(`/orders/${orderId}/deliveries`, { text: 'Готово' });
  // Half of them are repeats under one key.
  const shared = randomUUID();
  const keys = Array.from({ length: 500 }, (_, at) => (at % 2 === 0 ? shared : randomUUID()));
  const complete = (key: string) => client.post(`/orders/${orderId}/completion`, {}, { expect: ANY, key });
  const answers = await Promise.all(keys.map(complete));
  expect(faultsAmong(answers)).toEqual([]);
  const key = keys[answers.findIndex((one) => one.status < 300)];
  expect(key).toBeDefined();
  for (const { status, body } of answers)
    if (status >= 300) expect(['orders.not_now', 'idempotency_in_progress'], JSON.stringify(body)).toContain(body.code);
  await client.until(`/orders/${orderId}`, (order) => order.status === 'completed' && order.funding === 'settled');
  await world.drain();
  expect((await purse(master)).available).toBe(900_000n);
  expect((await purse(client)).escrow).toBe(0n);
  // The same key with another body is refused.
  const other = await client.post(
    `/orders/${orderId}/completion`,
    { bonus: RUB(1) },
    { key: key as string, expect: ANY },
  );
  expect([other.status, other.body.code]).toEqual([422, 'idempotency_mismatch']);
  // Release, refund and dispute at once exclude each other.
  const second = await running(of, { title: 'Выплата против отказа' });
  await master.post(`/orders/${second}/deliveries`, { text: 'Готово' });
  const before = await purse(master);
  const about = { kind: 'dispute', subject: 'Не то', text: 'Это не то, что заказано было.', orderId: second };
  const race = await Promise.all([
    client.post(`/orders/${second}/completion`, {}, { expect: ANY }),
    master.post(`/orders/${second}/cancellation`, { reason: 'Не успеваю' }, { expect: ANY }),
    client.post('/tickets', about, { expect: ANY }),
  ]);
  expect(faultsAmong(race)).toEqual([]);
  await world.drain();
  const order = (await client.get(`/orders/${second}`)).body;
  const gained = (await purse(master)).available - before.available;
  const expected = { completed: 900_000n, cancelled: 0n, disputed: 0n }[order.status as 'completed'];
  expect([order.status, gained]).toEqual([order.status, expected]);
  expect((await purse(client)).escrow).toBe(order.status === 'disputed' ? 1_000_000n : 0n);
}

/** M3: of fifty that want everything one gets it. */
async function withdrawnOnce(world: World): Promise<void> {
  const admin = await newAdmin(world);
  const person = await clientWith(world, 'Фома Всезабирающий', admin, 1_000);
  const destination = { kind: 'card', token: '****4242' };
  const all = { amount: RUB(1_000), destination };
  const answers = await Promise.all(
    Array.from({ length: 50 }, () => person.post('/withdrawals', all, { expect: ANY })),
  );
  expect(count(answers, (status) => status < 300)).toBe(1);
  for (const { status, body } of answers)
    if (status >= 300) expect([status, body.code]).toEqual([409, 'payments.not_enough_money']);
  await person.until('/withdrawals', (body) => body.items[0]?.status === 'paid');
  expect(await purse(person)).toMatchObject({ available: 0n, pendingWithdrawal: 0n });
  // A grant repeated under its key is one grant, on whichever replica; with another sum it is refused.
  const key = randomUUID();
  const gift = { userId: person.userId, amount: RUB(5), reason: 'за терпение' };
  const ids = new Set<string>();
  for (let i = 0; i < 4; i++) ids.add((await admin.post('/bonuses', gift, { key })).body.transactionId);
  expect(ids.size).toBe(1);
  const mismatch = await admin.post('/bonuses', { ...gift, amount: RUB(6) }, { key, expect: 422 });
  expect(mismatch.body.code).toBe('idempotency_mismatch');
  expect((await purse(person)).available).toBe(500n);
  await grant(admin, person, 1);
  expect((await purse(person)).available).toBe(600n);
}

export const provenBooks: readonly Walk[] = [
  {
    name: 'P6, B5: the statement with its filters and running balance, inert CSV, PDF, and the act of a month that is over',
    run: statement,
  },
  { name: 'P6: a person recomputes balance and place in the chain by own code; the invariants are public', run: proof },
  {
    name: 'M4, M5, M10: five hundred releases at once pay once, no fault; release, refund and dispute exclude each other',
    run: releasedOnce,
  },
  { name: 'M3, M10: of fifty full withdrawals one succeeds; a repeated grant is one', run: withdrawnOnce },
  {
    name: 'P6, M1, M2: `artel ledger verify`, from the database, an export and a statement; what was tampered with is named',
    run: verified,
  },
];
