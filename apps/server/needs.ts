/** What a process of the platform stands on: data folder, database, secret. Embedded where the environment names no server. */
import { createLogger, type Logger } from '#kit/log.ts';
import { type DataFolder, openDataFolder } from '#kit/embedded/data-folder.ts';
import { type Postgres, startPostgres } from '#kit/embedded/postgres.ts';
import { runningDatabase } from '#kit/embedded/running.ts';
import { ConfigError } from '#kit/config.ts';
import type { PlatformSettings } from './settings.ts';

export interface Needs {
  readonly adminUrl: string;
  readonly masterSecret: string;
  readonly log: Logger;
  /** Undefined when database and secret come from the environment. */
  readonly folder: DataFolder | undefined;
  readonly postgres: Postgres | undefined;
  /** Logs only warnings and worse while `work` runs: what the platform does to itself is not what an operator looks for. */
  quietly(work: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export function loggerOf(settings: PlatformSettings, hushed?: () => boolean): Logger {
  const pretty = settings.LOG_FORMAT === 'pretty' || (settings.LOG_FORMAT === 'auto' && process.stdout.isTTY === true);
  return createLogger({ level: settings.LOG_LEVEL, pretty, hushed });
}

/** Opens what is needed. `onProgress` is told of anything that takes long. */
export async function openNeeds(settings: PlatformSettings, onProgress: (text: string) => void): Promise<Needs> {
  let hushed = false;
  const log = loggerOf(settings, () => hushed);
  const quietly = async (work: () => Promise<void>) => {
    hushed = true;
    try {
      await work();
    } finally {
      hushed = false;
    }
  };
  if (settings.DATABASE_URL !== undefined && settings.ARTEL_SECRET !== undefined) {
    return {
      adminUrl: settings.DATABASE_URL,
      masterSecret: settings.ARTEL_SECRET,
      log,
      folder: undefined,
      postgres: undefined,
      quietly,
      close: async () => {},
    };
  }
  const folder = await openDataFolder(settings.DATA_DIR);
  try {
    const masterSecret = settings.ARTEL_SECRET ?? folder.secrets('artel', 32);
    if (settings.DATABASE_URL !== undefined)
      return {
        adminUrl: settings.DATABASE_URL,
        masterSecret,
        log,
        folder,
        postgres: undefined,
        quietly,
        close: async () => folder.close(),
      };
    const postgresLog = log.child({ service: 'postgres' });
    const postgres = await startPostgres({
      folder,
      onProgress,
      log: { info: (text) => postgresLog.info({}, text), error: (text) => postgresLog.error({}, text) },
    });
    return {
      adminUrl: postgres.url,
      masterSecret,
      log,
      folder,
      postgres,
      quietly,
      async close() {
        await postgres.stop();
        folder.close();
      },
    };
  } catch (error) {
    folder.close();
    throw error;
  }
}

/** The database of an installation for a command that looks in: the one of the running process, else started for the time of the look. */
export async function openDatabase(
  settings: PlatformSettings,
  onProgress: (text: string) => void,
): Promise<{ adminUrl: string; close(): Promise<void> }> {
  const adminUrl = settings.DATABASE_URL ?? (await runningDatabase(settings.DATA_DIR));
  return adminUrl === undefined ? await openNeeds(settings, onProgress) : { adminUrl, close: async () => {} };
}

/** For commands that look at an installation from outside: a running embedded one is held by its process. */
export function requireSecret(settings: PlatformSettings): string {
  if (settings.ARTEL_SECRET === undefined)
    throw new ConfigError(['ARTEL_SECRET is missing: it must be the one of the running processes']);
  return settings.ARTEL_SECRET;
}
