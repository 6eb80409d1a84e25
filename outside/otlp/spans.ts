/** OTLP JSON (opentelemetry-proto, trace and metrics) made flat, so that a test can look things up. */

export interface FlatSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for the root of a trace. */
  readonly parentSpanId: string;
  readonly name: string;
  readonly kind: 'unspecified' | 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** Resource attribute `service.name`. */
  readonly service: string;
  readonly attributes: Record<string, unknown>;
  /** Epoch milliseconds, with a fraction. */
  readonly startMs: number;
  readonly endMs: number;
  readonly status: 'unset' | 'ok' | 'error';
}

export interface FlatMetric {
  readonly service: string;
  readonly name: string;
  readonly unit: string;
  readonly points: readonly { readonly attributes: Record<string, unknown>; readonly value: number }[];
}

interface AnyValue {
  stringValue?: string;
  boolValue?: boolean;
  intValue?: string | number;
  doubleValue?: number;
  bytesValue?: string;
  arrayValue?: { values?: AnyValue[] };
  kvlistValue?: { values?: KeyValue[] };
}
interface KeyValue {
  key: string;
  value?: AnyValue;
}
interface Resource {
  resource?: { attributes?: KeyValue[] };
}
interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name?: string;
  kind?: number;
  attributes?: KeyValue[];
  startTimeUnixNano?: string | number;
  endTimeUnixNano?: string | number;
  status?: { code?: number };
}
interface Point {
  attributes?: KeyValue[];
  asInt?: string | number;
  asDouble?: number;
  /** Histograms have a count and a sum instead of a value. */
  count?: string | number;
}
interface Metric {
  name: string;
  unit?: string;
  gauge?: { dataPoints?: Point[] };
  sum?: { dataPoints?: Point[] };
  histogram?: { dataPoints?: Point[] };
  exponentialHistogram?: { dataPoints?: Point[] };
}
export interface TraceRequest {
  resourceSpans?: (Resource & { scopeSpans?: { spans?: Span[] }[] })[];
}
export interface MetricsRequest {
  resourceMetrics?: (Resource & { scopeMetrics?: { metrics?: Metric[] }[] })[];
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
const STATUSES = ['unset', 'ok', 'error'] as const;

/** Throws a TypeError on a body of another shape. */
export function flatSpans(request: TraceRequest): FlatSpan[] {
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans }) => {
    const service = serviceOf({ resource });
    return (scopeSpans ?? []).flatMap(({ spans }) => (spans ?? []).map((span) => flatSpan(span, service)));
  });
}

function flatSpan(span: Span, service: string): FlatSpan {
  return {
    traceId: span.traceId,
    spanId: span.spanId,
    parentSpanId: span.parentSpanId ?? '',
    name: span.name ?? '',
    kind: KINDS[span.kind ?? 0] ?? 'unspecified',
    service,
    attributes: attributesOf(span.attributes),
    startMs: Number(span.startTimeUnixNano ?? 0) / 1e6,
    endMs: Number(span.endTimeUnixNano ?? 0) / 1e6,
    status: STATUSES[span.status?.code ?? 0] ?? 'unset',
  };
}

/** The value of a histogram point is its count. */
export function flatMetrics(request: MetricsRequest): FlatMetric[] {
  return (request.resourceMetrics ?? []).flatMap(({ resource, scopeMetrics }) => {
    const service = serviceOf({ resource });
    return (scopeMetrics ?? []).flatMap(({ metrics }) =>
      (metrics ?? []).map((metric) => {
        const data = metric.gauge ?? metric.sum ?? metric.histogram ?? metric.exponentialHistogram;
        const points = (data?.dataPoints ?? []).map((point) => ({
          attributes: attributesOf(point.attributes),
          value: Number(point.asInt ?? point.asDouble ?? point.count ?? 0),
        }));
        return { service, name: metric.name, unit: metric.unit ?? '', points };
      }),
    );
  });
}

function serviceOf({ resource }: Resource): string {
  return String(attributesOf(resource?.attributes)['service.name'] ?? 'unknown_service');
}

function attributesOf(list: readonly KeyValue[] | undefined): Record<string, unknown> {
  return Object.fromEntries((list ?? []).map(({ key, value }) => [key, plain(value)]));
}

function plain(value: AnyValue | undefined): unknown {
  if (!value) return null;
  // 64-bit integers travel as strings.
  if (value.intValue !== undefined) return Number(value.intValue);
  if (value.arrayValue) return (value.arrayValue.values ?? []).map(plain);
  if (value.kvlistValue) return attributesOf(value.kvlistValue.values);
  return value.stringValue ?? value.boolValue ?? value.doubleValue ?? value.bytesValue ?? null;
}
