import type { supportContract } from '#contracts/support/index.ts';
import type { Consumers, ContextOf, Handlers } from '#kit/service/types.ts';
import type { supportConfig } from './config.ts';

export type SupportContext = ContextOf<typeof supportContract, typeof supportConfig>;
export type SupportHandlers = Handlers<typeof supportContract, SupportContext>;
export type SupportConsumers = Consumers<typeof supportContract, SupportContext>;
