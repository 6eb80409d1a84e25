/** People of walks: registered, confirmed, signed in; what reaches them; and what each replica says to them. */
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { expect } from 'vitest';
import { WebSocket } from 'ws';
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import type { CaughtSms } from '#outside/catcher/messages.ts';
import { type Answer, Api, LiveSocket } from '../api.ts';
import { PASSWORD, registerAndConfirm } from '../deal.ts';
import { ADMIN, codeIn, mailTo, type World } from '../world.ts';

/** Somebody who may act. */
export async function newPerson(world: World, name: string, roles: string[] = ['client'], locale: 'ru' | 'en' = 'ru') {
  const api = new Api(world, locale);
  await registerAndConfirm(api, { name, roles, locale });
  return api;
}

export async function newAdmin(world: World): Promise<Api> {
  const admin = new Api(world);
  await admin.signIn(ADMIN.email, ADMIN.password);
  return admin;
}

/** Tokens do not outlive a moved clock. */
export async function signInAgain(...people: readonly Api[]): Promise<void> {
  await Promise.all(people.map((api) => api.signIn(api.email, api.email === ADMIN.email ? ADMIN.password : PASSWORD)));
}

/** A program of the same person that is not signed in. */
export function another(api: Api): Api {
  const fresh = new Api(api.world, api.locale);
  fresh.email = api.email;
  return fresh;
}

export function joining(email: string, more: object = {}): object {
  return { consents: JOINING_EXAMPLE, email, password: PASSWORD, displayName: 'Новый Человек', ...more };
}

/** Signs in as far as it goes: tokens, or the second factor. */
export async function begin(api: Api, password = PASSWORD, more: object = {}): Promise<any> {
  return (await new Api(api.world, api.locale).post('/sessions', { email: api.email, password, ...more })).body;
}

/** Sends something and answers the mail that it makes the platform send. */
export async function mailOf(
  world: World,
  to: string,
  fits: { text?: string; subject?: string },
  act: () => Promise<unknown>,
) {
  const since = new Date().toISOString();
  await act();
  return await mailTo(world, to, { ...fits, since, timeoutMs: 30_000 });
}

export async function codeOf(world: World, to: string, act: () => Promise<unknown>): Promise<string> {
  return codeIn(await mailOf(world, to, { text: 'Код' }, act));
}

/** The token of the link in the mail. */
export async function linkOf(world: World, to: string, act: () => Promise<unknown>): Promise<string> {
  const { text } = await mailOf(world, to, { text: 'token=' }, act);
  const token = /token=([\w-]{20,})/.exec(text ?? '')?.[1];
  if (!token) throw new Error(`no link in the mail: ${text}`);
  return token;
}

export async function smsCode(world: World, to: string, act: () => Promise<unknown>): Promise<string> {
  const since = new Date().toISOString();
  await act();
  const query = new URLSearchParams({ to, kind: 'sms', since, timeoutMs: '30000' });
  const answer = await fetch(`${world.outside.catcherUrl}/api/messages/wait?${query}`);
  if (!answer.ok) throw new Error(`no SMS to ${to}: ${await answer.text()}`);
  const { text } = (await answer.json()) as CaughtSms;
  return /\d{6}/.exec(text)?.[0] ?? '';
}

/** What each gateway says to a token: the code of the refusal, or the status. */
export async function everywhere(
  world: World,
  token: string | undefined,
  path = '/me/rights',
): Promise<(string | number)[]> {
  return await Promise.all(
    world.gateways.map(async (base) => {
      const answer = await fetch(`${base}/api/v1${path}`, { headers: { authorization: `Bearer ${token}` } });
      const body = (await answer.json()) as { code?: string };
      return answer.ok ? answer.status : (body.code ?? answer.status);
    }),
  );
}

/** The same from every gateway. */
export async function allSay(
  world: World,
  token: string | undefined,
  what: string | number,
  path?: string,
): Promise<void> {
  // By a broadcast, within moments; nothing else would do it before the half minute after which a gateway asks again.
  await expect
    .poll(() => everywhere(world, token, path), { timeout: 15_000, interval: 50 })
    .toEqual(world.gateways.map(() => what));
}

/** A socket of the person at every gateway. */
export async function socketsOf(api: Api): Promise<LiveSocket[]> {
  return await Promise.all(
    api.world.gateways.map((base) =>
      LiveSocket.open(
        new WebSocket(`${base.replace(/^http/, 'ws')}/api/v1/socket`, ['artel.v1', `bearer.${api.token}`]),
      ),
    ),
  );
}

/** As many at once as asked for, at the gateways in turn. */
export async function atOnce(count: number, act: (index: number) => Promise<Answer>): Promise<Answer[]> {
  return await Promise.all(Array.from({ length: count }, (_, index) => act(index)));
}

/**
 * As a release with a new version of a text leaves a person: what he agreed to is a former one. No release can be made in
 * a walk; the next token says it, as it would then.
 */
export async function textChanged(api: Api, kind: 'terms' | 'privacy'): Promise<void> {
  const client = new pg.Client({ connectionString: api.world.adminUrl });
  await client.connect();
  await client.query(`update auth.accounts set ${kind}_version = '2025-01' where user_id = $1`, [api.userId]);
  await client.end();
  await api.refresh();
}

export const randomEmail = () => `${randomUUID().slice(0, 12)}@example.com`;
