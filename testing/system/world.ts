/** Where the acceptance story happens: a platform seen from outside, all in one or apart. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Catcher, startCatcher } from '#outside/catcher/catcher.ts';
import type { CaughtMail } from '#outside/catcher/messages.ts';
import { silentLog } from '#outside/log.ts';
import { startProvider } from '#outside/provider/provider.ts';
import { type BootOptions, bootPlatform, type TestPlatform } from '../env.ts';

export const ADMIN = { email: 'admin@artel.test', password: 'a-very-long-admin-passphrase' };

/** The world around the platform: where mail arrives, who moves the money. */
export interface Outside {
  readonly env: Readonly<Record<string, string>>;
  readonly catcherUrl: string;
  readonly providerUrl: string;
  readonly providerKey: string;
  close(): Promise<void>;
}

export interface World {
  /** Where people find it. */
  readonly url: string;
  /** Addresses of the gateways; requests go to them in turn. */
  readonly gateways: readonly string[];
  readonly outside: Outside;
  readonly adminUrl: string;
  /** Whether backups are kept by its own processes, or by nobody. */
  readonly keepsBackups: boolean;
  /** Waits until nothing waits: outboxes, queues, due jobs. */
  drain(): Promise<void>;
  advance(ms: number): Promise<void>;
  now(): Date;
  /** Parked messages per service; empty when all is well. */
  deadLetters(): Promise<string[]>;
  close(): Promise<void>;
}

export async function startOutside(): Promise<Outside> {
  const smsKey = randomBytes(16).toString('hex');
  const providerKey = randomBytes(16).toString('hex');
  const webhookSecret = `whsec_${randomBytes(24).toString('base64')}`;
  const catcher: Catcher = await startCatcher({ smtpPort: 0, httpPort: 0, host: '127.0.0.1', smsKey, log: silentLog });
  const provider = await startProvider({
    port: 0,
    host: '127.0.0.1',
    apiKey: providerKey,
    webhookSecret,
    log: silentLog,
    timing: { payoutMs: 50, lateMs: 500, retryMs: [200, 500, 1_000, 2_000, 4_000, 8_000] },
  });
  return {
    env: {
      SMTP_URL: catcher.smtpUrl,
      SMS_URL: catcher.smsUrl,
      SMS_KEY: smsKey,
      PROVIDER_URL: provider.url,
      PROVIDER_API_KEY: providerKey,
      PROVIDER_WEBHOOK_SECRET: webhookSecret,
      ADMIN_EMAIL: ADMIN.email,
      ADMIN_PASSWORD: ADMIN.password,
      RATE_READ: '100000',
      RATE_WRITE: '100000',
      RATE_AUTH: '100000',
      RATE_UPLOAD: '100000',
    },
    catcherUrl: catcher.pageUrl,
    providerUrl: provider.url,
    providerKey,
    async close() {
      await provider.close();
      await catcher.close();
    },
  };
}

/** The whole platform in this process, with a gateway that listens. */
export async function allInOne(
  options: Pick<BootOptions, 'publicHost' | 'logLines' | 'rabbit'> & { env?: Record<string, string> } = {},
): Promise<World & { platform: TestPlatform }> {
  const outside = await startOutside();
  const platform = await bootPlatform({ ...options, env: { ...outside.env, ...options.env } });
  return {
    platform,
    url: platform.url,
    gateways: [platform.url],
    outside,
    adminUrl: platform.adminUrl,
    keepsBackups: false,
    drain: () => platform.drain(),
    advance: (ms) => platform.advance(ms),
    now: () => platform.clock.now(),
    async deadLetters() {
      const letters = await Promise.all(
        platform.host.services.map(async (service) =>
          (await platform.bus.deadLetters.list(service.name, 100)).map(
            (letter) => `${service.name}: ${letter.type}: ${letter.reason}`,
          ),
        ),
      );
      return letters.flat();
    },
    async close() {
      await platform.close();
      await outside.close();
    },
  };
}

export function temporaryFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'artel-world-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** The newest mail to somebody whose subject or text fits, waiting for it. */
export async function mailTo(
  world: World,
  to: string,
  options: { text?: string; subject?: string; since?: string; timeoutMs?: number } = {},
): Promise<CaughtMail> {
  const query = new URLSearchParams({ to, kind: 'mail', timeoutMs: String(options.timeoutMs ?? 15_000) });
  for (const name of ['text', 'subject', 'since'] as const)
    if (options[name] !== undefined) query.set(name, options[name]);
  const answer = await fetch(`${world.outside.catcherUrl}/api/messages/wait?${query}`);
  if (!answer.ok) throw new Error(`no mail to ${to} (${JSON.stringify(options)}): ${await answer.text()}`);
  return (await answer.json()) as CaughtMail;
}

/** The six digits that stand alone on a line of a mail. */
export function codeIn(mail: CaughtMail): string {
  const code = /^\s*(\d{6})\s*$/m.exec(mail.text ?? '')?.[1];
  if (!code) throw new Error(`no code in the mail «${mail.subject}»: ${mail.text}`);
  return code;
}
