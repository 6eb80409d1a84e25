import { Readable } from 'node:stream';
import { Agent, type Dispatcher as HttpDispatcher, errors as undiciErrors } from 'undici';
import { circuitBreaker, ConsecutiveBreaker, handleWhen, isBrokenCircuitError, type IPolicy } from 'cockatiel';
import type { Callee, Contract, Route, ServiceName } from '#contracts/common/define.ts';
import type { ProblemBody } from '#contracts/common/problem.ts';
import { currentCall, newCall, remainingMs, runInCall, traceparent } from '#kit/call-context.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import type { Telemetry } from '#kit/telemetry.ts';
import { DEFAULT_TIMEOUT_MS, type Dispatcher, isBytes, isStreamed, type RawCall, type RawReply } from './dispatch.ts';
import { Lookups } from './lookups.ts';
import type { ServiceCredential } from './principal.ts';
import { createReplicas, type Lookup, type Replica } from './replicas.ts';

/** Carries calls to one service. `remote` speaks HTTP, `local` hands over in the same process; both end in its dispatcher. */
export interface Transport {
  send(routeName: string, route: Route, call: RawCall): Promise<RawReply>;
}

/** A service of this process: no socket, no serialisation; contract, access, deadline and trace hold all the same. */
export function localTransport(target: () => Dispatcher | undefined): Transport {
  return {
    async send(routeName, _route, call) {
      const dispatcher = target();
      if (!dispatcher) throw new Problem('unavailable', { retryAfter: 2 });
      return await dispatcher.dispatch(routeName, call);
    },
  };
}

export interface RemoteOptions {
  callee: ServiceName;
  /** Base address, `http://orders:8081`. Several replicas: names that resolve to several addresses, or a list. */
  addresses: readonly string[];
  credential: ServiceCredential;
  /** Finds the addresses behind a name; tests give their own. */
  lookup?: Lookup;
}

const HEADER = {
  service: 'artel-service',
  user: 'authorization',
  origin: 'artel-origin',
  locale: 'artel-locale',
  deadline: 'artel-timeout-ms',
  problem: 'artel-problem',
} as const;
export { HEADER as WIRE_HEADERS };

/** A service elsewhere: keep-alive connections, the caller's deadline, retries of harmless calls, a circuit breaker per address. */
export function remoteTransport(options: RemoteOptions): Transport & { close(): Promise<void> } {
  const lines = { pipelining: 1, keepAliveTimeout: 10_000, connect: { timeout: 2_000 } };
  const agent = new Agent({ connections: 64, ...lines });
  // Downloads are as slow as who loads them: they have lines of their own, or they would hold up every other call (L4).
  const downloads = new Agent({ connections: 512, ...lines });
  const replicas = createReplicas(options.addresses, breaker, options.lookup);
  let next = 0;

  async function attempt(routeName: string, route: Route, call: RawCall, target: Replica<IPolicy>): Promise<RawReply> {
    const run = () => request(isStreamed(route) ? downloads : agent, target.url, route, call, options);
    try {
      return await target.breaker.execute(run);
    } catch (error) {
      if (isBrokenCircuitError(error))
        throw new Problem('unavailable', { detail: `${options.callee} is not answering`, retryAfter: 2, cause: error });
      throw toProblem(error, `${options.callee}.${routeName}`);
    }
  }

  return {
    async send(routeName, route, call) {
      const targets = replicas.current() ?? (await replicas.find());
      const harmless =
        route.method === 'GET' ||
        route.method === 'HEAD' ||
        route.method === 'PUT' ||
        route.method === 'DELETE' ||
        call.idempotencyKey !== undefined;
      const tries = harmless ? Math.max(2, targets.length) : targets.length;
      // Its own turn through the replicas: calls beside it must not make it ask the same one twice.
      const first = next++;
      for (let i = 1; ; i++) {
        const target = targets[(first + i) % targets.length] as Replica<IPolicy>;
        try {
          return await attempt(routeName, route, call, target);
        } catch (error) {
          // A refused connection never reached the service: another replica may be asked whatever the method.
          const unsent = isProblem(error, 'unavailable') && isUnsent(error.cause);
          if (i >= tries || !isProblem(error, 'unavailable') || !(harmless || unsent)) throw error;
        }
      }
    },
    async close() {
      replicas.close();
      await Promise.all([agent.close(), downloads.close()]);
    },
  };
}

function breaker(): IPolicy {
  // Only a peer that costs time opens the circuit. A 4xx is an answer; a refused connection is told at once, and counting it
  // would keep a replica that has just come back out while its neighbour restarts (F9).
  return circuitBreaker(
    handleWhen((error) =>
      isProblem(error) ? error.code === 'unavailable' || error.code === 'timeout' : !isRefused(error),
    ),
    { halfOpenAfter: 2_000, breaker: new ConsecutiveBreaker(5) },
  );
}

function isRefused(error: unknown): boolean {
  const code = (error as { code?: string } | undefined)?.code;
  return code === 'ECONNREFUSED' || code === 'ENOTFOUND';
}

function isUnsent(cause: unknown): boolean {
  return (
    isRefused(cause) ||
    isBrokenCircuitError(cause) ||
    (cause as { code?: string } | undefined)?.code === 'UND_ERR_CONNECT_TIMEOUT'
  );
}

function toProblem(error: unknown, what: string): Problem {
  if (isProblem(error)) return error;
  if (error instanceof undiciErrors.HeadersTimeoutError || error instanceof undiciErrors.BodyTimeoutError)
    return new Problem('timeout', { detail: `${what} took too long`, cause: error });
  return new Problem('unavailable', { detail: `${what} can not be reached`, retryAfter: 2, cause: error });
}

/** Path of a route on the wire between services: service routes as they stand, public ones below `/api/v1`. */
export function wirePath(route: Route, params: Readonly<Record<string, unknown>>): string {
  const path = route.path.replace(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(params[name])));
  return path.startsWith('/internal/') || path.startsWith('/.well-known/') ? path : `/api/v1${path}`;
}

export function queryString(query: Readonly<Record<string, unknown>>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === undefined || value === null) continue;
    for (const one of Array.isArray(value) ? value : [value]) search.append(name, String(one));
  }
  const text = search.toString();
  return text ? `?${text}` : '';
}

async function request(
  agent: HttpDispatcher,
  base: URL,
  route: Route,
  call: RawCall,
  options: RemoteOptions,
): Promise<RawReply> {
  const context = currentCall();
  const left = context ? remainingMs(context) : DEFAULT_TIMEOUT_MS;
  if (left <= 0) throw new Problem('timeout');
  const headers: Record<string, string> = {
    [HEADER.service]: await options.credential.tokenFor(options.callee),
    [HEADER.deadline]: String(Math.max(1, Math.floor(left))),
    [HEADER.locale]: call.locale,
    accept: '*/*',
  };
  if (call.user) headers[HEADER.user] = `Bearer ${call.user.token}`;
  if (context) {
    headers['traceparent'] = traceparent(context);
    headers['x-request-id'] = context.requestId;
  }
  if (call.caller === 'gateway') headers[HEADER.origin] = JSON.stringify(call.origin).replace(/[^\x20-\x7e]/g, '?');
  if (call.ifMatch !== undefined) headers['if-match'] = call.ifMatch;
  if (call.ifNoneMatch !== undefined) headers['if-none-match'] = call.ifNoneMatch;
  if (call.idempotencyKey !== undefined) headers['idempotency-key'] = call.idempotencyKey;
  if (call.cookies && route.cookies)
    headers['cookie'] = Object.entries(call.cookies)
      .map(([k, v]) => `${k}=${v}`)
      .join('; ');
  for (const name of route.headers ?? []) if (call.headers?.[name] !== undefined) headers[name] = call.headers[name];
  let body: string | Buffer | undefined;
  if (Buffer.isBuffer(call.body)) {
    body = call.body;
    headers['content-type'] = call.contentType;
  } else if (route.body !== undefined) {
    body = JSON.stringify(call.body);
    headers['content-type'] = 'application/json';
  }
  const tooLate = new AbortController();
  const timer = setTimeout(() => tooLate.abort(new DOMException('too late', 'TimeoutError')), left + 100).unref();
  const response = await agent.request({
    origin: base.origin,
    path: wirePath(route, call.params) + queryString(call.query),
    method: route.method,
    headers,
    body,
    headersTimeout: left + 50,
    bodyTimeout: left + 50,
    signal: tooLate.signal,
  });
  if (isStreamed(route) && (response.statusCode < 400 || response.statusCode === 416)) {
    // From here on it is as slow as its reader; silence of the peer still ends it (`bodyTimeout`).
    clearTimeout(timer);
    const length = response.headers['content-length'];
    const headers = { ...pickHeaders(response.headers), ...(length === undefined ? {} : { 'content-length': length }) };
    return { status: response.statusCode, headers, body: response.body };
  }
  const bytes = Buffer.from(await response.body.arrayBuffer());
  clearTimeout(timer);
  if (response.statusCode >= 400) throw problemFrom(response.statusCode, bytes, response.headers);
  const replyHeaders = pickHeaders(response.headers);
  const json = !isBytes(route.reply) && bytes.length > 0;
  return {
    status: response.statusCode,
    headers: replyHeaders,
    body: route.reply === null ? null : json ? JSON.parse(bytes.toString('utf8')) : bytes,
  };
}

const HOP_HEADERS = new Set([
  'connection',
  'keep-alive',
  'transfer-encoding',
  'content-length',
  'date',
  'x-request-id',
]);
function pickHeaders(headers: Record<string, string | string[] | undefined>): Record<string, string | string[]> {
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !HOP_HEADERS.has(name)),
  ) as Record<string, string | string[]>;
}

function problemFrom(status: number, bytes: Buffer, headers: Record<string, string | string[] | undefined>): Problem {
  const retryAfter = headers['retry-after'] === undefined ? undefined : Number(headers['retry-after']);
  try {
    const body = JSON.parse(bytes.toString('utf8')) as ProblemBody;
    if (typeof body.code === 'string')
      return new Problem(body.code, { detail: body.detail, errors: body.errors, status, retryAfter });
  } catch {}
  // The answer to a HEAD has no body.
  const code = headers[HEADER.problem];
  if (typeof code === 'string') return new Problem(code, { status, retryAfter });
  return new Problem(status >= 500 ? 'unavailable' : 'internal', { detail: `answered ${status}`, retryAfter });
}

/** Builds the typed client of a service from the calls that its contract declares. */
export function createClients(
  contract: Contract,
  transportTo: (callee: ServiceName) => Transport,
  telemetry: Telemetry,
  lookups: Lookups = new Lookups(),
): Record<string, Record<string, (input: ClientInput) => Promise<unknown>>> {
  const clients: Record<string, Record<string, (input: ClientInput) => Promise<unknown>>> = {};
  for (const [name, callee] of Object.entries(contract.calls) as [ServiceName, Callee][]) {
    const calls: Record<string, (input: ClientInput) => Promise<unknown>> = {};
    for (const routeName of Object.keys(callee.routes)) {
      const route = callee.http[routeName];
      if (!route) throw new Error(`${contract.name} declares a call to ${name}.${routeName}, which does not exist`);
      calls[routeName] = async (input = {}) =>
        makeCall({ contract, name, routeName, route, transport: transportTo(name), telemetry, lookups, input });
    }
    clients[name] = calls;
  }
  return clients;
}

interface ClientInput {
  params?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  idempotencyKey?: string;
  timeoutMs?: number;
  /** The person on whose behalf the call is made (calls through the gateway need one). */
  user?: RawCall['user'];
}

async function makeCall(of: {
  contract: Contract;
  name: ServiceName;
  routeName: string;
  route: Route;
  transport: Transport;
  telemetry: Telemetry;
  lookups: Lookups;
  input: ClientInput;
}): Promise<unknown> {
  const { route, input } = of;
  const { params = {}, query = {} } = input;
  const lookup = route.lookup && of.lookups.ask({ service: of.name, routeName: of.routeName, route, params, query });
  if (lookup?.known?.fresh) return lookup.known.body;
  const timeoutMs = input.timeoutMs ?? route.timeoutMs ?? DEFAULT_TIMEOUT_MS;
  const parent = currentCall();
  const context = parent
    ? { ...parent, deadline: Math.min(parent.deadline, Date.now() + timeoutMs) }
    : newCall({ timeoutMs });
  const call: RawCall = {
    params,
    query,
    body: input.body,
    contentType: 'application/json',
    caller: of.contract.name,
    user: input.user,
    origin: { ip: '', userAgent: '' },
    locale: context.locale ?? 'ru',
    idempotencyKey: input.idempotencyKey,
    ifNoneMatch: lookup?.known?.etag,
  };
  const attributes = { 'http.request.method': route.method, 'http.route': route.path, 'artel.callee': of.name };
  const reply = await runInCall(context, () =>
    of.telemetry.span(`call ${of.name}.${of.routeName}`, 'client', attributes, () =>
      of.transport.send(of.routeName, route, call),
    ),
  );
  if (isStreamed(route)) return reply.body instanceof Readable ? reply.body : Readable.from([reply.body]);
  if (!lookup) return reply.body;
  return lookup.keep(reply.status === 304 ? undefined : { body: reply.body, etag: etagOf(reply) });
}

function etagOf({ headers }: RawReply): string | undefined {
  return typeof headers['etag'] === 'string' ? headers['etag'] : undefined;
}
