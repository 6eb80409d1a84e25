/** What the author of a service sees: how handlers, consumers and jobs are written and what they are given. */
import type { Readable } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import type { Bytes, Callee, Contract, EventDefinition, Route, ServiceName } from '#contracts/common/define.ts';
import type { OwnerRule } from '#contracts/common/owners.ts';
import type { Locale } from '#contracts/common/values.ts';
import type { Bus } from '#kit/bus/bus.ts';
import type { Clock } from '#kit/clock.ts';
import type { Db, Transact, Tx } from '#kit/db/db.ts';
import type { Files } from '#kit/files/files.ts';
import type { Logger } from '#kit/log.ts';
import type { Telemetry } from '#kit/telemetry.ts';
import type { ServeHost } from './boot.ts';
import type { Transport } from './client.ts';
import type { ConfigDeclaration, ConfigOf } from '#kit/config.ts';

type Out<T, Otherwise = undefined> = T extends z.ZodType ? z.output<T> : Otherwise;
type In<T, Otherwise = undefined> = T extends z.ZodType ? z.input<T> : Otherwise;

/** The signed-in person behind a call, from a token that this service verified. */
export interface Principal {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly string[];
  readonly permissions: ReadonlySet<string>;
  readonly emailConfirmed: boolean;
  /** Agreed to the texts that were in force when the token was made. */
  readonly agreed: boolean;
  /** Epoch seconds of the last full sign-in (step-up). */
  readonly authTime: number;
  readonly locale: Locale;
  /** The token itself, for calls on the person's behalf. */
  readonly token: string;
}

/** Where the call came from, as the gateway saw it. */
export interface Origin {
  readonly ip: string;
  readonly userAgent: string;
}

/** The input of a route after validation, and who calls. */
export interface Req<R extends Route> {
  readonly params: Out<R['params'], Record<string, never>>;
  readonly query: Out<R['query'], Record<string, never>>;
  readonly body: R['body'] extends Bytes ? Buffer : Out<R['body']>;
  /** Media type of a bytes body. */
  readonly contentType: string;
  /** Present on routes for signed-in people; on guest and service routes when there is one. */
  readonly user: R['access'] extends { kind: 'user' } ? Principal : Principal | undefined;
  /** The service that made the call: `gateway` for requests from outside. */
  readonly caller: ServiceName;
  readonly origin: Origin;
  readonly locale: Locale;
  readonly requestId: string;
  /** The request headers that the route declares. */
  readonly headers: Readonly<Record<string, string>>;
  /** Cookies; only on routes that declare them. */
  readonly cookies: Readonly<Record<string, string>>;
  /** Version from `If-Match`; set on routes that declare it. Compare with `requireVersion(req, row.version)`. */
  readonly ifMatch: number | undefined;
  /**
   * The handler's transaction. On routes with `idempotency` it also claims the `Idempotency-Key` and keeps the reply in
   * it: a repeat gets the stored reply, another body under the key 422, a running one 409. Call it once per request.
   * `on`: how the service shares transactions, where it does.
   */
  tx<T extends Reply<R>>(work: (tx: Tx) => Promise<T>, on?: Transact): Promise<T>;
}

export interface Reply<R extends Route> {
  /** Default: the route's. */
  readonly status?: number;
  /** A stream only on routes that declare `streamed`. */
  readonly body: R['reply'] extends Bytes ? Buffer | Readable : R['reply'] extends z.ZodType ? In<R['reply']> : null;
  /** Version of the resource: becomes its ETag. */
  readonly version?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

/** Typed client of the calls that the contract declares: `clients.users.getPeople({query: {ids}})`. Throws `Problem`. */
export type Clients<C extends Contract> = {
  readonly [S in keyof C['calls']]: C['calls'][S] extends Callee<infer H, infer K>
    ? { readonly [N in K]: (input: CallInput<H[N]>) => Promise<CallResult<H[N]>> }
    : never;
};
export type CallInput<R extends Route> = (R['params'] extends z.ZodType
  ? { params: In<R['params']> }
  : { params?: undefined }) &
  (R['query'] extends z.ZodType ? { query?: In<R['query']> } : { query?: undefined }) &
  (R['body'] extends z.ZodType ? { body: In<R['body']> } : { body?: undefined }) & {
    /** Makes a repeat of an unsafe call harmless, on routes that take it. */
    idempotencyKey?: string;
    /** The person on whose behalf the call is made; the callee sees who it is from the token. */
    user?: Principal;
    /** Milliseconds; never more than what is left of the caller's own deadline. */
    timeoutMs?: number;
  };
/** A file that is `streamed` comes as it is read. */
export type CallResult<R extends Route> = R['reply'] extends Bytes & { readonly streamed: true }
  ? Readable
  : R['reply'] extends Bytes
    ? Buffer
    : Out<R['reply'], null>;

/** Pushes a frame to the open sockets of people (whichever gateway holds them). Transient: what must not be lost is read by REST. */
export interface Live {
  push(userIds: readonly string[], frame: { type: string; [key: string]: unknown }): void;
}

/** What every handler, consumer and job is given. `X`: what the service's `setup` added. */
export interface ServiceContext<C extends Contract = Contract, Cfg = unknown> {
  readonly contract: C;
  readonly config: Cfg;
  readonly db: Db;
  readonly clients: Clients<C>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly files: Files;
  readonly live: Live;
  readonly bus: Bus;
  readonly telemetry: Telemetry;
  /** Public address of the platform, without a slash at the end. */
  readonly publicUrl: string;
  /** A secret of this service, made at first use and kept (data folder) or given by the environment. 32 bytes, base64url. */
  secret(name: string): string;
}

export type Handlers<C extends Contract, Ctx> = {
  [K in keyof C['http']]: (ctx: Ctx, req: Req<C['http'][K]>) => Promise<Reply<C['http'][K]>>;
};

/** The ownership rules that the routes of a contract declare, less `self`, which needs no look-up. */
export type RuleOf<C extends Contract> = {
  [K in keyof C['http']]: C['http'][K]['access'] extends { readonly owner: infer O extends OwnerRule }
    ? Exclude<O, 'self'>
    : never;
}[keyof C['http']];
type RoutesOfRule<C extends Contract, O extends OwnerRule> = {
  [K in keyof C['http']]: C['http'][K]['access'] extends { readonly owner: O } ? C['http'][K] : never;
}[keyof C['http']];
/** What a rule may look at: only what every route has that declares it. */
export type OwnerReq<R extends Route> = R extends Route
  ? Pick<Req<R>, 'params' | 'query' | 'body'> & { readonly user: Principal }
  : never;

/**
 * One resolver for each ownership rule: whether the thing that the route names is what the rule says to the person. One
 * indexed look-up. False: 404, as if there were none.
 */
export type Owners<C extends Contract, Ctx> = {
  [O in RuleOf<C>]: (ctx: Ctx, req: OwnerReq<RoutesOfRule<C, O>>) => Promise<boolean>;
};

export interface ReceivedEvent<E extends EventDefinition = EventDefinition> {
  readonly id: string;
  readonly type: string;
  readonly subject: string;
  readonly time: Date;
  readonly sequence: bigint | undefined;
  readonly data: z.output<E['data']>;
}

/**
 * A consumer does its look-ups (network, reads) and returns the effect, which runs in one transaction with the inbox
 * entry: once per event, whatever is delivered how often. Events may arrive late and out of order: converge (compare
 * `sequence` or state). Throwing retries later with growing delays, then parks the event in the dead letters.
 */
export type Consumer<E extends EventDefinition, Ctx> = (
  ctx: Ctx,
  event: ReceivedEvent<E>,
) => Promise<Effect | undefined>;
/** What an event does, in the transaction of its inbox entry. A consumer that answers none has nothing to do with it, whenever it comes. */
export type Effect = (tx: Tx) => Promise<void>;
/** A consumer of all that came at once: for a subscriber of much, that writes it in few statements. Otherwise as `Consumer`. */
export interface ManyConsumer<E extends EventDefinition, Ctx> {
  readonly together: (ctx: Ctx, events: readonly ReceivedEvent<E>[]) => Promise<Effect | undefined>;
}
export type Consumers<C extends Contract, Ctx> = {
  [K in keyof C['consumes']]: Consumer<C['consumes'][K]['event'], Ctx> | ManyConsumer<C['consumes'][K]['event'], Ctx>;
};

export interface Job<Ctx, P = unknown> {
  readonly payload: z.ZodType<P>;
  /** Crontab line in UTC for a job that repeats; its payload is `{}`. */
  readonly cron?: string;
  /** Runs once across replicas, again after a failure (growing delay): must be idempotent. */
  run(ctx: Ctx, payload: P): Promise<void>;
}

/** What a service is: one screen. */
export interface ServiceDefinition<C extends Contract, Cfg extends ConfigDeclaration, X extends object> {
  readonly contract: C;
  readonly config: Cfg;
  /** Folder of `NNNN-name.sql` files; run in the service's own schema. Undefined: the service keeps no state. */
  readonly migrations: URL | undefined;
  /** Hand-wired needs of the service beyond the common ones. */
  setup(base: ServiceContext<C, ConfigOf<Cfg>>): Promise<X> | X;
  readonly http: Handlers<C, ServiceContext<C, ConfigOf<Cfg>> & X>;
  readonly owners: Owners<C, ServiceContext<C, ConfigOf<Cfg>> & X>;
  readonly on: Consumers<C, ServiceContext<C, ConfigOf<Cfg>> & X>;
  /** Events are gathered for so long, milliseconds: for a service that only writes down what has happened. Default: each is taken at once. */
  readonly gatherMs?: number;
  /** How the effects of events share transactions, where the service has them do so. Default: each its own. */
  transact?(ctx: ServiceContext<C, ConfigOf<Cfg>> & X, event: { type: string; subject: string }): Transact;
  // biome-ignore lint/suspicious/noExplicitAny: each job has its own payload type
  readonly jobs: Readonly<Record<string, Job<ServiceContext<C, ConfigOf<Cfg>> & X, any>>>;
  /** Runs once per process when the service is ready (all migrations done, consumers on). For work that replicas may repeat harmlessly. */
  ready?(ctx: ServiceContext<C, ConfigOf<Cfg>> & X): Promise<void>;
  close?(ctx: ServiceContext<C, ConfigOf<Cfg>> & X): Promise<void>;
  /** Passes on calls that services of the same process make through it (the gateway). */
  forward?(ctx: ServiceContext<C, ConfigOf<Cfg>> & X, host: ServeHost): Transport;
  /** Serves by itself instead of the common service server (the gateway). */
  serve?(ctx: ServiceContext<C, ConfigOf<Cfg>> & X, host: ServeHost): Promise<FastifyInstance>;
}

export function defineService<C extends Contract, Cfg extends ConfigDeclaration, X extends object>(
  definition: ServiceDefinition<C, Cfg, X>,
): ServiceDefinition<C, Cfg, X> {
  return definition;
}

/** The context type of a service, from what its `setup` returns: `type Ctx = ContextOf<typeof ordersContract, typeof ordersConfig, Needs>`. */
export type ContextOf<C extends Contract, Cfg extends ConfigDeclaration, X extends object = object> = ServiceContext<
  C,
  ConfigOf<Cfg>
> &
  X;

// biome-ignore lint/suspicious/noExplicitAny: a list of services of any contract
export type AnyService = ServiceDefinition<any, any, any>;
