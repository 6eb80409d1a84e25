import { constants, monitorEventLoopDelay, PerformanceObserver, performance } from 'node:perf_hooks';
import type { Meter, ObservableResult } from '@opentelemetry/api';

const GC_KINDS: Readonly<Record<number, string>> = {
  [constants.NODE_PERFORMANCE_GC_MAJOR]: 'major',
  [constants.NODE_PERFORMANCE_GC_MINOR]: 'minor',
  [constants.NODE_PERFORMANCE_GC_INCREMENTAL]: 'incremental',
  [constants.NODE_PERFORMANCE_GC_WEAKCB]: 'weakcb',
};

/** The delay is told of a window at least this long, so that two readers do not take it from each other. */
const WINDOW_MS = 10_000;

let owner: symbol | undefined;

/**
 * Reports the process itself (memory, CPU, event loop, garbage collection) through one meter: the first that asks,
 * since services of one process would each report the same. Returns what stops it; then the next one may.
 */
export function reportProcess(meter: Meter): () => void {
  if (owner !== undefined) return () => {};
  const self = Symbol('process metrics');
  owner = self;
  const gauge = (name: string, unit: string, description: string, read: (result: ObservableResult) => void) =>
    meter.createObservableGauge(name, { unit, description }).addCallback(read);

  gauge('process.memory.usage', 'By', 'Resident memory of the process', (r) => r.observe(process.memoryUsage.rss()));
  gauge('v8js.memory.heap.used', 'By', 'Memory of live and unswept objects', (r) =>
    r.observe(process.memoryUsage().heapUsed),
  );
  gauge('process.uptime', 's', 'Time since the process started', (r) => r.observe(process.uptime()));
  meter
    .createObservableCounter('process.cpu.time', { unit: 's', description: 'CPU time used by the process' })
    .addCallback((result) => {
      const { user, system } = process.cpuUsage();
      result.observe(user / 1e6, { 'cpu.mode': 'user' });
      result.observe(system / 1e6, { 'cpu.mode': 'system' });
    });
  const stopLoop = reportEventLoop(gauge);
  const stopGc = reportGc(meter);
  return () => {
    if (owner !== self) return;
    owner = undefined;
    stopLoop();
    stopGc();
  };
}

type Gauge = (name: string, unit: string, description: string, read: (result: ObservableResult) => void) => void;

function reportEventLoop(gauge: Gauge): () => void {
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  let since = performance.now();
  let told = { p50: 0, p99: 0, max: 0 };
  let last = performance.eventLoopUtilization();
  let utilization = 0;
  const refresh = () => {
    const now = performance.now();
    const full = now - since >= WINDOW_MS;
    told = readDelay(delay);
    const current = performance.eventLoopUtilization();
    utilization = performance.eventLoopUtilization(current, last).utilization;
    if (!full) return;
    since = now;
    last = current;
    delay.reset();
  };
  gauge('nodejs.eventloop.delay.p50', 's', 'Median delay of the event loop', (r) => {
    refresh();
    r.observe(told.p50);
  });
  gauge('nodejs.eventloop.delay.p99', 's', '99th percentile of the delay of the event loop', (r) =>
    r.observe(told.p99),
  );
  gauge('nodejs.eventloop.delay.max', 's', 'Longest delay of the event loop', (r) => r.observe(told.max));
  gauge('nodejs.eventloop.utilization', '1', 'Share of time in which the event loop was busy', (r) =>
    r.observe(utilization),
  );
  return () => delay.disable();
}

/** Seconds. The sampling interval itself is part of what the monitor measures. */
function readDelay(delay: ReturnType<typeof monitorEventLoopDelay>): { p50: number; p99: number; max: number } {
  if (delay.count === 0) return { p50: 0, p99: 0, max: 0 };
  const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - 0.02);
  return { p50: seconds(delay.percentile(50)), p99: seconds(delay.percentile(99)), max: seconds(delay.max) };
}

function reportGc(meter: Meter): () => void {
  const duration = meter.createHistogram('v8js.gc.duration', {
    unit: 's',
    description: 'Duration of garbage collections, by kind',
    advice: { explicitBucketBoundaries: [0.001, 0.01, 0.1, 1] },
  });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      duration.record(entry.duration / 1000, { 'v8js.gc.type': GC_KINDS[kind] ?? 'other' });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  return () => observer.disconnect();
}
