import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';

type Value = { stringValue?: string; intValue?: string | number; doubleValue?: number; boolValue?: boolean };
type Attribute = { key: string; value: Value };

export interface SunkSpan {
  service: string;
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  status: number;
  startMs: number;
  endMs: number;
  attributes: Record<string, unknown>;
  links: { traceId: string; spanId: string }[];
}

export interface OtlpSink {
  readonly url: string;
  readonly requests: { path: string; headers: IncomingHttpHeaders }[];
  readonly spans: SunkSpan[];
  /** `service metric` of every report. */
  readonly metrics: Set<string>;
  /** What requests are answered with from now on; `hang` never answers. */
  answer: number | 'hang';
  close(): Promise<void>;
}

/** Takes OTLP/HTTP in JSON and keeps it. */
export async function startOtlpSink(): Promise<OtlpSink> {
  const server = createServer(async (request, response) => {
    sink.requests.push({ path: request.url ?? '', headers: request.headers });
    if (sink.answer === 'hang') return;
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (sink.answer === 200) keep(sink, request.url ?? '', JSON.parse(Buffer.concat(chunks).toString('utf8')));
    response.writeHead(sink.answer, { 'content-type': 'application/json' }).end('{}');
  });
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
  const sink: OtlpSink = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    spans: [],
    metrics: new Set(),
    answer: 200,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => void server.close(() => resolve()));
    },
  };
  return sink;
}

interface Scope {
  resource: { attributes: Attribute[] };
  scopeSpans?: { spans: RawSpan[] }[];
  scopeMetrics?: { metrics: { name: string }[] }[];
}

interface RawSpan {
  name: string;
  kind: number;
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  status?: { code?: number };
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes: Attribute[];
  links?: { traceId: string; spanId: string }[];
}

function keep(sink: OtlpSink, path: string, body: { resourceSpans?: Scope[]; resourceMetrics?: Scope[] }): void {
  const scopes = path === '/v1/traces' ? body.resourceSpans : path === '/v1/metrics' ? body.resourceMetrics : undefined;
  for (const { resource, scopeSpans, scopeMetrics } of scopes ?? []) {
    const service = String(flat(resource.attributes)['service.name']);
    for (const { spans } of scopeSpans ?? []) for (const span of spans) sink.spans.push(sunk(service, span));
    for (const { metrics } of scopeMetrics ?? [])
      for (const { name } of metrics) sink.metrics.add(`${service} ${name}`);
  }
}

function sunk(service: string, span: RawSpan): SunkSpan {
  return {
    service,
    name: span.name,
    kind: span.kind,
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    status: span.status?.code ?? 0,
    startMs: Number(BigInt(span.startTimeUnixNano) / 1_000_000n),
    endMs: Number(BigInt(span.endTimeUnixNano) / 1_000_000n),
    attributes: flat(span.attributes),
    links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
  };
}

function flat(attributes: Attribute[]): Record<string, unknown> {
  return Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));
}
