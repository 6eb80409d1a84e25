/** Whole sign-ins over the platform's HTTP, four in flight, beside the bare password hash at the same parameters. */
import { hash, verify } from '@node-rs/argon2';
import { allInOne } from '#testing/system/world.ts';
import { Api } from '#testing/system/api.ts';
import { registerAndConfirm, PASSWORD } from '#testing/system/deal.ts';
import type { Bench } from './bench.ts';
import { needs } from './needs.ts';

const IN_FLIGHT = 4;

async function count(ms: number, work: () => Promise<unknown>, inFlight = IN_FLIGHT): Promise<number> {
  const begun = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: inFlight }, async () => {
      while (performance.now() - begun < ms) {
        await work();
        done++;
      }
    }),
  );
  return done / ((performance.now() - begun) / 1000);
}

type World = Awaited<ReturnType<typeof allInOne>>;
let world: Promise<{ world: World; person: Api }> | undefined;
async function open() {
  const { databaseUrl } = await needs();
  process.env.TEST_DATABASE_URL ??= databaseUrl;
  const opened = await allInOne({ env: { RATE_AUTH: '1000000' } });
  const person = new Api(opened);
  await registerAndConfirm(person, { name: 'Скорый Вход', roles: ['client'], locale: 'ru' });
  return { world: opened, person };
}
const opened = () => {
  world ??= open();
  return world;
};

export const signInBench: Bench = {
  name: 'sign-in',
  title: 'Sign-ins with a password, four in flight',
  unit: 'a second',
  contenders: [
    {
      name: 'Artel sign-in',
      role: 'ours',
      async start() {
        const { world: at, person } = await opened();
        return {
          async turn(ms) {
            const lag: number[] = [];
            let before = performance.now();
            const timer = setInterval(() => {
              const now = performance.now();
              lag.push(Math.max(0, now - before - 5));
              before = now;
            }, 5);
            const value = await count(ms, () => new Api(at).signIn(person.email, PASSWORD));
            clearInterval(timer);
            lag.sort((a, b) => a - b);
            return { value, also: { 'loop delay p99 ms': lag[Math.floor(lag.length * 0.99)] ?? 0 } };
          },
          async stop() {},
        };
      },
    },
    {
      name: 'Artel refresh',
      role: 'ours',
      async start() {
        const { world: at, person } = await opened();
        const sessions = await Promise.all(
          Array.from({ length: IN_FLIGHT }, async () => {
            const api = new Api(at);
            await api.signIn(person.email, PASSWORD);
            return api;
          }),
        );
        return {
          async turn(ms) {
            const rates = await Promise.all(sessions.map((api) => count(ms, () => api.refresh(), 1)));
            return { value: rates.reduce((sum, rate) => sum + rate, 0) };
          },
          async stop() {},
        };
      },
    },
    {
      name: 'bare Argon2id',
      role: 'limit',
      async start() {
        // The parameters of services/auth/domain/passwords.ts, written into every hash.
        const known = await hash(PASSWORD, { memoryCost: 19_456, timeCost: 2, parallelism: 1 });
        return {
          turn: async (ms) => ({ value: await count(ms, () => verify(known, PASSWORD)) }),
          async stop() {},
        };
      },
    },
  ],
  aims: [
    { ours: 'Artel sign-in', against: 'bare Argon2id', ratio: 0.9, kind: 'at least' },
    { ours: 'Artel refresh', against: 'Artel sign-in', ratio: 20, kind: 'at least' },
  ],
  async close() {
    const open = await world;
    world = undefined;
    await open?.world.close();
  },
};
