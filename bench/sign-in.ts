/** Whole sign-ins over the platform's HTTP, four in flight, beside the bare password hash at the same parameters. */
import { fileURLToPath } from 'node:url';
import { hash, verify } from '@node-rs/argon2';
import { PASSWORD } from '#testing/system/deal.ts';
import type { Bench, Contender } from './bench.ts';
import { generator } from './generator.ts';
import type { LoadOrder } from './http-load.ts';
import { needs } from './needs.ts';
import type { PlatformTold } from './platform-server.ts';
import { cpuMicros, launch, type Program } from './processes.ts';

const IN_FLIGHT = 4;
const SERVER = fileURLToPath(new URL('platform-server.ts', import.meta.url));

interface Platform extends PlatformTold {
  readonly program: Program;
  /** p99 of the event loop's delay since the last call. */
  delayMs(): Promise<number>;
}

/** On all cores, as the hashes it is compared with. */
async function open(): Promise<Platform> {
  const { databaseUrl } = await needs();
  const told = Promise.withResolvers<PlatformTold>();
  let delay: (ms: number) => void = () => {};
  const program = launch([process.execPath, SERVER], {
    env: { TEST_DATABASE_URL: databaseUrl },
    profiled: true,
    onMessage(message) {
      if ('delayMs' in (message as object)) delay((message as { delayMs: number }).delayMs);
      else told.resolve(message as PlatformTold);
    },
  });
  program.child.once('exit', () => told.reject(new Error('the platform did not start')));
  return {
    ...(await told.promise),
    program,
    delayMs: () =>
      new Promise((resolve) => {
        delay = resolve;
        program.child.send('delay');
      }),
  };
}
let platform: Promise<Platform> | undefined;
const opened = () => {
  platform ??= open();
  return platform;
};

function overHttp(name: string, order: (at: Platform) => Pick<LoadOrder, 'url' | 'posts' | 'refreshes'>): Contender {
  return {
    name,
    role: 'ours',
    async start() {
      const at = await opened();
      // A refresh token is used once: those of the first turn are gone in the second.
      const what = order(at);
      let { refreshes } = what;
      return {
        async turn(ms) {
          const load = await generator();
          await at.delayMs();
          const before = cpuMicros(at.program.pid) ?? 0;
          const seen = await load
            .send({ ...what, ...(refreshes && { refreshes }), ms, connections: IN_FLIGHT, tokens: [] })
            .finally(() => load.program.end());
          if (seen.refused > 0) throw new Error(`${seen.refused} were refused`);
          refreshes &&= seen.refreshes;
          return {
            value: seen.perSecond,
            also: {
              'p99 ms': seen.p99,
              'loop delay p99 ms': await at.delayMs(),
              'server cores': ((cpuMicros(at.program.pid) ?? 0) - before) / 1e3 / ms,
              'load cores': seen.cpu,
            },
          };
        },
        async stop() {},
      };
    },
  };
}

async function count(ms: number, work: () => Promise<unknown>): Promise<number> {
  const begun = performance.now();
  let done = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      while (performance.now() - begun < ms) {
        await work();
        done++;
      }
    }),
  );
  return done / ((performance.now() - begun) / 1000);
}

export const signInBench: Bench = {
  name: 'sign-in',
  title: 'Sign-ins with a password, four in flight',
  unit: 'a second',
  contenders: [
    overHttp('Artel sign-in', ({ url, email, password }) => ({
      url: `${url}/sessions`,
      posts: { headers: [], bodies: [JSON.stringify({ email, password })] },
    })),
    overHttp('Artel refresh', ({ url, refreshTokens }) => ({
      url: `${url}/sessions/refresh`,
      refreshes: refreshTokens,
    })),
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
    const at = await platform;
    platform = undefined;
    await at?.program.end();
  },
};
