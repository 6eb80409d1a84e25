import type { ResponseAction } from '#contracts/orders/process.ts';
import type { Tx } from '#kit/db/db.ts';
import type { OrdersContext } from './context.ts';
import type { Order } from './data/orders.ts';
import type { ResponseRow } from './data/responses.ts';

/** What a move of a response does to its deposit. */
export async function endDeposit(
  _tx: Tx,
  _ctx: OrdersContext,
  _order: Order,
  response: ResponseRow,
  _action: ResponseAction,
): Promise<ResponseRow> {
  return response;
}

/** Silence gives it back. */
export async function returnBySilence(
  _tx: Tx,
  _ctx: OrdersContext,
  _order: Order,
  response: ResponseRow,
): Promise<ResponseRow> {
  return response;
}
