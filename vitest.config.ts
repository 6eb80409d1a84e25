import { defineConfig } from 'vitest/config';

const never = ['**/node_modules/**', '**/dist/**', 'generated/**', 'data/**'];
const apart = ['**/*.apart.test.ts', '**/*.rabbit.test.ts'];
/** What they say of a platform whose parts fail holds within bounds of time: they have the machine alone. */
const faults = ['testing/system/{outages,faults,full-disk}.apart.test.ts', '**/*.rabbit.test.ts'];
const browser = ['**/*.browser.test.ts'];

const database = './testing/global-setup.ts';
const broker = './testing/broker-setup.ts';
const isApart = process.env['TEST_WORLD'] === 'apart';

const shared = {
  environment: 'node' as const,
  globalSetup: [database],
  // What hangs is told; a machine that is slow for a while is not what a test is about.
  testTimeout: 60_000,
  hookTimeout: 90_000,
  // A machine of CI may stand still for seconds, and a call's deadline is ten. What fails three times fails.
  retry: process.env['CI'] ? 2 : 0,
};

// `unit` needs nothing installed; `apart` needs RabbitMQ, `browser` a Chromium. Those two run only when asked for by name,
// and vitest itself has no notion of a default project.
const asked = process.argv.some((argument) => argument.startsWith('--project'));

const unit = {
  test: { ...shared, name: 'unit', include: ['**/*.test.ts'], exclude: [...never, ...apart, ...browser] },
};
const onRequest = [
  {
    test: {
      ...shared,
      name: 'apart',
      globalSetup: [database, broker],
      include: apart,
      exclude: [...never, ...faults],
      testTimeout: 120_000,
      // A world apart is two dozen processes that mostly wait for each other: two of them share two cores well.
      maxWorkers: 2,
      sequence: { groupOrder: 1 },
    },
  },
  {
    test: {
      ...shared,
      name: 'apart-faults',
      globalSetup: [database, broker],
      include: faults,
      exclude: never,
      testTimeout: 120_000,
      maxWorkers: 1,
      sequence: { groupOrder: 2 },
    },
  },
  {
    test: {
      ...shared,
      name: 'browser',
      globalSetup: isApart ? [database, broker] : [database],
      include: browser,
      exclude: never,
      testTimeout: 120_000,
      // A page shows what has come; apart, that is a few processes away.
      expect: { poll: { timeout: 20_000 } },
    },
  },
];

export default defineConfig({
  test: {
    pool: 'forks',
    // The pages apart have a browser beside their two dozen processes.
    maxWorkers: isApart ? 1 : 2,
    projects: [unit, ...(asked ? onRequest : [])],
  },
});
