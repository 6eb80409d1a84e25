import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { newCall, runInCall } from '../call-context.ts';
import { createLogger, type LogOptions } from '../log.ts';
import { Problem } from '../problem.ts';

function logTo(options: Partial<LogOptions> = {}) {
  const lines: string[] = [];
  const log = createLogger({ level: 'debug', pretty: false, write: (line) => lines.push(line), ...options });
  // biome-ignore lint/suspicious/noExplicitAny: lines of any fields
  return { log, lines, last: () => JSON.parse(lines.at(-1) as string) as Record<string, any> };
}

test('a line is JSON with time, level, service and message', () => {
  const { log, lines, last } = logTo({ service: 'orders' });
  log.info({ orderId: 'o1' }, 'an order was placed');
  expect(last()).toEqual({
    level: 'info',
    time: expect.any(String),
    service: 'orders',
    orderId: 'o1',
    msg: 'an order was placed',
  });
  expect(new Date(last()['time']).toISOString()).toBe(last()['time']);
  expect(lines[0]?.endsWith('\n')).toBe(true);
});

test('lines below the level are not written', () => {
  const { log, lines } = logTo({ level: 'warn' });
  log.info({}, 'quiet');
  log.child({ a: 1 }).debug({}, 'quiet');
  log.warn({}, 'loud');
  expect(lines).toHaveLength(1);
  const silent = logTo({ level: 'silent' });
  silent.log.error({}, 'nothing');
  expect(silent.lines).toEqual([]);
});

test('the ids of the running call stand in every line, and only of that call', async () => {
  const { log, last } = logTo();
  const call = newCall({ timeoutMs: 1_000 });
  await runInCall(call, async () => {
    await Promise.resolve();
    log.child({ service: 'users' }).info({}, 'inside');
  });
  expect(last()).toMatchObject({ requestId: call.requestId, traceId: call.traceId, service: 'users' });
  log.info({}, 'outside');
  expect(last()).not.toHaveProperty('requestId');
});

test.each([
  ['password', 'newPassword'],
  ['password hash', 'password_hash'],
  ['token', 'refreshToken'],
  ['header', 'Authorization'],
  ['cookie', 'set-cookie'],
  ['one-time code', 'code'],
  ['client secret', 'CLIENT_SECRET'],
  ['API key', 'x-api-key'],
])('a %s is censored wherever it stands', (_what, name) => {
  const { log, lines } = logTo();
  const canary = 'canary-48151';
  log.info({ [name]: canary }, 'top');
  log.info({ a: { b: [{ c: { [name]: canary } }] } }, 'deep');
  log.info({ a: new Map([[name, canary]]) }, 'map');
  log.info({ [name]: { nested: canary } }, 'object');
  log.info({ [name]: 481516 }, 'number');
  log.child({ [name]: canary }).info({}, 'child');
  log.child({ a: { [name]: canary } }).info({}, 'child, deep');
  expect(lines).toHaveLength(7);
  for (const line of lines) {
    expect(line).not.toMatch(/canary-48151|481516/);
    expect(line).toContain('[secret]');
  }
});

test('whether there is a secret may be said', () => {
  const { log, last } = logTo();
  log.info({ hasPassword: true, token: null, statusCode: 200, errorCode: 'unavailable' }, 'said');
  expect(last()).toMatchObject({ hasPassword: true, token: null, statusCode: 200, errorCode: 'unavailable' });
});

test.each([
  ['a bearer token', 'sent Bearer abcdefgh12345678 away', 'abcdefgh12345678'],
  ['an address with a password', 'connect to postgres://artel:s3cr3tpw@db:5432/artel failed', 's3cr3tpw'],
  ['a JWT', 'got eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl', 'eyJzdWIiOiIxIn0'],
  ['a token in a link', 'GET /confirm?lang=ru&token=t0k3nvalue&x=1', 't0k3nvalue'],
])('%s is censored inside of texts, messages and errors', (_what, text, secret) => {
  const { log, lines } = logTo();
  log.info({}, text);
  log.info({ url: text }, 'field');
  log.error({ err: new Error(text, { cause: new Error(text) }) }, 'error');
  const pretty = logTo({ pretty: true });
  pretty.log.error({ err: new Error(text), text }, text);
  for (const line of [...lines, ...pretty.lines]) expect(line).not.toContain(secret);
  for (const line of lines) expect(() => JSON.parse(line)).not.toThrow();
});

test('an error keeps its type, code, stack and causes, and loses what people entered', () => {
  const { log, last } = logTo();
  const refused = Object.assign(new Error('duplicate key'), {
    code: '23505',
    constraint: 'users_email_key',
    detail: 'Key (email)=(canary@example.org) already exists.',
  });
  log.error({ err: new Problem('unavailable', { detail: 'the database is away', cause: refused }) }, 'failed');
  const { err } = last();
  expect(err).toMatchObject({ type: 'Problem', code: 'unavailable', message: 'unavailable: the database is away' });
  expect(err.stack).toContain('log.test.ts');
  expect(err.cause).toMatchObject({ message: 'duplicate key', code: '23505', constraint: 'users_email_key' });
  expect(JSON.stringify(err)).not.toContain('canary@example.org');
});

test('whatever is logged, a line comes out that can be read', () => {
  const { log, last, lines } = logTo();
  const loop: Record<string, unknown> = { name: 'loop' };
  loop['self'] = loop;
  log.info(
    {
      loop,
      big: 12345678901234567890n,
      bytes: Buffer.alloc(10_000),
      long: 'x'.repeat(100_000),
      many: Array.from({ length: 5_000 }, (_, i) => i),
      invalid: new Date(Number.NaN),
      run: () => 1,
    },
    'odd things',
  );
  expect(last()).toMatchObject({ big: '12345678901234567890', bytes: '<10000 bytes>', invalid: 'invalid date' });
  expect((lines[0] as string).length).toBeLessThan(20_000);
  log.info(JSON.parse('{"a":{"__proto__":{"password":"canary-1"}}}') as Record<string, unknown>, 'prototype');
  expect(lines.at(-1)).not.toContain('canary-1');
});

test('a pretty line is short, with ids only where something is wrong', () => {
  const { log, lines } = logTo({ pretty: true, service: 'orders' });
  const call = newCall({ timeoutMs: 1_000 });
  runInCall(call, () => {
    log.info({ ms: 4.3, route: '/a' }, 'request');
    log.warn({ err: new Error('away', { cause: new Error('refused') }) }, 'will be tried again');
    log.error({ err: new Error('broken', { cause: new Error('the reason') }) }, 'failed');
  });
  expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d info {2}orders: request ms=4\.3 route=\/a\n$/);
  expect(lines[1]).toMatch(
    new RegExp(`warn  orders: will be tried again requestId=${call.requestId} \\(away: refused\\)\\n$`),
  );
  expect(lines[2]).toMatch(
    /error orders: failed .*\n {2}Error: broken\n {4}at .*log\.test\.ts[\s\S]*caused by\n {2}Error: the reason\n/,
  );
});

test('a pretty line can neither steer the terminal nor forge a second line', () => {
  const { log, lines } = logTo({ pretty: true });
  log.info({ name: 'a\u001b[2J\nfake \u202eb' }, 'hello\n00:00:00 info  forged');
  expect(lines[0]?.match(/\n/g)).toHaveLength(1);
  expect(lines[0]?.trimEnd()).not.toMatch(/\p{Cc}|\p{Bidi_Control}/u);
});

test('colours come only when asked for', () => {
  const { log, lines } = logTo({ pretty: true, colour: true });
  log.warn({}, 'careful');
  expect(lines[0]).toContain('\u001b[33mwarn');
});

test('a reader that goes away does not end the process', async () => {
  const code = `
    const { createLogger } = await import(${JSON.stringify(new URL('../log.ts', import.meta.url).href)});
    const log = createLogger({ level: 'info', pretty: false });
    process.on('message', () => {
      for (let i = 0; i < 2000; i++) log.info({ text: 'x'.repeat(200) }, 'line');
      setImmediate(() => setImmediate(() => { process.send('alive'); process.disconnect(); }));
    });
    process.send('ready');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.on('data', (chunk) => (stderr += String(chunk)));
  await once(child, 'message');
  const closed = once(child.stdout as NonNullable<typeof child.stdout>, 'close');
  child.stdout?.destroy();
  await closed;
  const answer = Promise.race([once(child, 'message'), once(child, 'exit')]);
  child.send('write');
  expect((await answer)[0], stderr).toBe('alive');
});

test('the last lines before an exit are not lost, and all come in order', async () => {
  const code = `
    const { createLogger } = await import(${JSON.stringify(new URL('../log.ts', import.meta.url).href)});
    const log = createLogger({ level: 'info', pretty: false });
    log.info({ n: 0 }, 'line');
    setTimeout(() => { log.info({ n: 1 }, 'line'); log.info({ n: 2 }, 'line'); process.exit(3); }, 5);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout?.on('data', (chunk) => (out += String(chunk)));
  await once(child, 'close');
  expect(child.exitCode).toBe(3);
  const lines = out.trim().split('\n');
  expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual([0, 1, 2]);
});
