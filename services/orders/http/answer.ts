import type { Locale } from '#contracts/common/values.ts';
import type { Tx } from '#kit/db/db.ts';
import type { Principal } from '#kit/service/types.ts';
import type { Order } from '../data/orders.ts';
import { detailView, NOBODY } from './views.ts';

/** The order after a step. Without names: no call belongs in a transaction; whoever wants them reads the order. */
export async function answer(tx: Tx, order: Order, req: { user: Principal; locale: Locale }) {
  const body = await detailView(tx, order, { user: req.user, locale: req.locale, people: NOBODY });
  return { body, version: order.version };
}
