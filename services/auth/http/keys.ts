import type { AuthContext, AuthHandlers } from '../context.ts';

async function publicKeys(ctx: AuthContext): Promise<Record<string, unknown>[]> {
  return (await ctx.keyring.publicKeys(ctx.clock.now())) as Record<string, unknown>[];
}

export const getKeys: AuthHandlers['getKeys'] = async (ctx) => ({ body: { keys: await publicKeys(ctx) } });

export const jwks: AuthHandlers['jwks'] = async (ctx) => ({
  body: { keys: await publicKeys(ctx) },
  headers: { 'cache-control': 'public, max-age=60' },
});

export const discovery: AuthHandlers['discovery'] = async (ctx) => ({
  body: {
    issuer: ctx.publicUrl,
    jwks_uri: `${ctx.publicUrl}/.well-known/jwks.json`,
    token_endpoint: `${ctx.publicUrl}/api/v1/sessions`,
    id_token_signing_alg_values_supported: ['EdDSA'],
    response_types_supported: ['token'],
    subject_types_supported: ['public'],
    claims_supported: [
      'iss',
      'aud',
      'sub',
      'sid',
      'iat',
      'exp',
      'auth_time',
      'amr',
      'roles',
      'perms',
      'ec',
      'ag',
      'loc',
    ],
  },
  headers: { 'cache-control': 'public, max-age=300' },
});

export const rotateKeys: AuthHandlers['rotateKeys'] = async (ctx) => ({
  body: { kid: await ctx.keyring.rotateNow(ctx.clock.now()) },
});
