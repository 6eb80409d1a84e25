import { ExportResultCode, type ExportResult, parseKeyPairsIntoRecord } from '@opentelemetry/core';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-http';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import type { FailureNotice } from './notice.ts';

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
