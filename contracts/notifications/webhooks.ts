import { z } from 'zod';
import { route, signedIn } from '../common/define.ts';
import { id, page, pageQuery, text, timestamp } from '../common/values.ts';

/** What an endpoint can be told of. */
export const WEBHOOK_EVENTS = [
  'order.status_changed',
  'response.submitted',
  'response.changed',
  'invitation.sent',
  'milestone.changed',
  'review.published',
  'money.moved',
  'withdrawal.changed',
  'topup.failed',
] as const;
export const webhookEvent = z.enum(WEBHOOK_EVENTS);
export type WebhookEvent = z.infer<typeof webhookEvent>;

/** Why a try had no answer. */
export const CALL_ERRORS = [
  'address_refused',
  'name_unknown',
  'no_answer',
  'bad_certificate',
  'no_connection',
] as const;

const scope = z.enum(['own', 'platform']);
export const endpointView = z.object({
  endpointId: id,
  url: z.string(),
  description: z.string(),
  events: z.array(webhookEvent),
  /** `own`: what concerns the person; `platform`: everything, for the administration. */
  scope,
  enabled: z.boolean(),
  /** Why it was stopped: 410 of the receiver, failing for too long, or its owner lost the right. */
  stoppedBecause: z.enum(['gone', 'failing', 'not_allowed']).nullable(),
  failingSince: timestamp.nullable(),
  /** Until when calls carry a signature by the secret before, too. */
  previousSecretUntil: timestamp.nullable(),
  createdAt: timestamp,
  version: z.number().int(),
});
export const callView = z.object({
  callId: id,
  type: z.union([webhookEvent, z.literal('test')]),
  state: z.enum(['waiting', 'delivered', 'failed']),
  attempts: z.number().int(),
  /** Of the last try: the receiver's status, or why there was none. */
  lastStatus: z.number().int().nullable(),
  lastError: z.enum(CALL_ERRORS).nullable(),
  lastTriedAt: timestamp.nullable(),
  createdAt: timestamp,
  /** What was or will be sent. */
  payload: z.unknown(),
  replayOf: id.nullable(),
});

const byEndpoint = z.object({ endpointId: id });
const own = { owner: 'self' } as const;
const ofOne = { owner: 'ownEndpoint' } as const;
const wanted = {
  url: z.url().max(1000),
  description: text(0, 200).default(''),
  events: z.array(webhookEvent).min(1).max(WEBHOOK_EVENTS.length),
};
const example = { url: 'https://example.org/hooks/artel', events: ['order.status_changed', 'money.moved'] };
const REFUSED = ['notifications.webhook_address_refused'];

/** Calls to a program of one's own, signed by the Standard Webhooks scheme (B9). */
export const webhookRoutes = {
  listWebhookEvents: route({
    method: 'GET',
    path: '/webhook-events',
    summary: 'What an endpoint can be told of, each with an example',
    access: signedIn(own),
    reply: z.object({
      items: z.array(z.object({ type: webhookEvent, title: z.string(), example: z.unknown() })),
    }),
  }),
  listWebhooks: route({
    method: 'GET',
    path: '/me/webhooks',
    summary: 'Own endpoints; with the permission also those of the platform',
    access: signedIn(own),
    reply: z.object({ items: z.array(endpointView) }),
  }),
  createWebhook: route({
    method: 'POST',
    path: '/me/webhooks',
    summary: 'Register an endpoint; its secret is shown this once',
    access: signedIn({ ...own, fresh: true }),
    idempotency: 'optional',
    body: z.strictObject({ ...wanted, scope: scope.default('own') }),
    reply: endpointView.extend({ secret: z.string() }),
    errors: [...REFUSED, 'notifications.too_many_webhooks'],
    example: { body: example },
  }),
  changeWebhook: route({
    method: 'PUT',
    path: '/me/webhooks/{endpointId}',
    summary: 'Change an endpoint; switching it on again starts with what waits',
    access: signedIn(ofOne),
    ifMatch: true,
    params: byEndpoint,
    body: z.strictObject({ ...wanted, enabled: z.boolean().default(true) }),
    reply: endpointView,
    errors: REFUSED,
    example: { body: { ...example, enabled: true } },
  }),
  deleteWebhook: route({
    method: 'DELETE',
    path: '/me/webhooks/{endpointId}',
    summary: 'Remove an endpoint with its log',
    access: signedIn(ofOne),
    params: byEndpoint,
    reply: null,
  }),
  rotateWebhookSecret: route({
    method: 'POST',
    path: '/me/webhooks/{endpointId}/secret',
    summary: 'A new secret, shown this once; the one before signs along for 24 hours',
    access: signedIn({ ...ofOne, fresh: true }),
    params: byEndpoint,
    status: 200,
    reply: endpointView.extend({ secret: z.string() }),
  }),
  testWebhook: route({
    method: 'POST',
    path: '/me/webhooks/{endpointId}/tests',
    summary: 'Send a call of type `test`',
    access: signedIn(ofOne),
    params: byEndpoint,
    reply: callView,
    status: 202,
    errors: ['notifications.webhook_stopped', 'notifications.too_many_calls'],
  }),
  listWebhookCalls: route({
    method: 'GET',
    path: '/me/webhooks/{endpointId}/calls',
    summary: 'The log of an endpoint, newest first; kept for 30 days',
    access: signedIn(ofOne),
    params: byEndpoint,
    query: z.object({ ...pageQuery, state: z.enum(['waiting', 'delivered', 'failed']).optional() }),
    reply: page(callView),
  }),
  replayWebhookCall: route({
    method: 'POST',
    path: '/me/webhooks/{endpointId}/calls/{callId}/replay',
    summary: 'Send a call once more, as a call of its own',
    access: signedIn(ofOne),
    params: byEndpoint.extend({ callId: id }),
    reply: callView,
    status: 202,
    errors: ['notifications.webhook_stopped', 'notifications.too_many_calls'],
  }),
};
