import { z } from 'zod';
import { contracts } from '#contracts/all.ts';
import type { Contract, Route, ServiceName } from '#contracts/common/define.ts';
import type { Locale } from '#contracts/common/values.ts';
import { newCall, runInCall } from '#kit/call-context.ts';
import { describeProblem, Problem } from '#kit/problem.ts';
import type { ServeHost } from '#kit/service/boot.ts';
import { checkAccess, DEFAULT_TIMEOUT_MS, type RawCall, validate } from '#kit/service/dispatch.ts';
import { toProblem } from '#kit/service/http-server.ts';
import type { VerifiedToken } from '#kit/service/principal.ts';
import type { GatewayContext } from './context.ts';
import { noteRefusal } from './refusals.ts';

/** A call over the socket; its answer carries the same `id`. */
export const callFrame = z.object({
  type: z.literal('call'),
  id: z.string().min(1).max(64),
  route: z.string().max(100),
  params: z.record(z.string(), z.unknown()).default({}),
  body: z.unknown().optional(),
});
export type CallFrame = z.infer<typeof callFrame>;

interface Caller {
  readonly token: VerifiedToken;
  readonly ip: string;
  readonly userAgent: string;
  readonly locale: Locale | undefined;
}

interface Target {
  readonly name: string;
  readonly contract: Contract;
  readonly route: Route;
}

const nobody: ReadonlySet<ServiceName> = new Set();
const KEY = { read: 'RATE_READ', write: 'RATE_WRITE', auth: 'RATE_AUTH', upload: 'RATE_UPLOAD' } as const;

function socketRoutes(): ReadonlyMap<string, Target> {
  const found = new Map<string, Target>();
  for (const contract of Object.values(contracts) as Contract[])
    for (const [name, route] of Object.entries(contract.http))
      if (route.socket && route.access.kind === 'user')
        found.set(`${contract.name}.${name}`, { name, contract, route });
  return found;
}

/** The same way in as a request by HTTP, step by step: token, session, limit, access, validation, log. */
export function createSocketCalls(
  ctx: GatewayContext,
  host: ServeHost,
): (frame: CallFrame, caller: Caller) => Promise<object> {
  const routes = socketRoutes();

  async function run(frame: CallFrame, { token, ...caller }: Caller, target: Target): Promise<object> {
    const { name, contract, route } = target;
    const { principal } = token;
    if (token.expiresAt * 1000 < ctx.clock.nowMs())
      throw new Problem('unauthenticated', { detail: 'the token has expired' });
    const klass = route.rate ?? (route.method === 'GET' ? 'read' : 'write');
    const state = ctx.limiter.take(`${klass}:${principal.userId}`, ctx.config[KEY[klass]]);
    if (state.exceeded) throw new Problem('too_many_requests', { retryAfter: state.resetSeconds });
    await ctx.sessions.check(token);
    checkAccess(route.access, { caller: 'gateway', user: principal }, nobody, ctx.clock.nowMs());
    const call: RawCall = {
      params: frame.params,
      query: {},
      body: frame.body,
      contentType: 'application/json',
      caller: 'gateway',
      user: principal,
      origin: { ip: caller.ip, userAgent: caller.userAgent },
      locale: caller.locale ?? principal.locale,
    };
    if (!host.local(contract.name)) validate(route, call);
    const raw = await host.transportTo(contract.name).send(name, route, call);
    return { type: 'reply', id: frame.id, status: raw.status, body: raw.body };
  }

  function refusal(frame: CallFrame, error: unknown, target: Target | undefined, requestId: string, locale: Locale) {
    const problem = toProblem(error);
    const { status, title } = describeProblem(problem.code, target?.contract.errors ?? {});
    const body = {
      type: `/problems/${problem.code}`,
      title: title[locale],
      status,
      code: problem.code,
      ...(status < 500 && problem.detail ? { detail: problem.detail } : {}),
      ...(problem.errors ? { errors: problem.errors } : {}),
      ...(problem.retryAfter === undefined ? {} : { retryAfter: problem.retryAfter }),
      requestId,
    };
    return { type: 'reply', id: frame.id, status, body };
  }

  return async (frame, caller) => {
    const target = routes.get(frame.route);
    const call = newCall({ timeoutMs: target?.route.timeoutMs ?? DEFAULT_TIMEOUT_MS });
    const startedAt = performance.now();
    return await runInCall(call, async () => {
      let answer: object;
      try {
        if (!target) throw new Problem('not_found', { detail: 'no such call over the socket' });
        answer = await ctx.telemetry.span(
          `CALL ${frame.route}`,
          'server',
          { 'artel.callee': target.contract.name },
          () => run(frame, caller, target),
        );
      } catch (error) {
        if (target) noteRefusal(ctx.refusals, error, caller.token.principal.userId, target.route);
        answer = refusal(frame, error, target, call.requestId, caller.locale ?? caller.token.principal.locale);
      }
      if (ctx.config.REQUEST_LOG)
        ctx.log.info(
          {
            method: 'SOCKET',
            route: target ? frame.route : 'other',
            status: (answer as { status: number }).status,
            ms: Math.round((performance.now() - startedAt) * 10) / 10,
            userId: caller.token.principal.userId,
            requestId: call.requestId,
          },
          'request',
        );
      return answer;
    });
  };
}
