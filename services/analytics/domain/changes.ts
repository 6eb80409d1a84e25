import type { MetricName } from './metrics.ts';

/** The finest offset between time zones: whatever a reader's zone, his days are made of these. */
const QUARTER_MS = 900_000;

/** Start of the quarter of an hour that a moment falls in. */
export function bucketOf(at: Date): Date {
  return new Date(Math.floor(at.getTime() / QUARTER_MS) * QUARTER_MS);
}

/** A sum to add to a metric. */
export interface Fact {
  readonly metric: MetricName;
  readonly value: bigint;
  readonly dimension?: string;
  readonly category?: string;
}

export interface SumRow {
  metric: MetricName;
  bucket: Date;
  dimension: string;
  category: string;
  value: bigint;
}

/** A word about a thing, and when it was said: the later one counts, of two at one moment the greater. */
export interface Said<T> {
  readonly at: Date;
  readonly value: T;
}

export const ORDER_MOMENTS = [
  'created',
  'published',
  'firstResponse',
  'started',
  'completed',
  'disputed',
  'ended',
] as const;
export type OrderMoment = (typeof ORDER_MOMENTS)[number];

export interface OrderRow {
  orderId: string;
  clientId: string | null;
  category: Said<string> | undefined;
  freelancer: Said<string> | undefined;
  moments: Partial<Record<OrderMoment, Date>>;
}

/** What passed between an order and a freelancer. */
export interface BidRow {
  orderId: string;
  freelancerId: string;
  invited: Date | undefined;
  responded: Date | undefined;
  hired: Date | undefined;
}

export interface MoneyRow {
  userId: string;
  currency: string;
  bucket: Date;
  income: bigint;
  spent: bigint;
}

export interface TicketRow {
  ticketId: string;
  kind: string;
  opened: Date | undefined;
  firstAnswer: number | null;
  resolution: number | null;
  satisfaction: Said<number> | undefined;
}

/**
 * What some events change, added up. Every part commutes (sums, earliest, latest, sets), so that events may be added in any
 * order and any portions: the figures are the same.
 */
export class Changes {
  readonly sums = new Map<string, SumRow>();
  readonly active = new Map<string, { userId: string; bucket: Date }>();
  readonly orders = new Map<string, OrderRow>();
  readonly bids = new Map<string, BidRow>();
  readonly registered = new Map<string, Date>();
  readonly skills = new Map<string, Said<readonly string[]>>();
  readonly money = new Map<string, MoneyRow>();
  readonly tickets = new Map<string, TicketRow>();
  readonly views = new Map<string, { userId: string; day: string; viewer: string }>();

  sum(at: Date, fact: Fact): void {
    const { metric, dimension = '', category = '', value } = fact;
    const bucket = bucketOf(at);
    const key = `${metric}|${bucket.getTime()}|${dimension}|${category}`;
    const row = this.sums.get(key);
    if (row) row.value += value;
    else this.sums.set(key, { metric, bucket, dimension, category, value });
  }

  activity(at: Date, userId: string | null): void {
    if (userId === null) return;
    const bucket = bucketOf(at);
    this.active.set(`${bucket.getTime()}|${userId}`, { userId, bucket });
  }

  order(orderId: string): OrderRow {
    return getOr(this.orders, orderId, () => ({
      orderId,
      clientId: null,
      category: undefined,
      freelancer: undefined,
      moments: {},
    }));
  }

  bid(orderId: string, freelancerId: string): BidRow {
    return getOr(this.bids, `${orderId}|${freelancerId}`, () => ({
      orderId,
      freelancerId,
      invited: undefined,
      responded: undefined,
      hired: undefined,
    }));
  }

  personMoney(at: Date, userId: string, currency: string): MoneyRow {
    const bucket = bucketOf(at);
    return getOr(this.money, `${userId}|${currency}|${bucket.getTime()}`, () => ({
      userId,
      currency,
      bucket,
      income: 0n,
      spent: 0n,
    }));
  }

  ticket(ticketId: string, kind: string): TicketRow {
    return getOr(this.tickets, ticketId, () => ({
      ticketId,
      kind,
      opened: undefined,
      firstAnswer: null,
      resolution: null,
      satisfaction: undefined,
    }));
  }
}

function getOr<T>(map: Map<string, T>, key: string, make: () => T): T {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}

export function earliest(a: Date | undefined, b: Date): Date {
  return a !== undefined && a <= b ? a : b;
}

export function later<T extends string | number>(a: Said<T> | undefined, b: Said<T>): Said<T> {
  if (a === undefined) return b;
  const [before, after] = [a.at.getTime(), b.at.getTime()];
  return after > before || (after === before && b.value > a.value) ? b : a;
}

/** As `later`, for lists: compared as the database compares arrays, word by word. */
export function laterList(a: Said<readonly string[]> | undefined, b: Said<readonly string[]>): Said<readonly string[]> {
  if (a === undefined || b.at > a.at) return b;
  return b.at < a.at || b.value.join('\u0000') <= a.value.join('\u0000') ? a : b;
}

/** Seconds: the least known. */
export function least(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.min(a, b);
}
export function most(a: number | null, b: number | null): number | null {
  return a === null ? b : b === null ? a : Math.max(a, b);
}
