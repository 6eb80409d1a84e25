import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { Contract, Route } from '#contracts/common/define.ts';
import type { Locale } from '#contracts/common/values.ts';
import { currentCall, newCall, runInCall } from '#kit/call-context.ts';
import { COMMON_ERRORS } from '#contracts/common/problem.ts';
import { newId } from '#kit/ids.ts';
import { describeProblem, isProblem, Problem } from '#kit/problem.ts';
import { WIRE_HEADERS } from './client.ts';
import { DEFAULT_TIMEOUT_MS, type Dispatcher, isBytes, type RawReply } from './dispatch.ts';
import { lookupTag } from './lookups.ts';
import type { ServiceCredential, TokenVerifier } from './principal.ts';
import type { Origin } from './types.ts';

/** Most bytes of a JSON body. */
export const JSON_LIMIT = 256 * 1024;

export interface HealthChecks {
  /** Undefined: ready; else what is missing. */
  notReady(): Promise<string | undefined>;
  metrics(): Promise<string>;
}

/** A Fastify that parses only what contracts declare and answers problems (RFC 9457). */
export function createHttp(
  options: {
    /** Answers an address that no route has; false: it stays a 404. */
    page?(request: FastifyRequest, reply: FastifyReply): boolean;
    /** A request that has not come whole by then is cut off. Default 30,000. */
    requestTimeoutMs?: number;
  } = {},
): FastifyInstance {
  const requestTimeout = options.requestTimeoutMs ?? 30_000;
  const app = Fastify({
    logger: false,
    bodyLimit: JSON_LIMIT,
    requestTimeout,
    // Node looks for late requests every 30 s by itself, and gives a head alone 60 s.
    http: {
      connectionsCheckingInterval: Math.min(5_000, requestTimeout),
      headersTimeout: Math.min(20_000, requestTimeout),
    },
    keepAliveTimeout: 15_000,
    connectionTimeout: 0,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 500, ignoreDuplicateSlashes: false, ignoreTrailingSlash: false },
    exposeHeadRoutes: false,
    clientErrorHandler: refuseUnreadable,
    // Contracts check what comes and goes; the compilers of JSON Schema would be a tenth of a start.
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'buffer' },
    (request, body, done) => {
      // A route that takes JSON as bytes (a signed callback) gets them as they came.
      if ((request.routeOptions.config as { bytes?: boolean }).bytes) return done(null, body);
      try {
        done(null, parseJson(body as Buffer));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if ((request.routeOptions.config as { bytes?: boolean }).bytes) done(null, body);
    else if ((body as Buffer).length === 0) done(null, undefined);
    else done(new Problem('unsupported_media_type', { detail: 'takes application/json' }));
  });
  app.setErrorHandler((error: FastifyError | Problem, request, reply) => {
    sendProblem(request, reply, toProblem(error));
  });
  app.setNotFoundHandler((request, reply) => {
    if (options.page?.(request, reply)) return;
    sendProblem(request, reply, new Problem('not_found', { detail: 'no such address' }));
  });
  return app;
}

function noSchemas(): never {
  throw new Error('routes have contracts, no JSON Schema of Fastify');
}

/** A request that can't even be read as HTTP gets a problem document too. */
function refuseUnreadable(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const [status, phrase] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? [431, 'Request Header Fields Too Large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? [408, 'Request Timeout']
        : [400, 'Bad Request'];
  const body = JSON.stringify({
    type: '/problems/malformed',
    title: COMMON_ERRORS.malformed.title.en,
    status,
    code: 'malformed',
    requestId: newId(),
  });
  socket.end(
    `HTTP/1.1 ${status} ${phrase}\r\nContent-Type: application/problem+json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}

const MAX_DEPTH = 32;

/** JSON as the contracts mean it: UTF-8, no duplicate keys, no `__proto__`, no bottomless nesting (B4, L4). */
export function parseJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Problem('malformed', { detail: 'the body is not UTF-8' });
  }
  checkStructure(text);
  try {
    return JSON.parse(text);
  } catch {
    throw new Problem('malformed', { detail: 'the body is not JSON' });
  }
}

/** One pass over the text: refuses what `JSON.parse` would accept silently. */
function checkStructure(text: string): void {
  const keys: (Set<string> | undefined)[] = [];
  let i = 0;
  while (i < text.length) {
    const c = text[i];
    if (c === '{' || c === '[') {
      keys.push(c === '{' ? new Set() : undefined);
      if (keys.length > MAX_DEPTH) throw new Problem('malformed', { detail: `nested deeper than ${MAX_DEPTH}` });
    } else if (c === '}' || c === ']') keys.pop();
    else if (c === '"') {
      const end = endOfString(text, i);
      const after = /\s*:/y;
      after.lastIndex = end + 1;
      const seen = keys.at(-1);
      if (seen && after.test(text)) checkKey(text.slice(i, end + 1), seen);
      i = end;
    }
    i++;
  }
}

function checkKey(literal: string, seen: Set<string>): void {
  let key: string;
  try {
    key = JSON.parse(literal) as string;
  } catch {
    throw new Problem('malformed', { detail: 'the body is not JSON' });
  }
  if (key === '__proto__') throw new Problem('malformed', { detail: 'the key __proto__ is not allowed' });
  if (seen.has(key)) throw new Problem('malformed', { detail: `the key ${literal.slice(0, 60)} stands twice` });
  seen.add(key);
}

function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    if (text[i] === '\\') i++;
    else if (text[i] === '"') return i;
  }
  return text.length;
}

export function toProblem(error: unknown): Problem {
  if (isProblem(error)) return error;
  const code = (error as { code?: string }).code ?? '';
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE') return new Problem('payload_too_large');
  if (code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return new Problem('unsupported_media_type');
  const status = (error as { statusCode?: number }).statusCode ?? 500;
  if (status >= 400 && status < 500)
    return new Problem('malformed', { detail: error instanceof Error ? error.message : undefined });
  return new Problem('internal', { cause: error });
}

/** Writes the problem document; nothing of the cause leaves. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
  own: Contract['errors'] = {},
): void {
  const described = describeProblem(problem.code, own);
  const declared = described.status === 500 && problem.code !== 'internal' ? undefined : described;
  const status = declared?.status ?? problem.status ?? 500;
  const locale = localeOf(request.headers['accept-language'] ?? request.headers[WIRE_HEADERS.locale]);
  if (problem.retryAfter !== undefined || status === 503 || status === 429)
    void reply.header('retry-after', String(Math.ceil(problem.retryAfter ?? 2)));
  if (request.method === 'HEAD') void reply.header(WIRE_HEADERS.problem, problem.code);
  void reply
    .code(status)
    .header('content-type', 'application/problem+json')
    .send(
      JSON.stringify({
        type: `/problems/${problem.code}`,
        title: (declared ?? described).title[locale],
        status,
        code: problem.code,
        ...(status < 500 && problem.detail ? { detail: problem.detail } : {}),
        ...(problem.errors ? { errors: problem.errors } : {}),
        requestId: currentCall()?.requestId ?? String(reply.getHeader('x-request-id') ?? ''),
      }),
    );
}

export function localeOf(header: unknown): Locale {
  return /^\s*en\b/i.test(String(header ?? '')) ? 'en' : 'ru';
}

export function sendReply(reply: FastifyReply, raw: RawReply): void {
  for (const [name, value] of Object.entries(raw.headers)) void reply.header(name, value);
  void reply.code(raw.status);
  if (raw.body === null || raw.body === undefined) void reply.send();
  else if (Buffer.isBuffer(raw.body) || raw.body instanceof Readable) void reply.send(raw.body);
  else
    void reply
      .header('content-type', raw.headers['content-type'] ?? 'application/json; charset=utf-8')
      .send(JSON.stringify(raw.body));
}

export function fastifyPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ':$1');
}

export function bodyLimitOf(route: Route): number {
  return isBytes(route.body) ? route.body.maxBytes + 1024 : JSON_LIMIT;
}

export interface ServiceServerOptions {
  dispatcher: Dispatcher;
  credential: ServiceCredential;
  verifier: TokenVerifier;
  health: HealthChecks;
}

/** The HTTP server of one service that runs apart: every call must carry the calling service's credential (Z5). */
export function createServiceServer(options: ServiceServerOptions): FastifyInstance {
  const app = createHttp();
  addHealth(app, options.health);
  const { contract } = options.dispatcher;
  for (const [name, route] of Object.entries(contract.http)) {
    app.route({
      method: route.method,
      url: serverPath(route),
      bodyLimit: bodyLimitOf(route),
      config: { bytes: isBytes(route.body) },
      handler: (request, reply) => serve(options, contract, name, request, reply),
    });
  }
  return app;
}

function serverPath(route: Route): string {
  const path = fastifyPath(route.path);
  return path.startsWith('/internal/') || path.startsWith('/.well-known/') ? path : `/api/v1${path}`;
}

async function serve(
  options: ServiceServerOptions,
  contract: Contract,
  routeName: string,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const header = (name: string) =>
    typeof request.headers[name] === 'string' ? (request.headers[name] as string) : undefined;
  const timeoutMs = Number(header(WIRE_HEADERS.deadline) ?? DEFAULT_TIMEOUT_MS);
  const call = newCall({
    traceparent: header('traceparent'),
    requestId: header('x-request-id'),
    timeoutMs: Number.isFinite(timeoutMs) ? Math.min(timeoutMs, 120_000) : DEFAULT_TIMEOUT_MS,
  });
  await runInCall(call, async () => {
    try {
      const token = header(WIRE_HEADERS.service);
      if (token === undefined) throw new Problem('unauthenticated', { detail: 'a service credential is required' });
      const caller = await options.credential.verify(token);
      const ownKey = contract.http[routeName]?.headers?.includes('authorization');
      const bearer = ownKey ? undefined : /^Bearer (\S+)$/.exec(header(WIRE_HEADERS.user) ?? '')?.[1];
      const user = bearer === undefined ? undefined : (await options.verifier.verify(bearer)).principal;
      const raw = await options.dispatcher.dispatch(routeName, {
        params: request.params as Record<string, unknown>,
        query: request.query as Record<string, unknown>,
        body: request.body,
        contentType: header('content-type') ?? '',
        caller,
        user,
        origin: caller === 'gateway' ? parseOrigin(header(WIRE_HEADERS.origin)) : { ip: '', userAgent: '' },
        locale: localeOf(header(WIRE_HEADERS.locale)),
        ifMatch: header('if-match'),
        idempotencyKey: header('idempotency-key'),
        cookies: parseCookies(header('cookie')),
        headers: request.headers as Record<string, string>,
      });
      if (contract.http[routeName]?.lookup) sendLookup(reply, raw, header('if-none-match'));
      else sendReply(reply, raw);
    } catch (error) {
      sendProblem(request, reply, toProblem(error), contract.errors);
    }
  });
  // A stream has not begun yet: without this, Fastify would take the end of the handler for an answer without a body.
  await reply;
}

/** The answer to a look-up goes once: who names its ETag has it. */
function sendLookup(reply: FastifyReply, raw: RawReply, ifNoneMatch: string | undefined): void {
  const text = JSON.stringify(raw.body);
  const etag = lookupTag(text);
  void reply.header('etag', etag);
  if (ifNoneMatch === etag) void reply.code(304).send();
  else void reply.code(raw.status).header('content-type', 'application/json; charset=utf-8').send(text);
}

function parseOrigin(header: string | undefined): Origin {
  try {
    const { ip, userAgent } = JSON.parse(header ?? '{}') as Partial<Origin>;
    return { ip: String(ip ?? ''), userAgent: String(userAgent ?? '') };
  } catch {
    return { ip: '', userAgent: '' };
  }
}

export function parseCookies(header: string | undefined): Record<string, string> {
  const cookies: Record<string, string> = {};
  for (const part of (header ?? '').split(';')) {
    const at = part.indexOf('=');
    if (at > 0) cookies[part.slice(0, at).trim()] = part.slice(at + 1).trim();
  }
  return cookies;
}

/** `/healthz` alive, `/readyz` its needs are met, `/metrics` for Prometheus. */
export function addHealth(app: FastifyInstance, health: HealthChecks): void {
  app.get('/healthz', async () => ({ status: 'ok' }));
  app.get('/readyz', async (_request, reply) => {
    const missing = await health.notReady();
    if (missing !== undefined) void reply.code(503).header('retry-after', '2');
    return missing === undefined ? { status: 'ready' } : { status: 'not ready', missing };
  });
  app.get('/metrics', async (_request, reply) => {
    void reply.header('content-type', 'text/plain; version=0.0.4; charset=utf-8');
    return await health.metrics();
  });
}
