import { DataPointType, type MetricData, type ResourceMetrics } from '@opentelemetry/sdk-metrics';

const SUFFIX: Readonly<Record<string, string>> = { s: 'seconds', ms: 'milliseconds', By: 'bytes' };

/** The name with its unit, as the OpenTelemetry specification asks; the library leaves the unit away. */
function named(metric: MetricData): MetricData {
  const { unit, name } = metric.descriptor;
  const suffix = unit === '1' && metric.dataPointType === DataPointType.GAUGE ? 'ratio' : SUFFIX[unit];
  if (suffix === undefined || name.endsWith(suffix)) return metric;
  return { ...metric, descriptor: { ...metric.descriptor, name: `${name}_${suffix}` } };
}

/** Loaded when metrics are asked for. Every sample carries `service_name`: in one process eleven services report under the same names. */
export async function prometheusTextOf(collected: ResourceMetrics): Promise<string> {
  const { PrometheusSerializer } = await import('@opentelemetry/exporter-prometheus');
  const serializer = new PrometheusSerializer(undefined, false, /^service\.name$/, false, true);
  const scopeMetrics = collected.scopeMetrics.map((scope) => ({ ...scope, metrics: scope.metrics.map(named) }));
  const text = serializer.serialize({ ...collected, scopeMetrics });
  return text.endsWith('\n') ? text : `${text}\n`;
}

/** One exposition of several: the samples of a metric stand together under one head, as the format demands. */
export function mergePrometheus(texts: readonly string[]): string {
  const blocks = new Map<string, { head: string[]; samples: string[] }>();
  for (const text of texts) {
    let block: { head: string[]; samples: string[] } | undefined;
    let fresh = false;
    for (const line of text.split('\n')) {
      const name = /^# HELP (\S+)/.exec(line)?.[1];
      if (name !== undefined) {
        block = blocks.get(name);
        fresh = block === undefined;
        block ??= { head: [], samples: [] };
        blocks.set(name, block);
      }
      if (!block || line === '') continue;
      if (!line.startsWith('#')) block.samples.push(line);
      else if (fresh) block.head.push(line);
    }
  }
  return [...blocks.values()].map(({ head, samples }) => `${[...head, ...samples].join('\n')}\n`).join('');
}
