import { type Queries, sql } from '#kit/db/db.ts';

export interface PushSubscriptionRow {
  subscriptionId: string;
  userId: string;
  endpoint: string;
  p256dh: string;
  auth: string;
}

/** Most devices of a person; the oldest makes room. */
const MOST = 10;

/** Keeps a device. The same endpoint again, also by who signs in there next, takes the place of the old. */
export async function keepSubscription(db: Queries, row: PushSubscriptionRow & { createdAt: Date }): Promise<string> {
  const { subscriptionId } = await db.one<{ subscriptionId: string }>(sql`
    insert into push_subscriptions (subscription_id, user_id, endpoint, p256dh, auth, created_at)
    values (${row.subscriptionId}, ${row.userId}, ${row.endpoint}, ${row.p256dh}, ${row.auth}, ${row.createdAt})
    on conflict (endpoint) do update set user_id = excluded.user_id, p256dh = excluded.p256dh, auth = excluded.auth
    returning subscription_id as "subscriptionId"`);
  await db.run(sql`
    delete from push_subscriptions where subscription_id in (
      select subscription_id from push_subscriptions where user_id = ${row.userId} order by subscription_id desc offset ${MOST})`);
  return subscriptionId;
}

export function subscriptionsOf(db: Queries, userId: string): Promise<PushSubscriptionRow[]> {
  return db.many<PushSubscriptionRow>(sql`
    select subscription_id as "subscriptionId", user_id as "userId", endpoint, p256dh, auth
    from push_subscriptions where user_id = ${userId} order by subscription_id`);
}

/** Who of the people has a device that takes web push. */
export async function withDevices(db: Queries, userIds: readonly string[]): Promise<ReadonlySet<string>> {
  const rows = await db.many<{ userId: string }>(sql`
    select distinct user_id as "userId" from push_subscriptions where user_id = any(${[...userIds]}::uuid[])`);
  return new Set(rows.map((row) => row.userId));
}

/** Number removed. `userId`: only if it is his. */
export function removeSubscription(db: Queries, subscriptionId: string, userId?: string): Promise<number> {
  return db.run(sql`
    delete from push_subscriptions
    where subscription_id = ${subscriptionId} and (${userId ?? null}::uuid is null or user_id = ${userId ?? null}::uuid)`);
}
