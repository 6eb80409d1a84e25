import type { gatewayContract } from '#contracts/gateway/index.ts';
import type { ContextOf } from '#kit/service/types.ts';
import type { gatewayConfig } from './config.ts';
import type { RateLimiter } from './limits/rate-limiter.ts';
import type { RefusalBook } from './refusals.ts';
import type { SessionGuard } from './sessions.ts';

export type GatewayContext = ContextOf<
  typeof gatewayContract,
  typeof gatewayConfig,
  { limiter: RateLimiter; sessions: SessionGuard; refusals: RefusalBook }
>;
