/** Brings services to life in this process: all eleven, or any subset. */
import type { FastifyInstance } from 'fastify';
import type { JSONWebKeySet, JWK } from 'jose';
import { createHmac } from 'node:crypto';
import { contracts } from '#contracts/all.ts';
import type { Callee, Contract, ServiceName } from '#contracts/common/define.ts';
import type { Bus, Subscription } from '#kit/bus/bus.ts';
import type { Clock } from '#kit/clock.ts';
import { checkConfigs, readConfig } from '#kit/config.ts';
import { sql, type Transact } from '#kit/db/db.ts';
import type { JobRunner } from '#kit/db/jobs.ts';
import { type InboxHandler, startInbox } from '#kit/db/inbox.ts';
import { type OutboxRelay, startOutboxRelay } from '#kit/db/outbox.ts';
import { createDb, type DbPool } from '#kit/db/pool.ts';
import type { Files } from '#kit/files/files.ts';
import type { Logger } from '#kit/log.ts';
import { Problem } from '#kit/problem.ts';
import { createTelemetry, type Telemetry } from '#kit/telemetry.ts';
import { mergePrometheus } from '#kit/telemetry/prometheus-text.ts';
import { closerOf } from './closing.ts';
import { createClients, localTransport, remoteTransport, type Transport } from './client.ts';
import { createDispatcher, type Dispatcher } from './dispatch.ts';
import { createServiceServer, type HealthChecks } from './http-server.ts';
import { HEALTH_CHANNEL } from './health-news.ts';
import { createLive } from './live.ts';
import { CHANGED_CHANNEL, type ChangedBroadcast, changersOf, makesLookups, Lookups } from './lookups.ts';
import {
  createServiceCredential,
  createTokenVerifier,
  type ServiceCredential,
  type TokenVerifier,
} from './principal.ts';
import type { AnyService, Consumer, ManyConsumer, ServiceContext } from './types.ts';

export interface HostOptions {
  services: readonly AnyService[];
  env: Readonly<Record<string, string | undefined>>;
  version: string;
  bus: Bus;
  clock: Clock;
  log: Logger;
  /** Connection of a service's own database role. */
  databaseUrl(service: ServiceName): string;
  /** Nobody else runs on this database. */
  alone?: boolean;
  /** Connections per service. */
  poolMax: number;
  /** Where services that do not run here are reached. */
  addresses: Readonly<Partial<Record<ServiceName, readonly string[]>>>;
  /** Key material for `secret()`, 32 bytes or more. */
  masterSecret: string;
  serviceKeys: { privateKey(service: ServiceName): JWK; publicKeys: JSONWebKeySet };
  publicUrl: string;
  files(service: ServiceName): Files;
  otlp?: { endpoint: string; headers?: string; sampleRatio?: number };
  /** Listen address of each service; undefined: the service is reached in this process only. */
  listen(service: ServiceName): { host: string; port: number } | undefined;
}

/** What a service that serves by itself (the gateway) is given. */
export interface ServeHost {
  transportTo(service: ServiceName): Transport;
  /** The service when it runs in this process. */
  local(service: ServiceName): Dispatcher | undefined;
  verifier: TokenVerifier;
  health: HealthChecks;
}

export interface RunningService {
  readonly name: ServiceName;
  readonly ctx: ServiceContext;
  readonly dispatcher: Dispatcher;
  readonly relay: OutboxRelay | undefined;
  readonly server: FastifyInstance | undefined;
  /** `http://127.0.0.1:8080`, when it listens. */
  readonly address: string | undefined;
}

export interface Host {
  service(name: ServiceName): RunningService | undefined;
  readonly services: readonly RunningService[];
  /** Stop taking, finish what runs, relay what was committed, close. */
  close(): Promise<void>;
}

/** Which services declare a call to a route, from all contracts. */
export function callersOf(callee: ServiceName): (routeName: string) => ReadonlySet<ServiceName> {
  const callers = new Map<string, Set<ServiceName>>();
  for (const contract of Object.values(contracts) as Contract[]) {
    const declared: Callee | undefined = contract.calls[callee];
    for (const routeName of Object.keys(declared?.routes ?? {}))
      callers.set(routeName, (callers.get(routeName) ?? new Set()).add(contract.name));
  }
  const nobody: ReadonlySet<ServiceName> = new Set();
  return (routeName) => callers.get(routeName) ?? nobody;
}

/** The queues of all services, so that no event is published before its subscribers' queues stand. */
export function topology(): { queue: ServiceName; types: string[] }[] {
  return (Object.values(contracts) as Contract[])
    .map((contract) => ({
      queue: contract.name,
      types: Object.values(contract.consumes).map((consumed) => consumed.event.type),
    }))
    .filter((queue) => queue.types.length > 0);
}

/** Events in flight per process: the most that share a transaction. */
const PREFETCH = 200;

// biome-ignore lint/suspicious/noExplicitAny: consumers of any contract; typed where they were written
type AnyConsumers = Record<string, Consumer<any, any> | ManyConsumer<any, any>>;

interface Started {
  definition: AnyService;
  ctx: ServiceContext;
  db: DbPool;
  telemetry: Telemetry;
  dispatcher: Dispatcher;
  credential: ServiceCredential;
  verifier: TokenVerifier;
  relay: OutboxRelay | undefined;
  /** What others tell of things that this service looks up. */
  changes: Subscription | undefined;
  inbox: Subscription | undefined;
  jobs: JobRunner | undefined;
  server: FastifyInstance | undefined;
  closeServer: (() => Promise<void>) | undefined;
  address: string | undefined;
}

/** What runs under which options; forgotten with them. */
const hosts = new WeakMap<HostOptions, Map<ServiceName, Started>>();
function runningOf(options: HostOptions): Map<ServiceName, Started> {
  return hosts.get(options) ?? new Map();
}

/** Starts the services: first all can be called, then all take events and jobs, then each runs its `ready`, then they listen. */
export async function startHost(options: HostOptions): Promise<Host> {
  const running = new Map<ServiceName, Started>();
  hosts.set(options, running);
  const remotes = new Map<string, ReturnType<typeof remoteTransport>>();
  const local = (name: ServiceName) => running.get(name)?.dispatcher;
  const forward: Transport = {
    send(routeName, route, call) {
      const gateway = running.get('gateway');
      const transport = gateway?.definition.forward?.(gateway.ctx, hostOf(options, gateway, local, forward, remotes));
      if (!transport) throw new Problem('unavailable', { retryAfter: 2 });
      return transport.send(routeName, route, call);
    },
  };

  checkConfigs(
    options.services.map((service) => service.config),
    options.env,
  );
  await options.bus.declare(topology());
  try {
    await Promise.all(
      options.services.map(async (definition) => {
        const started = await prepare(options, definition, local, forward, remotes);
        running.set(definition.contract.name, started);
      }),
    );
    const all = [...running.values()];
    await Promise.all(all.map((started) => begin(options, started)));
    // Nobody is let in before what `ready` makes stands (the first admin, a signing key, the roles).
    await Promise.all(all.map((started) => started.definition.ready?.(started.ctx)));
    await Promise.all(all.map((started) => serve(options, started, local, forward, remotes)));
  } catch (error) {
    await stopAll([...running.values()], remotes).catch(() => {});
    throw error;
  }
  const services = [...running.values()].map(asRunning);
  options.bus.broadcast(HEALTH_CHANNEL, {});
  return {
    services,
    service: (name) => services.find((service) => service.name === name),
    async close() {
      await stopAll([...running.values()], remotes);
      options.bus.broadcast(HEALTH_CHANNEL, {});
    },
  };
}

function asRunning(started: Started): RunningService {
  const { ctx, dispatcher, relay, server, address } = started;
  return { name: ctx.contract.name, ctx, dispatcher, relay, server, address };
}

function transportFactory(
  options: HostOptions,
  credential: ServiceCredential,
  from: ServiceName,
  local: (name: ServiceName) => Dispatcher | undefined,
  forward: Transport,
  remotes: Map<string, ReturnType<typeof remoteTransport>>,
): (callee: ServiceName) => Transport {
  return (callee) => {
    if (options.services.some((service) => service.contract.name === callee))
      return callee === 'gateway' ? forward : localTransport(() => local(callee));
    const addresses = options.addresses[callee];
    if (!addresses || addresses.length === 0) throw new Error(`${from} needs the address of ${callee}`);
    const key = `${from}>${callee}`;
    let remote = remotes.get(key);
    if (!remote) {
      remote = remoteTransport({ callee, addresses, credential });
      remotes.set(key, remote);
    }
    return remote;
  };
}

async function prepare(
  options: HostOptions,
  definition: AnyService,
  local: (name: ServiceName) => Dispatcher | undefined,
  forward: Transport,
  remotes: Map<string, ReturnType<typeof remoteTransport>>,
): Promise<Started> {
  const contract = definition.contract as Contract;
  const { name } = contract;
  const log = options.log.child({ service: name });
  const telemetry = await createTelemetry({
    service: `artel-${name}`,
    version: options.version,
    otlpEndpoint: options.otlp?.endpoint,
    otlpHeaders: options.otlp?.headers,
    sampleRatio: options.otlp?.sampleRatio,
    log,
  });
  let relay: OutboxRelay | undefined;
  const changers = changersOf(contract);
  const lookups = new Lookups();
  const changes = makesLookups(contract)
    ? await options.bus.listen(
        CHANGED_CHANNEL,
        (payload) => lookups.changed(payload),
        () => lookups.changedAll(),
      )
    : undefined;
  const db = createDb({
    service: name,
    connectionString: options.databaseUrl(name),
    schema: name,
    max: options.poolMax,
    clock: options.clock,
    telemetry,
    onEvents: (told) => {
      relay?.wake();
      const ids = told.filter((event) => changers.has(event.type)).map((event) => event.subject);
      if (ids.length > 0) options.bus.broadcast(CHANGED_CHANNEL, { service: name, ids } satisfies ChangedBroadcast);
    },
  });
  const credential = await createServiceCredential({
    service: name,
    privateKey: options.serviceKeys.privateKey(name),
    publicKeys: options.serviceKeys.publicKeys,
  });
  const clients = createClients(
    contract,
    transportFactory(options, credential, name, local, forward, remotes),
    telemetry,
    lookups,
  );
  const verifier = createTokenVerifier({
    issuer: options.publicUrl,
    fetchKeys: () => (name === 'auth' ? ownKeys(local) : clients['auth']?.['getKeys']?.({})) as Promise<JSONWebKeySet>,
    nowMs: () => options.clock.nowMs(),
  });
  const live = createLive(options.bus);
  const base: ServiceContext = {
    contract,
    config: readConfig(definition.config, options.env),
    db,
    clients: clients as never,
    clock: options.clock,
    log,
    files: options.files(name),
    live,
    bus: options.bus,
    telemetry,
    publicUrl: options.publicUrl,
    secret: (secretName) =>
      createHmac('sha256', options.masterSecret).update(`${name}:${secretName}`).digest('base64url'),
  };
  const ctx: ServiceContext = { ...base, ...(await definition.setup(base as never)) };
  const dispatcher = createDispatcher({
    ctx,
    handlers: definition.http,
    owners: definition.owners,
    callersOf: callersOf(name),
  });
  if (definition.migrations) relay = startOutboxRelay({ pool: db.raw, schema: name, bus: options.bus, log, telemetry });
  return {
    definition,
    ctx,
    db,
    telemetry,
    dispatcher,
    credential,
    verifier,
    relay,
    changes,
    inbox: undefined,
    jobs: undefined,
    server: undefined,
    closeServer: undefined,
    address: undefined,
  };
}

/** Auth asks itself for its keys: it verifies its own tokens like everybody else's. */
async function ownKeys(local: (name: ServiceName) => Dispatcher | undefined): Promise<JSONWebKeySet> {
  const reply = await local('auth')?.dispatch('getKeys', {
    params: {},
    query: {},
    body: undefined,
    contentType: '',
    caller: 'gateway',
    user: undefined,
    origin: { ip: '', userAgent: '' },
    locale: 'ru',
  });
  return reply?.body as JSONWebKeySet;
}

async function begin(options: HostOptions, started: Started): Promise<void> {
  const { definition, ctx, db, telemetry } = started;
  const contract = definition.contract as Contract;
  const handlers = Object.entries(contract.consumes).map(([key, { event }]): InboxHandler => {
    const consumer = (definition.on as AnyConsumers)[key]!;
    return typeof consumer === 'function'
      ? { event, together: undefined, handle: ([only]) => consumer(ctx, only!) }
      : { event, together: consumer, handle: (events) => consumer.together(ctx, events) };
  });
  if (handlers.length > 0)
    started.inbox = await startInbox({
      service: contract.name,
      bus: options.bus,
      db,
      log: ctx.log,
      telemetry,
      handlers,
      onDead: () => options.bus.broadcast(HEALTH_CHANNEL, {}),
      prefetch: PREFETCH,
      gatherMs: definition.gatherMs,
      transact: definition.transact && ((event) => definition.transact?.(ctx as never, event) as Transact),
    });
  if (Object.keys(definition.jobs).length > 0) {
    const { startJobs } = await import('#kit/db/jobs.ts');
    const { jobs } = definition;
    started.jobs = await startJobs({ ctx, db, schema: contract.name, jobs, log: ctx.log, alone: options.alone });
  }
}

async function serve(
  options: HostOptions,
  started: Started,
  local: (name: ServiceName) => Dispatcher | undefined,
  forward: Transport,
  remotes: Map<string, ReturnType<typeof remoteTransport>>,
): Promise<void> {
  const { definition, ctx, credential, verifier, dispatcher } = started;
  const name = ctx.contract.name;
  const listen = options.listen(name);
  if (!listen) return;
  const host = hostOf(options, started, local, forward, remotes);
  started.server = definition.serve
    ? await definition.serve(ctx, host)
    : createServiceServer({ dispatcher, credential, verifier, health: host.health });
  started.closeServer = started.server && closerOf(started.server);
  started.address = await started.server?.listen({ host: listen.host, port: listen.port });
}

function hostOf(
  options: HostOptions,
  started: Started,
  local: (name: ServiceName) => Dispatcher | undefined,
  forward: Transport,
  remotes: Map<string, ReturnType<typeof remoteTransport>>,
): ServeHost {
  const { credential, verifier, ctx } = started;
  return {
    transportTo: transportFactory(options, credential, ctx.contract.name, local, forward, remotes),
    local,
    verifier,
    health: healthOf(started, () => [...runningOf(options).values()]),
  };
}

function healthOf(started: Started, colleagues: () => readonly Started[]): HealthChecks {
  return {
    async notReady() {
      // A broker that is away does not take the service out: work is accepted, its events wait in the outbox (F5, F6).
      if (!started.definition.migrations) return undefined;
      try {
        await started.db.one(sql`select 1 as ok`);
      } catch {
        return 'the database is away';
      }
      return undefined;
    },
    // One process, one page: the services of an all-in-one process are told apart by `service_name`.
    metrics: async () => mergePrometheus(await Promise.all(colleagues().map((one) => one.telemetry.prometheusText()))),
  };
}

async function stopAll(all: Started[], remotes: Map<string, ReturnType<typeof remoteTransport>>): Promise<void> {
  const each = (work: (started: Started) => unknown) =>
    Promise.allSettled(all.map(async (started) => await work(started)));
  // The way in closes first, then what runs ends, then what was committed leaves.
  await each((started) => started.closeServer?.());
  await each((started) => started.inbox?.close());
  await each((started) => started.changes?.close());
  await each((started) => started.jobs?.close());
  await each((started) => started.definition.close?.(started.ctx));
  await each((started) => started.relay?.close());
  await each((started) => started.db.close());
  await each((started) => started.telemetry.shutdown());
  await Promise.allSettled([...remotes.values()].map((remote) => remote.close()));
}
