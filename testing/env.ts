import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import type { Bus } from '#kit/bus/bus.ts';
import { type MovableClock, movableClock } from '#kit/clock.ts';
import { createLogger, type Logger, type LogLevel } from '#kit/log.ts';
import type { Host } from '#kit/service/boot.ts';
import type { RawCall } from '#kit/service/dispatch.ts';
import type { Principal, ServiceContext } from '#kit/service/types.ts';
import { startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { freePort } from './ports.ts';
import { testDatabase } from './postgres.ts';
import { AMQP_URL, removeQueues } from './rabbit.ts';
import { comeToRest, shiftJobs, withClient } from './rest.ts';

/** The same for all tests, because database roles belong to the whole server. */
export const TEST_SECRET = 'test-secret-test-secret-test-secret-test';

/** What has not come to rest by then never will. */
const DRAIN_MS = 45_000;

export interface TestPlatform {
  readonly host: Host;
  readonly bus: Bus;
  readonly clock: MovableClock;
  /** Connection of the database's owner. */
  readonly adminUrl: string;
  /** Where its files lie. */
  readonly filesFolder: string;
  /** What its names on the broker begin with; undefined on the embedded transport. */
  readonly amqpPrefix: string | undefined;
  /** Base address of the gateway, when it runs. */
  readonly url: string;
  ctx(name: ServiceName): ServiceContext;
  /** Calls a route of a service as another service or as a person behind the gateway, through the dispatcher. */
  call(
    service: ServiceName,
    route: string,
    input?: Partial<RawCall>,
  ): Promise<{ status: number; body: any; headers: Readonly<Record<string, string | string[]>> }>;
  /** Publishes an event as if its service had emitted it. */
  publish(
    type: string,
    subject: string,
    data: unknown,
    options?: { id?: string; sequence?: number; time?: Date },
  ): Promise<void>;
  /** Waits until no event waits in an outbox or a queue and no job is due. Throws after 45 s, saying what waits. */
  drain(): Promise<void>;
  /** Moves the platform's time; jobs that become due run, then drains. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

export interface BootOptions {
  /** Default: all eleven. */
  services?: readonly ServiceName[];
  env?: Readonly<Record<string, string>>;
  log?: LogLevel;
  /** Takes every line of the log, down to `debug`, as JSON. */
  logLines?: string[];
  /** Over the shared RabbitMQ, with names of its own, instead of the embedded transport. */
  rabbit?: boolean;
  /** How people name this machine. Passkeys want a name, no address: `localhost`. */
  publicHost?: string;
  /** Listen with the gateway (any port). Default: when it is among the services. */
  listen?: boolean;
}

/** Starts services in this process on a database and an embedded transport of their own. */
export async function bootPlatform(options: BootOptions = {}): Promise<TestPlatform> {
  const services = options.services ?? SERVICES;
  const database = await testDatabase();
  const folder = mkdtempSync(join(tmpdir(), 'artel-test-'));
  const clock = movableClock(join(folder, 'clock.json'));
  const listens = options.listen ?? services.includes('gateway');
  const port = listens ? await freePort() : 0;
  const publicUrl = `http://${options.publicHost ?? '127.0.0.1'}:${port}`;
  const filesFolder = join(folder, 'files');
  const amqpPrefix = options.rabbit ? `t${randomBytes(4).toString('hex')}.` : undefined;
  const platform = await startPlatform({
    services,
    env: { ...options.env },
    adminUrl: database.url,
    migrate: true,
    clock,
    log: logOf(options),
    masterSecret: TEST_SECRET,
    serviceKeys: serviceKeys({ masterSecret: TEST_SECRET }),
    publicUrl,
    filesFolder,
    ...(amqpPrefix && { amqpUrl: AMQP_URL, amqpPrefix }),
    poolMax: 5,
    addresses: {},
    listen: (service) => (service === 'gateway' && listens ? { host: '127.0.0.1', port } : undefined),
  });
  const { host, bus } = platform;
  const service = (name: ServiceName) => {
    const running = host.service(name);
    if (!running) throw new Error(`${name} does not run in this test`);
    return running;
  };
  const drain = () => withClient(database.url, (client) => comeToRest(client, bus, DRAIN_MS));
  const test: TestPlatform = {
    host,
    bus,
    clock,
    adminUrl: database.url,
    filesFolder,
    amqpPrefix,
    url: publicUrl,
    ctx: (name) => service(name).ctx,
    call: async (name, route, input = {}) => {
      const reply = await service(name).dispatcher.dispatch(route, {
        params: {},
        query: {},
        body: undefined,
        contentType: 'application/json',
        caller: 'gateway',
        user: undefined,
        origin: { ip: '127.0.0.1', userAgent: 'test' },
        locale: 'ru',
        ...input,
      });
      // A file is passed on as it is read; a test wants it whole.
      return reply.body instanceof Readable ? { ...reply, body: await buffer(reply.body) } : reply;
    },
    async publish(type, subject, data, extra = {}) {
      await bus.publish([
        {
          specversion: '1.0',
          id: extra.id ?? crypto.randomUUID(),
          type,
          source: '/services/test',
          subject,
          time: (extra.time ?? clock.now()).toISOString(),
          datacontenttype: 'application/json',
          data,
          ...(extra.sequence === undefined ? {} : { sequence: String(extra.sequence) }),
        },
      ]);
    },
    drain,
    async advance(ms) {
      clock.advance(ms);
      await shiftJobs(database.url, ms);
      await drain();
    },
    async close() {
      await platform.close();
      if (amqpPrefix) await removeQueues(AMQP_URL, amqpPrefix);
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return test;
}

function logOf({ log, logLines }: BootOptions): Logger {
  if (logLines) return createLogger({ level: 'debug', pretty: false, write: (line) => logLines.push(line) });
  return createLogger({ level: log ?? (process.env['TEST_LOG'] as LogLevel | undefined) ?? 'silent', pretty: true });
}

/** A signed-in person, as the gateway would hand him over; for tests below the gateway. */
export function person(
  options: Partial<Omit<Principal, 'permissions'>> & { permissions?: readonly string[] } = {},
): Principal {
  return {
    userId: crypto.randomUUID(),
    sessionId: crypto.randomUUID(),
    roles: [],
    emailConfirmed: true,
    agreed: true,
    authTime: Math.floor(Date.now() / 1000),
    locale: 'ru',
    token: randomBytes(8).toString('hex'),
    ...options,
    permissions: new Set(options.permissions ?? []),
  };
}
