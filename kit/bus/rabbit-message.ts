import { createHash } from 'node:crypto';
import type { HeaderFields } from 'rabbitmq-client';
import type { DeadLetter } from './bus.ts';
import { bodyBytes, DELIVERY_LIMIT } from './rabbit-topology.ts';

/** Headers of messages that were retried or parked. */
export const HEADERS = {
  /** Number of the next delivery (retry) or of the last one (dead letter). */
  attempt: 'x-artel-attempt',
  /** Why the last delivery failed. */
  reason: 'x-artel-reason',
  /** RFC 3339. */
  deadAt: 'x-artel-dead-at',
} as const;

type Received = HeaderFields & { routingKey: string; body: unknown };

export function headerNumber(message: HeaderFields, name: string): number | undefined {
  const value: unknown = message.headers?.[name];
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : undefined;
}

export function attemptOf(message: HeaderFields): number {
  return Math.max(1, headerNumber(message, HEADERS.attempt) ?? 1);
}

/** Reads a parked message, whether a subscriber parked it or the broker did at the limit of deliveries. */
export function toDeadLetter(queue: string, message: Received): DeadLetter {
  const body = bodyBytes(message.body);
  const death = firstDeath(message);
  const deadAtHeader: unknown = message.headers?.[HEADERS.deadAt];
  const parkedBySubscriber = typeof deadAtHeader === 'string';
  const deadAt = parkedBySubscriber ? deadAtHeader : new Date(death.timeS * 1_000).toISOString();
  const attempts = parkedBySubscriber ? attemptOf(message) : attemptOf(message) + DELIVERY_LIMIT;
  const said: unknown = message.headers?.[HEADERS.reason];
  const reason = parkedBySubscriber ? String(said ?? '') : `delivered ${attempts} times without an answer`;
  const type = message.type ?? death.routingKey ?? message.routingKey;
  // Stable over readings; two parked copies of one event differ in their time.
  const id = createHash('sha256')
    .update(`${message.messageId ?? ''}\n${deadAt}\n`)
    .update(body)
    .digest('hex')
    .slice(0, 32);
  return { id, queue, type, reason, deadAt, attempts, body };
}

/** The broker's record of why it moved the message last. */
function firstDeath(message: HeaderFields): { timeS: number; routingKey: string | undefined } {
  const deaths: unknown = message.headers?.['x-death'];
  const death: unknown = Array.isArray(deaths) ? deaths[0] : undefined;
  if (typeof death !== 'object' || death === null) return { timeS: 0, routingKey: undefined };
  const time = 'time' in death && typeof death.time === 'number' ? death.time : 0;
  const keys: unknown = 'routing-keys' in death ? death['routing-keys'] : undefined;
  const key: unknown = Array.isArray(keys) ? keys[0] : undefined;
  return { timeS: time, routingKey: typeof key === 'string' ? key : undefined };
}
