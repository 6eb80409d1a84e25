import { appendFile, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type JsonLines, openJsonLines } from '../json-lines.ts';

let folder: string;
let file: string;
let opened: JsonLines<number> | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lines-'));
  file = join(folder, 'deeper', 'numbers.jsonl');
});
afterEach(async () => {
  opened?.close();
  opened = undefined;
  await rm(folder, { recursive: true });
});

function open(live: number[] = [], maxLines = 100): { kept: number[]; lines: JsonLines<number> } {
  opened?.close();
  const result = openJsonLines<number>(file, { maxLines, live: () => live });
  opened = result.lines;
  return result;
}

it('gives back what was appended, readable by its owner only', async () => {
  const { lines } = open();
  lines.append(1);
  lines.append(2);
  expect(open().kept).toEqual([1, 2]);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

it('skips half a line and loses nothing that is written after it', async () => {
  open().lines.append(1);
  await appendFile(file, '{"half": ');
  open().lines.append(2);
  expect(open().kept).toEqual([1, 2]);
});

it('is written anew with what is live when it grows too long, and goes on', () => {
  const live: number[] = [];
  const { lines } = open(live, 4);
  for (let i = 1; i <= 11; i += 1) {
    lines.append(i);
    live.push(i);
    if (live.length > 2) live.shift();
  }
  expect(open().kept.slice(-2)).toEqual([10, 11]);
  expect(open().kept.length).toBeLessThanOrEqual(4);
});

it('keeps nothing without a file', () => {
  const { kept, lines } = openJsonLines<number>(undefined, { maxLines: 1, live: () => [] });
  lines.append(1);
  lines.close();
  expect(kept).toEqual([]);
});
