import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { boundLog } from '../server-log.ts';
import { temporaryFolder } from './help.ts';

test('a log above its limit is put aside and emptied, one below stays', async () => {
  const file = path.join(temporaryFolder(), 'postgres.log');
  writeFileSync(file, '12345');
  (await boundLog(file, 5))();
  expect(readFileSync(file, 'utf8')).toBe('12345');
  (await boundLog(file, 4))();
  expect(readFileSync(file, 'utf8')).toBe('');
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('12345');
});
