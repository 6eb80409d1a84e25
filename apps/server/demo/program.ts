/** The program of a demo person: the public API at the gateway, and the mailbox. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from '../start.ts';

/** Where the platform and its surroundings answer. */
export interface Addresses {
  readonly gateway: string;
  readonly catcher: string;
  readonly provider: string;
  readonly providerKey: string;
}

export function addressesOf(running: Running): Addresses {
  const gateway = running.platform.host.services.find((service) => service.name === 'gateway')?.address;
  const { catcherUrl, providerUrl, env } = running;
  const providerKey = env['PROVIDER_API_KEY'];
  if (!gateway || !catcherUrl || !providerUrl || !providerKey)
    throw new Error('demo data needs the gateway, the page of caught mail and the simulated provider');
  return { gateway, catcher: catcherUrl, provider: providerUrl, providerKey };
}

/** Milliseconds after which what was expected has not come. */
const PATIENCE_MS = 30_000;
const MAX_TRIES = 8;

// biome-ignore lint/suspicious/noExplicitAny: answers are read as any program outside reads JSON; a wrong path fails loudly
type Json = any;

interface Answer {
  readonly body: Json;
  readonly etag: string;
}

/** One person at the public API. */
export class Program {
  readonly addresses: Addresses;
  userId = '';
  private token: string | undefined;
  private credentials: { email: string; password: string } | undefined;

  constructor(addresses: Addresses) {
    this.addresses = addresses;
  }

  async signIn(email: string, password: string): Promise<void> {
    this.credentials = { email, password };
    this.token = undefined;
    const { accessToken } = (await this.call('POST', '/sessions', { email, password })).body as { accessToken: string };
    this.token = accessToken;
    const claims = Buffer.from(accessToken.split('.')[1] ?? '', 'base64url').toString('utf8');
    this.userId = (JSON.parse(claims) as { sub: string }).sub;
  }

  async get(path: string): Promise<Answer> {
    return await this.call('GET', path);
  }
  async post(path: string, body?: unknown): Promise<Json> {
    return (await this.call('POST', path, body)).body;
  }
  async patch(path: string, body: unknown, etag: string): Promise<Json> {
    return (await this.call('PATCH', path, body, etag)).body;
  }
  async put(path: string, body: unknown): Promise<Json> {
    return (await this.call('PUT', path, body)).body;
  }

  /** Reads `path` until it fits: for what arrives by events. */
  async until(path: string, fits: (body: Json) => boolean): Promise<Json> {
    const end = Date.now() + PATIENCE_MS;
    for (let wait = 100; ; wait = Math.min(wait * 1.5, 500)) {
      const { body } = await this.call('GET', path);
      if (fits(body)) return body;
      if (Date.now() > end)
        throw new Error(`${path} did not become as expected: ${JSON.stringify(body).slice(0, 400)}`);
      await pause(wait);
    }
  }

  /** Sends again, under the same key, what was refused for being early: busy, or rights that are just arriving. */
  private async call(method: string, path: string, body?: unknown, etag?: string): Promise<Answer> {
    const headers: Record<string, string> = { 'accept-language': 'ru' };
    if (method === 'POST') headers['idempotency-key'] = randomUUID();
    if (etag) headers['if-match'] = etag;
    if (body !== undefined) headers['content-type'] = Buffer.isBuffer(body) ? contentTypeOf(body) : 'application/json';
    for (let tries = 1; ; tries++) {
      if (this.token) headers['authorization'] = `Bearer ${this.token}`;
      const response = await fetch(`${this.addresses.gateway}/api/v1${path}`, {
        method,
        headers,
        body: body === undefined ? null : Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body),
      });
      const text = await response.text();
      const answer = text.length > 0 ? (JSON.parse(text) as Json) : undefined;
      if (response.ok) return { body: answer, etag: response.headers.get('etag') ?? '' };
      const stale = response.status === 401 && answer?.code === 'token_stale' && this.credentials;
      const early = [429, 503, 504].includes(response.status);
      if (tries >= MAX_TRIES || !(stale || early))
        throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
      if (stale && this.credentials) await this.signIn(this.credentials.email, this.credentials.password);
      else await pause(1_000 * Number(response.headers.get('retry-after') ?? 1));
    }
  }
}

function contentTypeOf(bytes: Buffer): string {
  return bytes.subarray(1, 4).toString('latin1') === 'PNG' ? 'image/png' : 'text/plain';
}

/** The text of the next mail to somebody that holds `pattern`; gives what the pattern catches. */
export async function fromMail(addresses: Addresses, to: string, pattern: RegExp): Promise<string> {
  const query = new URLSearchParams({ to, kind: 'mail', timeoutMs: String(PATIENCE_MS) });
  const answer = await fetch(`${addresses.catcher}/api/messages/wait?${query}`);
  if (!answer.ok) throw new Error(`no mail came to ${to}`);
  const { text } = (await answer.json()) as { text?: string };
  const found = pattern.exec(text ?? '')?.[1];
  if (!found) throw new Error(`the mail to ${to} holds no ${pattern.source}`);
  return found;
}

/** What a person does on the page of the payment provider. */
export async function pay(addresses: Addresses, topupId: string): Promise<void> {
  const headers = { authorization: `Bearer ${addresses.providerKey}`, 'content-type': 'application/json' };
  const found = await fetch(`${addresses.provider}/v1/payments?reference=${topupId}`, { headers });
  const [payment] = ((await found.json()) as { items: { id: string }[] }).items;
  if (!payment) throw new Error(`the provider knows no payment for the top-up ${topupId}`);
  const paid = await fetch(`${addresses.provider}/v1/payments/${payment.id}/simulate`, {
    method: 'POST',
    headers,
    body: '{"outcome":"pay"}',
  });
  if (!paid.ok) throw new Error(`the provider did not take the payment: ${await paid.text()}`);
}

export const rubles = (amount: number) => ({ amount: String(amount * 100), currency: 'RUB' });

/** Everybody at work, by key. */
export type Cast = ReadonlyMap<string, Program>;

export function of(cast: Cast, key: string): Program {
  const program = cast.get(key);
  if (!program) throw new Error(`nobody in the demo is called ${key}`);
  return program;
}
