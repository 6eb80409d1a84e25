import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { newCall, runInCall } from '#kit/call-context.ts';
import { Lines } from '#kit/service/lines.ts';

test('one after the other about one thing, side by side about others; a failure is its own', async () => {
  const lines = new Lines();
  const log: string[] = [];
  let active = 0;
  const work = (name: string) => async () => {
    expect(++active).toBeLessThanOrEqual(2);
    log.push(`${name} begins`);
    await sleep(5);
    active--;
    log.push(`${name} ends`);
    if (name === 'a2') throw new Error('a2');
    return name;
  };
  const outcomes = await Promise.allSettled([
    ...['a1', 'a2', 'a3'].map((name) => lines.run('a', work(name))),
    lines.run('b', work('b')),
  ]);
  expect(outcomes.map((one) => one.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'fulfilled']);
  expect(log.filter((line) => line.startsWith('a'))).toEqual(
    ['a1', 'a2', 'a3'].flatMap((name) => [`${name} begins`, `${name} ends`]),
  );
  expect(log.indexOf('b begins')).toBeLessThan(log.indexOf('a1 ends'));
});

test('who has no time left when his turn comes is not worked for', async () => {
  const lines = new Lines();
  const first = lines.run('a', () => sleep(60));
  let done = false;
  const late = runInCall(newCall({ timeoutMs: 20 }), () =>
    lines.run('a', async () => {
      done = true;
    }),
  );
  await expect(late).rejects.toMatchObject({ code: 'timeout' });
  await first;
  expect(done).toBe(false);
  expect(await lines.run('a', async () => 'free again')).toBe('free again');
});
