/** Demo data: whether it is wanted, who signs in with what, and that it is made once. What is in it: cast.ts, orders.ts. */
import { createHmac } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { asOwner } from '../as-owner.ts';
import type { Needs } from '../needs.ts';
import type { PlatformSettings } from '../settings.ts';
import type { Running } from '../start.ts';
import { ADMIN, PEOPLE, SUPPORT } from './cast.ts';

export interface DemoAccount {
  readonly who: string;
  readonly email: string;
  readonly password: string;
}

/** `wanted`: nothing made yet. `begun`: on the way, or ended in the middle. `done`: all is there. */
export type DemoState = 'wanted' | 'begun' | 'done';

/** The demo data of one installation. */
export interface Demo {
  /** What the services are told: the first admin. */
  readonly env: Readonly<Record<string, string>>;
  /** Sign-in of the person `key` of the cast; the password was made for this installation. */
  account(key: string): DemoAccount;
  readonly state: DemoState;
  mark(state: DemoState): void;
}

/** Demo data is for the whole platform on its own embedded database, unless it is asked for or refused by name. */
export function wantsDemo(settings: PlatformSettings, services: readonly ServiceName[]): boolean {
  if (services.length < SERVICES.length || settings.DEMO === 'off') return false;
  return settings.DEMO === 'on' || (settings.DATABASE_URL === undefined && settings.AMQP_URL === undefined);
}

/**
 * Opens the demo data, before the services start. Undefined for an installation that had a life without it: nobody gets
 * demo people, let alone an admin, put among real ones.
 */
export async function openDemo(needs: Needs, settings: PlatformSettings): Promise<Demo | undefined> {
  const file = needs.folder?.file('demo.json') ?? resolve(settings.DATA_DIR, 'demo.json');
  let state: DemoState;
  if (existsSync(file)) state = (JSON.parse(readFileSync(file, 'utf8')) as { state: DemoState }).state;
  else {
    if (await hasLived(needs.adminUrl)) return undefined;
    state = 'wanted';
    write(file, state);
  }
  const password = (key: string) =>
    needs.folder?.secrets(`demo-${key}`, 12) ??
    createHmac('sha256', needs.masterSecret).update(`demo-${key}`).digest('base64url').slice(0, 16);
  const account = (key: string): DemoAccount => {
    const person = [ADMIN, SUPPORT, ...PEOPLE].find((one) => one.key === key);
    if (!person) throw new Error(`nobody in the demo is called ${key}`);
    return { who: person.who, email: person.email, password: password(key) };
  };
  return {
    env: { ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: password(ADMIN.key) },
    account,
    get state() {
      return state;
    },
    mark(next) {
      write(file, next);
      state = next;
    },
  };
}

/** Makes the demo data, once; whether it was now. What fails is told and does not keep the platform from running. */
export async function seedDemo(running: Running, onProgress: (text: string) => void): Promise<boolean> {
  const { demo, needs } = running;
  if (!demo || demo.state === 'done') return false;
  const log = needs.log.child({ service: 'demo' });
  if (demo.state === 'begun') {
    log.warn({}, 'the demo data was not finished last time and stays as it is: `npm start -- --reset` begins anew');
    return false;
  }
  demo.mark('begun');
  try {
    const { seedPeopleAndOrders } = await import('./seed.ts');
    await needs.quietly(() => seedPeopleAndOrders(running, demo, onProgress));
    demo.mark('done');
  } catch (error) {
    log.error({ err: error }, 'the demo data could not be finished: `npm start -- --reset` begins anew');
  }
  return true;
}

/** Sign-ins for the banner: one of each kind, those that exist. */
export function demoAccounts(running: Running): DemoAccount[] {
  const { demo, env } = running;
  if (!demo) return [];
  const admin = demo.account(ADMIN.key);
  const own = env['ADMIN_EMAIL'] !== admin.email || env['ADMIN_PASSWORD'] !== admin.password;
  return [
    ...(demo.state === 'done' ? ['olga', 'anna', SUPPORT.key].map((key) => demo.account(key)) : []),
    ...(own ? [] : [admin]),
  ];
}

/** Whether a platform has been on this database before. */
async function hasLived(adminUrl: string): Promise<boolean> {
  const { rowCount } = await asOwner(adminUrl, (client) =>
    client.query(`select 1 from pg_namespace where nspname = 'auth'`),
  );
  return rowCount !== 0;
}

/** After a crash the file holds the old state or the new. */
function write(file: string, state: DemoState): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, `${JSON.stringify({ state, at: new Date().toISOString() })}\n`, {
    mode: 0o600,
    flush: true,
  });
  renameSync(`${file}.new`, file);
}
