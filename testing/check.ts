/** `npm run check`: format, lint, types, dead code, dependency direction, generated documents. All side by side; fails with the first lines of each fault. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));

const CHECKS: readonly { name: string; command: readonly [string, ...string[]] }[] = [
  { name: 'format and lint', command: ['biome', 'check', '--diagnostic-level=error', '--max-diagnostics=20', '.'] },
  { name: 'types', command: ['tsc', '--noEmit'] },
  { name: 'promises and switches', command: ['oxlint', '--type-aware', '--quiet', '.'] },
  { name: 'dead code', command: ['knip', '--no-progress'] },
  { name: 'house rules', command: ['node', 'testing/arch/check-house.ts'] },
  { name: 'generated documents', command: ['node', 'apps/server/artel.mjs', 'generate', '--check'] },
];

const started = performance.now();
const results = await Promise.all(
  CHECKS.map(async ({ name, command: [program, ...rest] }) => {
    const begun = performance.now();
    try {
      await run(program, rest, { cwd: root, maxBuffer: 32 * 1024 * 1024 });
      return { name, seconds: (performance.now() - begun) / 1000, output: undefined };
    } catch (error) {
      const { stdout, stderr, message } = error as { stdout?: string; stderr?: string; message: string };
      return {
        name,
        seconds: (performance.now() - begun) / 1000,
        output: `${stdout ?? ''}${stderr ?? ''}`.trim() || message,
      };
    }
  }),
);
for (const { name, seconds, output } of results) {
  process.stdout.write(`${output === undefined ? 'ok   ' : 'FAULT'} ${name} (${seconds.toFixed(1)} s)\n`);
  if (output !== undefined) process.stdout.write(`${output.split('\n').slice(0, 60).join('\n')}\n`);
}
process.stdout.write(`checked in ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
if (results.some((result) => result.output !== undefined)) process.exitCode = 1;
