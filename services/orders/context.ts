import type { ordersContract } from '#contracts/orders/index.ts';
import type { ContextOf } from '#kit/service/types.ts';
import type { ordersConfig } from './config.ts';

export type OrdersContext = ContextOf<typeof ordersContract, typeof ordersConfig>;
