import { gatewayContract } from '#contracts/gateway/index.ts';
import { defineService } from '#kit/service/types.ts';
import { gatewayConfig } from './config.ts';
import { forwardThroughGateway } from './forward.ts';
import { forgetOldCounters } from './jobs/forget-old-counters.ts';
import { RateLimiter } from './limits/rate-limiter.ts';
import { RefusalBook } from './refusals.ts';
import { createGatewayServer } from './server.ts';
import { createSessionGuard } from './sessions.ts';

/** The single entry for every external request: routing, identity, limits, validation, log (G1–G5, I1–I11). */
export const gatewayService = defineService({
  contract: gatewayContract,
  config: gatewayConfig,
  migrations: new URL('./migrations/', import.meta.url),
  async setup(base) {
    const sessions = await createSessionGuard({
      bus: base.bus,
      checkSessions: async (sessionIds) => (await base.clients.auth.checkSessions({ body: { sessionIds } })).items,
    });
    return { limiter: new RateLimiter(base.db, base.log), sessions, refusals: new RefusalBook(base) };
  },
  http: {},
  owners: {},
  on: {},
  jobs: { forgetOldCounters },
  serve: createGatewayServer,
  forward: forwardThroughGateway,
  async close(ctx) {
    await ctx.refusals.close();
    await ctx.limiter.close();
    await ctx.sessions.close();
  },
});
