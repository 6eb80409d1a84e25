import compress from '@fastify/compress';
import cors from '@fastify/cors';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { constants } from 'node:zlib';
import { contracts } from '#contracts/all.ts';
import type { Contract, Route, ServiceName } from '#contracts/common/define.ts';
import { type CallContext, newCall, runInCall } from '#kit/call-context.ts';
import { Problem } from '#kit/problem.ts';
import type { ServeHost } from '#kit/service/boot.ts';
import { checkAccess, DEFAULT_TIMEOUT_MS, isBytes, isStreamed, type RawCall, validate } from '#kit/service/dispatch.ts';
import {
  addHealth,
  bodyLimitOf,
  createHttp,
  fastifyPath,
  localeOf,
  parseCookies,
  sendProblem,
  sendReply,
  toProblem,
} from '#kit/service/http-server.ts';
import type { VerifiedToken } from '#kit/service/principal.ts';
import type { Principal } from '#kit/service/types.ts';
import { addConditionalGet, namesIt } from './conditional.ts';
import { addDocs } from './docs.ts';
import type { GatewayContext } from './context.ts';
import { InFlight } from './limits/in-flight.ts';
import { addressKey, type RateState } from './limits/rate-limiter.ts';
import { noteRefusal } from './refusals.ts';
import { securityHeaders } from './security-headers.ts';
import { addRequestLog } from './request-log.ts';
import { attachSockets } from './sockets.ts';
import { addWebApp, sendPage } from './web-app.ts';

declare module 'fastify' {
  interface FastifyRequest {
    artel: { call: CallContext; startedAt: number; userId: string | undefined; callerIp: string };
  }
}

const nobody: ReadonlySet<ServiceName> = new Set();

/** The gateway's HTTP server: every public route of every contract, the documentation, the web app, the socket. */
export async function createGatewayServer(ctx: GatewayContext, host: ServeHost): Promise<FastifyInstance> {
  const app = createHttp({ page: sendPage, requestTimeoutMs: ctx.config.REQUEST_TIMEOUT });
  app.decorateRequest('artel');
  const security = securityHeaders({ https: ctx.publicUrl.startsWith('https:') });
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(security);
    done();
  });
  addHygiene(app, ctx);
  addRequestLog(app, ctx);
  const origins = ctx.config.CORS_ORIGINS.split(',')
    .map((origin) => origin.trim())
    .filter(Boolean);
  if (origins.length > 0) {
    await app.register(cors, {
      origin: origins,
      methods: ['HEAD', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
      credentials: true,
      exposedHeaders: [
        'etag',
        'x-request-id',
        'ratelimit',
        'ratelimit-policy',
        'retry-after',
        'location',
        'tus-resumable',
        'upload-offset',
        'upload-length',
        'upload-expires',
      ],
      maxAge: 600,
    });
  }
  addConditionalGet(app);
  await app.register(compress, {
    global: true,
    threshold: 1_400,
    encodings: ['br', 'gzip'],
    brotliOptions: { params: { [constants.BROTLI_PARAM_QUALITY]: 4 } },
  });
  addHealth(app, { notReady: host.health.notReady, metrics: host.health.metrics });
  addRoutes(app, ctx, host);
  addDocs(app, ctx);
  await addWebApp(app, ctx);
  await attachSockets(app, ctx, host);
  return app;
}

/** Request ids, odd paths, overload: before anything else looks at the request. */
function addHygiene(app: FastifyInstance, ctx: GatewayContext): void {
  const inFlight = new InFlight({ most: ctx.config.MAX_IN_FLIGHT, patienceMs: ctx.config.REQUEST_TIMEOUT });
  app.addHook('onRequest', (request, reply, done) => {
    const call = newCall({
      traceparent: oneHeader(request, 'traceparent'),
      requestId: oneHeader(request, 'x-request-id'),
      timeoutMs: 120_000,
      recordsEntry: true,
      locale: localeOf(request.headers['accept-language']),
    });
    request.artel = {
      call,
      startedAt: performance.now(),
      userId: undefined,
      callerIp: callerIp(request, ctx.config.TRUSTED_PROXIES),
    };
    void reply.header('x-request-id', call.requestId);
    runInCall(call, () => {
      if (request.url === '/metrics') return done(new Problem('not_found'));
      if (/%2e|%2f|%5c|%00|\\|\/\.\.?(\/|$)|\/\//i.test(request.url.split('?')[0] ?? ''))
        return done(new Problem('malformed', { detail: 'the path is not in its normal form' }));
      if (!namesOneHost(request)) {
        void reply.header('connection', 'close');
        return done(new Problem('malformed', { detail: 'one Host header is required' }));
      }
      if (!inFlight.enter(request.artel.callerIp, reply.raw) && !/^\/(healthz|readyz)$/.test(request.url))
        return done(new Problem('unavailable', { detail: 'overloaded', retryAfter: 1 }));
      done();
    });
  });
  app.addHook('onSend', (_request, reply, payload, done) => {
    const declared = Number(reply.getHeader('content-length') ?? Number.NaN);
    const given = typeof payload === 'string' || Buffer.isBuffer(payload) ? payload.length : declared;
    inFlight.answered(reply.raw, Number.isFinite(given) ? given : undefined);
    done(null, payload);
  });
  app.addHook('onClose', async () => inFlight.close());
  app.addHook('onResponse', (request, reply, done) => {
    const { call, startedAt } = request.artel;
    const pattern = (request.routeOptions.config as { pattern?: string } | undefined)?.pattern ?? 'other';
    const ms = performance.now() - startedAt;
    ctx.telemetry.record(
      `${request.method} ${pattern}`,
      'server',
      { 'http.request.method': request.method, 'url.template': pattern, 'http.response.status_code': reply.statusCode },
      Date.now() - ms,
      Date.now(),
      reply.statusCode >= 500 ? 'error' : 'ok',
      call,
    );
    done();
  });
}

/** Node.js takes the first of several, a proxy in front may take the last (RFC 9112, 3.2). */
function namesOneHost({ raw }: FastifyRequest): boolean {
  const hosts = raw.rawHeaders.filter((name, at) => at % 2 === 0 && name.toLowerCase() === 'host').length;
  return hosts === 1 || (hosts === 0 && raw.httpVersion === '1.0');
}

export function oneHeader(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return typeof value === 'string' ? value : undefined;
}

/** The caller's address: the socket's, or what that many trusted proxies say; the rest of X-Forwarded-For is anybody's word. */
export function callerIp(request: Pick<FastifyRequest, 'headers' | 'socket'>, trusted: number): string {
  const socket = request.socket.remoteAddress ?? '';
  if (trusted === 0) return socket;
  const header = request.headers['x-forwarded-for'];
  const chain = String(header ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean);
  return chain.at(-trusted) ?? socket;
}

function addRoutes(app: FastifyInstance, ctx: GatewayContext, host: ServeHost): void {
  for (const contract of Object.values(contracts) as Contract[]) {
    for (const [name, route] of Object.entries(contract.http)) {
      if (route.access.kind === 'service') continue;
      const path = route.path.startsWith('/.well-known/') ? route.path : `/api/v1${route.path}`;
      app.route({
        method: route.method,
        url: fastifyPath(path),
        bodyLimit: bodyLimitOf(route),
        // A packed stream has no length and no parts that could be asked for.
        ...(isStreamed(route) && { compress: false }),
        config: { bytes: isBytes(route.body), pattern: path, rate: rateClass(route) },
        // Before the body is read: who calls, how often, and whether he may.
        preParsing: async (request, reply, payload) => {
          await runInCall(request.artel.call, () => admit(ctx, host, route, request, reply));
          return payload;
        },
        handler: (request, reply) => forward(ctx, host, contract, name, route, request, reply),
        errorHandler: (error, request, reply) => sendProblem(request, reply, toProblem(error), contract.errors),
      });
    }
  }
}

function rateClass(route: Route): 'read' | 'write' | 'auth' | 'upload' {
  return route.rate ?? (isBytes(route.body) ? 'upload' : isRead(route) ? 'read' : 'write');
}

function isRead({ method }: Route): boolean {
  return method === 'GET' || method === 'HEAD';
}

const identities = new WeakMap<FastifyRequest, VerifiedToken>();

async function admit(
  ctx: GatewayContext,
  host: ServeHost,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  const klass = rateClass(route);
  // A route that reads the header itself has keys of its own there (a mail server's): they are no token.
  const sent = route.headers?.includes('authorization') ? undefined : oneHeader(request, 'authorization');
  const bearer = /^Bearer (\S+)$/i.exec(sent ?? '')?.[1];
  const verified =
    bearer === undefined ? undefined : await host.verifier.verify(bearer).catch((error: unknown) => ({ error }));
  const token = verified && !('error' in verified) ? verified : undefined;
  // Guessing is limited by address whoever claims to guess; the rest by person, else by address.
  const key = klass === 'auth' || !token ? addressKey(request.artel.callerIp) : token.principal.userId;
  applyLimit(reply, klass, ctx.limiter.take(`${klass}:${key}`, limitOf(ctx, klass)));
  if (verified && 'error' in verified) throw verified.error;
  if (token) {
    await ctx.sessions.check(token);
    identities.set(request, token);
    request.artel.userId = token.principal.userId;
  }
  try {
    checkAccess(route.access, { caller: 'gateway', user: token?.principal }, nobody, ctx.clock.nowMs());
  } catch (error) {
    noteRefusal(ctx.refusals, error, token?.principal.userId, route);
    throw error;
  }
}

function limitOf(ctx: GatewayContext, klass: 'read' | 'write' | 'auth' | 'upload'): number {
  const { RATE_READ, RATE_WRITE, RATE_AUTH, RATE_UPLOAD } = ctx.config;
  return { read: RATE_READ, write: RATE_WRITE, auth: RATE_AUTH, upload: RATE_UPLOAD }[klass];
}

/** Of what a caller sends only the headers go on that the route declares; identity and hop headers are made anew (Z5). */
function declared(request: FastifyRequest, route: Route): Record<string, string> {
  return Object.fromEntries(
    (route.headers ?? []).flatMap((name) => {
      const value = oneHeader(request, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

/** RateLimit headers as in draft-ietf-httpapi-ratelimit-headers. */
function applyLimit(reply: FastifyReply, klass: string, state: RateState): void {
  void reply.header('ratelimit-policy', `"${klass}";q=${state.limit};w=60`);
  void reply.header('ratelimit', `"${klass}";r=${state.remaining};t=${state.resetSeconds}`);
  if (state.exceeded) throw new Problem('too_many_requests', { retryAfter: state.resetSeconds });
}

async function forward(
  ctx: GatewayContext,
  host: ServeHost,
  contract: Contract,
  name: string,
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  // Reading the body loses the running context; it stands with the request.
  const context = { ...request.artel.call, deadline: Date.now() + (route.timeoutMs ?? DEFAULT_TIMEOUT_MS) };
  const user: Principal | undefined = identities.get(request)?.principal;
  const call: RawCall = {
    params: request.params as Record<string, unknown>,
    query: request.query as Record<string, unknown>,
    body: request.body,
    contentType: oneHeader(request, 'content-type') ?? '',
    caller: 'gateway',
    user,
    origin: { ip: request.artel.callerIp, userAgent: (oneHeader(request, 'user-agent') ?? '').slice(0, 300) },
    locale:
      request.headers['accept-language'] === undefined
        ? (user?.locale ?? 'ru')
        : localeOf(request.headers['accept-language']),
    ifMatch: oneHeader(request, 'if-match'),
    idempotencyKey: oneHeader(request, 'idempotency-key'),
    cookies: route.cookies ? parseCookies(oneHeader(request, 'cookie')) : {},
    headers: declared(request, route),
  };
  await runInCall(context, async () => {
    try {
      // A service of this process validates by the same schemas as its first step; one elsewhere is spared what does not fit.
      if (!host.local(contract.name)) validate(route, call);
      const raw = await ctx.telemetry.span(
        `${route.method} ${route.path}`,
        'client',
        { 'http.request.method': route.method, 'http.route': route.path, 'artel.callee': contract.name },
        () => host.transportTo(contract.name).send(name, route, call),
      );
      const etag = raw.headers['etag'];
      if (request.method === 'GET' && typeof etag === 'string')
        void reply.header(
          'vary',
          [reply.getHeader('vary'), 'authorization, accept-language'].filter(Boolean).join(', '),
        );
      // A version says that the resource is the same, not that this person sees the same of it (he may have consented to
      // something meanwhile): it spares guests the answer, nobody else.
      const known = typeof etag === 'string' && namesIt(oneHeader(request, 'if-none-match'), etag);
      if (request.method === 'GET' && !user && known) {
        if (raw.body instanceof Readable) raw.body.destroy();
        void reply.code(304).header('etag', etag).send();
      } else sendReply(reply, raw);
    } catch (error) {
      noteRefusal(ctx.refusals, error, user?.userId, route);
      sendProblem(request, reply, toProblem(error), contract.errors);
    }
  });
  await reply;
}
