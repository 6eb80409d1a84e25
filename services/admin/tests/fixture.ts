/** Admin alone on its own platform; the services it calls are played by functions of the test. */
import { adminContract } from '#contracts/admin/index.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';
import type { Principal } from '#kit/service/types.ts';

export const ALL_PERMISSIONS = Object.keys(adminContract.permissions);

export interface AdminFixture {
  readonly platform: TestPlatform;
  readonly admin: Principal;
  /** Plays the routes of a service from now on. */
  play(service: string, routes: Record<string, (input: never) => Promise<unknown>>): void;
  /** Calls a route as the admin, or as who is named. */
  call(route: string, input?: Record<string, unknown>): Promise<{ status: number; body: any; headers: any }>;
  /** The audit log, newest first. */
  log(query?: Record<string, unknown>): Promise<any[]>;
}

export async function adminFixture(): Promise<AdminFixture> {
  const platform = await bootPlatform({ services: ['admin'] });
  const admin = person({ roles: ['admin'], permissions: [...ALL_PERMISSIONS, 'analytics.view'] });
  const clients = platform.ctx('admin').clients as unknown as Record<string, object>;
  const call: AdminFixture['call'] = (route, input = {}) => platform.call('admin', route, { user: admin, ...input });
  return {
    platform,
    admin,
    call,
    play: (service, routes) => {
      clients[service] = { ...clients[service], ...routes };
    },
    log: async (query = {}) => (await call('listAuditLog', { query: { limit: 100, ...query } })).body.items,
  };
}

export function userRow(userId: string, more: Record<string, unknown> = {}) {
  return {
    userId,
    displayName: 'Иван',
    slug: 'ivan',
    avatarUrl: null,
    headline: null,
    country: 'RU',
    rating: null,
    reviewCount: 0,
    status: 'active',
    email: 'ivan@example.com',
    phone: null,
    locale: 'ru',
    registeredAt: '2026-01-01T00:00:00.000Z',
    blockedUntil: null,
    blockReason: null,
    version: 1,
    ...more,
  };
}
