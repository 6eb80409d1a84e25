import type { analyticsContract } from '#contracts/analytics/index.ts';
import type { ContextOf } from '#kit/service/types.ts';
import type { analyticsConfig } from './config.ts';

export type AnalyticsContext = ContextOf<typeof analyticsContract, typeof analyticsConfig>;
