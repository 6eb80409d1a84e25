import { exportJWK, generateKeyPair, importJWK, type JWK, SignJWT } from 'jose';
import { type Db, sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { ACCESS_TOKEN_TYPE, TOKEN_AUDIENCE } from '#kit/service/principal.ts';
import type { Sealer } from '../domain/sealing.ts';

/** How long a process goes on with what it has read. */
const REREAD_MS = 60_000;
/** A key is published so long before the schedule begins to sign with it: whoever keeps the key set has it by then. */
const NOTICE_MS = 10 * 60_000;

export interface Claims {
  sub: string;
  sid: string;
  auth_time: number;
  amr: string[];
  roles: string[];
  perms: string[];
  ec: boolean;
  loc: string;
}

export interface Keyring {
  sign(claims: Claims, issuedAtMs: number, ttlMs: number): Promise<string>;
  /** Public keys, newest first; an old one stays as long as its tokens may live. */
  publicKeys(now: Date): Promise<JWK[]>;
  /** Makes a key that signs at once. */
  rotateNow(now: Date): Promise<string>;
  /** Makes a key if there is none (signs at once) or the newest is older (signs after a notice); its kid if it did. */
  rotateWhenOld(now: Date, maxAgeMs: number): Promise<string | undefined>;
  /** Deletes keys that neither sign nor verify any more. */
  forgetOld(now: Date): Promise<void>;
}

interface Row {
  kid: string;
  publicKey: JWK;
  privateSealed: string;
  activeFrom: Date;
}

interface KeyringOptions {
  db: Db;
  sealer: Sealer;
  issuer: string;
  /** How long a key verifies after the next one signs. */
  overlapMs: number;
}

export function createKeyring({ db, sealer, issuer, overlapMs }: KeyringOptions): Keyring {
  let current: { kid: string; key: Awaited<ReturnType<typeof importJWK>>; readAt: number } | undefined;

  async function signingKey(nowMs: number) {
    // By the platform's clock, as keys are made and deleted by it.
    if (current && Math.abs(nowMs - current.readAt) < REREAD_MS) return current;
    // The very first key also signs on a replica whose clock is behind.
    const row = await db.one<Row>(sql`
      select kid, public_key as "publicKey", private_sealed as "privateSealed", active_from as "activeFrom" from signing_keys
      order by active_from <= ${new Date(nowMs)} desc, case when active_from <= ${new Date(nowMs)} then active_from end desc, active_from limit 1`);
    const key =
      current?.kid === row.kid
        ? current.key
        : await importJWK(JSON.parse(await sealer.open(row.privateSealed)) as JWK, 'EdDSA');
    current = { kid: row.kid, key, readAt: nowMs };
    return current;
  }

  /** Keys that sign or whose tokens may still live, and the others. */
  async function rows(now: Date): Promise<{ needed: Row[]; over: Row[] }> {
    const all = await db.many<Row>(
      sql`select kid, public_key as "publicKey", active_from as "activeFrom" from signing_keys order by active_from desc`,
    );
    const isNeeded = (index: number) =>
      index === 0 || (all[index - 1] as Row).activeFrom.getTime() + overlapMs > now.getTime();
    return {
      needed: all.filter((_row, index) => isNeeded(index)),
      over: all.filter((_row, index) => !isNeeded(index)),
    };
  }

  async function make(now: Date, needed: (newest: Row | undefined) => Date | undefined): Promise<string | undefined> {
    const pair = await generateKeyPair('EdDSA', { extractable: true });
    const kid = newId();
    const publicKey = { ...(await exportJWK(pair.publicKey)), kid, alg: 'EdDSA', use: 'sig' };
    const sealed = await sealer.seal(JSON.stringify({ ...(await exportJWK(pair.privateKey)), kid }));
    const made = await db.tx(async (tx) => {
      await tx.one(sql`select pg_advisory_xact_lock(hashtext('auth.keys'))::text as locked`);
      const newest = await tx.maybe<Row>(
        sql`select kid, active_from as "activeFrom" from signing_keys order by active_from desc limit 1`,
      );
      const activeFrom = needed(newest);
      if (!activeFrom) return false;
      await tx.run(sql`
        insert into signing_keys (kid, public_key, private_sealed, created_at, active_from)
        values (${kid}, ${JSON.stringify(publicKey)}, ${sealed}, ${now}, ${activeFrom})`);
      return true;
    });
    if (made) current = undefined;
    return made ? kid : undefined;
  }

  return {
    async sign(claims, issuedAtMs, ttlMs) {
      const { kid, key } = await signingKey(issuedAtMs);
      // Fractions of a second: a token made in the second of a change must be told from one made before it.
      return await new SignJWT({ ...claims, iat: issuedAtMs / 1000, exp: Math.floor((issuedAtMs + ttlMs) / 1000) })
        .setProtectedHeader({ alg: 'EdDSA', typ: ACCESS_TOKEN_TYPE, kid })
        .setIssuer(issuer)
        .setAudience(TOKEN_AUDIENCE)
        .sign(key);
    },
    publicKeys: async (now) => (await rows(now)).needed.map((row) => row.publicKey),
    async rotateNow(now) {
      // A key that still waits for its time is passed over: by hand means now.
      await db.run(
        sql`update signing_keys set active_from = ${new Date(now.getTime() - 1)} where active_from >= ${now}`,
      );
      return (await make(now, () => now)) as string;
    },
    rotateWhenOld: (now, maxAgeMs) =>
      make(now, (newest) => {
        if (!newest) return now;
        const isOld = now.getTime() - newest.activeFrom.getTime() >= maxAgeMs;
        return isOld ? new Date(now.getTime() + NOTICE_MS) : undefined;
      }),
    async forgetOld(now) {
      const over = (await rows(now)).over.map((row) => row.kid);
      await db.run(sql`delete from signing_keys where kid = any(${over}::text[])`);
    },
  };
}
