/** L1: what the whole platform in one process bears for ten minutes: reads, searches, and an order made in every tenth request. */
import { fileURLToPath } from 'node:url';
import { DRAFT } from '#testing/system/deal.ts';
import type { Bench } from './bench.ts';
import { generator } from './generator.ts';
import { needs } from './needs.ts';
import type { PlatformTold } from './platform-server.ts';
import { cpuMicros, launch, pssKiB } from './processes.ts';

const CONNECTIONS = 16;
const SERVER = fileURLToPath(new URL('platform-server.ts', import.meta.url));

export const steadyBench: Bench = {
  name: 'steady',
  title: 'The whole platform for ten minutes: nine reads and searches to one order made, 16 connections',
  unit: 'requests/s',
  turnMs: 600_000,
  turns: 1,
  contenders: [
    {
      name: 'Artel, all in one',
      role: 'ours',
      async start() {
        const { databaseUrl } = await needs();
        const told = Promise.withResolvers<PlatformTold>();
        const program = launch([process.execPath, SERVER], {
          env: { TEST_DATABASE_URL: databaseUrl },
          onMessage: (message) => told.resolve(message as PlatformTold),
        });
        program.child.once('exit', () => told.reject(new Error('the platform did not start')));
        const { url, orderId, token } = await told.promise;
        const { pathname } = new URL(url);
        const own = [`/orders/${orderId}`, '/me/orders?limit=20', '/me/accounts', '/notifications?limit=20'];
        const found = [
          '/orders?q=%D0%BB%D0%BE%D0%B3%D0%BE%D1%82%D0%B8%D0%BF&limit=20',
          '/orders?limit=20',
          '/freelancers?limit=20',
        ];
        const mix = [...own, ...found, `/orders/${orderId}`, '/me/profile'].map((path) => `${pathname}${path}`);
        return {
          async turn(ms) {
            const load = await generator();
            const [cpu, memory] = [cpuMicros(program.pid) ?? 0, pssKiB(program.pid) ?? 0];
            const seen = await load
              .send({
                url: `${url}/orders`,
                body: JSON.stringify(DRAFT),
                mix,
                ms,
                connections: CONNECTIONS,
                tokens: [token],
              })
              .finally(() => load.program.end());
            if (seen.refused > 0) throw new Error(`${seen.refused} requests were refused`);
            return {
              value: seen.perSecond,
              also: {
                'p50 ms': seen.p50,
                'p99 ms': seen.p99,
                'server cores': ((cpuMicros(program.pid) ?? 0) - cpu) / 1e3 / ms,
                'MiB before': memory / 1_024,
                'MiB after': (pssKiB(program.pid) ?? 0) / 1_024,
                'load cores': seen.cpu,
              },
            };
          },
          stop: () => program.end(),
        };
      },
    },
  ],
  aims: [],
};
