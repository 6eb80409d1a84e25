import type { rolesContract } from '#contracts/roles/index.ts';
import type { ContextOf, Handlers } from '#kit/service/types.ts';
import type { rolesConfig } from './config.ts';

export type RolesContext = ContextOf<typeof rolesContract, typeof rolesConfig>;
export type RolesHandlers = Handlers<typeof rolesContract, RolesContext>;
