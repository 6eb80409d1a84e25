import { defineConfig } from 'vitest/config';

const never = ['**/node_modules/**', '**/dist/**', 'generated/**', 'data/**'];
const apart = ['**/*.apart.test.ts', '**/*.rabbit.test.ts'];
const browser = ['**/*.browser.test.ts'];

const shared = {
  environment: 'node' as const,
  globalSetup: ['./testing/global-setup.ts'],
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
  { test: { ...shared, name: 'apart', include: apart, exclude: never, testTimeout: 120_000 } },
  {
    test: {
      ...shared,
      name: 'browser',
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
    // A world apart is two dozen processes: two worlds at once would starve each other on two cores.
    maxWorkers: (asked && process.argv.includes('apart')) || process.env['TEST_WORLD'] === 'apart' ? 1 : 2,
    projects: [unit, ...(asked ? onRequest : [])],
  },
});
