import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { BaseContext } from '../context.ts';
import { addDelivery } from '../data/deliveries.ts';
import { addNotification } from '../data/notifications.ts';
import type { Endpoint } from './endpoints.ts';

/**
 * Calls an endpoint no more and tells its owner, once. What waited has failed and stays in the log, to be replayed. Whoever
 * switches it on again begins anew.
 */
export async function stopEndpoint(
  ctx: BaseContext,
  endpoint: Pick<Endpoint, 'endpointId' | 'ownerId' | 'url'>,
  because: 'gone' | 'failing' | 'not_allowed',
): Promise<void> {
  const now = ctx.clock.now();
  await ctx.db.tx(async (tx) => {
    const stopped = await tx.run(sql`
      update webhook_endpoints set enabled = false, stopped_because = ${because}, next_at = null, claim_id = null, lease_until = null, version = version + 1
      where endpoint_id = ${endpoint.endpointId} and enabled`);
    if (stopped === 0) return;
    await tx.run(
      sql`update webhook_calls set state = 'failed' where endpoint_id = ${endpoint.endpointId} and state = 'waiting'`,
    );
    // Who may hear nothing is told nothing.
    if (because === 'not_allowed') return;
    const params = { host: new URL(endpoint.url).host, why: because };
    const notificationId = newId();
    const about = { userId: endpoint.ownerId, type: 'system', event: 'webhook_stopped', params } as const;
    await addNotification(
      tx,
      { ...about, notificationId, actorId: null, thread: null, readAt: null, createdAt: now },
      false,
    );
    await addDelivery(tx, {
      ...about,
      deliveryId: newId(),
      dedupeKey: `webhook:${notificationId}`,
      channel: 'email',
      notificationId,
      critical: false,
      sendAt: now,
      createdAt: now,
    });
  });
}
