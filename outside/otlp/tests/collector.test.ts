import { gzipSync } from 'node:zlib';
import { type Attributes, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { BasicTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type Collector, startCollector } from '../collector.ts';
import type { FlatSpan } from '../spans.ts';

let collector: Collector;
beforeEach(async () => {
  collector = await startCollector({ port: 0 });
});
afterEach(() => collector.close());

const resource = resourceFromAttributes({ 'service.name': 'orders' });

async function traced(attributes: Attributes): Promise<void> {
  const exporter = new OTLPTraceExporter({ url: `${collector.url}/v1/traces` });
  const provider = new BasicTracerProvider({ resource, spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('test');
  const parent = tracer.startSpan('POST /orders', { kind: SpanKind.SERVER, startTime: 1_700_000_000_123 });
  const context = trace.setSpan((await import('@opentelemetry/api')).ROOT_CONTEXT, parent);
  const child = tracer.startSpan('publish', { kind: SpanKind.PRODUCER, attributes }, context);
  child.setStatus({ code: SpanStatusCode.ERROR });
  child.end();
  parent.end(1_700_000_000_623);
  await provider.shutdown();
}

it('keeps the spans of the real exporter, flat', async () => {
  await traced({ 'messaging.destination': 'orders', count: 3, ratio: 0.5, yes: true, list: ['a', 'b'] });
  const spans = collector.spans();
  const parent = spans.find(({ name }) => name === 'POST /orders');
  const child = spans.find(({ name }) => name === 'publish');
  expect(parent).toMatchObject({ kind: 'server', service: 'orders', parentSpanId: '', status: 'unset' });
  expect(parent?.startMs).toBeCloseTo(1_700_000_000_123, 0);
  expect((parent?.endMs ?? 0) - (parent?.startMs ?? 0)).toBeCloseTo(500, 0);
  expect(child).toMatchObject({
    kind: 'producer',
    status: 'error',
    traceId: parent?.traceId,
    parentSpanId: parent?.spanId,
    attributes: { 'messaging.destination': 'orders', count: 3, ratio: 0.5, yes: true, list: ['a', 'b'] },
  });
  expect(child?.traceId).toMatch(/^[0-9a-f]{32}$/);
});

it('answers queries and forgets on demand', async () => {
  await traced({});
  const found = async (query: string) => {
    const response = await fetch(`${collector.url}/api/spans?${query}`);
    return ((await response.json()) as { items: FlatSpan[] }).items.map(({ name }) => name).sort();
  };
  expect(await found('service=orders')).toEqual(['POST /orders', 'publish']);
  expect(await found('kind=server')).toEqual(['POST /orders']);
  expect(await found('name=publish')).toEqual(['publish']);
  expect(await found('service=users')).toEqual([]);
  expect((await fetch(`${collector.url}/api/spans`, { method: 'DELETE' })).status).toBe(204);
  expect(collector.spans()).toEqual([]);
});

it('keeps the last report of each metric', async () => {
  const exporter = new OTLPMetricExporter({ url: `${collector.url}/v1/metrics` });
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const provider = new MeterProvider({ resource, readers: [reader] });
  const counter = provider.getMeter('test').createCounter('orders_published', { unit: '{order}' });
  counter.add(2, { city: 'Казань' });
  await provider.forceFlush();
  counter.add(3, { city: 'Казань' });
  await provider.shutdown();
  expect(collector.metrics()).toEqual([
    {
      service: 'orders',
      name: 'orders_published',
      unit: '{order}',
      points: [{ attributes: { city: 'Казань' }, value: 5 }],
    },
  ]);
});

const post = (body: string | Buffer, headers: Record<string, string> = {}) =>
  fetch(`${collector.url}/v1/traces`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : new Uint8Array(body),
  });
const bodyOf = (...names: string[]) =>
  JSON.stringify({
    resourceSpans: [{ scopeSpans: [{ spans: names.map((name) => ({ traceId: 'a', spanId: 'b', name })) }] }],
  });

it('takes zipped bodies, refuses protobuf and nonsense', async () => {
  expect((await post(gzipSync(bodyOf('zipped')), { 'Content-Encoding': 'gzip' })).status).toBe(200);
  expect(collector.spans()).toMatchObject([{ name: 'zipped', service: 'unknown_service', kind: 'unspecified' }]);
  expect((await post('x', { 'Content-Type': 'application/x-protobuf' })).status).toBe(415);
  expect((await post('x', { 'Content-Encoding': 'gzip' })).status).toBe(400);
  expect((await post('{"resourceSpans":[{"scopeSpans":5}]}')).status).toBe(400);
});

it('keeps the newest spans only', async () => {
  const small = await startCollector({ port: 0, maxSpans: 3 });
  try {
    for (const name of ['1', '2', '3', '4', '5']) {
      await fetch(`${small.url}/v1/traces`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: bodyOf(name),
      });
    }
    expect(small.spans().map(({ name }) => name)).toEqual(['3', '4', '5']);
  } finally {
    await small.close();
  }
});
