import { createHash } from 'node:crypto';
import type { Currency } from '#contracts/common/values.ts';
import { paymentsEvents, type TRANSACTION_KINDS } from '#contracts/payments/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { type Account, type AccountKind, type AccountName, findAccounts, nameOf, openMissing } from './accounts.ts';

export type TransactionKind = (typeof TRANSACTION_KINDS)[number];

export interface Posting {
  readonly account: AccountKind;
  /** Null: the platform's own account. */
  readonly userId: string | null;
  /** Minor units; above zero raises the account. */
  readonly amount: bigint;
}

export interface Movement {
  /** The caller's unique name for it, e.g. `release:<holdId>`. */
  readonly reference: string;
  readonly kind: TransactionKind;
  readonly currency: Currency;
  readonly orderId: string | null;
  readonly actorId: string | null;
  readonly memo: string | null;
  readonly at: Date;
  readonly postings: readonly Posting[] | Decision;
}

/** Postings that depend on what is there: decided when the accounts are locked. May throw a `Problem`. */
export interface Decision {
  readonly accounts: readonly Pick<Posting, 'account' | 'userId'>[];
  decide(balances: readonly bigint[]): readonly Posting[];
}

export type Posted =
  | { ok: true; transactionId: string; replayed: boolean }
  | { ok: false /** What the account that may not go negative lacks. */; missing: bigint };
/** What became of a movement; `decided`: it is new and was written. */
export type Outcome =
  | Posted
  | { ok: true; transactionId: string; replayed: false; decided: Decided }
  | { error: unknown };

/**
 * The only way into the ledger. Posts each movement, all of it or nothing, in the order given: accounts are locked in the
 * order of their ids, everything is decided in memory, and written by one statement, however many movements there
 * are. Money that is not there is an answer, not an error, and holds up none of the others. A known reference
 * returns the first result; with another body it is refused.
 */
export async function postAll(tx: Tx, movements: readonly Movement[]): Promise<Outcome[]> {
  const asked = movements.map((movement) => attempt(() => prepare(movement)));
  const sound = asked.flatMap((one) => ('error' in one ? [] : [one.value]));
  // Asked in one write: accounts of a movement that is known already are looked up in vain, which is rare.
  const [known, found] = await Promise.all([
    findKnown(tx, sound),
    findAccounts(
      tx,
      sound.flatMap(({ names }) => names),
    ),
  ]);
  const named = sound.filter(({ reference }) => !known.has(reference)).flatMap(({ names }) => names);
  const accounts = await openMissing(tx, found, named);
  const balances = new Map<string, bigint>();
  const fresh: Decided[] = [];
  const outcomes = asked.map((one): Outcome => {
    if ('error' in one) return one;
    const first = known.get(one.value.reference);
    if (first)
      return first.bodyHash.equals(one.value.bodyHash) && first.memo === one.value.memo
        ? { ok: true, transactionId: first.transactionId, replayed: true }
        : { error: new Problem('payments.reference_reused', { detail: one.value.reference }) };
    const result = attempt(() => decide(one.value, accounts, balances));
    if ('error' in result) return result;
    const decided = result.value;
    if ('missing' in decided) return { ok: false, missing: decided.missing };
    fresh.push(decided);
    // A second of its name in the same batch finds it here.
    known.set(decided.reference, decided);
    return { ok: true, transactionId: decided.transactionId, replayed: false, decided };
  });
  if (fresh.length > 0) write(tx, fresh, balances);
  return outcomes;
}

function attempt<T>(work: () => T): { value: T } | { error: unknown } {
  try {
    return { value: work() };
  } catch (error) {
    return { error };
  }
}

interface Prepared extends Movement {
  readonly names: readonly AccountName[];
  readonly bodyHash: Buffer;
}

function prepare(movement: Movement): Prepared {
  const { postings, currency } = movement;
  const touched = 'decide' in postings ? postings.accounts : nonZero(movement.reference, postings);
  const names = touched.map(({ account, userId }) => ({ account, userId, currency }));
  return { ...movement, names, bodyHash: hashOf(movement, touched) };
}

function nonZero(reference: string, all: readonly Posting[]): readonly Posting[] {
  const postings = all.filter((posting) => posting.amount !== 0n);
  if (postings.length < 2 || postings.reduce((sum, posting) => sum + posting.amount, 0n) !== 0n)
    throw new Error(`${reference} does not net to zero`);
  return postings;
}

interface Known {
  readonly transactionId: string;
  readonly bodyHash: Buffer;
  readonly memo: string | null;
}

async function findKnown(tx: Tx, asked: readonly Prepared[]): Promise<Map<string, Known>> {
  const rows = await tx.many<Known & { reference: string }>(
    sql`select reference, transaction_id as "transactionId", body_hash as "bodyHash", memo from transactions where reference = any(${asked.map((movement) => movement.reference)}::text[])`,
  );
  return new Map(rows.map((row) => [row.reference, row]));
}

export interface Decided extends Prepared {
  readonly transactionId: string;
  readonly postings: readonly Posting[];
  readonly rows: readonly { accountId: string; amount: bigint; balanceAfter: bigint | null }[];
}

/** Whether the money is there; if so `balances` goes on from what is left. */
function decide(
  movement: Prepared,
  accounts: ReadonlyMap<string, Account>,
  balances: Map<string, bigint>,
): Decided | { missing: bigint } {
  const { currency, reference } = movement;
  const accountOf = (of: Pick<Posting, 'account' | 'userId'>) =>
    accounts.get(nameOf({ account: of.account, userId: of.userId, currency })) as Account;
  const postings = nonZero(
    reference,
    'decide' in movement.postings
      ? movement.postings.decide(
          movement.names.map((name) => {
            const { accountId, balance } = accountOf(name);
            return balances.get(accountId) ?? balance;
          }),
        )
      : movement.postings,
  );
  const after = new Map<string, bigint>();
  const guarded = new Set<string>();
  const rows = postings.map((posting) => {
    const { accountId, balance } = accountOf(posting);
    if (posting.userId === null) return { accountId, amount: posting.amount, balanceAfter: null };
    const balanceAfter = (after.get(accountId) ?? balances.get(accountId) ?? balance) + posting.amount;
    after.set(accountId, balanceAfter);
    if (posting.account !== 'recovery') guarded.add(accountId);
    return { accountId, amount: posting.amount, balanceAfter };
  });
  for (const [accountId, balance] of after) if (balance < 0n && guarded.has(accountId)) return { missing: -balance };
  for (const [accountId, balance] of after) balances.set(accountId, balance);
  return { ...movement, postings, transactionId: newId(), rows };
}

/** Travels with what follows, at the latest the commit. */
function write(tx: Tx, all: readonly Decided[], balances: ReadonlyMap<string, bigint>): void {
  const column = <K extends keyof Decided>(key: K) => all.map((movement) => movement[key]);
  const rows = all.flatMap((movement) => movement.rows.map((row) => ({ ...row, id: movement.transactionId })));
  tx.send(sql`
    with made as (
      insert into transactions (transaction_id, reference, body_hash, kind, order_id, actor_id, memo, at)
      select * from unnest(${column('transactionId')}::uuid[], ${column('reference')}::text[], ${column('bodyHash')}::bytea[], ${column('kind')}::text[], ${column('orderId')}::uuid[], ${column('actorId')}::uuid[], ${column('memo')}::text[], ${column('at')}::timestamptz[])
    ), posted as (
      insert into postings (transaction_id, account_id, amount, balance_after)
      select * from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.accountId)}::uuid[], ${rows.map((row) => row.amount)}::bigint[], ${rows.map((row) => row.balanceAfter)}::bigint[])
    )
    update accounts set balance = t.balance from unnest(${[...balances.keys()]}::uuid[], ${[...balances.values()]}::bigint[]) as t (account_id, balance) where accounts.account_id = t.account_id`);
}

/** Tells what was posted (E9, E14). */
export function announce(tx: Tx, decided: Decided): void {
  const { transactionId, kind, orderId, at, actorId, memo, postings, currency } = decided;
  const byAdmin = actorId !== null && (kind === 'adjustment' || kind === 'platform_bonus');
  tx.emit(paymentsEvents.transactionPosted, transactionId, {
    transactionId,
    kind,
    orderId,
    at: at.toISOString(),
    actorId,
    reason: byAdmin ? memo : null,
    postings: postings.map(({ account, userId, amount }) => ({
      account,
      userId,
      amount: { amount: amount.toString(), currency },
    })),
  });
}

/** What makes a movement what it is. Of a decision its sums are not part: a repeat finds other balances. */
function hashOf(
  movement: Movement,
  touched: readonly (Pick<Posting, 'account' | 'userId'> & { amount?: bigint })[],
): Buffer {
  const body = [
    movement.kind,
    movement.currency,
    movement.orderId,
    ...touched.map((one) => [one.account, one.userId, one.amount?.toString()].join(':')).sort(),
  ];
  return createHash('sha256').update(JSON.stringify(body)).digest();
}
