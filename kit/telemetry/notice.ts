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
