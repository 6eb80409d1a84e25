import { createLocalJWKSet, errors, importJWK, type JSONWebKeySet, type JWK, jwtVerify, SignJWT } from 'jose';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { Problem } from '#kit/problem.ts';
import type { Principal } from './types.ts';

export const TOKEN_AUDIENCE = 'artel';
export const ACCESS_TOKEN_TYPE = 'at+jwt';
const SERVICE_TOKEN_TYPE = 'artel-service+jwt';
/** Seconds that two clocks may differ (F12). */
const CLOCK_TOLERANCE_S = 90;
const SERVICE_TOKEN_TTL_S = 300;
/** A key id that nobody knew is asked about again after this. */
const ASK_AGAIN_MS = 5_000;
/** Verified tokens kept, so that a signature is checked once and not at every request. */
const CACHE_SIZE = 20_000;

/** The claims of an access token (auth issues it, everybody verifies it). */
export interface AccessClaims {
  /** User id. */
  sub: string;
  /** Session id. */
  sid: string;
  iat: number;
  exp: number;
  /** Epoch seconds of the last full sign-in. */
  auth_time: number;
  roles: string[];
  perms: string[];
  /** Email confirmed. */
  ec: boolean;
  /** Agreed to the texts in force. Absent in tokens of a release that did not ask. */
  ag?: boolean;
  /** Locale. */
  loc: 'ru' | 'en';
}

export interface VerifiedToken {
  readonly principal: Principal;
  /** Epoch seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

export interface TokenVerifier {
  /** Throws `unauthenticated`. */
  verify(token: string): Promise<VerifiedToken>;
}

/** A map that forgets its oldest entries. */
export class BoundedMap<K, V> {
  private readonly map = new Map<K, V>();
  private readonly size: number;
  constructor(size: number) {
    this.size = size;
  }
  get(key: K): V | undefined {
    return this.map.get(key);
  }
  set(key: K, value: V): void {
    if (this.map.size >= this.size && !this.map.has(key)) this.map.delete(this.map.keys().next().value as K);
    this.map.set(key, value);
  }
  delete(key: K): void {
    this.map.delete(key);
  }
  clear(): void {
    this.map.clear();
  }
}

export interface VerifierOptions {
  issuer: string;
  /** Fetches auth's public keys (I11). Called at the first token and when one names an unknown key, once per key id and 5 s. */
  fetchKeys(): Promise<JSONWebKeySet>;
  nowMs(): number;
}

/** Verifies users' access tokens against auth's keys, fetched and kept; keys may rotate at any time. */
export function createTokenVerifier(options: VerifierOptions): TokenVerifier {
  const cache = new BoundedMap<string, VerifiedToken>(CACHE_SIZE);
  let keys: { set: ReturnType<typeof createLocalJWKSet>; kids: Set<string>; fetchedAt: number } | undefined;
  let fetching: Promise<void> | undefined;
  const asked = new BoundedMap<string, number>(1_000);

  async function refresh(): Promise<void> {
    fetching ??= (async () => {
      const set = await options.fetchKeys();
      keys = {
        set: createLocalJWKSet(set),
        kids: new Set(set.keys.map((key) => key.kid ?? '')),
        fetchedAt: Date.now(),
      };
    })().finally(() => {
      fetching = undefined;
    });
    await fetching;
  }

  async function verifySignature(token: string): Promise<VerifiedToken> {
    const kid = kidOf(token);
    if (!keys) await refresh();
    else if (!keys.kids.has(kid)) {
      // Who comes while they are fetched for another token of the same key waits as well.
      if (fetching) await fetching;
      if (!keys.kids.has(kid) && Date.now() - (asked.get(kid) ?? 0) > ASK_AGAIN_MS) {
        asked.set(kid, Date.now());
        await refresh();
      }
    } else if (Date.now() - keys.fetchedAt > 300_000) void refresh().catch(() => {});
    try {
      const { payload } = await jwtVerify<AccessClaims>(token, (keys as NonNullable<typeof keys>).set, {
        issuer: options.issuer,
        audience: TOKEN_AUDIENCE,
        typ: ACCESS_TOKEN_TYPE,
        algorithms: ['EdDSA'],
        requiredClaims: ['sub', 'sid', 'iat', 'exp'],
        currentDate: new Date(options.nowMs()),
        clockTolerance: CLOCK_TOLERANCE_S,
      });
      return {
        issuedAt: payload.iat,
        expiresAt: payload.exp,
        principal: {
          userId: payload.sub,
          sessionId: payload.sid,
          roles: payload.roles,
          permissions: new Set(payload.perms),
          emailConfirmed: payload.ec,
          agreed: payload.ag !== false,
          authTime: payload.auth_time,
          locale: payload.loc,
          token,
        },
      };
    } catch (error) {
      if (error instanceof errors.JOSEError)
        throw new Problem('unauthenticated', { detail: 'the access token is not valid', cause: error });
      throw error;
    }
  }

  return {
    async verify(token) {
      const known = cache.get(token);
      if (known) {
        if (known.expiresAt + CLOCK_TOLERANCE_S <= options.nowMs() / 1000)
          throw new Problem('unauthenticated', { detail: 'the access token has expired' });
        return known;
      }
      const verified = await verifySignature(token);
      cache.set(token, verified);
      return verified;
    },
  };
}

function kidOf(token: string): string {
  try {
    const header: unknown = JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString('utf8'));
    const kid = (header as { kid?: unknown }).kid;
    if (typeof kid === 'string') return kid;
  } catch {}
  throw new Problem('unauthenticated', { detail: 'the access token is not valid' });
}

/** A service's own credential: signs what it sends to one callee; verifies who calls. */
export interface ServiceCredential {
  /** A short-lived token that says «I am this service» to one other; reused until it nears its end. */
  tokenFor(callee: ServiceName): Promise<string>;
  /** Who signed this token for this service. Throws `unauthenticated`. */
  verify(token: string): Promise<ServiceName>;
}

export interface CredentialOptions {
  service: ServiceName;
  /** Private Ed25519 key (JWK) of this service. */
  privateKey: JWK;
  /** Public keys of all services; `kid` is `<service>` or `<service>:<n>`; several per service while they rotate. */
  publicKeys: JSONWebKeySet;
}

export async function createServiceCredential(options: CredentialOptions): Promise<ServiceCredential> {
  const key = await importJWK(options.privateKey, 'EdDSA');
  const keySet = createLocalJWKSet(options.publicKeys);
  const own = new Map<ServiceName, { token: string; until: number }>();
  const seen = new BoundedMap<string, { service: ServiceName; until: number }>(1_000);
  return {
    async tokenFor(callee) {
      const now = Math.floor(Date.now() / 1000);
      const kept = own.get(callee);
      if (kept && kept.until > now) return kept.token;
      const token = await new SignJWT({})
        .setProtectedHeader({ alg: 'EdDSA', typ: SERVICE_TOKEN_TYPE, kid: options.privateKey.kid ?? options.service })
        .setIssuer(options.service)
        .setAudience(callee)
        .setIssuedAt(now)
        .setExpirationTime(now + SERVICE_TOKEN_TTL_S)
        .sign(key);
      own.set(callee, { token, until: now + SERVICE_TOKEN_TTL_S / 2 });
      return token;
    },
    async verify(token) {
      const now = Math.floor(Date.now() / 1000);
      const known = seen.get(token);
      if (known && known.until > now) return known.service;
      try {
        const { payload, protectedHeader } = await jwtVerify(token, keySet, {
          audience: options.service,
          typ: SERVICE_TOKEN_TYPE,
          algorithms: ['EdDSA'],
          requiredClaims: ['iss', 'exp'],
          clockTolerance: CLOCK_TOLERANCE_S,
        });
        const service = payload.iss as ServiceName;
        // The key must be the caller's own: one service can't sign in the name of another.
        if (!SERVICES.includes(service) || protectedHeader.kid?.split(':')[0] !== service)
          throw new errors.JWTInvalid('issuer and key differ');
        seen.set(token, { service, until: (payload.exp ?? 0) + CLOCK_TOLERANCE_S });
        return service;
      } catch (error) {
        throw new Problem('unauthenticated', { detail: 'the service credential is not valid', cause: error });
      }
    },
  };
}
