import { createECDH, createHash } from 'node:crypto';

export interface Vapid {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** The key pair that push services know the platform by, from a kept secret: the same on every replica. */
export function vapidKeys(secret: string): Vapid {
  const curve = createECDH('prime256v1');
  for (let seed = createHash('sha256').update(secret).digest(); ; seed = createHash('sha256').update(seed).digest()) {
    try {
      curve.setPrivateKey(seed);
      return { publicKey: curve.getPublicKey('base64url'), privateKey: curve.getPrivateKey('base64url') };
    } catch {
      // Not a scalar of the curve, once in four billion: the next one is.
    }
  }
}
