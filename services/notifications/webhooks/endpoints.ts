import type { z } from 'zod';
import type { endpointView, WebhookEvent } from '#contracts/notifications/webhooks.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

type View = z.output<typeof endpointView>;
export interface Endpoint extends Omit<View, 'failingSince' | 'previousSecretUntil' | 'createdAt'> {
  ownerId: string;
  secretNumber: number;
  failingSince: Date | null;
  previousSecretUntil: Date | null;
  createdAt: Date;
}

export const endpointColumns = sql`endpoint_id as "endpointId", owner_id as "ownerId", scope, url, description, events, secret_number as "secretNumber",
  previous_secret_until as "previousSecretUntil", enabled, stopped_because as "stoppedBecause", failing_since as "failingSince", version, created_at as "createdAt"`;

/** Who asks: his own endpoints, and with the permission those of the platform. */
export interface Asker {
  readonly userId: string;
  readonly permissions: ReadonlySet<string>;
}
export const PLATFORM_PERMISSION = 'notifications.webhooks.platform';

const visibleTo = ({ userId, permissions }: Asker) =>
  permissions.has(PLATFORM_PERMISSION)
    ? sql`(scope = 'platform' or owner_id = ${userId})`
    : sql`(scope = 'own' and owner_id = ${userId})`;

export function endpointsOf(db: Queries, asker: Asker): Promise<Endpoint[]> {
  return db.many<Endpoint>(
    sql`select ${endpointColumns} from webhook_endpoints where ${visibleTo(asker)} order by endpoint_id limit 200`,
  );
}

export function endpointOf(db: Queries, endpointId: string, asker: Asker): Promise<Endpoint | undefined> {
  return db.maybe<Endpoint>(
    sql`select ${endpointColumns} from webhook_endpoints where endpoint_id = ${endpointId} and ${visibleTo(asker)}`,
  );
}

export function lockEndpoint(tx: Tx, endpointId: string, asker: Asker): Promise<Endpoint | undefined> {
  return tx.maybe<Endpoint>(sql`
    select ${endpointColumns} from webhook_endpoints where endpoint_id = ${endpointId} and ${visibleTo(asker)} for no key update`);
}

export async function addEndpoint(
  tx: Tx,
  row: Pick<Endpoint, 'endpointId' | 'ownerId' | 'scope' | 'url' | 'description' | 'events' | 'createdAt'>,
): Promise<Endpoint> {
  return await tx.one<Endpoint>(sql`
    insert into webhook_endpoints (endpoint_id, owner_id, scope, url, description, events, created_at)
    values (${row.endpointId}, ${row.ownerId}, ${row.scope}, ${row.url}, ${row.description}, ${row.events}, ${row.createdAt}) returning ${endpointColumns}`);
}

/** Switched on again it begins anew with what waits. */
export async function changeEndpoint(
  tx: Tx,
  endpointId: string,
  to: { url: string; description: string; events: readonly WebhookEvent[]; enabled: boolean; now: Date },
): Promise<Endpoint> {
  return await tx.one<Endpoint>(sql`
    update webhook_endpoints e set url = ${to.url}, description = ${to.description}, events = ${[...to.events]}, enabled = ${to.enabled}, version = version + 1,
      stopped_because = case when ${to.enabled}::boolean then null else stopped_because end,
      failing_since = case when ${to.enabled}::boolean then null else failing_since end,
      next_at = case when exists (select 1 from webhook_calls c where c.endpoint_id = e.endpoint_id and c.state = 'waiting') then ${to.now}::timestamptz end
    where endpoint_id = ${endpointId} returning ${endpointColumns}`);
}

export async function rotateSecret(tx: Tx, endpointId: string, previousUntil: Date): Promise<Endpoint> {
  return await tx.one<Endpoint>(sql`
    update webhook_endpoints set secret_number = secret_number + 1, previous_secret_until = ${previousUntil}, version = version + 1
    where endpoint_id = ${endpointId} returning ${endpointColumns}`);
}

export async function removeEndpoint(tx: Tx, endpointId: string): Promise<void> {
  await tx.run(sql`delete from webhook_endpoints where endpoint_id = ${endpointId}`);
}

export function viewEndpoint(row: Endpoint, now: Date): z.input<typeof endpointView> {
  const { previousSecretUntil: until } = row;
  return {
    ...row,
    failingSince: row.failingSince?.toISOString() ?? null,
    previousSecretUntil: until !== null && until > now ? until.toISOString() : null,
    createdAt: row.createdAt.toISOString(),
  };
}
