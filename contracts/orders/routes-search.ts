import { z } from 'zod';
import { guest, route, signedIn } from '../common/define.ts';
import { id, page, pageQuery } from '../common/values.ts';
import { savedSearchFields, savedSearchView } from './saved-search.ts';
import {
  corrected,
  facets,
  foundFreelancer,
  freelancerFacets,
  freelancerQuery,
  orderHit,
  orderQuery,
} from './search.ts';

const bySavedSearch = z.object({ savedSearchId: id });
const own = signedIn({ owner: 'self' });
const ofOne = signedIn({ owner: 'ownSavedSearch' });

/** Search of orders and freelancers, and searches that are kept. */
export const searchRoutes = {
  searchOrders: route({
    method: 'GET',
    path: '/orders',
    summary: 'Search published orders: words in any form, filters, facets (on the first page)',
    rows: ['O3'],
    access: guest,
    query: z.object({ ...pageQuery, ...orderQuery }),
    reply: page(orderHit).extend({ facets: facets.nullable(), corrected }),
    example: { query: { q: 'логотип' } },
  }),
  searchFreelancers: route({
    method: 'GET',
    path: '/freelancers',
    summary:
      'Search freelancers by words, skill, style, language, country, rate, rating, availability; facets on the first page',
    rows: ['E3', 'U7'],
    access: guest,
    query: z.object({ ...pageQuery, ...freelancerQuery }),
    reply: page(foundFreelancer).extend({ facets: freelancerFacets.nullable(), corrected }),
    example: { query: { skill: 'logo' } },
  }),
  listSavedSearches: route({
    method: 'GET',
    path: '/me/saved-searches',
    summary: 'Own saved searches, newest first; all of them, their number is limited',
    rows: ['O3'],
    access: own,
    reply: z.object({ items: z.array(savedSearchView), limit: z.number().int() }),
  }),
  saveSearch: route({
    method: 'POST',
    path: '/me/saved-searches',
    summary: 'Save a search of orders, to hear of new ones that it finds',
    rows: ['O3'],
    access: own,
    idempotency: 'optional',
    body: z.strictObject({ ...savedSearchFields, frequency: savedSearchFields.frequency.default('instant') }),
    reply: savedSearchView,
    errors: ['orders.too_many_saved_searches', 'orders.nothing_to_search'],
    example: { body: { name: 'Логотипы', query: { q: 'логотип', budgetMin: '1000000' }, frequency: 'daily' } },
  }),
  getSavedSearch: route({
    method: 'GET',
    path: '/me/saved-searches/{savedSearchId}',
    summary: 'An own saved search',
    rows: ['O3'],
    access: ofOne,
    params: bySavedSearch,
    reply: savedSearchView,
  }),
  editSavedSearch: route({
    method: 'PATCH',
    path: '/me/saved-searches/{savedSearchId}',
    summary: 'Rename a saved search, change its conditions or how often it tells',
    rows: ['O3'],
    access: ofOne,
    ifMatch: true,
    params: bySavedSearch,
    body: z.strictObject(savedSearchFields).partial(),
    reply: savedSearchView,
    errors: ['orders.nothing_to_search'],
    example: { body: { frequency: 'weekly' } },
  }),
  deleteSavedSearch: route({
    method: 'DELETE',
    path: '/me/saved-searches/{savedSearchId}',
    summary: 'Delete a saved search; nothing more is told of it',
    rows: ['O3'],
    access: ofOne,
    params: bySavedSearch,
    reply: null,
  }),
};
