import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { movableClock, systemClock } from '#kit/clock.ts';
import { ConfigError } from '#kit/config.ts';
import { StartError } from '#kit/embedded/start-error.ts';
import { addHealth, createHttp } from '#kit/service/http-server.ts';
import { mergePrometheus } from '#kit/telemetry/prometheus-text.ts';
import { HEALTH_CHANNEL } from '#kit/service/health-news.ts';
import { startKeeper } from './backup/keeper.ts';
import { carryOutRestoration, waitingRestoration } from './backup/restoration.ts';
import { type Demo, openDemo } from './demo/demo.ts';
import { type Needs, openNeeds } from './needs.ts';
import { type Platform, startPlatform } from './platform.ts';
import { registry } from './registry.ts';
import { serviceKeys } from './service-keys.ts';
import { backupFolder, DEFAULT_PORTS, fileStoreOf, ownDatabases, type PlatformSettings, s3Of } from './settings.ts';

export interface StartOptions {
  settings: PlatformSettings;
  env: Readonly<Record<string, string | undefined>>;
  services: readonly ServiceName[];
  /** Whether an installation that is new gets demo people, the first admin among them. */
  demo: boolean;
  onProgress(text: string): void;
}

export interface Running {
  readonly platform: Platform;
  readonly needs: Needs;
  readonly publicUrl: string;
  /** Page of caught mail and SMS, when nothing real is configured. */
  readonly catcherUrl: string | undefined;
  readonly providerUrl: string | undefined;
  readonly demo: Demo | undefined;
  /** Environment as the services saw it. */
  readonly env: Readonly<Record<string, string | undefined>>;
  close(): Promise<void>;
}

/** Starts the platform or the named part of it, as the settings say. What was started is undone when a step fails. */
export async function start(options: StartOptions): Promise<Running> {
  const { settings, services, onProgress } = options;
  const whole = services.length === SERVICES.length;
  checkAddresses(settings, services);
  const listens = services
    .map((service) => ({ service, port: portOf(settings, services, service) }))
    .filter(({ service }) => !whole || service === 'gateway');
  for (const { port } of listens) await requireFreePort(settings.HOST, port);
  const closers: (() => Promise<void>)[] = [];
  const undo = async () => {
    for (const close of closers.reverse()) await close().catch(() => {});
  };
  // Beside the database, which is another process.
  const webApp = services.includes('gateway') ? buildWebApp() : undefined;
  const loading = Promise.all(services.map((name) => registry[name]()));
  // Told where they are waited for.
  Promise.all([webApp, loading]).catch(() => {});
  try {
    const needs = await openNeeds(settings, onProgress);
    closers.push(() => needs.close());
    // Parts may run elsewhere, on the same database: then `artel restore` does it when all have ended.
    if (whole) await restoreWhatWaits(settings, needs, onProgress);
    const outside = whole
      ? await startOutside(options, needs, closers)
      : { env: {}, catcherUrl: undefined, providerUrl: undefined };
    // Its people read their codes on the page of caught mail and pay with simulated money.
    const canDemo = options.demo && outside.catcherUrl !== undefined && outside.providerUrl !== undefined;
    const demo = canDemo ? await openDemo(needs, settings) : undefined;
    const env = { ...outside.env, ...demo?.env, ...options.env };
    const publicUrl = publicUrlOf(settings);
    await Promise.all([webApp, loading]);
    const platform = await startPlatform({
      services,
      env,
      adminUrl: needs.adminUrl,
      amqpUrl: settings.AMQP_URL,
      amqpPrefix: settings.AMQP_PREFIX || undefined,
      migrate: settings.MIGRATE_AT_START,
      // The folder's lock holds off a second process.
      alone: needs.postgres !== undefined,
      clock: settings.CLOCK_FILE ? movableClock(settings.CLOCK_FILE) : systemClock,
      log: needs.log,
      masterSecret: needs.masterSecret,
      serviceKeys: serviceKeys({
        masterSecret: needs.masterSecret,
        privateKey: settings.SERVICE_KEY,
        publicKeys: settings.SERVICE_KEYS,
      }),
      publicUrl,
      filesFolder: needs.folder?.path('files') ?? resolve(settings.DATA_DIR, 'files'),
      s3: s3Of(settings),
      poolMax: settings.DB_POOL_MAX,
      addresses: addressesOf(settings),
      otlp: settings.OTEL_EXPORTER_OTLP_ENDPOINT
        ? {
            endpoint: settings.OTEL_EXPORTER_OTLP_ENDPOINT,
            headers: settings.OTEL_EXPORTER_OTLP_HEADERS,
            sampleRatio: Number(settings.OTEL_TRACES_SAMPLER_ARG),
          }
        : undefined,
      listen: (service) => {
        const found = listens.find((one) => one.service === service);
        return found ? { host: settings.HOST, port: found.port } : undefined;
      },
      onProgress,
    });
    closers.push(() => platform.close());
    // One snapshot covers one database.
    if (services.includes('admin') && ownDatabases(settings).length === 0) {
      const { adminUrl, masterSecret, log } = needs;
      const files = await fileStoreOf(settings);
      const onNews = () => platform.bus.broadcast(HEALTH_CHANNEL, {});
      const keeper = startKeeper({ adminUrl, masterSecret, folder: backupFolder(settings), files, log, onNews });
      closers.push(() => keeper.close());
    }
    if (settings.METRICS_PORT > 0) closers.push(await serveMetrics(settings, platform));
    return {
      platform,
      needs,
      publicUrl,
      catcherUrl: outside.catcherUrl,
      providerUrl: outside.providerUrl,
      demo,
      env,
      close: undo,
    };
  } catch (error) {
    await undo();
    throw error;
  }
}

/** Built when its sources have changed. */
async function buildWebApp(): Promise<void> {
  await (await import('#apps/web/build.ts')).buildWebApp();
}

async function restoreWhatWaits(
  settings: PlatformSettings,
  needs: Needs,
  onProgress: (text: string) => void,
): Promise<void> {
  const folder = backupFolder(settings);
  if (!waitingRestoration(folder)) return;
  const files = await fileStoreOf(settings);
  const done = await carryOutRestoration({ folder, adminUrl: needs.adminUrl, files, at: new Date(), onProgress });
  if (done)
    needs.log.warn({ backup: done.backup, askedBy: done.askedBy }, 'the platform starts with a restored backup');
}

/** `/metrics` for a scraper inside: the gateway shows it to nobody. */
async function serveMetrics(settings: PlatformSettings, platform: Platform): Promise<() => Promise<void>> {
  await requireFreePort(settings.HOST, settings.METRICS_PORT);
  const app = createHttp();
  const texts = () => Promise.all(platform.host.services.map((service) => service.ctx.telemetry.prometheusText()));
  addHealth(app, { notReady: async () => undefined, metrics: async () => mergePrometheus(await texts()) });
  await app.listen({ host: settings.HOST, port: settings.METRICS_PORT });
  return () => app.close();
}

export function publicUrlOf(settings: PlatformSettings): string {
  return (settings.PUBLIC_URL ?? `http://localhost:${settings.PORT}`).replace(/\/$/, '');
}

function portOf(settings: PlatformSettings, services: readonly ServiceName[], service: ServiceName): number {
  return services.length === 1 || service === 'gateway' ? settings.PORT : DEFAULT_PORTS[service];
}

function addressesOf(settings: PlatformSettings): Partial<Record<ServiceName, string[]>> {
  const of = (service: ServiceName) => settings[`${service.toUpperCase() as Uppercase<ServiceName>}_URL`];
  return Object.fromEntries(
    SERVICES.flatMap((service) =>
      of(service) ? [[service, (of(service) as string).split(',').map((one) => one.trim().replace(/\/$/, ''))]] : [],
    ),
  );
}

/** A part of the platform must know where the rest is, and share a transport and a database with it. */
function checkAddresses(settings: PlatformSettings, services: readonly ServiceName[]): void {
  if (services.length === SERVICES.length) return;
  const known = addressesOf(settings);
  const faults = SERVICES.filter((service) => !services.includes(service) && !known[service]).map(
    (service) => `${service.toUpperCase()}_URL is missing: ${service} does not run in this process`,
  );
  if (settings.AMQP_URL === undefined)
    faults.push('AMQP_URL is missing: services in several processes talk over RabbitMQ');
  if (settings.DATABASE_URL === undefined)
    faults.push('DATABASE_URL is missing: services in several processes need a PostgreSQL server');
  if (settings.ARTEL_SECRET === undefined)
    faults.push('ARTEL_SECRET is missing: it must be the same for all processes');
  if (faults.length > 0) throw new ConfigError(faults);
}

/** Mail and SMS go to a page, money to a simulated provider, unless the environment names real ones. */
async function startOutside(
  options: StartOptions,
  needs: Needs,
  closers: (() => Promise<void>)[],
): Promise<{ env: Record<string, string>; catcherUrl: string | undefined; providerUrl: string | undefined }> {
  const { settings, env } = options;
  const log = needs.log.child({ service: 'outside' });
  const secret = (name: string) => needs.folder?.secrets(name, 32) ?? `${name}-${needs.masterSecret}`;
  const folder = (name: string) =>
    needs.folder?.path(join('outside', name)) ?? resolve(settings.DATA_DIR, 'outside', name);
  const added: Record<string, string> = {};
  let catcherUrl: string | undefined;
  let providerUrl: string | undefined;
  if (!env['SMTP_URL']) {
    const httpPort = settings.CATCHER_PORT || settings.PORT + 1;
    await requireFreePort(settings.HOST, httpPort);
    const { startCatcher } = await import('#outside/catcher/catcher.ts');
    const smsKey = secret('sms-key');
    const catcher = await startCatcher({
      smtpPort: 0,
      httpPort,
      host: settings.HOST,
      folder: folder('catcher'),
      smsKey,
      log,
    });
    closers.push(() => catcher.close());
    catcherUrl = catcher.pageUrl;
    Object.assign(added, {
      SMTP_URL: catcher.smtpUrl,
      ...(env['SMS_URL'] ? {} : { SMS_URL: catcher.smsUrl, SMS_KEY: smsKey }),
    });
  }
  if (!env['PROVIDER_URL']) {
    const port = settings.PROVIDER_PORT || settings.PORT + 2;
    await requireFreePort(settings.HOST, port);
    const { startProvider } = await import('#outside/provider/provider.ts');
    const apiKey = secret('provider-api-key');
    const webhookSecret = `whsec_${Buffer.from(secret('provider-webhook')).toString('base64')}`;
    const provider = await startProvider({
      port,
      host: settings.HOST,
      apiKey,
      webhookSecret,
      folder: folder('provider'),
      log,
    });
    closers.push(() => provider.close());
    providerUrl = provider.url;
    Object.assign(added, {
      PROVIDER_URL: provider.url,
      PROVIDER_API_KEY: apiKey,
      PROVIDER_WEBHOOK_SECRET: webhookSecret,
    });
  }
  return { env: added, catcherUrl, providerUrl };
}

async function requireFreePort(host: string, port: number): Promise<void> {
  await new Promise<void>((fine, refuse) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) =>
      refuse(
        new StartError(
          error.code === 'EADDRINUSE'
            ? `port ${port} is taken: set PORT to a free one, or end what uses it`
            : `can't listen on ${host}:${port}: ${error.message}`,
        ),
      ),
    );
    probe.listen(port, host, () => probe.close(() => fine()));
  });
}
