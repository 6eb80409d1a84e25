/** Which arrows of the map of interactions really happened, read from the spans of a run. */
import { contracts } from '#contracts/all.ts';
import type { Callee, Contract, ServiceName } from '#contracts/common/define.ts';
import { interactions } from '#kit/docs/interactions.ts';
import type { FlatSpan } from '#outside/otlp/spans.ts';

const all = Object.values(contracts) as Contract[];

export interface Seen {
  /** Rows `I1`…`E16` that a pair of spans proves. */
  readonly rows: ReadonlySet<string>;
  /** Calls and deliveries that no contract declares. */
  readonly undeclared: readonly string[];
}

/**
 * A call is proven by the server span of the callee whose parent is a client span of the caller; an event by the
 * consumer span of the subscriber in the trace that its publisher began.
 */
export function arrowsIn(spans: readonly FlatSpan[]): Seen {
  const declared = interactions(all);
  const rows = new Set<string>();
  const undeclared = new Set<string>();
  for (const span of spans) {
    const to = serviceOf(span);
    if (span.kind === 'server' && typeof span.attributes['http.route'] === 'string') {
      const from = String(span.attributes['artel.caller']) as ServiceName;
      const found = rowsOfCall(
        from,
        to,
        String(span.attributes['http.request.method']),
        String(span.attributes['http.route']),
      );
      if (found.length === 0) undeclared.add(`${from} → ${to} ${span.name}`);
      for (const row of found) rows.add(row);
    }
    if (span.kind === 'consumer') {
      const type = String(span.attributes['messaging.destination.name']);
      const arrows = declared.filter((arrow) => arrow.kind === 'event' && arrow.to === to && arrow.what.includes(type));
      if (arrows.length === 0) undeclared.add(`${type} → ${to}`);
      const from = String(span.attributes['artel.source']).replace('/services/', '');
      for (const arrow of arrows) if (arrow.from === from) rows.add(arrow.row);
    }
  }
  if (throughGateway(spans)) rows.add('I22');
  return { rows, undeclared: [...undeclared] };
}

/** I22: admin asked the gateway, and in the same trace analytics answered it. */
function throughGateway(spans: readonly FlatSpan[]): boolean {
  const asked = new Set(
    spans
      .filter(
        (span) =>
          span.kind === 'client' && serviceOf(span) === 'admin' && span.attributes['artel.callee'] === 'gateway',
      )
      .map((span) => span.traceId),
  );
  return spans.some(
    (span) =>
      span.kind === 'server' &&
      serviceOf(span) === 'analytics' &&
      span.attributes['artel.caller'] === 'gateway' &&
      asked.has(span.traceId),
  );
}

function serviceOf(span: FlatSpan): ServiceName {
  return span.service.replace(/^artel-/, '') as ServiceName;
}

function rowsOfCall(from: ServiceName, to: ServiceName, method: string, path: string): string[] {
  const contract = all.find((one) => one.name === to);
  const route = Object.entries(contract?.http ?? {}).find(([, one]) => one.method === method && one.path === path);
  if (!route) return [];
  const [name, { access }] = route;
  if (access.kind !== 'service')
    return interactions(all)
      .filter((arrow) => arrow.kind === 'rest' && arrow.from === from && arrow.to === to && arrow.what.includes(name))
      .map((arrow) => arrow.row);
  const callee: Callee | undefined = all.find((one) => one.name === from)?.calls[to];
  const row = callee?.routes[name];
  return row ? [row] : [];
}
