import type { RunningSpan } from '../telemetry.ts';

/** Given to work whose span is not recorded. */
export const UNRECORDED: RunningSpan = { set() {} };
