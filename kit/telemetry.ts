import type { Attributes } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import type { CallContext } from './call-context.ts';
import { newId } from './ids.ts';
import type { Logger } from './log.ts';
import { type FailureNotice, failureNotice } from './telemetry/notice.ts';
import { createMetrics } from './telemetry/metrics.ts';
import { UNRECORDED } from './telemetry/unrecorded.ts';

export type SpanKindName = 'server' | 'client' | 'producer' | 'consumer' | 'internal';

/** What work can add to its span. Does nothing when the span is not recorded. */
export interface RunningSpan {
  set(attributes: Attributes): void;
}

export interface SpanOptions {
  /** traceparents of what this span deals with beside its parent: the messages of a batch. */
  links?: readonly string[];
  /** Whether an error of the work is a fault (default) or an expected answer, such as a 4xx. */
  isFault?(error: unknown): boolean;
}

export interface MetricOptions {
  /** UCUM: `s`, `By`, `1`, `{message}`. */
  unit?: string;
  description: string;
}

/** One value, or one per set of attributes. */
export type Observation = number | readonly { value: number; attributes: Attributes }[];

/** Traces and metrics of one service. In one process each service has its own, with its own `service.name`. */
export interface Telemetry {
  /**
   * Runs `work` in a span; what it sends on names this span. Without an endpoint it costs a function call. Of an error
   * only its code or type is recorded: messages may hold what must not leave the service.
   */
  span<T>(
    name: string,
    kind: SpanKindName,
    attributes: Attributes,
    work: (span: RunningSpan) => Promise<T>,
    options?: SpanOptions,
  ): Promise<T>;
  /**
   * A span that has ended already (epoch milliseconds). `of` is its parent's traceparent, or a call begun with
   * `recordsEntry`, whose first span this then is. Default: a child of the running call's span.
   */
  record(
    name: string,
    kind: SpanKindName,
    attributes: Attributes,
    startMs: number,
    endMs: number,
    status: 'ok' | 'error',
    of?: string | CallContext,
  ): void;
  /** The same name gives the same instrument. */
  counter(name: string, options: MetricOptions): { add(value: number, attributes?: Attributes): void };
  /** The same name gives the same instrument. In seconds it has buckets from 1 ms to 10 s. */
  histogram(name: string, options: MetricOptions): { record(value: number, attributes?: Attributes): void };
  /** Asks `observe` at every collection; where it throws, the gauge has no value. A second one of a name replaces the first. */
  gauge(name: string, options: MetricOptions, observe: () => Observation | Promise<Observation>): void;
  /** The Prometheus text exposition. A gauge that does not answer within 2 s is left out. */
  prometheusText(): Promise<string>;
  /** Sends what has gathered. Resolves also when the collector does not take it. */
  flush(): Promise<void>;
  /** Flushes, waits up to 3 s for it, and ends. */
  shutdown(): Promise<void>;
}

export interface TelemetryOptions {
  service: string;
  version: string;
  /** Base address of an OTLP/HTTP collector. Undefined: nothing is exported. */
  otlpEndpoint?: string;
  /** `name=value,name=value` */
  otlpHeaders?: string;
  /** Share of traces that are recorded, 0 to 1. Decided by trace id, so that every service decides the same. */
  sampleRatio?: number;
  /** Milliseconds between exports. Default: 1 s for spans, 15 s for metrics. */
  exportEveryMs?: number;
  /** Of one export, its retries included. Default 5 s. */
  exportTimeoutMs?: number;
  /** Told, once a minute at most, that the collector takes nothing. */
  log?: Logger;
}

const SHUTDOWN_TIMEOUT_MS = 3_000;

/** What exports is loaded with an endpoint only. */
export async function createTelemetry(options: TelemetryOptions): Promise<Telemetry> {
  const resource = resourceFromAttributes({
    'service.name': options.service,
    'service.version': options.version,
    'service.instance.id': newId(),
  });
  const exporters = options.otlpEndpoint
    ? (await import('./telemetry/exporters.ts')).otlpExporters({
        endpoint: options.otlpEndpoint,
        headers: options.otlpHeaders,
        timeoutMs: options.exportTimeoutMs ?? 5_000,
        notice: noticeFor(options.otlpEndpoint, options.log),
      })
    : undefined;
  const tracing = exporters
    ? (await import('./telemetry/tracing.ts')).createTracing(resource, exporters.traces, {
        ratio: options.sampleRatio ?? 1,
        everyMs: options.exportEveryMs ?? 1_000,
      })
    : undefined;
  const metrics = createMetrics(resource, exporters?.metrics, options.exportEveryMs ?? 15_000);

  const flush = async (): Promise<void> => {
    await Promise.allSettled([tracing?.flush(), metrics.flush()]);
  };
  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    // Flushed before either ends: the exporters of what has ended send nothing.
    await Promise.race([flush(), pause(SHUTDOWN_TIMEOUT_MS)]);
    await Promise.race([Promise.allSettled([tracing?.shutdown(), metrics.shutdown()]), pause(500)]);
  };
  return {
    span: tracing ? tracing.span : (_name, _kind, _attributes, work) => work(UNRECORDED),
    record: tracing ? tracing.record : () => {},
    counter: metrics.counter,
    histogram: metrics.histogram,
    gauge: metrics.gauge,
    prometheusText: metrics.text,
    flush,
    shutdown: () => (ended ??= end()),
  };
}

const notices = new Map<string, FailureNotice>();
/** One for all services of a process that export to the same place. */
function noticeFor(endpoint: string, log: Logger | undefined): FailureNotice {
  if (!log) return () => {};
  let notice = notices.get(endpoint);
  if (!notice) {
    notice = failureNotice((message) => log.warn({ endpoint: originOf(endpoint) }, message));
    notices.set(endpoint, notice);
  }
  return notice;
}

/** Without the credentials an address may carry. */
function originOf(endpoint: string): string {
  return URL.canParse(endpoint) ? new URL(endpoint).origin : 'not a URL';
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, ms).unref());
}
