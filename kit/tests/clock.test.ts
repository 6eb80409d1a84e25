import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Clock, movableClock, systemClock } from '../clock.ts';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'artel-clock-'));
  file = join(folder, 'clock.json');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const DAY = 86_400_000;
/** How far ahead of the real time, in whole minutes. */
// A hair's breadth behind rounds to -0, which is no other moment.
const ahead = (clock: Clock) => Math.round((clock.nowMs() - Date.now()) / 60_000) * 60_000 || 0;

test('the system clock is the real time', () => {
  expect(Math.abs(systemClock.nowMs() - Date.now())).toBeLessThan(1_000);
  expect(Math.abs(systemClock.now().getTime() - Date.now())).toBeLessThan(1_000);
});

test('moves add up, and time goes on from there', async () => {
  const clock = movableClock(file);
  expect(ahead(clock)).toBe(0);
  clock.advance(DAY);
  clock.advance(DAY);
  expect(ahead(clock)).toBe(2 * DAY);
  expect(Math.abs(clock.now().getTime() - clock.nowMs())).toBeLessThan(1_000);
  const then = clock.nowMs();
  await expect.poll(() => clock.nowMs()).toBeGreaterThan(then);
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ offsetMs: 2 * DAY });
});

test('it moves forward only', () => {
  const clock = movableClock(file);
  for (const ms of [-1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => clock.advance(ms)).toThrow(RangeError);
  expect(ahead(clock)).toBe(0);
});

test('those that share the file follow, and each move is heard once', async () => {
  const one = movableClock(file);
  const other = movableClock(file);
  const heard: number[] = [];
  const own: number[] = [];
  other.onMove((delta) => heard.push(delta));
  const off = one.onMove((delta) => own.push(delta));
  one.advance(DAY);
  expect(own).toEqual([DAY]);
  await expect.poll(() => heard).toEqual([DAY]);
  expect(ahead(other)).toBe(DAY);
  off();
  other.advance(60_000);
  await expect.poll(() => ahead(one)).toBe(DAY + 60_000);
  expect(own).toEqual([DAY]);
  expect(heard).toEqual([DAY, 60_000]);
});

test('two moves within one tick of the file system’s clock are both seen', async () => {
  const one = movableClock(file);
  const other = movableClock(file);
  one.advance(DAY);
  await expect.poll(() => ahead(other)).toBe(DAY);
  one.advance(60_000);
  one.advance(60_000);
  await expect.poll(() => ahead(other)).toBe(DAY + 120_000);
});

test('a move goes on from one that was just made elsewhere', () => {
  const one = movableClock(file);
  const other = movableClock(file);
  one.advance(DAY);
  other.advance(60_000);
  expect(ahead(other)).toBe(DAY + 60_000);
});

test('one that starts later begins where the others are', () => {
  movableClock(file).advance(DAY);
  expect(ahead(movableClock(file))).toBe(DAY);
});

test('a file that can not be read leaves the clock where it is', async () => {
  const clock = movableClock(file);
  clock.advance(DAY);
  for (const text of ['', '{', '{"offsetMs":"x"}', 'null']) {
    writeFileSync(file, text);
    const real = performance.now();
    await expect.poll(() => performance.now() - real).toBeGreaterThan(60);
    expect(ahead(clock)).toBe(DAY);
  }
});

test('without a file it moves alone', () => {
  const clock = movableClock();
  clock.advance(DAY);
  expect(ahead(clock)).toBe(DAY);
  expect(ahead(movableClock())).toBe(0);
});

test('another process follows, and a listener does not keep it from ending', async () => {
  const code = `
    const { movableClock } = await import(${JSON.stringify(new URL('../clock.ts', import.meta.url).href)});
    const clock = movableClock(${JSON.stringify(file)});
    const hold = setInterval(() => {}, 60_000);
    clock.onMove((delta) => { clearInterval(hold); process.send(delta); });
    process.send('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  expect((await once(child, 'message'))[0]).toBe('ready');
  const ended = once(child, 'exit');
  const heard = once(child, 'message');
  movableClock(file).advance(DAY);
  expect((await heard)[0]).toBe(DAY);
  expect((await ended)[0]).toBe(0);
});
