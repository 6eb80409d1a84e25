import type { Callee, Contract, ServiceName } from '#contracts/common/define.ts';

/** One arrow of the map of interactions. */
export interface Arrow {
  readonly from: ServiceName;
  readonly to: ServiceName;
  readonly kind: 'rest' | 'event';
  /** `I14`, `E6`, or `+ why` for an arrow beyond the specification. */
  readonly row: string;
  /** Route names or event types it stands for. */
  readonly what: readonly string[];
}

/** I1–I10: whom the gateway passes requests on to, in the order of the specification. */
const PROXIED: readonly ServiceName[] = [
  'users',
  'auth',
  'roles',
  'orders',
  'messenger',
  'notifications',
  'payments',
  'support',
  'analytics',
  'admin',
];

/** Every arrow, from the contracts alone. */
export function interactions(contracts: readonly Contract[]): Arrow[] {
  const arrows = new Map<
    string,
    { from: ServiceName; to: ServiceName; kind: 'rest' | 'event'; row: string; what: string[] }
  >();
  const add = (from: ServiceName, to: ServiceName, kind: 'rest' | 'event', row: string, what: string): void => {
    const key = `${kind}|${from}|${to}|${row}`;
    const arrow = arrows.get(key) ?? { from, to, kind, row, what: [] };
    arrow.what.push(what);
    arrows.set(key, arrow);
  };
  const publisher = new Map(
    contracts.flatMap((contract) =>
      Object.values(contract.events).map((event) => [event.type, contract.name] as const),
    ),
  );
  for (const [index, name] of PROXIED.entries()) {
    const contract = contracts.find((one) => one.name === name);
    for (const [routeName, route] of Object.entries(contract?.http ?? {}))
      if (route.access.kind !== 'service') add('gateway', name, 'rest', `I${index + 1}`, routeName);
  }
  for (const contract of contracts) {
    for (const [callee, calls] of Object.entries(contract.calls) as [ServiceName, Callee][]) {
      // A call through the gateway (I22) arrives at the service whose route it is.
      const to =
        calls.via === 'gateway'
          ? (contracts.find((one) => Object.keys(calls.routes).every((name) => one.http[name] === calls.http[name]))
              ?.name ?? callee)
          : callee;
      for (const [routeName, row] of Object.entries(calls.routes)) add(contract.name, to, 'rest', row, routeName);
    }
    for (const { event, row } of Object.values(contract.consumes)) {
      const from = publisher.get(event.type);
      if (!from) throw new Error(`${contract.name} consumes ${event.type}, which nobody declares`);
      add(from, contract.name, 'event', row, event.type);
    }
  }
  return [...arrows.values()];
}

/** The 41 rows of the specification. */
export const SPECIFIED_ROWS: readonly string[] = [
  ...Array.from({ length: 25 }, (_, i) => `I${i + 1}`),
  ...Array.from({ length: 16 }, (_, i) => `E${i + 1}`),
];
