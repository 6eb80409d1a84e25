import { setTimeout as sleep } from 'node:timers/promises';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { expect, test } from 'vitest';
import { ACCESS_TOKEN_TYPE, createTokenVerifier, TOKEN_AUDIENCE } from '#kit/service/principal.ts';

const ISSUER = 'http://localhost';

async function newKey(kid: string) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  const token = (sub: string) =>
    new SignJWT({ sid: 'session', auth_time: 0, amr: ['pwd'], roles: [], perms: [], ec: true, loc: 'ru' })
      .setProtectedHeader({ alg: 'EdDSA', typ: ACCESS_TOKEN_TYPE, kid })
      .setIssuer(ISSUER)
      .setAudience(TOKEN_AUDIENCE)
      .setSubject(sub)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);
  return { jwk: { ...(await exportJWK(publicKey)), kid, alg: 'EdDSA' } satisfies JWK, token };
}

test('A6: tokens of a new key that come at the same moment are all verified, and the keys are fetched once', async () => {
  const [old, fresh] = await Promise.all([newKey('old'), newKey('fresh')]);
  let published = [old.jwk];
  let fetched = 0;
  const verifier = createTokenVerifier({
    issuer: ISSUER,
    nowMs: () => Date.now(),
    async fetchKeys() {
      fetched++;
      await sleep(20);
      return { keys: published };
    },
  });
  await verifier.verify(await old.token('somebody'));
  published = [fresh.jwk, old.jwk];
  const tokens = await Promise.all(Array.from({ length: 10 }, (_, at) => fresh.token(`person ${at}`)));
  const verified = await Promise.all(tokens.map((token) => verifier.verify(token)));
  expect(verified.map(({ principal }) => principal.userId)).toEqual(tokens.map((_, at) => `person ${at}`));
  expect(fetched).toBe(2);
  // One that nobody published is asked for once.
  const forged = await newKey('forged');
  for (const who of ['a', 'b'])
    await expect(verifier.verify(await forged.token(who))).rejects.toMatchObject({ code: 'unauthenticated' });
  expect(fetched).toBe(3);
});
