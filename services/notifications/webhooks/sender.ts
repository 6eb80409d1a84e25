import type { CALL_ERRORS } from '#contracts/notifications/webhooks.ts';
import type { Contact } from '#contracts/users/internal.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { createOutbound, type Outbound, OutboundRefusal } from '#kit/net/outbound.ts';
import type { BaseContext } from '../context.ts';
import { contactsOf } from '../people.ts';
import { markDue, markForgotten } from './calls.ts';
import { type Endpoint, endpointColumns, PLATFORM_PERMISSION } from './endpoints.ts';
import { signedHeaders } from './secrets.ts';
import { stopEndpoint } from './stop.ts';

const TIMEOUT_MS = 10_000;
/** Longer than a call may take; a dead sender's endpoint is taken over after it. */
const LEASE_MS = 40_000;
const POLL_MS = 1_000;
/** Endpoints that one process serves at a time; each gets its calls one after the other. */
const AT_ONCE = 8;
/** Calls to one endpoint before others get their turn. */
const TURN = 20;
/** An owner or the answer about him that is away is asked for again after this. */
const ASK_AGAIN_MS = 5_000;
/** How often it is looked for what a process died over. */
const FORGOTTEN_MS = 30_000;
const MOST_RETRY_AFTER_MS = 3_600_000;

/** Between the tries of one call, growing; afterwards the last, until the endpoint is given up. */
const DELAYS_MS = [5, 30, 120, 600, 1_800, 3_600, 10_800, 21_600, 43_200].map((seconds) => seconds * 1000);
export function delayAfterTry(attempts: number): number {
  return DELAYS_MS[Math.min(attempts, DELAYS_MS.length) - 1] ?? 0;
}

export interface WebhookSender {
  start(): void;
  wake(): void;
  /** Calls were committed for these. */
  due(endpointIds: readonly string[]): void;
  close(): Promise<void>;
  readonly outbound: Outbound;
}

/** Sends what waits. Replicas share the endpoints: one has its lease at a time, so that its calls keep their order. */
export function createWebhookSender(ctx: BaseContext): WebhookSender {
  const outbound = createOutbound({ privateHosts: ctx.config.WEBHOOK_PRIVATE_HOSTS });
  const outcomes = ctx.telemetry.counter('artel.notifications.webhooks', {
    unit: '{call}',
    description: 'Tries to call endpoints, by outcome',
  });
  let closed = false;
  let woken = false;
  let rouse: () => void = () => {};
  let running: Promise<void> | undefined;

  function wake(): void {
    woken = true;
    rouse();
  }
  async function idle(): Promise<void> {
    if (woken || closed) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, POLL_MS);
      rouse = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
  async function worker(): Promise<void> {
    while (!closed) {
      woken = false;
      let served = false;
      try {
        served = await serveOne(ctx, outbound, (outcome) => outcomes.add(1, { outcome }));
      } catch (error) {
        ctx.log.warn({ err: error }, 'a round of webhooks failed and will be tried again');
        await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      }
      if (!served) return;
    }
  }
  async function loop(): Promise<void> {
    let looked = 0;
    while (!closed) {
      if (Date.now() - looked > FORGOTTEN_MS) {
        looked = Date.now();
        await markForgotten(ctx.db, ctx.clock.now()).catch(() => {});
      }
      // One looks; only when it finds work the others join.
      const first = await serveOneSafely();
      if (first) await Promise.all(Array.from({ length: AT_ONCE }, worker));
      else await idle();
    }
  }
  async function serveOneSafely(): Promise<boolean> {
    try {
      return await serveOne(ctx, outbound, (outcome) => outcomes.add(1, { outcome }));
    } catch (error) {
      ctx.log.warn({ err: error }, 'a round of webhooks failed and will be tried again');
      return false;
    }
  }
  return {
    outbound,
    start() {
      running ??= loop();
    },
    wake,
    due(endpointIds) {
      markDue(ctx.db, endpointIds, ctx.clock.now()).then(wake, (error: unknown) =>
        ctx.log.warn({ err: error }, 'webhooks wait for the next look'),
      );
    },
    async close() {
      closed = true;
      rouse();
      await running;
      await outbound.close();
    },
  };
}

interface Claimed extends Endpoint {
  claimId: string;
}

/** Takes one endpoint that is due and sends what waits for it. False: none is due. */
async function serveOne(ctx: BaseContext, outbound: Outbound, count: (outcome: string) => void): Promise<boolean> {
  const claimId = newId();
  const row = await ctx.db.maybe<Endpoint>(sql`
    update webhook_endpoints set claim_id = ${claimId}, lease_until = statement_timestamp() + ${LEASE_MS} * interval '1 millisecond'
    where endpoint_id = (
      select endpoint_id from webhook_endpoints
      where enabled and next_at <= ${ctx.clock.now()} and (lease_until is null or lease_until <= statement_timestamp())
      order by next_at limit 1 for no key update skip locked)
    returning ${endpointColumns}`);
  if (!row) return false;
  const endpoint: Claimed = { ...row, claimId };
  const allowed = await mayBeTold(ctx, endpoint);
  if (allowed === 'unknown') await release(ctx, endpoint, ASK_AGAIN_MS);
  else if (allowed === 'no') await stopEndpoint(ctx, endpoint, 'not_allowed');
  else await sendTurn(ctx, outbound, endpoint, count);
  return true;
}

/** An endpoint hears nothing once its owner is blocked, gone, or may no longer see it (Z4). */
async function mayBeTold(ctx: BaseContext, endpoint: Endpoint): Promise<'yes' | 'no' | 'unknown'> {
  try {
    const people: ReadonlyMap<string, Contact> = await contactsOf(ctx, [endpoint.ownerId]);
    const owner = people.get(endpoint.ownerId);
    if (!owner) return 'unknown';
    if (owner.status !== 'active') return 'no';
    if (endpoint.scope === 'own') return 'yes';
    const { allowed } = await ctx.clients.roles.checkPermission({
      query: { userId: endpoint.ownerId, permission: PLATFORM_PERMISSION },
    });
    return allowed ? 'yes' : 'no';
  } catch {
    return 'unknown';
  }
}

interface Waiting {
  callId: string;
  payload: unknown;
  attempts: number;
}

async function sendTurn(
  ctx: BaseContext,
  outbound: Outbound,
  endpoint: Claimed,
  count: (outcome: string) => void,
): Promise<void> {
  for (let sent = 0; sent < TURN; sent++) {
    // The lease is prolonged before each call: a slow sender never calls what another took over.
    const held = await ctx.db.run(sql`
      update webhook_endpoints set lease_until = statement_timestamp() + ${LEASE_MS} * interval '1 millisecond'
      where endpoint_id = ${endpoint.endpointId} and claim_id = ${endpoint.claimId} and enabled`);
    if (held === 0) return;
    const call = await ctx.db.maybe<Waiting>(sql`
      select call_id as "callId", payload, attempts from webhook_calls
      where endpoint_id = ${endpoint.endpointId} and state = 'waiting' order by position limit 1`);
    if (!call) break;
    const outcome = await tryCall(ctx, outbound, endpoint, call);
    count(outcome.kind);
    await noteTry(ctx.db, call.callId, outcome, ctx.clock.now());
    if (outcome.kind === 'delivered') {
      if (endpoint.failingSince !== null) {
        endpoint.failingSince = null;
        await ctx.db.run(
          sql`update webhook_endpoints set failing_since = null where endpoint_id = ${endpoint.endpointId}`,
        );
      }
      continue;
    }
    if (outcome.status === 410) return await stopEndpoint(ctx, endpoint, 'gone');
    const since = endpoint.failingSince ?? ctx.clock.now();
    if (ctx.clock.nowMs() - since.getTime() >= ctx.config.WEBHOOK_GIVE_UP)
      return await stopEndpoint(ctx, endpoint, 'failing');
    await ctx.db.run(sql`
      update webhook_endpoints set failing_since = coalesce(failing_since, ${since}) where endpoint_id = ${endpoint.endpointId}`);
    return await release(ctx, endpoint, outcome.retryAfterMs ?? delayAfterTry(call.attempts + 1));
  }
  await release(ctx, endpoint, undefined);
}

type CallError = (typeof CALL_ERRORS)[number];
interface Outcome {
  readonly kind: 'delivered' | 'refused';
  readonly status: number | null;
  readonly error: CallError | null;
  readonly retryAfterMs?: number | undefined;
}

async function tryCall(ctx: BaseContext, outbound: Outbound, endpoint: Endpoint, call: Waiting): Promise<Outcome> {
  const body = JSON.stringify(call.payload);
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'Artel-Webhooks/1',
    ...signedHeaders(ctx.secret('webhooks'), endpoint, { id: `msg_${call.callId}`, body, now: ctx.clock.now() }),
  };
  try {
    const { status, retryAfter } = await outbound.post(endpoint.url, { headers, body, timeoutMs: TIMEOUT_MS });
    if (status >= 200 && status < 300) return { kind: 'delivered', status, error: null };
    const seconds = Number(retryAfter);
    const wait = (status === 429 || status === 503) && seconds > 0 ? seconds * 1000 : undefined;
    return {
      kind: 'refused',
      status,
      error: null,
      retryAfterMs: wait === undefined ? undefined : Math.min(wait, MOST_RETRY_AFTER_MS),
    };
  } catch (error) {
    return { kind: 'refused', status: null, error: reasonOf(error) };
  }
}

/** Of the network only the kind of fault is told: what answers where is nobody's to learn by this. */
function reasonOf(error: unknown): CallError {
  if (error instanceof OutboundRefusal) return 'address_refused';
  const code = String((error as { code?: unknown }).code ?? '');
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'name_unknown';
  if (/TIMEOUT/i.test(code) || (error as Error).name === 'TimeoutError' || (error as Error).name === 'AbortError')
    return 'no_answer';
  return /CERT|TLS|SSL|SIGNATURE|ALTNAME/i.test(code) ? 'bad_certificate' : 'no_connection';
}

async function noteTry(db: Queries, callId: string, outcome: Outcome, now: Date): Promise<void> {
  await db.run(sql`
    update webhook_calls set attempts = attempts + 1, last_status = ${outcome.status}, last_error = ${outcome.error}, last_tried_at = ${now},
      state = case when ${outcome.kind === 'delivered'}::boolean then 'delivered' else state end
    where call_id = ${callId} and state = 'waiting'`);
}

/** Gives the endpoint back: to be tried again after a while, or as soon as something waits. */
async function release(ctx: BaseContext, endpoint: Claimed, afterMs: number | undefined): Promise<void> {
  await ctx.db.tx(async (tx) => {
    // Locked first: calls committed before are seen by the next statement, those after mark the endpoint when this is done.
    const own = await tx.maybe(sql`
      select 1 from webhook_endpoints where endpoint_id = ${endpoint.endpointId} and claim_id = ${endpoint.claimId} for no key update`);
    if (!own) return;
    const nextAt = new Date(ctx.clock.nowMs() + (afterMs ?? 0));
    await tx.run(sql`
      update webhook_endpoints e set claim_id = null, lease_until = null,
        next_at = case when exists (select 1 from webhook_calls c where c.endpoint_id = e.endpoint_id and c.state = 'waiting') then ${nextAt}::timestamptz end
      where endpoint_id = ${endpoint.endpointId}`);
  });
}
