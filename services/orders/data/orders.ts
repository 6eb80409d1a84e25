import type { Currency, Money } from '#contracts/common/values.ts';
import type { DealTerms } from '#contracts/orders/events.ts';
import type { OrderStatus } from '#contracts/orders/process-types.ts';
import { type Queries, type Sql, sql, type Tx } from '#kit/db/db.ts';
import type { TimerSettings } from '../clocks.ts';
import { vectorOf } from './words.ts';

/** What lists need of an order. */
export interface OrderRow {
  orderId: string;
  clientId: string;
  title: string;
  description: string;
  category: string;
  tags: string[];
  skills: string[];
  styles: string[];
  budgetMin: bigint;
  budgetMax: bigint;
  currency: Currency;
  deadline: Date | null;
  status: OrderStatus;
  access: 'open' | 'invited';
  urgent: boolean;
  nda: boolean;
  /** `hourly`: budget and price are of an hour. */
  pricing: 'fixed' | 'hourly';
  weeklyHours: number | null;
  publishedAt: Date | null;
  createdAt: Date;
  responseCount: number;
}

export interface OpenProposal {
  readonly proposalId: string;
  readonly by: 'client' | 'freelancer';
  readonly kind: string;
  readonly status: 'open' | 'funding';
  readonly freelancerAmount: string | null;
}

/** An order with what its process looks at. */
export interface Order extends OrderRow {
  process: number;
  version: number;
  unpaidUntil: Date | null;
  expiresAt: Date | null;
  placementId: string | null;
  placementFee: bigint | null;
  refusal: { code: string; missing: Money | null; at: string } | null;
  pendingResponseId: string | null;
  freelancerId: string | null;
  price: bigint | null;
  terms: DealTerms | null;
  /** The settings of its timers, as they were when it was published. */
  timers: TimerSettings | null;
  /** What responding holds of the freelancer's money; null: nothing. */
  responseDeposit: { amount: Money; silenceDays: number } | null;
  weeksOpen: number;
  weeksPaid: number;
  dueAt: Date | null;
  deliveredAt: Date | null;
  byMilestones: boolean;
  revisionsUsed: number;
  revisionsLimit: number;
  reviewDays: number;
  revealDays: number;
  reviewEndsAt: Date | null;
  completedAt: Date | null;
  /** What escrow holds of the price now, less what is on its way out; and the client's fee on top. */
  held: bigint;
  heldFee: bigint;
  /** The price parts of the single holds: each is settled, and its commission taken, by itself. */
  heldParts: string[];
  holdStatuses: string[];
  /** Files of the order or of its work. */
  hasFiles: boolean;
  milestonesOpen: number;
  proposal: OpenProposal | null;
}

export const orderColumns = sql`o.order_id as "orderId", o.client_id as "clientId", o.title, o.description, o.category, o.tags, o.skills, o.styles, o.budget_min as "budgetMin", o.budget_max as "budgetMax", o.currency, o.deadline, o.status, o.access, o.urgent, o.nda, o.pricing, o.weekly_hours as "weeklyHours",
  o.published_at as "publishedAt", o.created_at as "createdAt", o.response_count as "responseCount"`;

const dealColumns = sql`${orderColumns}, o.process, o.version, o.unpaid_until as "unpaidUntil", o.expires_at as "expiresAt", o.placement_id as "placementId", o.placement_fee as "placementFee", o.refusal, o.pending_response_id as "pendingResponseId",
  o.freelancer_id as "freelancerId", o.price, o.terms, o.due_at as "dueAt", o.delivered_at as "deliveredAt", o.by_milestones as "byMilestones", o.revisions_used as "revisionsUsed", o.revisions_limit as "revisionsLimit", o.review_days as "reviewDays",
  o.reveal_days as "revealDays", o.review_ends_at as "reviewEndsAt", o.completed_at as "completedAt",
  o.timers, o.response_deposit as "responseDeposit",
  exists (select 1 from attachments f where f.order_id = o.order_id and f.kind <> 'response') as "hasFiles",
  (select coalesce(sum(h.amount - h.fee), 0)::bigint from holds h where h.order_id = o.order_id and h.status = 'held') as held,
  (select coalesce(sum(h.fee), 0)::bigint from holds h where h.order_id = o.order_id and h.status = 'held') as "heldFee",
  (select coalesce(array_agg((h.amount - h.fee)::text order by h.hold_id), '{}') from holds h where h.order_id = o.order_id and h.status = 'held') as "heldParts",
  (select coalesce(array_agg(distinct h.status), '{}') from holds h where h.order_id = o.order_id) as "holdStatuses",
  (select count(*)::int from milestones m where m.order_id = o.order_id and m.status not in ('completed', 'cancelled')) as "milestonesOpen",
  (select count(*)::int from weeks w where w.order_id = o.order_id and w.status not in ('approved', 'cancelled')) as "weeksOpen",
  (select count(*)::int from weeks w where w.order_id = o.order_id and w.paid > 0) as "weeksPaid",
  (select jsonb_build_object('proposalId', p.proposal_id, 'by', p.by_side, 'kind', p.terms->>'kind', 'status', p.status, 'freelancerAmount', p.terms->'freelancerAmount'->>'amount') from proposals p where p.order_id = o.order_id and p.status in ('open', 'funding')) as proposal`;

export function orderById(db: Queries, orderId: string): Promise<Order | undefined> {
  return db.maybe<Order>(sql`select ${dealColumns} from orders o where o.order_id = ${orderId}`);
}

/** The order for a change: steps of one deal come one after the other. */
export async function lockOrder(tx: Tx, orderId: string): Promise<Order | undefined> {
  // Two statements: what the second reads of other tables is as of after the lock was granted.
  const row = await tx.maybe(sql`select 1 from orders where order_id = ${orderId} for update`);
  return row ? await orderById(tx, orderId) : undefined;
}

/** Words of an order; the title weighs most. Secret details are not searched. */
export function searchVector(of: { title: string; description: string; tags: readonly string[]; nda: boolean }): Sql {
  const words = of.nda ? '' : of.description;
  return sql`setweight(${vectorOf(of.title)}, 'A') || setweight(${vectorOf(of.tags.join(' '))}, 'B') || setweight(${vectorOf(words)}, 'C')`;
}

export interface NewOrder extends Pick<OrderRow, 'orderId' | 'clientId' | 'title' | 'description' | 'category'> {
  tags: readonly string[];
  skills: readonly string[];
  styles: readonly string[];
  budget: { min: string; max: string; currency: string };
  deadline: string | null;
  access: string;
  urgent: boolean;
  nda: boolean;
  process: number;
  createdAt: Date;
  revisionsLimit: number;
  reviewDays: number;
  revealDays: number;
  pricing: string;
  weeklyHours: number | null;
  timers: TimerSettings;
}

export function insertOrder(tx: Tx, of: NewOrder): void {
  tx.send(sql`
    insert into orders (order_id, client_id, title, description, category, tags, skills, styles, budget_min, budget_max, currency, deadline, status, access, urgent, nda, pricing, weekly_hours, timers, process, created_at, revisions_limit, review_days, reveal_days, search)
    values (${of.orderId}, ${of.clientId}, ${of.title}, ${of.description}, ${of.category}, ${of.tags}, ${of.skills}, ${of.styles}, ${of.budget.min}, ${of.budget.max}, ${of.budget.currency}, ${of.deadline}, 'draft', ${of.access}, ${of.urgent}, ${of.nda}, ${of.pricing}, ${of.weeklyHours}, ${JSON.stringify(of.timers)},
      ${of.process}, ${of.createdAt}, ${of.revisionsLimit}, ${of.reviewDays}, ${of.revealDays}, ${searchVector(of)})`);
}
