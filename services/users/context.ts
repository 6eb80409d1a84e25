import type { usersContract } from '#contracts/users/index.ts';
import type { ContextOf } from '#kit/service/types.ts';
import type { usersConfig } from './config.ts';

export type UsersContext = ContextOf<typeof usersContract, typeof usersConfig>;
