/** Puts a platform together from what it is given: transport, database, keys, files. Used by the command and by the tests. */
import { join } from 'node:path';
import type { ServiceName } from '#contracts/common/define.ts';
import type { Bus } from '#kit/bus/bus.ts';
import type { Clock } from '#kit/clock.ts';
import { migrate, serviceUrl } from '#kit/db/migrate.ts';
import { diskFiles } from '#kit/files/disk.ts';
import type { Files } from '#kit/files/files.ts';
import type { S3Options } from '#kit/files/s3.ts';
import type { Logger } from '#kit/log.ts';
import { type Host, type HostOptions, startHost } from '#kit/service/boot.ts';
import { registry } from './registry.ts';
import type { ServiceKeys } from './service-keys.ts';
import { VERSION } from './version.ts';

export interface PlatformOptions {
  services: readonly ServiceName[];
  env: Readonly<Record<string, string | undefined>>;
  /** Connection of the database's owner. */
  adminUrl: string;
  /** Undefined: the embedded transport, in the same database. */
  amqpUrl?: string;
  /** Put before the names on the broker; for tests that share one. */
  amqpPrefix?: string;
  migrate: boolean;
  clock: Clock;
  log: Logger;
  masterSecret: string;
  serviceKeys: ServiceKeys;
  publicUrl: string;
  filesFolder: string;
  /** Files go there instead of the folder. */
  s3?: S3Options | undefined;
  /** Nobody else runs on this database. */
  alone?: boolean;
  poolMax: number;
  addresses: HostOptions['addresses'];
  otlp?: HostOptions['otlp'];
  listen: HostOptions['listen'];
  onProgress?(text: string): void;
}

export interface Platform {
  readonly host: Host;
  readonly bus: Bus;
  close(): Promise<void>;
}

export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const services = await Promise.all(options.services.map((name) => registry[name]()));
  if (options.migrate) {
    await migrate({
      adminUrl: options.adminUrl,
      roleSecret: options.masterSecret,
      targets: services.map((service) => ({
        service: service.contract.name,
        migrations: service.migrations,
        jobs: Object.keys(service.jobs).length > 0,
      })),
      onProgress: options.onProgress,
    });
  }
  const files = await openFiles(options);
  const bus = await openBus(options);
  try {
    const host = await startHost({
      services,
      env: options.env,
      version: VERSION,
      bus,
      clock: options.clock,
      log: options.log,
      databaseUrl: (service) =>
        options.env[`${service.toUpperCase()}_DATABASE_URL`] ??
        serviceUrl(options.adminUrl, options.masterSecret, service),
      alone: options.alone,
      poolMax: options.poolMax,
      addresses: options.addresses,
      masterSecret: options.masterSecret,
      serviceKeys: options.serviceKeys,
      publicUrl: options.publicUrl,
      files,
      otlp: options.otlp,
      listen: options.listen,
    });
    return {
      host,
      bus,
      async close() {
        await host.close();
        await bus.close();
      },
    };
  } catch (error) {
    await bus.close();
    throw error;
  }
}

/** The SDK of S3 is loaded where it is used only. */
async function openFiles({ s3, filesFolder }: PlatformOptions): Promise<(service: ServiceName) => Files> {
  if (!s3) return (service) => diskFiles(join(filesFolder, service));
  const { s3Files } = await import('#kit/files/s3.ts');
  return (service) => s3Files(s3, service);
}

/** Of the two transports the one that is used is loaded. */
async function openBus(options: PlatformOptions): Promise<Bus> {
  const log = options.log.child({ service: 'transport' });
  if (options.amqpUrl) {
    const { connectRabbit } = await import('#kit/bus/rabbit.ts');
    return await connectRabbit({
      url: options.amqpUrl,
      log,
      prefix: options.amqpPrefix,
      name: `artel ${options.services.join(' ')}`,
    });
  }
  const { openEmbeddedBus } = await import('#kit/bus/embedded.ts');
  return await openEmbeddedBus({ connectionString: options.adminUrl, log });
}
