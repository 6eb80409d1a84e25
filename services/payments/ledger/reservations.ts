import type { Currency } from '#contracts/common/values.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import type { AccountKind } from './accounts.ts';
import type { Movement, Posted, Posting, TransactionKind } from './post.ts';
import { partOf, post, postEach } from './round.ts';

export interface Reservation {
  readonly reservationId: string;
  /** The caller's unique name for it. */
  readonly reference: string;
  readonly userId: string;
  /** Where the money lies meanwhile. */
  readonly account: Extract<AccountKind, 'escrow' | 'pending_withdrawal' | 'reserved'>;
  readonly amount: bigint;
  readonly currency: Currency;
  readonly orderId: string | null;
  readonly expiresAt: Date | null;
}

export interface KeptReservation extends Reservation {
  readonly status: 'held' | 'posted' | 'voided' | 'expired';
  readonly posted: bigint;
  readonly at: Date;
}

const columns = sql`reservation_id as "reservationId", reference, user_id as "userId", account, amount, currency, order_id as "orderId", status, posted, expires_at as "expiresAt", at`;

export function reservationById(db: Queries, reservationId: string): Promise<KeptReservation | undefined> {
  return db.maybe<KeptReservation>(sql`select ${columns} from reservations where reservation_id = ${reservationId}`);
}
/** In a transaction of the books: asked once for all of a batch. */
export function reservationNamed(tx: Tx, reference: string): Promise<KeptReservation | undefined> {
  return partOf(tx).read(reservationsNamed, reference);
}
async function reservationsNamed(
  tx: Tx,
  references: readonly string[],
): Promise<readonly (KeptReservation | undefined)[]> {
  const rows = await tx.many<KeptReservation>(
    sql`select ${columns} from reservations where reference = any(${references}::text[])`,
  );
  const named = new Map(rows.map((row) => [row.reference, row]));
  return references.map((reference) => named.get(reference));
}
/** For a change: whoever has the row decides, the others find it ended. */
export function lockReservation(tx: Tx, reservationId: string): Promise<KeptReservation | undefined> {
  return tx.maybe<KeptReservation>(
    sql`select ${columns} from reservations where reservation_id = ${reservationId} for update`,
  );
}

/** The job that ends a reservation whose time ran out, one for each. */
export const expiryKey = (reservationId: string) => `reservation:${reservationId}`;

/**
 * The first phase: moves money from what is available to where it waits. The money that is not there is an answer, nothing
 * when it was. With a time a job is set in the same transaction, so that it runs out by itself.
 */
export async function reserve(
  tx: Tx,
  of: Reservation & {
    kind: TransactionKind;
    memo: string | null;
    at: Date;
    /** A debt comes first: throws `payments.debt_first`. */
    unlessOwing?: boolean;
  },
): Promise<{ missing: bigint } | undefined> {
  const { reservationId, reference, userId, account, amount, currency, orderId, expiresAt, at } = of;
  const postings = [
    { account: 'available', userId, amount: -amount },
    { account, userId, amount },
  ] as const;
  const posted = await post(tx, {
    reference,
    kind: of.kind,
    currency,
    orderId,
    actorId: userId,
    memo: of.memo,
    at,
    postings: of.unlessOwing
      ? { accounts: [...postings, { account: 'recovery', userId }], decide: debtFirst }
      : postings,
  });
  function debtFirst([, , recovery = 0n]: readonly bigint[]) {
    if (recovery < 0n) throw new Problem('payments.debt_first');
    return postings;
  }
  if (!posted.ok) return { missing: posted.missing };
  await partOf(tx).write(insertHeld, of);
  if (expiresAt !== null)
    await tx.schedule('expireReservation', { reservationId }, { at: expiresAt, key: expiryKey(reservationId) });
  return undefined;
}

async function insertHeld(tx: Tx, all: readonly (Reservation & { at: Date })[]): Promise<readonly undefined[]> {
  const column = <K extends keyof (typeof all)[number]>(key: K) => all.map((one) => one[key]);
  tx.send(sql`
    insert into reservations (reservation_id, reference, user_id, account, amount, currency, order_id, status, expires_at, at)
    select reservation_id, reference, user_id, account, amount, currency, order_id, 'held', expires_at, at
    from unnest(${column('reservationId')}::uuid[], ${column('reference')}::text[], ${column('userId')}::uuid[], ${column('account')}::text[], ${column('amount')}::bigint[], ${column('currency')}::text[], ${column('orderId')}::uuid[], ${column('expiresAt')}::timestamptz[], ${column('at')}::timestamptz[])
      as t (reservation_id, reference, user_id, account, amount, currency, order_id, expires_at, at)`);
  return all.map(() => undefined);
}

/**
 * The second phase, at most once: all that was reserved goes to `to`, which sums to it. False: it had ended before, and
 * nothing moved. Also for one that a release before this table took in: its owner's row is what it is known by.
 */
export async function endReservation(
  tx: Tx,
  reservation: Reservation,
  of: {
    status: 'posted' | 'voided' | 'expired';
    kind: TransactionKind;
    reference: string;
    actorId: string | null;
    memo: string | null;
    at: Date;
    to: readonly Posting[];
    /** Posted right after it, if the money is there. */
    also?: Movement | undefined;
  },
): Promise<false | { also: Posted | undefined }> {
  const { reservationId, reference, userId, account, amount, currency, orderId, expiresAt } = reservation;
  const back = of.to.filter((one) => one.account === 'available' && one.userId === userId);
  const posted = amount - back.reduce((sum, one) => sum + one.amount, 0n);
  const ended = await tx.run(sql`
    insert into reservations (reservation_id, reference, user_id, account, amount, currency, order_id, status, posted, expires_at, at, ended_at)
    values (${reservationId}, ${reference}, ${userId}, ${account}, ${amount}, ${currency}, ${orderId}, ${of.status}, ${posted}, ${expiresAt}, ${of.at}, ${of.at})
    on conflict (reservation_id) do update set status = excluded.status, posted = excluded.posted, ended_at = excluded.ended_at where reservations.status = 'held'`);
  if (ended === 0) return false;
  const end: Movement = {
    reference: of.reference,
    kind: of.kind,
    currency,
    orderId,
    actorId: of.actorId,
    memo: of.memo,
    at: of.at,
    postings: [{ account, userId, amount: -amount }, ...of.to],
  };
  const [moved, also] = await postEach(tx, of.also ? [end, of.also] : [end]);
  if (!moved?.ok) throw new Error(`reservation ${reservationId} does not hold its money`);
  if (expiresAt !== null && of.status !== 'expired') await tx.unschedule(expiryKey(reservationId));
  return { also };
}
