/** The provider's books: in memory, and in a file when there is a folder. */
import { isDeepStrictEqual } from 'node:util';
import { v7 as uuidv7 } from 'uuid';
import { HttpError } from '../http.ts';
import { type JsonLines, openJsonLines } from '../json-lines.ts';
import type { Callback, NewPayment, NewPayout, Payment, Payout, StatementLine } from './model.ts';

type Line =
  | { readonly payment: Payment }
  | { readonly payout: Payout }
  | { readonly callback: Callback }
  | { readonly callbackDone: string };

/** Operations and open callbacks kept; the oldest go first. */
const KEEP = 50_000;

export class ProviderStore {
  readonly payments = new Map<string, Payment>();
  readonly payouts = new Map<string, Payout>();
  readonly callbacks = new Map<string, Callback>();
  readonly #byReference = new Map<string, string>();
  /** What has moved money, in that order. */
  readonly #moved: (Payment | Payout)[] = [];
  readonly #lines: JsonLines<Line>;

  /** Reads what an earlier run left. Throws when the file can't be opened. */
  constructor(file: string | undefined) {
    const { kept, lines } = openJsonLines<Line>(file, { maxLines: 8 * KEEP, live: () => this.#live() });
    this.#lines = lines;
    for (const line of kept) this.#take(line);
    const moved = [...this.payments.values(), ...this.payouts.values()].filter(({ sequence }) => sequence !== null);
    this.#moved.push(...moved.sort((a, b) => (a.sequence ?? 0) - (b.sequence ?? 0)));
  }

  /** Gives the payment of this reference, new or not. Throws 409 when it was made with another body. */
  addPayment(body: NewPayment): { payment: Payment; isNew: boolean } {
    const earlier = this.paymentByReference(body.reference);
    if (earlier) {
      requireSame(body, earlier);
      return { payment: earlier, isNew: false };
    }
    const payment: Payment = { ...body, ...fresh('pay'), status: 'pending' };
    this.#put({ payment });
    return { payment, isNew: true };
  }

  addPayout(body: NewPayout, fate: Payout['fate']): { payout: Payout; isNew: boolean } {
    const earlier = this.payoutByReference(body.reference);
    if (earlier) {
      requireSame(body, earlier);
      return { payout: earlier, isNew: false };
    }
    const payout: Payout = { ...body, ...fresh('out'), status: 'pending', fate };
    this.#put({ payout });
    return { payout, isNew: true };
  }

  paymentByReference(reference: string): Payment | undefined {
    return this.payments.get(this.#byReference.get(`payment ${reference}`) ?? '');
  }

  payoutByReference(reference: string): Payout | undefined {
    return this.payouts.get(this.#byReference.get(`payout ${reference}`) ?? '');
  }

  /** Settles a pending payment. Undefined when it is settled already: a payment ends once. */
  settlePayment(id: string, status: 'succeeded' | 'declined'): Payment | undefined {
    const pending = this.payments.get(id);
    if (pending?.status !== 'pending') return undefined;
    const payment: Payment = { ...pending, status, ...this.#settlement(status === 'succeeded') };
    this.#put({ payment });
    if (payment.sequence !== null) this.#moved.push(payment);
    return payment;
  }

  /** The payer's bank takes a payment back. Undefined when it has not succeeded, or was taken back already. */
  chargeBack(id: string): Payment | undefined {
    const paid = this.payments.get(id);
    if (paid?.status !== 'succeeded') return undefined;
    const payment: Payment = { ...paid, status: 'charged_back' };
    this.#put({ payment });
    return payment;
  }

  settlePayout(id: string): Payout | undefined {
    const pending = this.payouts.get(id);
    if (pending?.status !== 'pending') return undefined;
    const payout: Payout = { ...pending, status: pending.fate, ...this.#settlement(pending.fate === 'paid') };
    this.#put({ payout });
    if (payout.sequence !== null) this.#moved.push(payout);
    return payout;
  }

  addCallback(callback: Omit<Callback, 'id'>): Callback {
    const added = { id: uuidv7(), ...callback };
    this.#put({ callback: added });
    return added;
  }

  endCallback(id: string): void {
    this.#put({ callbackDone: id });
  }

  /** Money that moved from `from` (inclusive) to `to` (exclusive), epoch ms, in the order in which it moved. */
  statement(from: number, to: number, after: number, limit: number): { items: StatementLine[]; next: number | null } {
    const found: (Payment | Payout)[] = [];
    for (const operation of this.#moved) {
      const at = Date.parse(operation.settledAt ?? operation.createdAt);
      if ((operation.sequence ?? 0) <= after || at < from || at >= to) continue;
      if (found.length === limit) return { items: found.map(lineOf), next: found.at(-1)?.sequence ?? null };
      found.push(operation);
    }
    return { items: found.map(lineOf), next: null };
  }

  close(): void {
    this.#lines.close();
  }

  #settlement(moved: boolean) {
    const sequence = moved ? (this.#moved.at(-1)?.sequence ?? 0) + 1 : null;
    return { settledAt: new Date().toISOString(), sequence };
  }

  #put(line: Line): void {
    this.#lines.append(line);
    this.#take(line);
  }

  #take(line: Line): void {
    if ('payment' in line) {
      this.payments.set(line.payment.id, line.payment);
      this.#byReference.set(`payment ${line.payment.reference}`, line.payment.id);
      const dropped = dropOldest(this.payments);
      if (dropped) this.#byReference.delete(`payment ${dropped.reference}`);
    } else if ('payout' in line) {
      this.payouts.set(line.payout.id, line.payout);
      this.#byReference.set(`payout ${line.payout.reference}`, line.payout.id);
      const dropped = dropOldest(this.payouts);
      if (dropped) this.#byReference.delete(`payout ${dropped.reference}`);
    } else if ('callback' in line) {
      this.callbacks.set(line.callback.id, line.callback);
      dropOldest(this.callbacks);
    } else {
      this.callbacks.delete(line.callbackDone);
    }
    if (this.#moved.length > 2 * KEEP) this.#moved.splice(0, 1_000);
  }

  *#live(): Iterable<Line> {
    for (const payment of this.payments.values()) yield { payment };
    for (const payout of this.payouts.values()) yield { payout };
    for (const callback of this.callbacks.values()) yield { callback };
  }
}

function fresh(prefix: string) {
  return { id: `${prefix}_${uuidv7()}`, createdAt: new Date().toISOString(), settledAt: null, sequence: null };
}

function lineOf(operation: Payment | Payout): StatementLine {
  const { id, reference, amount, settledAt, createdAt } = operation;
  return { kind: 'destination' in operation ? 'payout' : 'payment', id, reference, amount, at: settledAt ?? createdAt };
}

function requireSame(body: NewPayment | NewPayout, earlier: Payment | Payout): void {
  const kept: Record<string, unknown> = { ...earlier };
  const differs = Object.entries(body).find(([name, value]) => !isDeepStrictEqual(value, kept[name]));
  if (differs) {
    throw new HttpError(409, 'reference_reused', `The reference was used with another ${differs[0]}.`);
  }
}

function dropOldest<T>(map: Map<string, T>): T | undefined {
  if (map.size <= KEEP) return undefined;
  for (const [id, oldest] of map) {
    map.delete(id);
    return oldest;
  }
  return undefined;
}
