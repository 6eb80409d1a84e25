import type { Currency } from '#contracts/common/values.ts';
import type { OrderStatus, ResponseStatus } from '#contracts/orders/process-types.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import type { MilestonePlan } from './milestones.ts';

export interface ResponseRow {
  responseId: string;
  orderId: string;
  orderTitle: string;
  /** Of the order, as it is when the row is read. */
  orderStatus: OrderStatus;
  orderClientId: string;
  process: number;
  /** Some response of the order was accepted and its money is being held. */
  funding: boolean;
  weeklyHours: number | null;
  category: string;
  freelancerId: string;
  price: bigint;
  currency: Currency;
  days: number;
  letter: string;
  milestones: MilestonePlan[];
  counter: { amount: string; days: number; note: string | null; at: string } | null;
  status: ResponseStatus;
  reason: string | null;
  reasonCode: string | null;
  version: number;
  createdAt: Date;
  openedAt: Date | null;
  validUntil: Date | null;
  /** What responding held, in the order's currency. */
  deposit: bigint | null;
  depositId: string | null;
  depositStatus: 'held' | 'spent' | 'returned' | null;
  depositUntil: Date | null;
  attachments: { attachmentId: string; fileName: string; contentType: string; size: number }[];
}

export const responseColumns = sql`r.response_id as "responseId", r.order_id as "orderId", o.title as "orderTitle", o.status as "orderStatus", o.client_id as "orderClientId", o.process, o.pending_response_id is not null as funding, o.weekly_hours as "weeklyHours", o.category,
  r.freelancer_id as "freelancerId", r.price, r.currency, r.days, r.letter, r.milestones, r.counter, r.status, r.reason, r.reason_code as "reasonCode", r.version, r.created_at as "createdAt", r.opened_at as "openedAt", r.valid_until as "validUntil",
  r.deposit, r.deposit_id as "depositId", r.deposit_status as "depositStatus", r.deposit_until as "depositUntil",
  (select coalesce(jsonb_agg(jsonb_build_object('attachmentId', a.attachment_id, 'fileName', a.file_name, 'contentType', a.content_type, 'size', a.size) order by a.at), '[]') from attachments a where a.response_id = r.response_id) as attachments`;

export function responseById(db: Queries, responseId: string): Promise<ResponseRow | undefined> {
  return db.maybe<ResponseRow>(
    sql`select ${responseColumns} from responses r join orders o using (order_id) where r.response_id = ${responseId}`,
  );
}

export const LIVE = sql`('submitted', 'shortlisted', 'accepting', 'accepted')`;

/** Those that wait for a decision, in the order of their ids. */
export function undecided(db: Queries, orderId: string): Promise<ResponseRow[]> {
  return db.many<ResponseRow>(
    sql`select ${responseColumns} from responses r join orders o using (order_id) where r.order_id = ${orderId} and r.status in ('submitted', 'shortlisted') order by r.response_id`,
  );
}
