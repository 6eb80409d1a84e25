/** Identity and access as people and programs live them, from registration to erasure (A1–A6, U1–U7, R1–R3, G1–G5). */
import { ENTRANCE, SOCKETS_A_MINUTE } from './identity-entrance.ts';
import { PROFILES } from './identity-profiles.ts';
import { SESSIONS } from './identity-sessions.ts';
import { SIGN_IN } from './identity-sign-in.ts';
import type { Walk } from './walk.ts';

export const IDENTITY: readonly Walk[] = [...SIGN_IN, ...SESSIONS, ...PROFILES, ...ENTRANCE];

/** A page of others that may call, limits that a walk can reach, and little patience with bodies that do not come. */
export const IDENTITY_ENV = {
  CORS_ORIGINS: 'https://shop.example',
  RATE_UPLOAD: '40',
  RATE_SOCKET: String(SOCKETS_A_MINUTE),
  REQUEST_TIMEOUT: '8s',
};
