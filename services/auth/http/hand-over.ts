import type { AuthContext } from '../context.ts';
import type { Issued } from '../data/sessions.ts';
import { TRUST_MS } from '../data/trusted-devices.ts';

export const REFRESH_COOKIE = 'artel_refresh';
export const DEVICE_COOKIE = 'artel_device';

/** A browser keeps its refresh token in a cookie that no script can read; a program gets it in the answer. */
export function handOver(ctx: AuthContext, issued: Issued, transport: 'token' | 'cookie', deviceToken?: string) {
  if (transport === 'token') return { body: { ...issued, deviceToken } };
  const { refreshToken, ...rest } = issued;
  const cookies: string[] = [];
  if (refreshToken !== undefined) cookies.push(cookie(ctx, REFRESH_COOKIE, refreshToken, ctx.config.SESSION_TTL));
  if (deviceToken !== undefined) cookies.push(cookie(ctx, DEVICE_COOKIE, deviceToken, TRUST_MS));
  return { body: rest, headers: { 'set-cookie': cookies } };
}

/** `lifeMs` 0 removes it. */
export function cookie(ctx: AuthContext, name: string, value: string, lifeMs: number): string {
  const secure = ctx.publicUrl.startsWith('https:') ? '; Secure' : '';
  const seconds = Math.floor(lifeMs / 1000);
  return `${name}=${value}; Path=/api/v1/sessions; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
}
