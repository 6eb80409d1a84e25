import { join, resolve } from 'node:path';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import {
  type ConfigDeclaration,
  ConfigError,
  type ConfigOf,
  defineConfig,
  readConfig,
  type Setting,
  setting,
} from '#kit/config.ts';
import type { S3Options } from '#kit/files/s3.ts';
import { diskStore, type FileStore } from '#kit/files/store.ts';

/** Ports of services that run apart, when nothing else is said. */
export const DEFAULT_PORTS: Readonly<Record<ServiceName, number>> = Object.fromEntries(
  SERVICES.map((name, index) => [name, name === 'gateway' ? 8080 : 8101 + index]),
) as Record<ServiceName, number>;

const addresses = Object.fromEntries(
  SERVICES.map((name) => [
    `${name.toUpperCase()}_URL`,
    setting.optional({
      describe: `Where ${name} is reached when it runs elsewhere; several replicas comma-separated.`,
    }),
  ]),
) as Record<`${Uppercase<ServiceName>}_URL`, Setting<string | undefined>>;
const databases = Object.fromEntries(
  SERVICES.map((name) => [
    `${name.toUpperCase()}_DATABASE_URL`,
    setting.optionalSecret({ describe: `A database of its own for ${name}, with its own login.` }),
  ]),
) as Record<`${Uppercase<ServiceName>}_DATABASE_URL`, Setting<string | undefined>>;

/** What the process itself needs; each service declares the rest in its own `config.ts`. */
export const platformSettings = defineConfig({
  DATA_DIR: setting.string({
    default: './data',
    describe: 'Folder for everything that is kept on this machine: embedded database, files, generated secrets.',
  }),
  BACKUP_DIR: setting.optional({
    describe:
      'Folder of the backups, best on another disk; processes with admin share it. Absent: `backups` in the data folder.',
  }),
  HOST: setting.string({ default: '127.0.0.1', describe: 'Address to listen on.' }),
  PORT: setting.int({
    default: 8080,
    min: 1,
    max: 65_535,
    describe: 'Port of the gateway, or of the one service that the process runs.',
  }),
  METRICS_PORT: setting.int({
    default: 0,
    min: 0,
    max: 65_535,
    describe: 'Port for /metrics of everything this process runs, besides the services that listen. 0: none.',
  }),
  PUBLIC_URL: setting.optional({
    describe: 'Address under which people reach the platform. Default: http://localhost:PORT.',
  }),
  DATABASE_URL: setting.optionalSecret({
    describe: "PostgreSQL (15 or newer), as the database's owner. Absent: an embedded one in the data folder.",
  }),
  AMQP_URL: setting.optionalSecret({
    describe: 'RabbitMQ (3.10 or newer). Absent: the embedded transport, in the same database.',
  }),
  AMQP_PREFIX: setting.string({
    default: '',
    describe: 'Put before every name on the broker, so that several platforms share one.',
  }),
  DB_POOL_MAX: setting.int({
    default: 5,
    min: 2,
    max: 100,
    describe:
      "Database connections per service and process, besides 3 for its jobs. Services × replicas × (this + 3) must stay below the server's max_connections.",
  }),
  MIGRATE_AT_START: setting.bool({
    default: true,
    describe: 'Bring the database to this release at start. Off: `artel migrate` does it beforehand.',
  }),
  ARTEL_SECRET: setting.optionalSecret({
    describe:
      'Key material of the installation, 32 characters or more; the same for all processes. Absent: made at the first start and kept in the data folder.',
  }),
  SERVICE_KEY: setting.optionalSecret({
    describe: "This service's private key (JWK), from `artel keys`. Absent: derived from ARTEL_SECRET.",
  }),
  SERVICE_KEYS: setting.optionalSecret({ describe: "All services' public keys (JWK set), from `artel keys`." }),
  S3_BUCKET: setting.optional({
    describe: 'Bucket for uploaded files, S3 or what speaks it. Absent: the data folder, which replicas then share.',
  }),
  S3_ENDPOINT: setting.optional({ describe: "Address of an S3 store that isn't Amazon's, https://…" }),
  S3_REGION: setting.string({ default: 'us-east-1', describe: 'Region of the bucket.' }),
  S3_ACCESS_KEY_ID: setting.optionalSecret({ describe: 'Key id for the bucket; needed with S3_BUCKET.' }),
  S3_SECRET_ACCESS_KEY: setting.optionalSecret({ describe: 'Secret key for the bucket; needed with S3_BUCKET.' }),
  LOG_LEVEL: setting.enum(['debug', 'info', 'warn', 'error', 'silent'], {
    default: 'info',
    describe: 'Least level that is written.',
  }),
  LOG_FORMAT: setting.enum(['auto', 'json', 'pretty'], {
    default: 'auto',
    describe: 'auto: short lines on a terminal, JSON elsewhere.',
  }),
  OTEL_EXPORTER_OTLP_ENDPOINT: setting.optional({
    describe: 'OTLP/HTTP collector for traces and metrics. Absent: none are sent.',
  }),
  OTEL_EXPORTER_OTLP_HEADERS: setting.optionalSecret({ describe: 'Headers for the collector, `name=value,…`.' }),
  OTEL_TRACES_SAMPLER_ARG: setting.string({ default: '1', describe: 'Share of traces that are sent, 0 to 1.' }),
  DEMO: setting.enum(['auto', 'on', 'off'], {
    default: 'auto',
    describe: 'Demo data and demo sign-ins. auto: on a fresh embedded database.',
  }),
  CATCHER_PORT: setting.int({
    default: 0,
    min: 0,
    max: 65_535,
    describe: 'Page of caught mail and SMS (without SMTP_URL). Default: PORT + 1.',
  }),
  PROVIDER_PORT: setting.int({
    default: 0,
    min: 0,
    max: 65_535,
    describe: 'Simulated payment provider (without PROVIDER_URL). Default: PORT + 2.',
  }),
  CLOCK_FILE: setting.optional({
    describe: 'Tests only: a file with an offset of the clock. Refused with NODE_ENV=production.',
  }),
  ...addresses,
  ...databases,
} satisfies ConfigDeclaration);

export type PlatformSettings = ConfigOf<typeof platformSettings>;

export function backupFolder(settings: PlatformSettings): string {
  return resolve(settings.BACKUP_DIR ?? join(settings.DATA_DIR, 'backups'));
}

/** Where the files of all services are, for backups. The SDK of S3 is loaded where it is used only. */
export async function fileStoreOf(settings: PlatformSettings): Promise<FileStore> {
  const s3 = s3Of(settings);
  return s3 ? (await import('#kit/files/s3.ts')).s3Store(s3) : diskStore(resolve(settings.DATA_DIR, 'files'));
}

/** Undefined: files lie in the data folder. */
export function s3Of(settings: PlatformSettings): S3Options | undefined {
  const { S3_BUCKET: bucket, S3_REGION: region, S3_ENDPOINT: endpoint } = settings;
  if (bucket === undefined) return undefined;
  const { S3_ACCESS_KEY_ID: accessKeyId, S3_SECRET_ACCESS_KEY: secretAccessKey } = settings;
  if (accessKeyId === undefined) throw new ConfigError(['S3_ACCESS_KEY_ID must be set with S3_BUCKET']);
  if (secretAccessKey === undefined) throw new ConfigError(['S3_SECRET_ACCESS_KEY must be set with S3_BUCKET']);
  return { bucket, region, endpoint, accessKeyId, secretAccessKey };
}

export function readPlatformSettings(env: Readonly<Record<string, string | undefined>>): PlatformSettings {
  const settings = readConfig(platformSettings, env);
  const faults: string[] = [];
  if (settings.ARTEL_SECRET !== undefined && settings.ARTEL_SECRET.length < 32)
    faults.push('ARTEL_SECRET must have 32 characters or more');
  if (settings.CLOCK_FILE !== undefined && env['NODE_ENV'] === 'production')
    faults.push('CLOCK_FILE is for tests and is refused in production');
  if (settings.DATABASE_URL !== undefined && !/^postgres(ql)?:\/\//.test(settings.DATABASE_URL))
    faults.push('DATABASE_URL must begin with postgres://');
  if (settings.AMQP_URL !== undefined && !/^amqps?:\/\//.test(settings.AMQP_URL))
    faults.push('AMQP_URL must begin with amqp:// or amqps://');
  const ratio = Number(settings.OTEL_TRACES_SAMPLER_ARG);
  if (!(ratio >= 0 && ratio <= 1)) faults.push('OTEL_TRACES_SAMPLER_ARG must be from 0 to 1');
  if (faults.length > 0) throw new ConfigError(faults);
  return settings;
}

/** Services whose tables one snapshot does not cover. */
export function ownDatabases(settings: PlatformSettings): ServiceName[] {
  return SERVICES.filter(
    (service) => settings[`${service.toUpperCase() as Uppercase<ServiceName>}_DATABASE_URL`] !== undefined,
  );
}
