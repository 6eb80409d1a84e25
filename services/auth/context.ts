import type { authContract } from '#contracts/auth/index.ts';
import type { ContextOf, Handlers } from '#kit/service/types.ts';
import type { authConfig } from './config.ts';
import type { Keyring } from './data/keyring.ts';
import type { Hasher } from './domain/passwords.ts';
import type { Sealer } from './domain/sealing.ts';

interface Needs {
  hasher: Hasher;
  keyring: Keyring;
  sealer: Sealer;
}
export type AuthContext = ContextOf<typeof authContract, typeof authConfig, Needs>;
export type AuthHandlers = Handlers<typeof authContract, AuthContext>;
