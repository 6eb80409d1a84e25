import type { z } from 'zod';
import type { ordersContract } from '#contracts/orders/index.ts';
import type { savedSearchView } from '#contracts/orders/saved-search.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import {
  comparable,
  insertSavedSearch,
  type SavedSearch,
  savedSearchById,
  savedSearchesOf,
} from '../data/saved-searches.ts';
import { settingAt } from '../data/settings.ts';
import { type Words, wordsOf } from '../data/words.ts';
import { searchable } from '../domain/query.ts';
import type { SavedQuery } from '../domain/saved-query.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

function view(search: SavedSearch): z.input<typeof savedSearchView> {
  const { userId: _userId, lastFoundAt, createdAt, ...rest } = search;
  return { ...rest, lastFoundAt: lastFoundAt?.toISOString() ?? null, createdAt: createdAt.toISOString() };
}

/** The words of a query; one of only words that can't be searched by would never find anything. */
async function wordsIn(db: Queries, query: SavedQuery): Promise<Words | undefined> {
  if (query.q === undefined) return undefined;
  const q = searchable(query.q);
  const words = q === undefined ? undefined : await wordsOf(db, q);
  if (!words)
    throw new Problem('orders.nothing_to_search', {
      errors: [{ pointer: '/body/query/q', detail: 'no word to search by' }],
    });
  return words;
}

export const listSavedSearches: H['listSavedSearches'] = async (ctx, req) => {
  const items = await savedSearchesOf(ctx.db, req.user.userId);
  const { perPerson } = await settingAt(ctx.db, 'orders.saved-searches', ctx.clock.now());
  return { body: { items: items.map(view), limit: perPerson } };
};

export const getSavedSearch: H['getSavedSearch'] = async (ctx, req) => {
  const search = found(await savedSearchById(ctx.db, req.params.savedSearchId, req.user.userId));
  return { body: view(search), version: search.version };
};

export const saveSearch: H['saveSearch'] = async (ctx, req) => {
  const { body, user } = req;
  const now = ctx.clock.now();
  const words = await wordsIn(ctx.db, body.query);
  const compared = await comparable(ctx.db, body.query, words);
  return req.tx(async (tx) => {
    // Two at once count one after the other.
    await tx.maybe(sql`select pg_advisory_xact_lock(hashtextextended(${`saved-searches:${user.userId}`}, 0))`);
    const { perPerson } = await settingAt(tx, 'orders.saved-searches', now);
    const { count } = await tx.one<{ count: number }>(
      sql`select count(*)::int as count from saved_searches where user_id = ${user.userId}`,
    );
    if (count >= perPerson) throw new Problem('orders.too_many_saved_searches', { detail: `${count} / ${perPerson}` });
    const search = await insertSavedSearch(tx, { ...body, ...compared, userId: user.userId, createdAt: now });
    return {
      body: view(search),
      version: search.version,
      headers: { location: `/api/v1/me/saved-searches/${search.savedSearchId}` },
    };
  });
};

export const editSavedSearch: H['editSavedSearch'] = async (ctx, req) => {
  const { body, user, params } = req;
  const words = body.query && (await wordsIn(ctx.db, body.query));
  const compared = body.query && (await comparable(ctx.db, body.query, words));
  return req.tx(async (tx) => {
    const { savedSearchId } = params;
    await tx.maybe(sql`select 1 from saved_searches where saved_search_id = ${savedSearchId} for update`);
    const before = found(await savedSearchById(tx, savedSearchId, user.userId));
    requireVersion(req, before.version);
    const after = { ...before, ...body };
    await tx.run(sql`
      update saved_searches set name = ${after.name}, query = ${JSON.stringify(after.query)}, frequency = ${after.frequency}, version = version + 1 where saved_search_id = ${savedSearchId}`);
    if (compared)
      await tx.run(sql`
        update saved_searches set anchors = ${compared.anchors}, keys = ${compared.keys}, phrases = ${compared.phrases} where saved_search_id = ${savedSearchId}`);
    // What waits was found by other conditions, or is not to be told.
    if (body.query || after.frequency === 'instant' || after.frequency === 'off')
      await tx.run(sql`delete from saved_search_hits where saved_search_id = ${savedSearchId}`);
    const search = found(await savedSearchById(tx, savedSearchId, user.userId));
    return { body: view(search), version: search.version };
  });
};

export const deleteSavedSearch: H['deleteSavedSearch'] = async (ctx, req) => {
  const { savedSearchId } = req.params;
  const gone = await ctx.db.run(
    sql`delete from saved_searches where saved_search_id = ${savedSearchId} and user_id = ${req.user.userId}`,
  );
  if (gone === 0) throw new Problem('not_found');
  return { body: null };
};
