import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';

const MAIN = join(import.meta.dirname, '../main.ts');
const SETTINGS = {
  CATCHER_SMTP_PORT: '0',
  CATCHER_HTTP_PORT: '0',
  PROVIDER_PORT: '0',
  OTLP_PORT: '0',
  CATCHER_SMS_KEY: 'sms',
  PROVIDER_API_KEY: 'api',
  PROVIDER_WEBHOOK_SECRET: 'whsec_c2VjcmV0',
  OUTSIDE_PARTS: 'catcher,provider,otlp',
};

let folder: string;
let child: ChildProcess | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outside-'));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  child = undefined;
  await rm(folder, { recursive: true });
});

function run(settings: Record<string, string>): ChildProcess {
  child = spawn(process.execPath, [MAIN], { env: { OUTSIDE_FOLDER: folder, ...settings } });
  return child;
}

/** The first `count` log lines. */
async function logLines(program: ChildProcess, count: number): Promise<Record<string, string>[]> {
  const lines: Record<string, string>[] = [];
  if (!program.stdout) throw new Error('no output');
  for await (const line of createInterface({ input: program.stdout })) {
    lines.push(JSON.parse(line) as Record<string, string>);
    if (lines.length === count) break;
  }
  return lines;
}

/** What it said on standard error, and its exit code. */
async function failure(program: ChildProcess): Promise<[string, number]> {
  let said = '';
  program.stderr?.on('data', (chunk) => {
    said += chunk;
  });
  const [code] = (await once(program, 'close')) as [number];
  return [said, code];
}

it('starts all parts, says where they are, and stops on SIGTERM', async () => {
  const program = run(SETTINGS);
  const exit = once(program, 'exit');
  const [catcher, provider, otlp] = await logLines(program, 3);
  for (const url of [catcher?.pageUrl, provider?.url, otlp?.url]) {
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ status: 'ok' });
  }
  expect(catcher?.smtpUrl).toMatch(/^smtp:\/\/127\.0\.0\.1:\d+$/);
  program.kill('SIGTERM');
  expect(await exit).toEqual([0, null]);
});

it('keeps what it answered for when it is killed', async () => {
  const first = run(SETTINGS);
  const [catcher] = await logLines(first, 1);
  const headers = { Authorization: 'Bearer sms', 'Content-Type': 'application/json' };
  const body = JSON.stringify({ to: '+79161234567', text: 'kept' });
  expect((await fetch(`${catcher?.pageUrl}/sms`, { method: 'POST', headers, body })).status).toBe(202);
  first.kill('SIGKILL');
  await once(first, 'exit');
  const [again] = await logLines(run(SETTINGS), 1);
  expect(await (await fetch(`${again?.pageUrl}/api/messages`)).json()).toMatchObject({ items: [{ text: 'kept' }] });
});

it('reads secrets from files', async () => {
  const file = join(folder, 'key');
  await writeFile(file, 'from a file\n');
  const { CATCHER_SMS_KEY: _, ...others } = SETTINGS;
  const [catcher] = await logLines(run({ ...others, CATCHER_SMS_KEY_FILE: file }), 1);
  const headers = { Authorization: 'Bearer from a file', 'Content-Type': 'application/json' };
  expect((await fetch(`${catcher?.smsUrl}`, { method: 'POST', headers, body: '{}' })).status).toBe(400);
});

it.each([
  [{ ...SETTINGS, PROVIDER_PORT: '80800' }, 'outside: PROVIDER_PORT must be a port, 0 to 65535\n'],
  [{ ...SETTINGS, PROVIDER_API_KEY: '' }, 'outside: PROVIDER_API_KEY (or PROVIDER_API_KEY_FILE) must be set\n'],
  [{ ...SETTINGS, OUTSIDE_PARTS: 'catcher,bank' }, 'outside: OUTSIDE_PARTS: no part is called "bank"\n'],
])('a bad setting is one line and exit code 78 (%#)', async (settings, line) => {
  expect(await failure(run(settings))).toEqual([line, 78]);
});

it('a taken port is one line and exit code 1', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  try {
    const [said, code] = await failure(run({ ...SETTINGS, PROVIDER_PORT: String(port) }));
    expect([said.trim().split('\n').length, code]).toEqual([1, 1]);
    expect(said).toContain(`address already in use 127.0.0.1:${port}`);
  } finally {
    other.close();
  }
});
