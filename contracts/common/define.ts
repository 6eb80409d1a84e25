/**
 * How a service declares what it promises. Everything else is made from these declarations: typed handlers and
 * clients, validation, gateway routes, OpenAPI, AsyncAPI, Postman, the permission matrix, the interaction map.
 */
import type { z } from 'zod';
import type { OwnerRule } from './owners.ts';
import type { Bilingual } from './values.ts';

export const SERVICES = [
  'users',
  'auth',
  'roles',
  'orders',
  'messenger',
  'notifications',
  'payments',
  'support',
  'analytics',
  'admin',
  'gateway',
] as const;
export type ServiceName = (typeof SERVICES)[number];

/** A body of raw bytes: an upload or a download. */
export interface Bytes {
  readonly kind: 'bytes';
  /** Media types taken or given; `image/*` covers a family. */
  readonly types: readonly string[];
  readonly maxBytes: number;
  /** Passed on as it is read, never held whole; a part can be asked for (`Range`). */
  readonly streamed?: boolean;
}
/** The request headers of a route that answers with `streamed`. */
export const RANGE_HEADERS = ['range', 'if-range'] as const;
export function streamed(types: readonly string[], maxBytes: number): Bytes & { readonly streamed: true } {
  return { kind: 'bytes', types, maxBytes, streamed: true };
}
export function bytes(types: readonly string[], maxBytes = 10 * 1024 * 1024): Bytes {
  return { kind: 'bytes', types, maxBytes };
}

/** Anybody; a signed-in caller may be shown more. */
export interface GuestAccess {
  readonly kind: 'guest';
}
/** A signed-in person with the permission (null: any signed-in person). */
export interface UserAccess {
  readonly kind: 'user';
  readonly permission: string | null;
  /** Whose the thing must be that the route names; somebody else's is 404 (Z2). The service resolves it in `owners`. */
  readonly owner?: OwnerRule;
  /** False: also before the email is confirmed. Default: confirmed only. */
  readonly confirmed?: boolean;
  /** True: the sign-in must not be older than 10 minutes (step-up, promise A9). */
  readonly fresh?: boolean;
  /**
   * True: it enters a new obligation, so the caller must have agreed to the texts that are in force. Never on what only
   * reads, ends or pays out: a new text must not hold anybody's deals or money.
   */
  readonly agreed?: boolean;
}
/** Other services that declare the call in their contract; never from outside. */
export interface ServiceAccess {
  readonly kind: 'service';
}
/** Who may call a route. */
export type Access = GuestAccess | UserAccess | ServiceAccess;

export const guest: GuestAccess = { kind: 'guest' };
export const internal: ServiceAccess = { kind: 'service' };
type UserOptions = Pick<UserAccess, 'confirmed' | 'fresh' | 'agreed' | 'owner'>;
/** Needs no permission, so it says whose the thing must be. */
export function signedIn<const O extends UserOptions & Required<Pick<UserOptions, 'owner'>>>(
  options: O,
): UserAccess & O {
  return { kind: 'user', permission: null, ...options };
}
export function may<const O extends UserOptions = UserOptions>(permission: string, options?: O): UserAccess & O {
  return { kind: 'user', permission, ...(options as O) };
}

export type Method = 'HEAD' | 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/**
 * A GET of services whose answer follows from its parameters alone, whoever asks. It carries an ETag, so that who asks
 * again is told "not modified".
 */
export interface Lookup {
  /** Milliseconds that callers may go without asking. 0: always asks, by the ETag. */
  readonly keepMs: number;
  /** Events of the service that callers forget such an answer by; the subject is one of the ids asked for. */
  readonly changedBy: readonly EventDefinition[];
}

export interface Route {
  readonly method: Method;
  /** Below `/api/v1` for the outside, e.g. `/orders/{orderId}/responses`; service routes begin with `/internal/`. */
  readonly path: string;
  /** One sentence; the summary in OpenAPI. */
  readonly summary: string;
  /** Rows of the specification this route serves, e.g. `O1`. */
  readonly rows?: readonly string[];
  readonly access: Access;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType | Bytes;
  /** Null: no content (204). */
  readonly reply: z.ZodType | Bytes | null;
  /** Default: 201 for POST with a reply, 204 without a reply, else 200. */
  readonly status?: number;
  /** Codes of declared errors, besides the common ones. */
  readonly errors?: readonly string[];
  /** Takes `Idempotency-Key`; `required` refuses a call without one (400). */
  readonly idempotency?: 'required' | 'optional';
  /** Takes `If-Match` with the ETag of the resource; missing is 428, stale is 412. */
  readonly ifMatch?: boolean;
  /** The service reads and sets cookies here (auth only). */
  readonly cookies?: boolean;
  /** Request headers, in lower case, that the handler reads (a provider's signature). `authorization`: a key of its own, no token of a person. */
  readonly headers?: readonly string[];
  /** May also be called over the live socket: `{type: 'call', id, route: 'messenger.sendMessage', params, body}`. */
  readonly socket?: boolean;
  /** Rate class (gateway limits). Default: `read` for GET and HEAD, else `write`. */
  readonly rate?: 'read' | 'write' | 'auth' | 'upload';
  /** Milliseconds for the whole call. Default 10,000. */
  readonly timeoutMs?: number;
  /** Service routes only. */
  readonly lookup?: Lookup;
  /** Example values for the documentation and Postman. */
  readonly example?: { readonly body?: unknown; readonly query?: unknown; readonly params?: unknown };
}

/** Declares a route; keeps its exact types. */
export function route<const R extends Route>(definition: R): R {
  return definition;
}

export interface EventDefinition<T extends z.ZodType = z.ZodType> {
  /** `service.aggregate.happened.v1` */
  readonly type: string;
  readonly summary: string;
  /** What `subject` is the id of. */
  readonly subject: string;
  /** The subject is a person, and the data holds his name, address or words: where it was parked it goes when he is erased (P2). */
  readonly personal?: boolean;
  readonly data: T;
}
export function event<T extends z.ZodType>(definition: EventDefinition<T>): EventDefinition<T> {
  return definition;
}

/** A permission, with the roles that have it when the platform is set up. */
export interface Permission {
  readonly title: Bilingual;
  readonly roles: readonly string[];
}

export interface ErrorDefinition {
  readonly status: number;
  readonly title: Bilingual;
}

/** Rows of the specification (`I14`, `E6`), or `+ why` for an arrow that the product needs beyond them. */
export type Row = `I${number}` | `E${number}` | `+ ${string}`;

export type HttpContract = Readonly<Record<string, Route>>;
export type EventContract = Readonly<Record<string, EventDefinition>>;

/** Calls to one other service: each route with the row it is for. */
export interface Callee<H extends HttpContract = HttpContract, K extends keyof H = keyof H> {
  readonly http: H;
  readonly routes: Readonly<Record<K, Row>>;
  /** The call goes through the gateway with the user's own token (I22). */
  readonly via?: 'gateway';
}
export function callee<const H extends HttpContract, const K extends keyof H>(
  http: H,
  routes: Readonly<Record<K, Row>>,
  options: { via?: 'gateway' } = {},
): Callee<H, K> {
  return { http, routes, ...options };
}

/** An event that a service subscribes to. */
export interface Consumed<E extends EventDefinition = EventDefinition> {
  readonly event: E;
  readonly row: Row;
}
export function consumed<E extends EventDefinition>(definition: E, row: Row): Consumed<E> {
  return { event: definition, row };
}

export interface Contract {
  readonly name: ServiceName;
  readonly title: Bilingual;
  readonly permissions: Readonly<Record<string, Permission>>;
  readonly errors: Readonly<Record<string, ErrorDefinition>>;
  readonly http: HttpContract;
  readonly events: EventContract;
  // biome-ignore lint/suspicious/noExplicitAny: any callee's exact routes; `defineContract` keeps them
  readonly calls: Readonly<Partial<Record<ServiceName, Callee<any, any>>>>;
  readonly consumes: Readonly<Record<string, Consumed>>;
}

/** Declares a contract; keeps its exact types. */
export function defineContract<const C extends Contract>(contract: C): C {
  return contract;
}
