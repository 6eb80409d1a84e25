import type { z } from 'zod';
import { CURRENCIES } from '#contracts/common/values.ts';
import type { ordersEvents } from '#contracts/orders/events.ts';

type Match = z.output<(typeof ordersEvents)['savedSearchMatched']['data']>['matches'][number];

export function titlesOf(orders: Match['orders']): string {
  return orders.map((order) => `«${order.title}»`).join(', ');
}

/** Where the news leads in the web app: to the only order, else to the feed with the conditions of the search. */
export function pathOf(orders: Match['orders'], total: number, query: Match['query']): string {
  const [only] = orders;
  if (total === 1 && only) return `/orders/${only.orderId}`;
  const address = new URLSearchParams();
  const { q, category, tag = [], skill = [], style = [], budgetMin, budgetMax, currency = 'RUB' } = query;
  if (q) address.set('q', q);
  if (category) address.set('category', category);
  for (const one of tag) address.append('tag', one);
  for (const one of skill) address.append('skill', one);
  for (const one of style) address.append('style', one);
  const whole = (minor: string) => (BigInt(minor) / 10n ** BigInt(CURRENCIES[currency])).toString();
  if (budgetMin) address.set('min', whole(budgetMin));
  if (budgetMax) address.set('max', whole(budgetMax));
  return `/orders?${address}`;
}
