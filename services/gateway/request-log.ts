import type { FastifyInstance } from 'fastify';
import type { GatewayContext } from './context.ts';

/** One line for every request (G5): pattern, status, time, user, trace. Never a query, a body or a header. */
export function addRequestLog(app: FastifyInstance, ctx: GatewayContext): void {
  if (!ctx.config.REQUEST_LOG) return;
  app.addHook('onResponse', (request, reply, done) => {
    const pattern =
      (request.routeOptions.config as { pattern?: string } | undefined)?.pattern ??
      request.routeOptions.url ??
      'unknown';
    ctx.log.info(
      {
        method: request.method,
        route: pattern,
        status: reply.statusCode,
        ms: Math.round((performance.now() - request.artel.startedAt) * 10) / 10,
        userId: request.artel.userId,
        requestId: request.artel.call.requestId,
      },
      'request',
    );
    done();
  });
}
