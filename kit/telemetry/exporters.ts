import { ExportResultCode, type ExportResult, parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';

/** A collector that is away is said once in this time, however many services export to it. */
export const NOTICE_EVERY_MS = 60_000;

/** Says `what` failed, at most once per `everyMs`; those kept silent are counted in the next one. */
export type FailureNotice = (what: string, error: Error | undefined) => void;

export function failureNotice(
  say: (message: string) => void,
  everyMs: number = NOTICE_EVERY_MS,
  nowMs: () => number = () => performance.now(),
): FailureNotice {
  let saidAt = Number.NEGATIVE_INFINITY;
  let silent = 0;
  return (what, error) => {
    const now = nowMs();
    if (now - saidAt < everyMs) {
      silent++;
      return;
    }
    const before = silent > 0 ? `, and ${silent} more since the last notice` : '';
    saidAt = now;
    silent = 0;
    say(`${what} could not be exported: ${reasonOf(error)}${before}`);
  };
}

/** An AggregateError of several addresses has no message of its own. */
function reasonOf(error: Error | undefined): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as Error | undefined) : error;
  return inner?.message || (inner as { code?: string } | undefined)?.code || inner?.name || 'no answer';
}

interface Exporting<Items> {
  export(items: Items, done: (result: ExportResult) => void): void;
}

function noticing<Items, E extends Exporting<Items>>(exporter: E, what: string, notice: FailureNotice): E {
  const send = exporter.export.bind(exporter);
  exporter.export = (items, done) =>
    send(items, (result) => {
      if (result.code !== ExportResultCode.SUCCESS) notice(what, result.error);
      done(result);
    });
  return exporter;
}

export interface OtlpOptions {
  endpoint: string;
  /** `name=value,name=value`, values percent-encoded where needed. */
  headers: string | undefined;
  timeoutMs: number;
  notice: FailureNotice;
}

/** OTLP/HTTP in JSON. */
export function otlpExporters(options: OtlpOptions): { traces: OTLPTraceExporter; metrics: OTLPMetricExporter } {
  const base = options.endpoint.replace(/\/+$/, '');
  const shared = { headers: parseKeyPairsIntoRecord(options.headers ?? ''), timeoutMillis: options.timeoutMs };
  const traces = new OTLPTraceExporter({ url: `${base}/v1/traces`, ...shared });
  const metrics = new OTLPMetricExporter({ url: `${base}/v1/metrics`, ...shared });
  return { traces: noticing(traces, 'spans', options.notice), metrics: noticing(metrics, 'metrics', options.notice) };
}
