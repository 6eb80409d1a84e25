import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { decodeCursor, found, pageOf, requireVersion } from '#kit/service/reply.ts';
import type { Tx } from '#kit/db/db.ts';
import type { NotificationsContext, NotificationsHandlers } from '../context.ts';
import { callOf, countWaiting, enqueueByHand, listCalls, MOST_WAITING, viewCall } from './calls.ts';
import {
  addEndpoint,
  type Asker,
  changeEndpoint,
  type Endpoint,
  endpointOf,
  endpointsOf,
  lockEndpoint,
  PLATFORM_PERMISSION,
  removeEndpoint,
  rotateSecret,
  viewEndpoint,
} from './endpoints.ts';
import { WEBHOOK_DEFINITIONS } from './events.ts';
import { OVERLAP_MS, shownSecret } from './secrets.ts';

type H = NotificationsHandlers;
const MOST_ENDPOINTS = 10;

export const listWebhookEvents: H['listWebhookEvents'] = async (_ctx, req) => ({
  body: {
    items: Object.entries(WEBHOOK_DEFINITIONS).map(([type, { title, example }]) => ({
      type: type as keyof typeof WEBHOOK_DEFINITIONS,
      title: title[req.locale],
      example: { type, timestamp: '2026-11-27T09:00:00.000Z', data: example },
    })),
  },
});

export const listWebhooks: H['listWebhooks'] = async (ctx, req) => ({
  body: { items: (await endpointsOf(ctx.db, req.user)).map((row) => viewEndpoint(row, ctx.clock.now())) },
});

/** Told at once when an address can never do; it is checked again at each connection. */
function checkAddress(ctx: NotificationsContext, url: string): void {
  const refusal = ctx.webhooks.outbound.refusalOf(url);
  if (refusal !== undefined)
    throw new Problem('notifications.webhook_address_refused', {
      detail: refusal,
      errors: [{ pointer: '/body/url', detail: refusal }],
    });
}

export const createWebhook: H['createWebhook'] = async (ctx, req) => {
  const { url, description, events, scope } = req.body;
  const { userId, permissions } = req.user;
  if (scope === 'platform' && !permissions.has(PLATFORM_PERMISSION))
    throw new Problem('forbidden', { detail: `needs ${PLATFORM_PERMISSION}` });
  checkAddress(ctx, url);
  const now = ctx.clock.now();
  return req.tx(async (tx) => {
    const own = (await endpointsOf(tx, req.user)).filter((one) => one.ownerId === userId);
    if (own.length >= MOST_ENDPOINTS) throw new Problem('notifications.too_many_webhooks');
    const row = await addEndpoint(tx, {
      endpointId: newId(),
      ownerId: userId,
      scope,
      url,
      description,
      events: [...new Set(events)],
      createdAt: now,
    });
    return {
      body: { ...viewEndpoint(row, now), secret: shownSecret(ctx.secret('webhooks'), row) },
      version: row.version,
    };
  });
};

export const changeWebhook: H['changeWebhook'] = async (ctx, req) => {
  const { url, description, events, enabled } = req.body;
  found(await endpointOf(ctx.db, req.params.endpointId, req.user));
  checkAddress(ctx, url);
  const now = ctx.clock.now();
  return req.tx(async (tx) => {
    const before = await locked(tx, req);
    requireVersion(req, before.version);
    const row = await changeEndpoint(tx, before.endpointId, {
      url,
      description,
      events: [...new Set(events)],
      enabled,
      now,
    });
    tx.afterCommit(() => ctx.webhooks.wake());
    return { body: viewEndpoint(row, now), version: row.version };
  });
};

async function locked(tx: Tx, req: { params: { endpointId: string }; user: Asker }): Promise<Endpoint> {
  return found(await lockEndpoint(tx, req.params.endpointId, req.user));
}

export const deleteWebhook: H['deleteWebhook'] = async (_ctx, req) =>
  req.tx(async (tx) => {
    await removeEndpoint(tx, (await locked(tx, req)).endpointId);
    return { body: null };
  });

export const rotateWebhookSecret: H['rotateWebhookSecret'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const now = ctx.clock.now();
    const before = await locked(tx, req);
    const row = await rotateSecret(tx, before.endpointId, new Date(now.getTime() + OVERLAP_MS));
    return {
      body: { ...viewEndpoint(row, now), secret: shownSecret(ctx.secret('webhooks'), row) },
      version: row.version,
    };
  });

async function checkRoom(tx: Tx, endpoint: Endpoint): Promise<void> {
  if (!endpoint.enabled) throw new Problem('notifications.webhook_stopped');
  if ((await countWaiting(tx, endpoint.endpointId)) >= MOST_WAITING) throw new Problem('notifications.too_many_calls');
}

export const testWebhook: H['testWebhook'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const now = ctx.clock.now();
    const endpoint = await locked(tx, req);
    await checkRoom(tx, endpoint);
    const payload = { type: 'test', timestamp: now.toISOString(), data: { endpointId: endpoint.endpointId } };
    const call = await enqueueByHand(tx, endpoint.endpointId, { type: 'test', payload, replayOf: null, now });
    tx.afterCommit(() => ctx.webhooks.wake());
    return { body: viewCall(call) };
  });

export const listWebhookCalls: H['listWebhookCalls'] = async (ctx, req) => {
  const { endpointId } = found(await endpointOf(ctx.db, req.params.endpointId, req.user));
  const { limit, state } = req.query;
  const [before] = decodeCursor(req.query.cursor, 1) ?? [];
  const rows = await listCalls(ctx.db, endpointId, { before: before?.toString(), limit: limit + 1, state });
  const { items, nextCursor } = pageOf(rows, limit, (row) => [row.callId]);
  return { body: { items: items.map(viewCall), nextCursor } };
};

export const replayWebhookCall: H['replayWebhookCall'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const endpoint = await locked(tx, req);
    const { type, payload, callId } = found(await callOf(tx, endpoint.endpointId, req.params.callId));
    await checkRoom(tx, endpoint);
    const now = ctx.clock.now();
    const call = await enqueueByHand(tx, endpoint.endpointId, { type, payload, replayOf: callId, now });
    tx.afterCommit(() => ctx.webhooks.wake());
    return { body: viewCall(call) };
  });
