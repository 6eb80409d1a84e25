import { createRequire } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN, allInOne, type World } from './world.ts';

// Its newest release reads what Node has deprecated (DEP0176) while it is loaded: no news of ours.
process.noDeprecation = true;
// newman has no types of its own.
const newman = createRequire(import.meta.url)('newman') as {
  run(options: object, done: (error: Error | null, summary: Summary) => void): void;
};
process.noDeprecation = false;
interface Summary {
  run: {
    stats: { requests: { total: number }; assertions: { total: number; failed: number } };
    failures: { error: { message: string }; source?: { name?: string } }[];
  };
}

/** X3: the generated collection signs in and calls every endpoint of every service. */
let world: World;
beforeAll(async () => {
  world = await allInOne();
  await world.drain();
}, 60_000);
afterAll(() => world?.close());

test('X3: the Postman collection runs against a fresh platform', async () => {
  const collection = await (await fetch(`${world.gateways[0]}/api/postman.json`)).json();
  const summary = await new Promise<Summary>((resolve, reject) => {
    newman.run(
      {
        collection,
        envVar: [
          { key: 'baseUrl', value: world.gateways[0] },
          { key: 'email', value: ADMIN.email },
          { key: 'password', value: ADMIN.password },
        ],
        reporters: [],
        timeoutRequest: 20_000,
      },
      (error, result) => (error ? reject(error) : resolve(result)),
    );
  });
  expect(summary.run.failures.map((failure) => `${failure.source?.name}: ${failure.error.message}`)).toEqual([]);
  expect(summary.run.stats.requests.total).toBeGreaterThan(60);
  expect(summary.run.stats.assertions.total).toBeGreaterThan(120);
}, 180_000);
