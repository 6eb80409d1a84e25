/** Orders, users, messenger and payments as support sees them, when they do not run in the test. */
import { randomUUID } from 'node:crypto';
import { Problem } from '#kit/problem.ts';
import type { SupportContext } from '../context.ts';

export interface StandIns {
  readonly calls: string[];
  /** Services that do not answer. */
  readonly away: Set<string>;
  /** The next call of a route ends with this problem, without an effect. */
  readonly fails: Map<string, string>;
  /** The next calls of these routes have their effect, but their answer is lost. */
  readonly lost: Set<string>;
  order(clientId: string, freelancerId: string): string;
  review(authorId: string, targetId: string, published?: boolean): string;
  orders: Map<string, { status: string; clientId: string; freelancerId: string }>;
  reviews: Map<string, Review>;
  /** Fees of disputes: what was taken and what of it went back, by ticket. */
  fees: Map<string, { taken: string; returned: string | null }>;
  /** Who lacks the money for a fee. */
  poor: Set<string>;
}

interface Review {
  authorId: string;
  targetId: string;
  publishedAt: string | null;
  deletedAt: string | null;
  redactedAt: string | null;
  moderatedBy: string | null;
  original: string | null;
  text: string;
}

type Call = {
  params?: Record<string, string>;
  query?: Record<string, string>;
  // biome-ignore lint/suspicious/noExplicitAny: each route has its own body
  body?: Record<string, any>;
  idempotencyKey?: string;
};

/** Puts stand-ins in place of the clients of a support that runs in this process. */
export function standIn(ctx: SupportContext): StandIns {
  const at = '2026-11-23T10:00:00.000Z';
  const stand: StandIns = {
    calls: [],
    away: new Set(),
    fails: new Map(),
    lost: new Set(),
    orders: new Map(),
    reviews: new Map(),
    fees: new Map(),
    poor: new Set(),
    order(clientId, freelancerId) {
      const id = randomUUID();
      stand.orders.set(id, { status: 'in_progress', clientId, freelancerId });
      return id;
    },
    review(authorId, targetId, published = true) {
      const id = randomUUID();
      const untouched = {
        deletedAt: null,
        redactedAt: null,
        moderatedBy: null,
        original: null,
        text: 'плохо, звоните +7',
      };
      stand.reviews.set(id, { authorId, targetId, publishedAt: published ? at : null, ...untouched });
      return id;
    },
  };
  const had = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Problem('not_found');
    return value;
  };
  const move = (id: string, from: string, to: string) => {
    const order = had(stand.orders.get(id));
    if (order.status !== from) throw new Problem('conflict', { detail: `the order is ${order.status}` });
    order.status = to;
    return { orderId: id, status: to };
  };
  const endFee = (id: string, kept: string) => {
    const fee = had(stand.fees.get(id));
    const returned = (BigInt(fee.taken) - BigInt(kept)).toString();
    if (fee.returned !== null && fee.returned !== returned) throw new Problem('payments.reservation_ended');
    fee.returned = returned;
    return { reservationId: id };
  };
  const ENDS: Record<string, string> = { release: 'completed', refund: 'cancelled', split: 'split' };
  const services: Record<string, Record<string, (call: Call) => unknown>> = {
    orders: {
      getOrderContext: ({ params }) => ({
        orderId: params?.['orderId'],
        title: 'Логотип',
        category: 'design',
        price: { amount: '1000', currency: 'RUB' },
        deadline: null,
        createdAt: at,
        history: [],
        ...had(stand.orders.get(params?.['orderId'] ?? '')),
      }),
      openDispute: ({ params }) => move(params?.['orderId'] ?? '', 'in_progress', 'disputed'),
      ruleDispute: ({ params, body }) =>
        move(params?.['orderId'] ?? '', 'disputed', ENDS[body?.['outcome'] ?? ''] ?? ''),
      getReview: ({ params }) => ({
        reviewId: params?.['reviewId'],
        orderId: randomUUID(),
        rating: 1,
        ...had(stand.reviews.get(params?.['reviewId'] ?? '')),
      }),
      deleteReview: ({ params, body }) => {
        const review = had(stand.reviews.get(params?.['reviewId'] ?? ''));
        if (review.deletedAt) throw new Problem('conflict');
        review.deletedAt = at;
        review.moderatedBy = body?.['actorId'] ?? null;
        return { reviewId: params?.['reviewId'], ...review };
      },
      redactReview: ({ params, body }) => {
        const review = had(stand.reviews.get(params?.['reviewId'] ?? ''));
        review.original ??= review.text;
        for (const part of (body?.['parts'] ?? []) as string[]) review.text = review.text.replaceAll(part, '[…]');
        review.redactedAt = at;
        review.moderatedBy = body?.['actorId'] ?? null;
        return { reviewId: params?.['reviewId'], ...review };
      },
      restoreReview: ({ params, body }) => {
        const review = had(stand.reviews.get(params?.['reviewId'] ?? ''));
        const text = review.original ?? review.text;
        Object.assign(review, { text, original: null, deletedAt: null, redactedAt: null });
        review.moderatedBy = body?.['actorId'] ?? null;
        return { reviewId: params?.['reviewId'], ...review };
      },
      resumeDeal: ({ params }) => move(params?.['orderId'] ?? '', 'disputed', 'in_progress'),
    },
    payments: {
      getOrderMoney: () => {
        throw new Problem('not_found');
      },
      getTransaction: ({ params, query }) => {
        if (params?.['transactionId'] !== query?.['userId']) throw new Problem('not_found');
        return { transactionId: params?.['transactionId'], kind: 'topup', orderId: null, at, memo: null, postings: [] };
      },
      reserveMoney: ({ body }) => {
        const reservationId = String(body?.['reference']).replace('dispute-fee:', '');
        if (stand.poor.has(body?.['userId'])) throw new Problem('payments.not_enough_money', { detail: '50 RUB' });
        if (!stand.fees.has(reservationId))
          stand.fees.set(reservationId, { taken: body?.['amount'].amount, returned: null });
        return { reservationId };
      },
      postReservation: ({ params, body }) => endFee(params?.['reservationId'] ?? '', body?.['amount'].amount),
      voidReservation: ({ params }) => endFee(params?.['reservationId'] ?? '', '0'),
    },
    messenger: {
      getHistory: () => ({ items: [], nextCursor: null }),
      getMessage: ({ params, query }) => {
        if (params?.['messageId'] !== query?.['participantId']) throw new Problem('not_found');
        const ids = { messageId: params?.['messageId'], conversationId: randomUUID(), orderId: randomUUID() };
        return { ...ids, senderId: randomUUID(), sentAt: at, text: 'привет', deleted: false };
      },
    },
    users: {
      checkVisible: ({ params, query }) => {
        if (params?.['userId'] === query?.['viewerId']) throw new Problem('not_found');
        return { userId: params?.['userId'], displayName: 'Имя' };
      },
      getPeople: ({ query }) => ({
        items: (query?.['ids'] ?? '').split(',').map((userId) => ({
          userId,
          displayName: 'Имя',
          slug: 'name',
          avatarUrl: null,
          headline: null,
          country: null,
          rating: null,
          reviewCount: 0,
          status: 'active',
        })),
      }),
    },
  };
  for (const [service, routes] of Object.entries(services))
    (ctx.clients as Record<string, unknown>)[service] = Object.fromEntries(
      Object.entries(routes).map(([name, route]) => [
        name,
        async (call: Call) => {
          stand.calls.push(`${service}.${name}`);
          if (stand.away.has(service)) throw new Problem('unavailable');
          const code = stand.fails.get(name);
          stand.fails.delete(name);
          if (code) throw new Problem(code);
          const answer = route(call);
          if (stand.lost.delete(name)) throw new Problem('timeout');
          return answer;
        },
      ]),
    );
  return stand;
}
