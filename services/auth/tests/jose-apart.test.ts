/** The keys and tokens as somebody else's client sees them: nothing of ours, only what is published and node:crypto (A6). */
import { createPrivateKey, createPublicKey, type JsonWebKey, sign, verify } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { type Fixture, startFixture } from './fixture.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await startFixture();
});
afterAll(() => fix?.close());

type Json = Record<string, any>;
const encode = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url');
const decode = (part = ''): Json => JSON.parse(Buffer.from(part, 'base64url').toString());

/** Discovery, its key set, the key that the token names, the signature, the claims. */
async function verified(token: string): Promise<Json> {
  const discovery: Json = await (await fetch(`${fix.platform.url}/.well-known/openid-configuration`)).json();
  const { keys }: Json = await (await fetch(discovery['jwks_uri'])).json();
  const [head, body, signature] = token.split('.') as [string, string, string];
  const { alg, typ, kid } = decode(head);
  expect(discovery['id_token_signing_alg_values_supported']).toContain(alg);
  const jwk = keys.find((key: Json) => key['kid'] === kid);
  expect(jwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', use: 'sig' });
  expect(Object.keys(jwk)).not.toContain('d');
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  expect(verify(null, Buffer.from(`${head}.${body}`), key, Buffer.from(signature, 'base64url'))).toBe(true);
  const claims = decode(body);
  expect(typ).toBe('at+jwt');
  expect(claims).toMatchObject({ iss: discovery['issuer'], aud: 'artel' });
  expect(discovery['issuer']).toBe(fix.platform.url);
  for (const claim of Object.keys(claims)) expect(discovery['claims_supported']).toContain(claim);
  return claims;
}

test('discovery and key set are enough to verify a token, also over a rotation', async () => {
  const { userId, tokens } = await fix.newPerson();
  const claims = await verified(tokens.accessToken);
  expect(claims['sub']).toBe(userId);
  expect(claims['exp'] - claims['iat']).toBeLessThanOrEqual(300);
  await fix.auth.keyring.rotateNow(fix.platform.clock.now());
  await verified(tokens.accessToken);
  const next = (await fix.api('POST', '/sessions/refresh', { refreshToken: tokens.refreshToken })).body;
  await verified(next.accessToken);
});

describe('even with the true key', () => {
  let token: string;
  let forge: (head: Json, claims: Json) => string;
  beforeAll(async () => {
    token = (await fix.newPerson()).tokens.accessToken;
    const { kid } = decode(token.split('.')[0]);
    const { sealed } = await fix.auth.db.one<{ sealed: string }>(
      sql`select private_sealed as sealed from signing_keys where kid = ${kid}`,
    );
    const key = createPrivateKey({ key: JSON.parse(await fix.auth.sealer.open(sealed)), format: 'jwk' });
    forge = (head, claims) => {
      const [oldHead, oldClaims] = token.split('.');
      const signed = `${encode({ ...decode(oldHead), ...head })}.${encode({ ...decode(oldClaims), ...claims })}`;
      return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
    };
  });
  const status = async (forged: string) => (await fix.api('GET', '/sessions', undefined, forged)).status;

  test('the forgery as such is good', async () => {
    expect(await status(forge({}, { note: 'unchanged' }))).toBe(200);
  });

  const wrong: Record<string, [Json, Json]> = {
    'another audience': [{}, { aud: 'another' }],
    'no audience': [{}, { aud: undefined }],
    'another issuer': [{}, { iss: 'https://elsewhere.example' }],
    'another type': [{ typ: 'JWT' }, {}],
    'the type of a service credential': [{ typ: 'artel-service+jwt' }, {}],
    'no type': [{ typ: undefined }, {}],
    'an unknown key': [{ kid: 'unknown' }, {}],
    'no key id': [{ kid: undefined }, {}],
    'no end': [{}, { exp: undefined }],
    'an end in the past': [{}, { exp: 1_000_000_000 }],
    'no session': [{}, { sid: undefined }],
    'a critical header that nobody knows': [{ crit: ['b64x'], b64x: true }, {}],
  };
  for (const [name, [head, claims]] of Object.entries(wrong))
    test(`${name} is refused`, async () => {
      expect(await status(forge(head, claims))).toBe(401);
    });
});
