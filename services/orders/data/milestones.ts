import type { MilestoneStatus } from '#contracts/orders/process-types.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';

export interface MilestonePlan {
  readonly title: string;
  /** Minor units, in the order's currency. */
  readonly amount: string;
  readonly days: number;
}

export interface Milestone {
  milestoneId: string;
  orderId: string;
  position: number;
  title: string;
  amount: bigint;
  days: number;
  status: MilestoneStatus;
  dueAt: Date | null;
  deliveredAt: Date | null;
  reviewEndsAt: Date | null;
  revisionsUsed: number;
}

const columns = sql`milestone_id as "milestoneId", order_id as "orderId", position, title, amount, days, status, due_at as "dueAt", delivered_at as "deliveredAt", review_ends_at as "reviewEndsAt", revisions_used as "revisionsUsed"`;

export function milestonesOf(db: Queries, orderId: string): Promise<Milestone[]> {
  return db.many<Milestone>(sql`select ${columns} from milestones where order_id = ${orderId} order by position`);
}

/** Of the order, or none. Locked by the order's own lock. */
export function milestoneById(db: Queries, orderId: string, milestoneId: string): Promise<Milestone | undefined> {
  return db.maybe<Milestone>(
    sql`select ${columns} from milestones where milestone_id = ${milestoneId} and order_id = ${orderId}`,
  );
}

/** Adds milestones behind those that are there. */
export async function planMilestones(tx: Tx, orderId: string, plans: readonly MilestonePlan[]): Promise<string[]> {
  const { last } = await tx.one<{ last: number }>(
    sql`select coalesce(max(position), 0)::int as last from milestones where order_id = ${orderId}`,
  );
  const ids: string[] = [];
  for (const [index, plan] of plans.entries()) {
    const milestoneId = newId();
    await tx.run(sql`
      insert into milestones (milestone_id, order_id, position, title, amount, days, status)
      values (${milestoneId}, ${orderId}, ${last + index + 1}, ${plan.title}, ${plan.amount}, ${plan.days}, 'planned')`);
    ids.push(milestoneId);
  }
  return ids;
}
