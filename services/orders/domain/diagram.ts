import { processOf } from '#contracts/orders/process.ts';

/** The process as a Mermaid state diagram: the one in the README is made of it. */
export function diagramOf(version: number): string {
  const { transitions } = processOf(version);
  const lines = transitions.flatMap(({ action, from, to, actors }) =>
    to === null ? [] : from.map((state) => `  ${state} --> ${to}: ${action} (${actors.join(', ')})`),
  );
  return ['stateDiagram-v2', '  [*] --> draft', ...lines].join('\n');
}
