import type { BaseContext } from '../context.ts';
import { type PushSubscriptionRow, removeSubscription, subscriptionsOf } from '../data/push.ts';
import type { Outcome } from './outcome.ts';
import { vapidKeys } from './vapid.ts';

const TIMEOUT_MS = 8_000;
/** How long a push service keeps it for a device that is off. */
const TTL_SECONDS = 86_400;

export interface PushMessage {
  readonly notificationId: string;
  readonly title: string;
  readonly text: string;
  /** Path in the web app. */
  readonly link: string;
}

/** Only push services of the configuration are called, so that no endpoint leads into the own network (B7). */
export function isKnownPushService(endpoint: string, hosts: readonly string[]): boolean {
  if (!URL.canParse(endpoint)) return false;
  const { protocol, hostname, username, password, host } = new URL(endpoint);
  const known = hosts.some((pattern) =>
    pattern.startsWith('*.') ? hostname.endsWith(pattern.slice(1)) : pattern === hostname || pattern === host,
  );
  const loopback = hostname === '127.0.0.1' || hostname === 'localhost';
  return known && username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && loopback));
}

/** Sends to all devices of a person. A device that is gone is forgotten. */
export async function sendPush(ctx: BaseContext, userId: string, message: PushMessage): Promise<Outcome> {
  const subscriptions = await subscriptionsOf(ctx.db, userId);
  if (subscriptions.length === 0) return { kind: 'dropped', reason: 'no device' };
  const results = await Promise.all(subscriptions.map((one) => sendToDevice(ctx, one, message)));
  if (results.includes('sent')) return { kind: 'sent' };
  return results.includes('again')
    ? { kind: 'again', reason: 'push: no answer', uncertain: true }
    : { kind: 'dropped', reason: 'no device' };
}

async function sendToDevice(
  ctx: BaseContext,
  subscription: PushSubscriptionRow,
  message: PushMessage,
): Promise<'sent' | 'gone' | 'again'> {
  const { endpoint, p256dh, auth, subscriptionId } = subscription;
  if (!isKnownPushService(endpoint, ctx.config.PUSH_HOSTS)) return 'gone';
  const { default: webPush } = await import('web-push');
  try {
    const { headers, body } = webPush.generateRequestDetails(
      { endpoint, keys: { p256dh, auth } },
      JSON.stringify(message),
      {
        vapidDetails: { subject: ctx.config.PUSH_CONTACT, ...vapidKeys(ctx.secret('vapid')) },
        TTL: TTL_SECONDS,
        // The same again replaces the one that waits for a device.
        topic: message.notificationId.replaceAll('-', '').slice(-32),
      },
    );
    const answer = await fetch(endpoint, {
      method: 'POST',
      headers: headers as Record<string, string>,
      body: new Uint8Array(body ?? Buffer.alloc(0)),
      redirect: 'error',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    await answer.body?.cancel();
    if (answer.ok) return 'sent';
    if (answer.status >= 500 || answer.status === 429) return 'again';
    if (answer.status === 404 || answer.status === 410) await removeSubscription(ctx.db, subscriptionId);
    return 'gone';
  } catch (error) {
    // A key that can't be encrypted to will never do; the network may.
    if (!(error instanceof TypeError) && !(error instanceof DOMException)) {
      await removeSubscription(ctx.db, subscriptionId);
      return 'gone';
    }
    return 'again';
  }
}
