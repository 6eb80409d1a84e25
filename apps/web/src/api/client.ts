/** Typed calls of the HTTP API: names and shapes come from the contracts, methods and paths from the build. */
import routes from 'artel:routes';
import type { z } from 'zod';
import type { contracts } from '#contracts/all.ts';
import type { ProblemBody } from '#contracts/common/problem.ts';
import { currentLocale, t } from '../i18n.ts';
import { uuid } from './ids.ts';
import { bearer, refresh } from './session.ts';

type Contracts = typeof contracts;
export type Service = keyof Contracts;
type Routes<S extends Service> = Contracts[S]['http'];
type In<T> = T extends z.ZodType ? z.input<T> : T extends { kind: 'bytes' } ? Blob : never;
/** What a route answers with; bytes come as a Blob, no content as undefined. */
export type Reply<S extends Service, N extends keyof Routes<S>> = Routes<S>[N] extends { reply: infer R }
  ? R extends z.ZodType
    ? z.output<R>
    : R extends { kind: 'bytes' }
      ? Blob
      : undefined
  : never;
type Field<R, K extends string> = R extends Record<K, infer T> ? { [key in K]?: In<T> } : object;

export type CallOptions<S extends Service, N extends keyof Routes<S>> = Field<Routes<S>[N], 'params'> &
  Field<Routes<S>[N], 'query'> &
  Field<Routes<S>[N], 'body'> & {
    /** Version of the resource, for routes that take `If-Match`. */
    version?: number;
    /** Idempotency key of the intent; by default one of its own per call. */
    key?: string;
  };

/** An error answer in words. */
export class ApiProblem extends Error {
  readonly body: ProblemBody;
  constructor(body: ProblemBody) {
    super(body.detail ?? body.title);
    this.body = body;
  }
  get code(): string {
    return this.body.code;
  }
}

interface Loose {
  params?: Record<string, string | number>;
  query?: Record<string, unknown>;
  body?: unknown;
  version?: number;
  key?: string;
}

let askForPassword: (() => Promise<boolean>) | undefined;
/** Says how to ask for a fresh sign-in when a route wants one. */
export function onFreshSignIn(ask: () => Promise<boolean>): void {
  askForPassword = ask;
}

/** Calls a route. Throws ApiProblem; refreshes the session once when the token is refused. */
export async function api<S extends Service, N extends keyof Routes<S> & string>(
  service: S,
  name: N,
  options?: CallOptions<S, N>,
): Promise<Reply<S, N>> {
  const route = routes[`${service}.${name}`];
  if (!route) throw new Error(`no route ${service}.${name}`);
  const [method, path, keyed] = route;
  const call = { key: keyed ? uuid() : undefined, ...(options as Loose) };
  let response = await send(method, path, call);
  if (response.status === 401 && (await bearer()) !== undefined && (await refresh()))
    response = await send(method, path, call);
  if (response.status === 403 && askForPassword) {
    const problem = await problemOf(response);
    if (problem.code !== 'fresh_sign_in_required' || !(await askForPassword())) throw problem;
    response = await send(method, path, call);
  }
  if (!response.ok) throw await problemOf(response);
  if (response.status === 204) return undefined as Reply<S, N>;
  const json = response.headers.get('content-type')?.includes('json');
  return (json ? await response.json() : await response.blob()) as Reply<S, N>;
}

async function send(method: string, template: string, call: Loose): Promise<Response> {
  const path = template.replace(/\{(\w+)\}/g, (_all, name: string) =>
    encodeURIComponent(String(call.params?.[name] ?? '')),
  );
  const headers: Record<string, string> = { 'accept-language': currentLocale() };
  const token = await bearer();
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (call.key !== undefined) headers['idempotency-key'] = call.key;
  if (call.version !== undefined) headers['if-match'] = `"${call.version}"`;
  const binary = call.body instanceof Blob;
  if (binary) headers['content-type'] = (call.body as Blob).type || 'application/octet-stream';
  else if (call.body !== undefined) headers['content-type'] = 'application/json';
  const body = binary ? (call.body as Blob) : call.body === undefined ? undefined : JSON.stringify(call.body);
  try {
    return await fetch(`/api/v1${path}${search(call.query)}`, { method, headers, body, credentials: 'same-origin' });
  } catch {
    throw new ApiProblem({
      type: '',
      status: 0,
      code: 'network',
      title: t('error.network'),
      detail: t('error.networkDetail'),
      requestId: '',
    });
  }
}

function search(query: Record<string, unknown> | undefined): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {}))
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== undefined && one !== null && one !== '') words.append(name, String(one));
  const text = words.toString();
  return text ? `?${text}` : '';
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const body = (await response.json().catch(() => undefined)) as ProblemBody | undefined;
  return new ApiProblem(
    body && typeof body.code === 'string'
      ? body
      : { type: '', status: response.status, code: 'unknown', title: t('error.unknown'), requestId: '' },
  );
}

/** Lets the browser load a file by itself: it goes to the disk as it comes, and goes on after a break. */
export function loadFile(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  link.click();
}

/** Hands bytes to the person as a file. */
export function saveFile(blob: Blob, fileName: string): void {
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}
