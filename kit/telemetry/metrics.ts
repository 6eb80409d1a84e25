import type { Meter } from '@opentelemetry/api';
import type { Resource } from '@opentelemetry/resources';
import {
  MeterProvider,
  MetricReader,
  PeriodicExportingMetricReader,
  type PushMetricExporter,
} from '@opentelemetry/sdk-metrics';
import type { MetricOptions, Observation, Telemetry } from '../telemetry.ts';
import { reportProcess } from './process-metrics.ts';
import { prometheusTextOf } from './prometheus-text.ts';

/** Seconds. */
const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
const COLLECT_TIMEOUT_MS = 2_000;

export interface Metrics extends Pick<Telemetry, 'counter' | 'histogram' | 'gauge' | 'flush' | 'shutdown'> {
  text(): Promise<string>;
}

/** Collects when it is asked to. */
class AskedReader extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

export function createMetrics(resource: Resource, exporter: PushMetricExporter | undefined, everyMs: number): Metrics {
  const asked = new AskedReader();
  const push = exporter ? [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: everyMs })] : [];
  const provider = new MeterProvider({ resource, readers: [asked, ...push] });
  const meter: Meter = provider.getMeter('artel');
  const stopProcess = reportProcess(meter);
  const counter = once((name, of) => meter.createCounter(name, of));
  const histogram = once((name, of) =>
    meter.createHistogram(name, of.unit === 's' ? { ...of, advice: { explicitBucketBoundaries: SECONDS } } : of),
  );
  const observers = new Map<string, () => Observation | Promise<Observation>>();
  let ended = false;
  return {
    counter,
    histogram,
    gauge(name, of, observe) {
      const known = observers.has(name);
      observers.set(name, observe);
      if (known) return;
      meter.createObservableGauge(name, of).addCallback(async (result) => {
        const seen = await observers.get(name)?.();
        if (typeof seen === 'number') result.observe(seen);
        else for (const one of seen ?? []) result.observe(one.value, one.attributes);
      });
    },
    async text() {
      if (ended) return '';
      const { resourceMetrics } = await asked.collect({ timeoutMillis: COLLECT_TIMEOUT_MS });
      return await prometheusTextOf(resourceMetrics);
    },
    async flush() {
      for (const reader of push) await reader.forceFlush();
    },
    async shutdown() {
      ended = true;
      stopProcess();
      await provider.shutdown();
    },
  };
}

function once<T>(make: (name: string, options: MetricOptions) => T): (name: string, options: MetricOptions) => T {
  const made = new Map<string, T>();
  return (name, options) => {
    let one = made.get(name);
    if (one === undefined) {
      one = make(name, options);
      made.set(name, one);
    }
    return one;
  };
}
