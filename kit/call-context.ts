import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import type { Locale } from '#contracts/common/values.ts';

/**
 * The first span of a call in this process. It has an id from the start, which the call's other spans name as their
 * parent; who records it takes it, once. Shared by all copies of the call's context.
 */
export interface CallEntry {
  /** The remote caller's span. Undefined: the trace begins here. */
  readonly parentSpanId: string | undefined;
  taken: boolean;
}

/** What belongs to the call that runs now, whoever made it and however it came. Never a transaction. */
export interface CallContext {
  readonly requestId: string;
  /** 32 hex digits (W3C Trace Context). */
  readonly traceId: string;
  /** The span that runs now: 16 hex digits. */
  readonly spanId: string;
  readonly sampled: boolean;
  /** Epoch milliseconds in real time. */
  readonly deadline: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
  readonly locale?: Locale;
  /** Present as long as `spanId` is the call's first span; telemetry's business. */
  readonly entry?: CallEntry;
}

const storage = new AsyncLocalStorage<CallContext>();

export function currentCall(): CallContext | undefined {
  return storage.getStore();
}

export function runInCall<T>(context: CallContext, work: () => T): T {
  return storage.run(context, work);
}

// Random ids are cut from a pool: one system call for many.
let pool = '';
let used = 0;
function randomHex(digits: number): string {
  if (used + digits > pool.length) {
    pool = randomBytes(8192).toString('hex');
    used = 0;
  }
  used += digits;
  return pool.slice(used - digits, used);
}

export function newTraceId(): string {
  return randomHex(32);
}

export function newSpanId(): string {
  return randomHex(16);
}

// Any version but ff; what later versions append after the flags is ignored. Ids of zeros are invalid.
const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})(?:-|$)/;
const REQUEST_ID = /^[\w-]{8,64}$/;

export interface TraceParent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/** Undefined when the header is not well-formed. */
export function parseTraceparent(header: string): TraceParent | undefined {
  const match = TRACEPARENT.exec(header);
  if (!match) return undefined;
  return {
    traceId: match[1] as string,
    spanId: match[2] as string,
    sampled: (Number.parseInt(match[3] as string, 16) & 1) === 1,
  };
}

export interface NewCall {
  traceparent?: string;
  requestId?: string;
  /** From now, in real time. */
  timeoutMs: number;
  signal?: AbortSignal;
  locale?: Locale;
  /** The caller records the call's first span itself, with `Telemetry.record`; no span takes its place. */
  recordsEntry?: boolean;
}

/**
 * Begins a call. A `traceparent` or request id that is not well-formed is ignored. Do its work inside one server,
 * consumer or internal span, or record that one at its end (`recordsEntry`): the call's other spans name it as parent.
 */
export function newCall(options: NewCall): CallContext {
  const parent = options.traceparent === undefined ? undefined : parseTraceparent(options.traceparent);
  return {
    requestId:
      options.requestId !== undefined && REQUEST_ID.test(options.requestId) ? options.requestId : randomHex(32),
    traceId: parent ? parent.traceId : newTraceId(),
    spanId: newSpanId(),
    sampled: parent ? parent.sampled : true,
    deadline: Date.now() + options.timeoutMs,
    signal: options.signal,
    locale: options.locale,
    entry: { parentSpanId: parent?.spanId, taken: options.recordsEntry ?? false },
  };
}

/** The header that names the running span to the next hop. */
export function traceparent(context: CallContext): string {
  return `00-${context.traceId}-${context.spanId}-${context.sampled ? '01' : '00'}`;
}

/** Milliseconds until the deadline; negative after it. */
export function remainingMs(context: CallContext): number {
  return context.deadline - Date.now();
}
