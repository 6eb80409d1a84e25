/**
 * Look-ups between services: one call for many ids, kept by the caller for a short while and named by an ETag. A route
 * declares it (`lookup`), everything else happens here and in the two ends of the wire.
 */
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Contract, Route, ServiceName } from '#contracts/common/define.ts';

/** Tells every caller whose things have changed. Carries `ChangedBroadcast`. */
export const CHANGED_CHANNEL = 'lookups';

const changedBroadcast = z.object({ service: z.string(), ids: z.array(z.string()) });
export type ChangedBroadcast = z.infer<typeof changedBroadcast>;

/** Answers that one service keeps; the oldest goes first. */
const MOST_KEPT = 500;

export interface KeptAnswer {
  /** Frozen to the bottom: many callers hold it. */
  readonly body: unknown;
  /** Undefined when the service runs in this process. */
  readonly etag: string | undefined;
  /** Within its time and not told to have changed: no call is needed. Else it is only good for `If-None-Match`. */
  readonly fresh: boolean;
}

export interface LookupQuestion {
  readonly service: ServiceName;
  readonly routeName: string;
  readonly route: Route;
  readonly params: Readonly<Record<string, unknown>>;
  readonly query: Readonly<Record<string, unknown>>;
}

interface Entry {
  readonly service: ServiceName;
  readonly body: unknown;
  readonly etag: string | undefined;
  readonly ids: readonly string[];
  /** Milliseconds of the monotonic clock. */
  freshUntil: number;
}

/** What one service keeps of the answers to its look-ups. */
export class Lookups {
  readonly #entries = new Map<string, Entry>();
  readonly #nowMs: () => number;
  /** Raised by every change: an answer that was asked for before one may be older than it, and is not fresh. */
  #changes = 0;

  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs;
  }

  /**
   * What is known, and how to keep what the call then answers. `keep(undefined)`: the service said that nothing has
   * changed (304).
   */
  ask(question: LookupQuestion): {
    known: KeptAnswer | undefined;
    keep(answer: { body: unknown; etag: string | undefined } | undefined): unknown;
  } {
    const key = keyOf(question);
    const entry = this.#entries.get(key);
    const asOf = this.#changes;
    return {
      known: entry && { body: entry.body, etag: entry.etag, fresh: entry.freshUntil > this.#nowMs() },
      keep: (answer) => {
        const keepMs = asOf === this.#changes ? (question.route.lookup?.keepMs ?? 0) : 0;
        const freshUntil = this.#nowMs() + keepMs;
        if (answer === undefined) {
          // Asked with its ETag, so it was there; it may have been forgotten since.
          if (entry) entry.freshUntil = freshUntil;
          return entry?.body;
        }
        if (keepMs === 0 && answer.etag === undefined) return answer.body;
        this.#put(key, {
          service: question.service,
          body: freeze(answer.body),
          etag: answer.etag,
          ids: idsOf(question),
          freshUntil,
        });
        return answer.body;
      },
    };
  }

  /** Things of a service have changed: what names them is forgotten, so that nothing of an erased person stays here either. */
  changed(payload: unknown): void {
    const parsed = changedBroadcast.safeParse(payload);
    if (!parsed.success) return;
    this.#changes++;
    const ids = new Set(parsed.data.ids);
    for (const [key, entry] of this.#entries)
      if (entry.service === parsed.data.service && entry.ids.some((id) => ids.has(id))) this.#entries.delete(key);
  }

  /** Something may have been missed: everything is asked about again. */
  changedAll(): void {
    this.#changes++;
    this.#entries.clear();
  }

  #put(key: string, entry: Entry): void {
    this.#entries.delete(key);
    if (this.#entries.size >= MOST_KEPT) this.#entries.delete(this.#entries.keys().next().value as string);
    this.#entries.set(key, entry);
  }
}

function valuesOf({ params, query }: LookupQuestion): [string, string[]][] {
  return Object.entries({ ...params, ...query })
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => [name, String(value).split(',').sort()] as [string, string[]])
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The same ids in another order are the same question. */
function keyOf(question: LookupQuestion): string {
  return JSON.stringify([question.service, question.routeName, valuesOf(question)]);
}

function idsOf(question: LookupQuestion): string[] {
  return valuesOf(question).flatMap(([, values]) => values);
}

function freeze(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value;
  for (const one of Object.values(value)) freeze(one);
  return Object.freeze(value);
}

/** ETag of an answer as it goes over the wire. */
export function lookupTag(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}

/** The events of a service after which its look-ups may answer otherwise. */
export function changersOf(contract: Contract): ReadonlySet<string> {
  return new Set(
    Object.values(contract.http).flatMap((route) => (route.lookup?.changedBy ?? []).map((event) => event.type)),
  );
}

/** Whether a service calls look-ups, so that it has to hear of changes. */
export function makesLookups(contract: Contract): boolean {
  return Object.values(contract.calls).some((callee) =>
    Object.keys(callee.routes).some((name) => callee.http[name]?.lookup !== undefined),
  );
}
