import { createPrivateKey, createPublicKey, hkdfSync, type JsonWebKey } from 'node:crypto';
import type { JSONWebKeySet, JWK } from 'jose';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';

/** DER head of an Ed25519 private key (RFC 8410); the 32 bytes of the key follow. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * A service's own key pair, from the platform's secret: every process that has the secret comes to the same one. Each
 * generation is a pair of its own; the first is named by the service alone.
 */
function keyFromSecret(
  masterSecret: string,
  service: ServiceName,
  generation = 1,
): { privateKey: JWK; publicKey: JWK } {
  const kid = generation === 1 ? service : `${service}:${generation}`;
  const seed = Buffer.from(hkdfSync('sha256', masterSecret, '', `artel service key: ${kid}`, 32));
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEAD, seed]), format: 'der', type: 'pkcs8' });
  const privateKey = { ...(key.export({ format: 'jwk' }) as JsonWebKey), kid, alg: 'EdDSA' } as JWK;
  const publicKey = {
    ...(createPublicKey(key).export({ format: 'jwk' }) as JsonWebKey),
    kid,
    alg: 'EdDSA',
  } as JWK;
  return { privateKey, publicKey };
}

export interface ServiceKeys {
  privateKey(service: ServiceName): JWK;
  publicKeys: JSONWebKeySet;
}

/**
 * Keys that services prove themselves with. Given ones (`SERVICE_KEY`: this process's private JWK, `SERVICE_KEYS`: the
 * public set) let each service hold no more than its own; without them they come from `ARTEL_SECRET`.
 */
export function serviceKeys(options: { masterSecret: string; privateKey?: string; publicKeys?: string }): ServiceKeys {
  const derived = (service: ServiceName) => keyFromSecret(options.masterSecret, service);
  const publicKeys = options.publicKeys
    ? (JSON.parse(options.publicKeys) as JSONWebKeySet)
    : { keys: SERVICES.map((service) => derived(service).publicKey) };
  const own = options.privateKey ? (JSON.parse(options.privateKey) as JWK) : undefined;
  return {
    publicKeys,
    privateKey(service) {
      if (!own) return derived(service).privateKey;
      if (own.kid?.split(':')[0] !== service) throw new Error(`SERVICE_KEY belongs to ${own.kid}, not to ${service}`);
      return own;
    },
  };
}

export interface KeyGeneration {
  generation: number;
  pairs: { service: ServiceName; privateKey: JWK }[];
  /** The new public keys, and those of the generation before for as long as it is in use. */
  publicKeys: JSONWebKeySet;
}

/** All pairs, for `artel keys`. Given the public set of now: the next generation, which overlaps with this one. */
export function generateServiceKeys(masterSecret: string, now?: JSONWebKeySet): KeyGeneration {
  const before = now ? Math.max(...now.keys.map(generationOf)) : 0;
  const generation = before + 1;
  const made = SERVICES.map((service) => ({ service, ...keyFromSecret(masterSecret, service, generation) }));
  const kept = now?.keys.filter((key) => generationOf(key) === before) ?? [];
  return { generation, pairs: made, publicKeys: { keys: [...made.map((pair) => pair.publicKey), ...kept] } };
}

function generationOf(key: JWK): number {
  return Number(key.kid?.split(':')[1] ?? 1);
}
