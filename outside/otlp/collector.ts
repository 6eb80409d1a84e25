/** A collector of OpenTelemetry for tests: takes OTLP/HTTP as JSON, keeps the newest spans and the last metrics. */
import { z } from 'zod';
import { HttpError, type HttpRoute, jsonBody, queryOf, sendJson, sendNothing, serveHttp } from '../http.ts';
import { type OutsideLog, silentLog } from '../log.ts';
import {
  type FlatMetric,
  type FlatSpan,
  flatMetrics,
  flatSpans,
  type MetricsRequest,
  type TraceRequest,
} from './spans.ts';

export interface CollectorOptions {
  /** 0: any free port. */
  readonly port: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** The oldest go first. Default 200,000. */
  readonly maxSpans?: number;
  readonly log?: OutsideLog;
}

export interface Collector {
  /** What `OTEL_EXPORTER_OTLP_ENDPOINT` is set to. */
  readonly url: string;
  /** In the order in which they came. */
  spans(): FlatSpan[];
  /** The last report of each metric of each service. */
  metrics(): FlatMetric[];
  clear(): void;
  close(): Promise<void>;
}

const MAX_METRICS = 10_000;
const spanQuery = z.object({
  service: z.string().optional(),
  name: z.string().optional(),
  traceId: z.string().optional(),
  kind: z.string().optional(),
  limit: z.coerce.number().int().min(1).max(100_000).default(1_000),
});

/** Starts the collector. Rejects when the port is taken. */
export async function startCollector(options: CollectorOptions): Promise<Collector> {
  const maxSpans = options.maxSpans ?? 200_000;
  let spans: FlatSpan[] = [];
  const metrics = new Map<string, FlatMetric>();
  const clear = () => {
    spans = [];
    metrics.clear();
  };
  const keepSpans = (more: FlatSpan[]) => {
    spans = spans.concat(more);
    // Cut seldom, by a tenth: cutting at each request would copy all of them each time.
    if (spans.length > maxSpans * 1.1) spans = spans.slice(-maxSpans);
  };
  const keepMetrics = (more: FlatMetric[]) => {
    for (const metric of more) {
      const key = `${metric.service} ${metric.name}`;
      if (metrics.has(key) || metrics.size < MAX_METRICS) metrics.set(key, metric);
    }
  };
  const http = await serveHttp({
    name: 'otlp',
    host: options.host ?? '127.0.0.1',
    port: options.port,
    log: options.log ?? silentLog,
    maxBodyBytes: 64 * 1024 * 1024,
    routes: [
      takes('/v1/traces', (body) => keepSpans(flatSpans(body as TraceRequest))),
      takes('/v1/metrics', (body) => keepMetrics(flatMetrics(body as MetricsRequest))),
      {
        method: 'GET',
        path: '/api/spans',
        handle(call) {
          const { limit, ...wanted } = queryOf(call, spanQuery);
          const found = spans.slice(-maxSpans).filter((span) => matches(span, wanted));
          sendJson(call.res, 200, { items: found.slice(-limit) });
        },
      },
      {
        method: 'GET',
        path: '/api/metrics',
        handle: ({ res }) => sendJson(res, 200, { items: [...metrics.values()] }),
      },
      {
        method: 'DELETE',
        path: '/api/spans',
        handle({ res }) {
          clear();
          sendNothing(res);
        },
      },
      { method: 'GET', path: '/healthz', handle: ({ res }) => sendJson(res, 200, { status: 'ok' }) },
    ],
  });
  return {
    url: http.url,
    spans: () => spans.slice(-maxSpans),
    metrics: () => [...metrics.values()],
    clear,
    close: () => http.close(),
  };
}

function takes(path: string, keep: (body: unknown) => void): HttpRoute {
  return {
    method: 'POST',
    path,
    handle(call) {
      const body = jsonBody(call, z.looseObject({}));
      try {
        keep(body);
      } catch (error) {
        throw new HttpError(400, 'invalid', `Not an OTLP request: ${String(error)}`);
      }
      sendJson(call.res, 200, {});
    },
  };
}

function matches(
  span: FlatSpan,
  wanted: { [K in 'service' | 'name' | 'traceId' | 'kind']?: string | undefined },
): boolean {
  return (['service', 'name', 'traceId', 'kind'] as const).every(
    (key) => wanted[key] === undefined || span[key] === wanted[key],
  );
}
