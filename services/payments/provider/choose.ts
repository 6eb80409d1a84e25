import type { ConfigOf } from '#kit/config.ts';
import type { Clock } from '#kit/clock.ts';
import type { paymentsConfig } from '../config.ts';
import { createSimulatedProvider, type Provider } from './provider.ts';
import { createYookassa } from './yookassa.ts';

/** YooKassa when a shop is configured, else the simulation. */
export function createProvider(config: ConfigOf<typeof paymentsConfig>, clock: Clock): Provider {
  const { YOOKASSA_SHOP_ID: shopId, YOOKASSA_SECRET_KEY: secretKey } = config;
  if (shopId === undefined || secretKey === undefined) return createSimulatedProvider(config);
  const { YOOKASSA_PAYOUT_AGENT_ID: agentId, YOOKASSA_PAYOUT_SECRET_KEY: payoutKey } = config;
  return createYookassa({
    url: config.YOOKASSA_URL,
    shop: { id: shopId, key: secretKey },
    payouts: agentId !== undefined && payoutKey !== undefined ? { id: agentId, key: payoutKey } : undefined,
    clock,
  });
}
