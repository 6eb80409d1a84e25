import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePort } from '../ports.ts';
import { Api } from './api.ts';
import {
  acceptance,
  beginStory,
  payout,
  profiles,
  publication,
  registration,
  reviews,
  type Story,
  talk,
  work,
} from './deal.ts';
import { restored } from './restoration.ts';
import { type Outside, startOutside, temporaryFolder, type World } from './world.ts';

const MAIN = fileURLToPath(new URL('../../apps/server/artel.mjs', import.meta.url));

/**
 * F1: the all-in-one process is killed at five points of the deal and started again: nothing is lost, nothing happens twice.
 * F15: then it is restored from a backup by a start.
 */
describe('kill -9 in the middle of the deal, all in one', () => {
  const folder = temporaryFolder();
  let outside: Outside;
  let port: number;
  let child: ChildProcess | undefined;
  let story: Story;
  let kills = 0;
  const output: string[] = [];

  async function start(): Promise<void> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      HOME: process.env['HOME'] ?? '/',
      DATA_DIR: `${folder.path}/data`,
      PORT: String(port),
      DEMO: 'off',
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      REQUEST_LOG: 'false',
      PUBLIC_URL: `http://127.0.0.1:${port}`,
      ...outside.env,
    };
    child = spawn(process.execPath, [MAIN, 'start'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const until = Date.now() + 60_000;
    while (
      !(await fetch(`http://127.0.0.1:${port}/readyz`).then(
        (answer) => answer.ok,
        () => false,
      ))
    ) {
      if (child.exitCode !== null || Date.now() > until)
        throw new Error(`did not start: ${output.slice(-20).join('')}`);
      await sleep(50);
    }
  }

  async function end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode ?? null;
    const gone = new Promise<void>((resolve) => void child?.once('exit', () => resolve()));
    child.kill(signal);
    await gone;
    return child.exitCode;
  }

  beforeAll(async () => {
    outside = await startOutside();
    port = await freePort();
    await start();
    const url = `http://127.0.0.1:${port}`;
    const world: World = {
      url,
      gateways: [url],
      outside,
      adminUrl: '',
      keepsBackups: true,
      drain: () => sleep(60),
      advance: async () => {},
      now: () => new Date(),
      deadLetters: async () => [],
      close: async () => {},
    };
    story = await beginStory(world);
    story.fault = async () => {
      kills++;
      await end('SIGKILL');
      await start();
    };
  }, 120_000);
  afterAll(async () => {
    await end('SIGKILL');
    await outside?.close();
    folder.remove();
  }, 60_000);

  for (const chapter of [registration, profiles, publication, talk, acceptance, work, payout, reviews])
    test(chapter.name, () => chapter.run(story), 200_000);

  test('five kills; the books are whole, no event is parked', async () => {
    expect(kills).toBe(5);
    const guest = new Api(story.world);
    await guest.until(
      '/ledger/invariants',
      (books) => books.balanced && books.escrowEqualsDeals === true && books.sealed === books.transactions,
      90_000,
    );
    for (const service of ['orders', 'payments', 'notifications', 'users'])
      expect((await story.admin.get(`/admin/dead-letters?service=${service}`)).body.items).toEqual([]);
  }, 120_000);

  test('F15: a restoration that two asked for in the panel is carried out by the next start', async () => {
    await restored(story.world, async () => {
      expect(await end('SIGTERM')).toBe(0);
      await start();
    });
  }, 200_000);

  test('SIGTERM ends it cleanly', async () => {
    expect(await end('SIGTERM')).toBe(0);
  }, 30_000);
});
