import type { Locale } from '#contracts/common/values.ts';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ReasonCode } from '#contracts/orders/reasons.ts';
import { processOf, type ResponseAction } from '#contracts/orders/process.ts';
import type { Actor, ResponseStatus } from '#contracts/orders/process-types.ts';
import { join, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import { retime, timersOf } from './clocks.ts';
import type { OrdersContext } from './context.ts';
import { record } from './data/history.ts';
import type { Order } from './data/orders.ts';
import { type ResponseRow, responseById, undecided } from './data/responses.ts';
import { endDeposit } from './deposit.ts';
import { decideResponse } from './domain/process.ts';
import { factsOf, refuse } from './step.ts';

export interface ResponseStep {
  readonly action: ResponseAction;
  readonly actor: Actor;
  readonly actorId: string | null;
  /** A person's words, and why the platform acted. */
  readonly reason?: string | null;
  readonly code?: ReasonCode;
  readonly locale?: Locale;
  readonly set?: readonly Sql[];
  /** Fields before and after. */
  readonly changes?: object;
}

/** Moves on the way to a deal: the deal itself tells how they end. */
const QUIET: readonly ResponseAction[] = ['accept', 'hold_refused'];
type Told = Exclude<ResponseStatus, 'accepting'>;

/**
 * One step of a response: row, history of the order (which the client and its author see), event, timers, and what
 * becomes of the deposit. The order's lock guards it.
 */
export async function moveResponse(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  response: ResponseRow,
  step: ResponseStep,
): Promise<ResponseRow> {
  const { responseId, freelancerId } = response;
  const decision = decideResponse(
    order.process,
    step,
    response.status,
    factsOf(order, { countered: response.counter !== null }),
  );
  if (!decision.ok) throw refuse(decision.why === 'wrong_state' ? 'response_closed' : decision.why, step.locale);
  const to = decision.to ?? response.status;
  const now = ctx.clock.now();
  const [reason, reasonCode] = [step.reason ?? null, step.code ?? null];
  // A decision is a look too.
  const opened = step.actor === 'client' ? [sql`opened_at = coalesce(opened_at, ${now})`] : [];
  const set = [
    sql`status = ${to}, reason = ${reason}, reason_code = ${reasonCode}, version = version + 1`,
    ...opened,
    ...(step.set ?? []),
  ];
  await tx.run(sql`update responses set ${join(set)} where response_id = ${responseId}`);
  const after = found(await responseById(tx, responseId));
  record(tx, {
    orderId: order.orderId,
    at: now,
    actor: step.actor,
    actorId: step.actorId,
    action: `response_${step.action}`,
    from: order.status,
    to: order.status,
    reason,
    reasonCode: step.code,
    changes: { responseId, ...(to === response.status ? {} : { before: response.status, after: to }), ...step.changes },
    about: freelancerId,
  });
  if (!QUIET.includes(step.action)) emitResponse(tx, order, after, step);
  await retimeResponse(tx, ctx, order, response.status, after);
  return await endDeposit(tx, ctx, order, after, step.action);
}

function emitResponse(tx: Tx, order: Order, after: ResponseRow, step: ResponseStep): void {
  const { responseId, freelancerId, version, reason } = after;
  const { orderId, title, clientId, process } = order;
  tx.emit(
    ordersEvents.responseChanged,
    responseId,
    {
      responseId,
      orderId,
      title,
      clientId,
      freelancerId,
      status: after.status as Told,
      price: { amount: String(after.price), currency: after.currency },
      process,
      action: step.action,
      actorKind: step.actor,
      reason,
      reasonCode: step.code ?? null,
      ...(step.action === 'counter' ? { counter: true } : {}),
    },
    version,
  );
}

/** How long it stands, and until when silence keeps its deposit. */
export async function retimeResponse(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  left: ResponseStatus,
  response: ResponseRow,
): Promise<void> {
  await retime(tx, ctx, processOf(order.process).responseTimers, {
    id: response.responseId,
    left,
    state: response.status,
    moment: (name) => response[name],
    settings: timersOf(order),
    payload: { orderId: order.orderId, responseId: response.responseId },
  });
}

/** What waits for a decision on an order that is no longer open ends, each with its event. */
export async function closeResponses(
  tx: Tx,
  ctx: OrdersContext,
  order: Order,
  of: { action: 'choose_other' | 'close' | 'expire'; code: ReasonCode },
): Promise<void> {
  for (const response of await undecided(tx, order.orderId))
    await moveResponse(tx, ctx, order, response, { ...of, actor: 'system', actorId: null });
}
