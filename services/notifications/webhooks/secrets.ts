import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { Endpoint } from './endpoints.ts';

/** How long the secret before signs along after a rotation. */
export const OVERLAP_MS = 24 * 3_600_000;

type Numbered = Pick<Endpoint, 'endpointId' | 'secretNumber'>;

/** Derived from the service's key: nothing to steal from the database, and the same on every replica. */
function secretBytes(key: string, { endpointId, secretNumber }: Numbered): Buffer {
  return createHmac('sha256', key).update(`${endpointId}:${secretNumber}`).digest();
}

/** As the receiver's library takes it. Shown when it is made, never again. */
export function shownSecret(key: string, endpoint: Numbered): string {
  return `whsec_${secretBytes(key, endpoint).toString('base64')}`;
}

/** Headers of the Standard Webhooks scheme; during the overlap a signature by each of the two secrets. */
export function signedHeaders(
  key: string,
  endpoint: Numbered & Pick<Endpoint, 'previousSecretUntil'>,
  message: { id: string; body: string; now: Date },
): Record<string, string> {
  const numbers = [endpoint.secretNumber];
  if (endpoint.previousSecretUntil !== null && endpoint.previousSecretUntil > message.now)
    numbers.push(endpoint.secretNumber - 1);
  const signatures = numbers.map((secretNumber) => {
    const secret = secretBytes(key, { endpointId: endpoint.endpointId, secretNumber });
    return new Webhook(secret, { format: 'raw' }).sign(message.id, message.now, message.body);
  });
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(Math.floor(message.now.getTime() / 1000)),
    'webhook-signature': signatures.join(' '),
  };
}
