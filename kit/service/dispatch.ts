/**
 * The one way into a service, whatever carried the call: access, validation, idempotency, deadline, the handler, and
 * the check of its answer. The HTTP server and the in-process client both end here.
 */
import { z } from 'zod';
import type { Access, Bytes, Contract, Route, ServiceName } from '#contracts/common/define.ts';
import { ownerRule } from '#contracts/common/owners.ts';
import type { Locale } from '#contracts/common/values.ts';
import { currentCall, newCall, remainingMs, runInCall } from '#kit/call-context.ts';
import { type Claim, claimKey, hashBody, keepReply, type StoredReply, storedReply } from '#kit/db/idempotency.ts';
import { sql, type Transact, type Tx } from '#kit/db/db.ts';
import { describeProblem, isProblem, Problem } from '#kit/problem.ts';
import { Lines } from './lines.ts';
import type { Origin, Principal, Req, ServiceContext } from './types.ts';

export const DEFAULT_TIMEOUT_MS = 10_000;
/** Seconds after a full sign-in in which sensitive changes are allowed (A9). */
const FRESH_SECONDS = 600;

export interface RawCall {
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
  /** Parsed JSON, or the bytes of a bytes body. */
  readonly body: unknown;
  readonly contentType: string;
  readonly caller: ServiceName;
  readonly user: Principal | undefined;
  readonly origin: Origin;
  readonly locale: Locale;
  readonly ifMatch?: string | undefined;
  readonly idempotencyKey?: string | undefined;
  /** ETag of the answer that the caller of a look-up has kept; the wire answers 304 when it still holds. */
  readonly ifNoneMatch?: string | undefined;
  readonly cookies?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface RawReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** JSON value, bytes (a stream of them on routes that declare `streamed`), or null for no content. */
  readonly body: unknown;
}

export interface Dispatcher {
  readonly contract: Contract;
  /** Throws `Problem` only. */
  dispatch(routeName: string, call: RawCall): Promise<RawReply>;
}

// biome-ignore lint/suspicious/noExplicitAny: handlers of any contract; their types were checked where they were written
type AnyHandler = (ctx: any, req: any) => Promise<StoredReply>;
// biome-ignore lint/suspicious/noExplicitAny: as above
type AnyResolver = (ctx: any, req: any) => Promise<boolean>;

export function isBytes(schema: unknown): schema is Bytes {
  return typeof schema === 'object' && schema !== null && (schema as { kind?: unknown }).kind === 'bytes';
}

/** Whether the answer is passed on as it is read. */
export function isStreamed(route: Route): boolean {
  return isBytes(route.reply) && route.reply.streamed === true;
}

export function statusOf(route: Route): number {
  return route.status ?? (route.reply === null ? 204 : route.method === 'POST' ? 201 : 200);
}

export interface DispatcherOptions {
  ctx: ServiceContext;
  handlers: Readonly<Record<string, AnyHandler>>;
  owners: Readonly<Record<string, AnyResolver>>;
  /** Which services declare a call to a route of this one. */
  callersOf(routeName: string): ReadonlySet<ServiceName>;
}

export function createDispatcher(options: DispatcherOptions): Dispatcher {
  const { ctx } = options;
  const { contract } = ctx;
  /** The keys of calls that run in this process. */
  const inFlight = new Set<string>();
  /** By the thing that a route names first. */
  const lines = new Lines();
  const duration = ctx.telemetry.histogram('http.server.request.duration', {
    unit: 's',
    description: 'Duration of calls to the service, by route',
  });

  async function run(routeName: string, route: Route, call: RawCall): Promise<RawReply> {
    checkAccess(route.access, call, options.callersOf(routeName), ctx.clock.nowMs());
    const input = validate(route, call);
    const claim = claimOf(routeName, route, call, input);
    if (claim) {
      const known = await ctx.db.maybe<{ bodyHash: Buffer; reply: StoredReply }>(
        sql`select body_hash as "bodyHash", reply from idempotency where scope = ${claim.scope} and key = ${claim.key}`,
      );
      const stored = storedReply(known, claim);
      if (stored) return finish(route, stored);
    }
    const req = makeRequest(route, call, input, claim);
    await checkOwner(route, req);
    const handler = options.handlers[routeName];
    if (!handler) throw new Error(`no handler for ${contract.name}.${routeName}`);
    return finish(route, await handler(ctx, req));
  }

  /** Whose the thing is that the route names: the declaration beside the permission, in one place (Z2). */
  async function checkOwner({ access }: Route, req: Req<Route>): Promise<void> {
    if (access.kind !== 'user' || access.owner === undefined || access.owner === 'self') return;
    if (await options.owners[access.owner]?.(ctx, req)) return;
    const { title, refusal } = ownerRule(access.owner);
    throw new Problem(refusal ?? 'not_found', refusal && { detail: title[req.locale] });
  }

  function makeRequest(
    route: Route,
    call: RawCall,
    input: { params: unknown; query: unknown; body: unknown },
    claim: Claim | undefined,
  ): Req<Route> {
    const [thing] = Object.values(call.params);
    const inLine: Transact = (inTx) =>
      typeof thing === 'string' ? lines.run(thing, () => ctx.db.tx(inTx)) : ctx.db.tx(inTx);
    const tx = async (work: (tx: Tx) => Promise<StoredReply>, on: Transact = inLine) => {
      if (!claim) return await on(work);
      // The lock in the database is the transaction's: two of one transaction would not keep each other out.
      const name = `${claim.scope}\n${claim.key}`;
      if (inFlight.has(name)) throw new Problem('idempotency_in_progress', { retryAfter: 1 });
      inFlight.add(name);
      try {
        return await on(async (handle) => {
          const stored = await claimKey(handle, claim);
          if (stored) return stored;
          const reply = await work(handle);
          keepReply(handle, claim, reply);
          return reply;
        });
      } finally {
        inFlight.delete(name);
      }
    };
    return {
      ...input,
      contentType: call.contentType,
      user: call.user,
      caller: call.caller,
      origin: call.origin,
      locale: call.locale,
      requestId: currentCall()?.requestId ?? '',
      headers: Object.fromEntries(
        (route.headers ?? []).flatMap((name) =>
          call.headers?.[name] === undefined ? [] : [[name, call.headers[name]]],
        ),
      ),
      cookies: route.cookies ? (call.cookies ?? {}) : {},
      ifMatch: route.ifMatch ? parseIfMatch(call.ifMatch) : undefined,
      tx,
    } as unknown as Req<Route>;
  }

  for (const [name, { access }] of Object.entries(contract.http)) {
    const rule = access.kind === 'user' ? (access.owner ?? 'self') : 'self';
    if (rule !== 'self' && !Object.hasOwn(options.owners, rule))
      throw new Error(`${contract.name}.${name} declares the owner ${rule}, which the service does not resolve`);
  }

  return {
    contract,
    async dispatch(routeName, call) {
      const route = contract.http[routeName];
      if (!route) throw new Problem('not_found');
      const timeoutMs = route.timeoutMs ?? DEFAULT_TIMEOUT_MS;
      const parent = currentCall();
      const started = performance.now();
      const attributes = { 'http.request.method': route.method, 'http.route': route.path, 'artel.caller': call.caller };
      let status = 500;
      const work = () =>
        ctx.telemetry.span(
          `${route.method} ${route.path}`,
          'server',
          attributes,
          async (span) => {
            try {
              const reply = await withDeadline(run(routeName, route, call));
              status = reply.status;
              return reply;
            } catch (error) {
              const problem = asProblem(error, ctx, routeName);
              status = problem.status ?? describeProblem(problem.code, contract.errors).status;
              throw problem;
            } finally {
              span.set({ 'http.response.status_code': status });
              duration.record((performance.now() - started) / 1000, {
                ...attributes,
                'http.response.status_code': status,
              });
            }
          },
          { isFault: () => status >= 500 },
        );
      if (!parent) return await runInCall(newCall({ timeoutMs }), work);
      return await runInCall({ ...parent, deadline: Math.min(parent.deadline, Date.now() + timeoutMs) }, work);
    },
  };
}

/** Undeclared faults become `internal`; they are logged here, once, with their cause. */
function asProblem(error: unknown, ctx: ServiceContext, routeName: string): Problem {
  if (isProblem(error)) {
    if (error.code === 'internal') ctx.log.error({ err: error, route: routeName }, 'a call failed');
    return error;
  }
  ctx.log.error({ err: error, route: routeName }, 'a call failed');
  return new Problem('internal', { cause: error });
}

function withDeadline<T>(work: Promise<T>): Promise<T> {
  const call = currentCall();
  if (!call) return work;
  const left = remainingMs(call);
  if (left <= 0) {
    work.catch(() => {});
    return Promise.reject(new Problem('timeout'));
  }
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Problem('timeout')), left);
    timer.unref();
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Who may call: the declaration of the route, in one place (Z1). */
export function checkAccess(
  access: Access,
  call: { caller: ServiceName; user: Principal | undefined },
  callers: ReadonlySet<ServiceName>,
  nowMs: number,
): void {
  if (access.kind === 'service') {
    if (!callers.has(call.caller))
      throw new Problem('forbidden', { detail: `${call.caller} does not declare this call` });
    return;
  }
  if (call.caller !== 'gateway')
    throw new Problem('forbidden', { detail: 'this route is reached through the gateway' });
  if (access.kind === 'guest') return;
  const { user } = call;
  if (!user) throw new Problem('unauthenticated');
  if (access.confirmed !== false && !user.emailConfirmed) throw new Problem('email_unconfirmed');
  if (access.permission !== null && !user.permissions.has(access.permission))
    throw new Problem('forbidden', { detail: `needs ${access.permission}` });
  if (access.agreed && !user.agreed) throw new Problem('agreement_outdated');
  if (access.fresh && nowMs / 1000 - user.authTime > FRESH_SECONDS) throw new Problem('fresh_sign_in_required');
}

type Input = { params: unknown; query: unknown; body: unknown };

/** Parses parameters, query and body with the route's schemas; all faults of one call are told together. */
export function validate(route: Route, call: Pick<RawCall, 'params' | 'query' | 'body' | 'contentType'>): Input {
  const faults: { pointer: string; detail: string }[] = [];
  const part = (name: string, schema: z.ZodType | undefined, value: unknown): unknown => {
    if (!schema) return {};
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    for (const issue of result.error.issues.slice(0, 20))
      faults.push({ pointer: `/${[name, ...issue.path.map(String)].join('/')}`, detail: issue.message });
    return undefined;
  };
  const params = part('params', route.params, call.params);
  if (faults.length > 0 && faults.every((f) => f.pointer.startsWith('/params'))) throw new Problem('not_found');
  const query = part('query', route.query, call.query);
  const body = isBytes(route.body)
    ? checkBytes(route.body, call)
    : route.body
      ? part('body', route.body, call.body)
      : undefined;
  if (faults.length > 0) throw new Problem('validation_failed', { errors: faults });
  return { params, query, body };
}

function checkBytes(declared: Bytes, call: Pick<RawCall, 'body' | 'contentType'>): Buffer {
  const type = call.contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  const fits = declared.types.some(
    (t) => t === '*/*' || t === type || (t.endsWith('/*') && type.startsWith(t.slice(0, -1))),
  );
  if (!fits) throw new Problem('unsupported_media_type', { detail: `takes ${declared.types.join(', ')}` });
  if (!Buffer.isBuffer(call.body) || call.body.length === 0)
    throw new Problem('validation_failed', { errors: [{ pointer: '/body', detail: 'the body is empty' }] });
  if (call.body.length > declared.maxBytes)
    throw new Problem('payload_too_large', { detail: `at most ${declared.maxBytes} bytes` });
  return call.body;
}

function claimOf(routeName: string, route: Route, call: RawCall, input: Input): Claim | undefined {
  if (!route.idempotency) return undefined;
  const key = call.idempotencyKey;
  if (key === undefined) {
    if (route.idempotency === 'required' && call.caller === 'gateway') throw new Problem('idempotency_key_required');
    return undefined;
  }
  if (!/^[\x21-\x7e]{8,200}$/.test(key))
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/headers/idempotency-key', detail: '8 to 200 visible ASCII characters' }],
    });
  const who = call.user?.userId ?? (call.caller === 'gateway' ? 'guest' : call.caller);
  return {
    scope: `${who}:${routeName}`,
    key,
    bodyHash: hashBody([
      input.params,
      input.query,
      Buffer.isBuffer(input.body) ? input.body.toString('base64') : input.body,
    ]),
  };
}

function parseIfMatch(header: string | undefined): number {
  if (header === undefined) throw new Problem('version_required');
  const match = /^"(\d{1,15})"$/.exec(header.trim());
  if (!match)
    throw new Problem('version_mismatch', { detail: 'the If-Match header names no version of this resource' });
  return Number(match[1]);
}

/** The answer as declared: fields that the reply schema does not name never leave (Z3). */
function finish(route: Route, reply: StoredReply): RawReply {
  const headers: Record<string, string | string[]> = { ...reply.headers };
  if (reply.version !== undefined) headers['etag'] = `"${reply.version}"`;
  const status = reply.status ?? statusOf(route);
  if (route.reply === null) return { status, headers, body: null };
  if (isBytes(route.reply)) return { status, headers, body: reply.body };
  const body = route.reply.safeParse(reply.body);
  if (!body.success) throw new Error(`the answer does not fit its declaration: ${z.prettifyError(body.error)}`);
  return { status, headers, body: body.data };
}
