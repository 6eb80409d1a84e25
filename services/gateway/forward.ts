import { contracts } from '#contracts/all.ts';
import type { Contract, ServiceName } from '#contracts/common/define.ts';
import { Problem } from '#kit/problem.ts';
import type { ServeHost } from '#kit/service/boot.ts';
import type { Transport } from '#kit/service/client.ts';
import { checkAccess } from '#kit/service/dispatch.ts';
import type { GatewayContext } from './context.ts';

const nobody: ReadonlySet<ServiceName> = new Set();

/**
 * The way in for a service of the same process that asks through the gateway with a person's token (I22): the same
 * identity, session and access checks as a request from outside, without the socket.
 */
export function forwardThroughGateway(ctx: GatewayContext, host: ServeHost): Transport {
  return {
    async send(routeName, route, call) {
      const owner = (Object.values(contracts) as Contract[]).find((contract) => contract.http[routeName] === route);
      if (!owner || route.access.kind === 'service') throw new Problem('not_found');
      const token = call.user === undefined ? undefined : await host.verifier.verify(call.user.token);
      if (token) await ctx.sessions.check(token);
      checkAccess(route.access, { caller: 'gateway', user: token?.principal }, nobody, ctx.clock.nowMs());
      return await ctx.telemetry.span(
        `${route.method} ${route.path}`,
        'client',
        {
          'http.request.method': route.method,
          'http.route': route.path,
          'artel.callee': owner.name,
          'artel.on-behalf-of': call.caller,
        },
        () =>
          host.transportTo(owner.name).send(routeName, route, { ...call, caller: 'gateway', user: token?.principal }),
      );
    },
  };
}
