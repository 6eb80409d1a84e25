import { z } from 'zod';
import { ordersEvents } from '#contracts/orders/events.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { Job } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { learn } from '../data/dictionary.ts';
import { keepMatches, type Match, matchesOf, takeHits } from '../data/saved-searches.ts';

const nothing = z.strictObject({});
/** New listings that are looked at together. */
const BATCH = 100;
/** Entries of one event, and orders that an entry names. */
const PER_EVENT = 50;
const NAMED = 5;

/**
 * New listings: their words are learnt, and who saved a search that they fit is told. They are taken, told and counted in one
 * transaction, so that each is told once, whatever replica does it and how often it is tried.
 */
export const announceListings: Job<OrdersContext, z.infer<typeof nothing>> = {
  payload: nothing,
  async run(ctx) {
    while ((await ctx.db.tx((tx) => announceSome(ctx, tx))) === BATCH);
  },
};

async function announceSome(ctx: OrdersContext, tx: Tx): Promise<number> {
  const news = await tx.many<{ orderId: string }>(sql`
    delete from listing_news where order_id in (select order_id from listing_news order by order_id limit ${BATCH} for update skip locked) returning order_id as "orderId"`);
  if (news.length === 0) return 0;
  const orderIds = news.map((one) => one.orderId);
  const matches = await matchesOf(tx, orderIds);
  if (matches.length > 0) await keepMatches(tx, matches, ctx.clock.now());
  tell(tx, oncePerOrder(matches.filter((match) => match.frequency === 'instant')));
  const texts = await tx.many<{ text: string }>(
    sql`select title || ' ' || array_to_string(tags, ' ') as text from orders where listed and order_id = any(${orderIds}::uuid[])`,
  );
  await learn(
    tx,
    texts.map((one) => one.text),
  );
  return news.length;
}

/** Several searches of a person may find the same order: the oldest of them tells. */
function oncePerOrder(matches: readonly Match[]): Match[] {
  const told = new Set<string>();
  return matches.filter(({ userId, orderId }) => {
    const key = `${userId} ${orderId}`;
    return !told.has(key) && told.add(key);
  });
}

/** What daily searches found, and on Mondays what weekly ones did, at 9 in the morning in Moscow. */
export const tellSavedSearches: Job<OrdersContext, z.infer<typeof nothing>> = {
  payload: nothing,
  cron: '0 6 * * *',
  async run(ctx) {
    const monday = ctx.clock.now().getUTCDay() === 1;
    const due = monday ? (['daily', 'weekly'] as const) : (['daily'] as const);
    let taken: number;
    do {
      taken = await ctx.db.tx(async (tx) => {
        const hits = await takeHits(tx, due, BATCH);
        tell(
          tx,
          hits.filter((hit) => hit.title !== ''),
        );
        return hits.length;
      });
    } while (taken > 0);
  },
};

/** One entry a search; a person comes once in an event, because an event tells a person of a kind of news once. */
function tell(tx: Tx, matches: readonly Match[]): void {
  const bySearch = Map.groupBy(matches, (match) => match.savedSearchId);
  const rounds: (readonly Match[])[][] = [];
  const rank = new Map<string, number>();
  for (const found of bySearch.values()) {
    const { userId } = found[0] as Match;
    const round = rank.get(userId) ?? 0;
    rank.set(userId, round + 1);
    const entries = rounds[round] ?? [];
    entries.push(found);
    rounds[round] = entries;
  }
  for (const round of rounds)
    for (let at = 0; at < round.length; at += PER_EVENT) emitMatches(tx, round.slice(at, at + PER_EVENT));
}

function emitMatches(tx: Tx, entries: readonly (readonly Match[])[]): void {
  const batchId = newId();
  const matches = entries.map((found) => {
    const { userId, savedSearchId, name, query, frequency } = found[0] as Match;
    const orders = found.slice(0, NAMED).map(({ orderId, title }) => ({ orderId, title }));
    return { userId, savedSearchId, name, query, frequency, total: found.length, orders };
  });
  tx.emit(ordersEvents.savedSearchMatched, batchId, { batchId, matches });
}
