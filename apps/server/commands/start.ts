import { rm } from 'node:fs/promises';
import { createInterface } from 'node:readline/promises';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { openDataFolder } from '#kit/embedded/data-folder.ts';
import { databaseProblem } from '#kit/db/pool.ts';
import { StartError } from '#kit/embedded/start-error.ts';
import { isProblem } from '#kit/problem.ts';
import { banner } from '../banner.ts';
import { demoAccounts, seedDemo, wantsDemo } from '../demo/demo.ts';
import { readPlatformSettings } from '../settings.ts';
import { type Running, start } from '../start.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Milliseconds after which a step that goes on is told of. */
const QUIET_MS = 2_000;

/** `artel start`: runs until a signal. The first ends it in order, a second one at once. */
export async function startCommand(
  env: Env,
  named: readonly ServiceName[],
  options: { reset?: boolean; yes?: boolean },
): Promise<void> {
  const settings = readPlatformSettings(env);
  const services = named.length > 0 ? [...new Set(named)] : [...SERVICES];
  if (options.reset) await reset(settings.DATA_DIR, options.yes === true);
  const startedAt = performance.now();
  const progress = progressTo(process.stderr);
  const stopping = onSignals();
  const demo = wantsDemo(settings, services);
  const running = await start({ settings, env, services, demo, onProgress: progress.say });
  surviveLibraries(running);
  if (stopping.asked) return await stop(running);
  const seeded = await seedDemo(running, progress.say);
  progress.end();
  if (stopping.asked) return await stop(running);
  const seconds = (performance.now() - startedAt) / 1000;
  process.stdout.write(banner({ running, services, seconds, accounts: demoAccounts(running) }));
  if (seeded) await giveBackMemory();
  await stopping.signal;
  await stop(running);
}

/**
 * A library that loses its database in the middle of its own bookkeeping (the job runner) leaves a rejection that nobody
 * awaits. The database comes back; a process that ends because of it would not. Anything else is a fault: it ends.
 */
function surviveLibraries(running: Running): void {
  process.on('unhandledRejection', (reason) => {
    if (isProblem(databaseProblem(reason), 'unavailable'))
      running.needs.log.warn({ err: reason }, 'a query was lost with its connection');
    else throw reason;
  });
}

/** What the demo data left behind, a third of the memory: at rest nothing would collect it. */
async function giveBackMemory(): Promise<void> {
  const { Session } = await import('node:inspector/promises');
  const session = new Session();
  session.connect();
  await session.post('HeapProfiler.collectGarbage');
  session.disconnect();
}

async function stop(running: Running): Promise<void> {
  await running.close();
}

function onSignals(): { signal: Promise<void>; asked: boolean } {
  const state = { signal: Promise.resolve(), asked: false };
  state.signal = new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) {
      process.on(name, () => {
        if (state.asked) process.exit(130);
        state.asked = true;
        resolve();
      });
    }
  });
  return state;
}

/** Tells of a step once it has taken two seconds, so that a quick start is silent. */
function progressTo(out: NodeJS.WriteStream): { say(text: string): void; end(): void } {
  let pending: string | undefined;
  const begun = performance.now();
  const timer = setInterval(() => {
    if (pending !== undefined) out.write(`… ${pending}\n`);
    pending = undefined;
  }, QUIET_MS);
  timer.unref();
  return {
    say(text) {
      if (performance.now() - begun > QUIET_MS) out.write(`… ${text}\n`);
      else pending = text;
    },
    end() {
      clearInterval(timer);
    },
  };
}

async function reset(dir: string, sure: boolean): Promise<void> {
  if (!sure) {
    if (!process.stdin.isTTY) throw new StartError('--reset deletes all data: say --yes when nobody can be asked');
    const terminal = createInterface({ input: process.stdin, output: process.stdout });
    const answer = await terminal.question(`Delete everything in ${dir}? Type yes: `);
    terminal.close();
    if (answer.trim().toLowerCase() !== 'yes') throw new StartError('nothing was deleted');
  }
  const folder = await openDataFolder(dir);
  await folder.reset();
  folder.close();
  await rm(dir, { recursive: true, force: true });
}
