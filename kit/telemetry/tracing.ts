import {
  type Context,
  type Link,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions as OtelSpanOptions,
  SpanStatusCode,
  trace,
  type Tracer,
} from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  type IdGenerator,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base';
import { type CallContext, currentCall, newSpanId, newTraceId, parseTraceparent, runInCall } from '../call-context.ts';
import { isProblem } from '../problem.ts';
import type { RunningSpan, SpanKindName, SpanOptions, Telemetry } from '../telemetry.ts';
import { UNRECORDED } from './unrecorded.ts';

const KINDS = {
  internal: SpanKind.INTERNAL,
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
} as const;

/** Spans kept while the collector is slow or away; more are dropped. Some 12 MB per service at most. */
const MAX_QUEUED_SPANS = 8_192;

/** Gives the ids that are set for the next span, else random ones. A span starts synchronously, so nobody else takes them. */
class PresetIds implements IdGenerator {
  next: { traceId: string; spanId: string } | undefined;
  generateSpanId(): string {
    return this.next?.spanId ?? newSpanId();
  }
  generateTraceId(): string {
    return this.next?.traceId ?? newTraceId();
  }
}

/** The two ways in which a span begins. */
function startsSpans(tracer: Tracer, ids: PresetIds) {
  return {
    /** Below the span that `parent` names, else at the head of a trace. */
    child(
      name: string,
      kind: SpanKindName,
      options: SpanStart,
      parent: { traceId: string; spanId: string } | undefined,
    ): Span {
      const above = parent ? contextOf(parent.traceId, parent.spanId) : ROOT_CONTEXT;
      return tracer.startSpan(name, { ...options, kind: KINDS[kind] }, above);
    },
    /** The span that stands for a call's entry has the ids that the call was begun with. */
    entry(name: string, kind: SpanKindName, options: SpanStart, call: CallContext): Span {
      const parent = call.entry?.parentSpanId;
      ids.next = call;
      try {
        return this.child(
          name,
          kind,
          options,
          parent === undefined ? undefined : { traceId: call.traceId, spanId: parent },
        );
      } finally {
        ids.next = undefined;
      }
    },
  };
}

type SpanStart = Pick<OtelSpanOptions, 'attributes' | 'links' | 'startTime'>;

export interface Tracing extends Pick<Telemetry, 'span' | 'record' | 'flush' | 'shutdown'> {}

export function createTracing(
  resource: Resource,
  exporter: SpanExporter,
  options: { ratio: number; everyMs: number },
): Tracing {
  const processor = new BatchSpanProcessor(exporter, {
    scheduledDelayMillis: options.everyMs,
    maxQueueSize: MAX_QUEUED_SPANS,
    maxExportBatchSize: 1_024,
  });
  const ids = new PresetIds();
  const provider = new BasicTracerProvider({
    resource,
    spanProcessors: [processor],
    idGenerator: ids,
    spanLimits: { attributeValueLengthLimit: 1_024, attributeCountLimit: 64, linkCountLimit: 512 },
  });
  const spans = startsSpans(provider.getTracer('artel'), ids);
  const { ratio } = options;

  return {
    async span(name, kind, attributes, work, of) {
      const call = currentCall();
      if (call && !isSampled(call, ratio)) {
        return await (call.sampled ? runInCall({ ...call, sampled: false }, () => work(UNRECORDED)) : work(UNRECORDED));
      }
      const links = of?.links?.flatMap(linkTo);
      if (!call) {
        return await runSpan(spans.child(name, kind, { attributes, links }, undefined), undefined, work, of);
      }
      if (call.entry && !call.entry.taken && (kind === 'server' || kind === 'consumer' || kind === 'internal')) {
        call.entry.taken = true;
        return await runSpan(spans.entry(name, kind, { attributes, links }, call), call, work, of);
      }
      const span = spans.child(name, kind, { attributes, links }, call);
      return await runSpan(span, { ...call, spanId: span.spanContext().spanId, entry: undefined }, work, of);
    },
    record(name, kind, attributes, startMs, endMs, status, of) {
      const parent = typeof of === 'string' ? parseTraceparent(of) : (of ?? currentCall());
      if (parent && !isSampled(parent, ratio)) return;
      const span =
        typeof of === 'object' && of.entry
          ? spans.entry(name, kind, { attributes, startTime: startMs }, of)
          : spans.child(name, kind, { attributes, startTime: startMs }, parent);
      if (status === 'error') span.setStatus({ code: SpanStatusCode.ERROR });
      span.end(endMs);
    },
    async flush() {
      await processor.forceFlush().catch(() => {});
      // The processor waits for the batches it has just made only; the exporter for all that are on their way.
      await exporter.forceFlush?.();
    },
    async shutdown() {
      await provider.shutdown();
    },
  };
}

async function runSpan<T>(
  span: Span,
  call: CallContext | undefined,
  work: (span: RunningSpan) => Promise<T>,
  of: SpanOptions | undefined,
): Promise<T> {
  const running: RunningSpan = { set: (attributes) => void span.setAttributes(attributes) };
  try {
    return await (call ? runInCall(call, () => work(running)) : work(running));
  } catch (error) {
    span.setAttribute('error.type', errorType(error));
    if (of?.isFault?.(error) ?? true) span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

function errorType(error: unknown): string {
  if (isProblem(error)) return error.code;
  if (!(error instanceof Error)) return typeof error;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? code : error.name;
}

function linkTo(traceparent: string): Link[] {
  const to = parseTraceparent(traceparent);
  return to
    ? [{ context: { traceId: to.traceId, spanId: to.spanId, traceFlags: to.sampled ? 1 : 0, isRemote: true } }]
    : [];
}

function isSampled(call: { traceId: string; sampled: boolean }, ratio: number): boolean {
  return call.sampled && (ratio >= 1 || Number.parseInt(call.traceId.slice(-8), 16) < ratio * 2 ** 32);
}

function contextOf(traceId: string, spanId: string): Context {
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: 1, isRemote: true });
}
