/**
 * The stand-ins as a program of their own, set up by the environment (see README.md). Exit codes: 78 for a bad
 * setting, 1 for anything else that keeps it from starting.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startCatcher } from './catcher/catcher.ts';
import { jsonLog as log } from './log.ts';
import { startCollector } from './otlp/collector.ts';
import { startProvider } from './provider/provider.ts';

class BadSetting extends Error {}
const PARTS = ['catcher', 'provider', 'otlp'] as const;
type Part = (typeof PARTS)[number];
type Env = Readonly<Record<string, string | undefined>>;

/** A port, 0 for any. */
function port(env: Env, name: string, otherwise: number): number {
  const text = env[name] ?? String(otherwise);
  const value = Number(text);
  if (!/^\d+$/.test(text) || value > 65_535) throw new BadSetting(`${name} must be a port, 0 to 65535`);
  return value;
}

/** A secret from `NAME` or from the file that `NAME_FILE` names. */
function secret(env: Env, name: string): string {
  const file = env[`${name}_FILE`];
  const value = env[name] ?? (file ? readSecret(name, file) : '');
  if (value === '') throw new BadSetting(`${name} (or ${name}_FILE) must be set`);
  return value;
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new BadSetting(`${name}_FILE can't be read: ${(error as Error).message}`);
  }
}

function parts(env: Env): readonly Part[] {
  const wanted = (env.OUTSIDE_PARTS ?? 'catcher,provider').split(',').map((part) => part.trim());
  const unknown = wanted.find((part) => !PARTS.some((known) => known === part));
  if (unknown !== undefined) throw new BadSetting(`OUTSIDE_PARTS: no part is called "${unknown}"`);
  return PARTS.filter((part) => wanted.includes(part));
}

/** Starts the wanted parts. What was started is put on `closers` at once, so that a failure can undo it. */
async function start(env: Env, closers: (() => Promise<void>)[]): Promise<void> {
  const host = env.OUTSIDE_HOST ?? '127.0.0.1';
  const folder = (name: string) => (env.OUTSIDE_FOLDER ? { folder: join(env.OUTSIDE_FOLDER, name) } : {});
  const starts: Record<Part, () => Promise<{ close(): Promise<void> }>> = {
    catcher: async () => {
      const ports = { smtpPort: port(env, 'CATCHER_SMTP_PORT', 1025), httpPort: port(env, 'CATCHER_HTTP_PORT', 8025) };
      const smsKey = secret(env, 'CATCHER_SMS_KEY');
      const catcher = await startCatcher({ ...ports, host, smsKey, log, ...folder('catcher') });
      const { smtpUrl, pageUrl, smsUrl } = catcher;
      log.info({ part: 'catcher', smtpUrl, pageUrl, smsUrl }, 'catching mail and SMS');
      return catcher;
    },
    provider: async () => {
      const provider = await startProvider({
        port: port(env, 'PROVIDER_PORT', 8090),
        host,
        apiKey: secret(env, 'PROVIDER_API_KEY'),
        webhookSecret: secret(env, 'PROVIDER_WEBHOOK_SECRET'),
        log,
        ...(env.PROVIDER_PUBLIC_URL ? { publicUrl: env.PROVIDER_PUBLIC_URL } : {}),
        ...folder('provider'),
      });
      log.info({ part: 'provider', url: provider.url }, 'simulating a payment provider');
      return provider;
    },
    otlp: async () => {
      const collector = await startCollector({ port: port(env, 'OTLP_PORT', 4318), host, log });
      log.info({ part: 'otlp', url: collector.url }, 'collecting traces and metrics');
      return collector;
    },
  };
  for (const part of parts(env)) {
    const { close } = await starts[part]();
    closers.push(close);
  }
}

const closers: (() => Promise<void>)[] = [];
async function stop(): Promise<void> {
  await Promise.all(closers.splice(0).map((close) => close()));
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => void stop());
try {
  await start(process.env, closers);
} catch (error) {
  const { message } = error as Error;
  process.stderr.write(`outside: ${message}\n`);
  process.exitCode = error instanceof BadSetting ? 78 : 1;
  await stop();
}
