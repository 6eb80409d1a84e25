import type { z } from 'zod';
import type { Currency } from '#contracts/common/values.ts';
import { ordersEvents, type ReasonCode } from '#contracts/orders/events.ts';
import type { responseView } from '#contracts/orders/views.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import type { MilestonePlan } from './milestones.ts';
import type { Order } from './orders.ts';

export interface ResponseRow {
  responseId: string;
  orderId: string;
  orderTitle: string;
  freelancerId: string;
  price: bigint;
  currency: Currency;
  days: number;
  letter: string;
  milestones: MilestonePlan[];
  counter: { amount: string; days: number; note: string | null; at: string } | null;
  status: z.input<typeof responseView>['status'];
  reason: string | null;
  reasonCode: string | null;
  version: number;
  createdAt: Date;
  attachments: { attachmentId: string; fileName: string; contentType: string; size: number }[];
}

export const responseColumns = sql`r.response_id as "responseId", r.order_id as "orderId", o.title as "orderTitle", r.freelancer_id as "freelancerId", r.price, r.currency, r.days, r.letter, r.milestones, r.counter, r.status, r.reason, r.reason_code as "reasonCode", r.version, r.created_at as "createdAt",
  (select coalesce(jsonb_agg(jsonb_build_object('attachmentId', a.attachment_id, 'fileName', a.file_name, 'contentType', a.content_type, 'size', a.size) order by a.at), '[]') from attachments a where a.response_id = r.response_id) as attachments`;

export function responseById(db: Queries, responseId: string): Promise<ResponseRow | undefined> {
  return db.maybe<ResponseRow>(
    sql`select ${responseColumns} from responses r join orders o using (order_id) where r.response_id = ${responseId}`,
  );
}

export const LIVE = sql`('submitted', 'shortlisted', 'accepting', 'accepted')`;

export function isLive(status: ResponseRow['status']): status is 'submitted' | 'shortlisted' {
  return status === 'submitted' || status === 'shortlisted';
}

type Told = 'submitted' | 'withdrawn' | 'shortlisted' | 'declined' | 'expired' | 'accepted';

/** Writes a response's new status with its event; `counter`: what happened is a counter-offer. */
export async function changeResponse(
  tx: Tx,
  order: Pick<Order, 'orderId' | 'title' | 'clientId'>,
  response: ResponseRow,
  to: { status: Told; reason?: string | null; code?: ReasonCode; counter?: boolean },
): Promise<ResponseRow> {
  const { responseId, freelancerId } = response;
  const [reason, reasonCode] = [to.reason ?? null, to.code ?? null];
  await tx.run(
    sql`update responses set status = ${to.status}, reason = ${reason}, reason_code = ${reasonCode}, version = version + 1 where response_id = ${responseId}`,
  );
  const { orderId, title, clientId } = order;
  const told = { responseId, orderId, title, clientId, freelancerId, status: to.status, reason, reasonCode };
  tx.emit(
    ordersEvents.responseChanged,
    responseId,
    { ...told, ...(to.counter ? { counter: true } : {}) },
    response.version + 1,
  );
  return found(await responseById(tx, responseId));
}

/** Live responses of an order that is no longer open end, each with its event. */
export async function closeResponses(
  tx: Tx,
  order: Order,
  to: { status: 'declined' | 'expired'; code: ReasonCode; except?: string },
): Promise<void> {
  const rows = await tx.many<ResponseRow>(sql`
    select ${responseColumns} from responses r join orders o using (order_id) where r.order_id = ${order.orderId} and r.status in ('submitted', 'shortlisted', 'accepting') and r.response_id is distinct from ${to.except ?? null}::uuid order by r.response_id`);
  for (const row of rows) await changeResponse(tx, order, row, to);
}
