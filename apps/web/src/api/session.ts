/**
 * Who is signed in. The access token lives in memory only; the refresh token in an httpOnly cookie that scripts can't read.
 * A flag in localStorage says whether asking for a refresh makes sense, so that guests cause no refused request.
 */
import type { z } from 'zod';
import type { tokens } from '#contracts/auth/http.ts';
import { store } from '../store.ts';

export type Session = z.output<typeof tokens>;
const FLAG = 'artel.signed-in';

export const session = store<Session | undefined>(undefined);
/** The question about changed texts was put off until the next visit. */
export const later = store(false);
let expiresAt = 0;
let refreshing: Promise<boolean> | undefined;

/** Takes the tokens of a sign-in, refresh or step-up. */
export function takeSession(given: Session): void {
  expiresAt = Date.now() + given.expiresIn * 1000;
  localStorage.setItem(FLAG, '1');
  // A release in the middle of somebody's work: the question waits for the next visit.
  if (session.value?.userId === given.userId && session.value.outdated.length === 0)
    later.set(given.outdated.length > 0);
  session.set(given);
}

export function dropSession(): void {
  localStorage.removeItem(FLAG);
  expiresAt = 0;
  later.set(false);
  session.set(undefined);
}

/** A token that is good for another moment; undefined for guests. */
export async function bearer(): Promise<string | undefined> {
  if (session.value && Date.now() > expiresAt - 15_000) await refresh();
  return session.value?.accessToken;
}

/** New tokens for the cookie. All callers of one moment share one request: a refresh token works once. */
export function refresh(): Promise<boolean> {
  refreshing ??= ask(6).finally(() => {
    refreshing = undefined;
  });
  return refreshing;
}

async function ask(tries: number): Promise<boolean> {
  const response = await fetch('/api/v1/sessions/refresh', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  }).catch(() => undefined);
  if (response?.ok) {
    takeSession((await response.json()) as Session);
    return true;
  }
  // Another tab has the new cookie already, or is about to; or the answer was lost, and is given again after a second.
  if (response?.status === 409 && tries > 1) {
    await new Promise((resolve) => setTimeout(resolve, 400));
    return await ask(tries - 1);
  }
  if (response?.status === 401 || response?.status === 400) dropSession();
  return false;
}

/** At the opening of the page: goes on with the session of last time. */
export async function resume(): Promise<void> {
  if (localStorage.getItem(FLAG)) await refresh();
}

/** Whether the signed-in person has a permission. */
export function can(permission: string): boolean {
  return session.value?.permissions.includes(permission) ?? false;
}
