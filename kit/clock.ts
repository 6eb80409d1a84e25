import { randomUUID } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

/** The platform's time. Everything that depends on time takes it from here, so that a test can move it. */
export interface Clock {
  now(): Date;
  /** Epoch milliseconds. */
  nowMs(): number;
}

export const systemClock: Clock = {
  now: () => new Date(),
  nowMs: () => Date.now(),
};

export interface MovableClock extends Clock {
  /** Moves the clock forward, for every process that shares the file within 100 ms. One process moves it at a time. */
  advance(ms: number): void;
  /** Calls `listener` with the milliseconds of each move, whoever made it. Returns what takes it off. */
  onMove(listener: (deltaMs: number) => void): () => void;
}

/** Who shares the file of a clock has seen a move after so long. Long enough to cost nothing, short enough for a test's patience. */
export const CHECK_EVERY_MS = 50;

/**
 * A clock ahead of the real one by what its file says; processes of one test or demo share the file, without one the
 * clock moves alone. Real deployments never make one. The file is read, not watched: times of change are too coarse to
 * tell two moves apart, and watching is not reliable on every file system.
 */
export function movableClock(file?: string): MovableClock {
  const listeners = new Set<(deltaMs: number) => void>();
  let offset = 0;
  let checkedAt = Number.NEGATIVE_INFINITY;
  let poll: NodeJS.Timeout | undefined;

  function moveTo(next: number): void {
    const delta = next - offset;
    if (delta === 0) return;
    offset = next;
    for (const listener of listeners) listener(delta);
  }

  function current(): number {
    const real = performance.now();
    if (file !== undefined && real - checkedAt >= CHECK_EVERY_MS) {
      checkedAt = real;
      moveTo(readOffset(file) ?? offset);
    }
    return offset;
  }

  function watch(): void {
    if (file === undefined || poll || listeners.size === 0) return;
    poll = setInterval(current, CHECK_EVERY_MS);
    poll.unref();
  }

  current();
  return {
    now: () => new Date(Date.now() + current()),
    nowMs: () => Date.now() + current(),
    advance(ms) {
      if (!(ms >= 0) || !Number.isFinite(ms)) throw new RangeError('a clock moves forward only');
      checkedAt = Number.NEGATIVE_INFINITY;
      const next = current() + ms;
      if (file !== undefined) {
        // Renamed into place: no reader ever sees half of it.
        const fresh = `${file}.${randomUUID()}`;
        writeFileSync(fresh, JSON.stringify({ offsetMs: next }));
        renameSync(fresh, file);
      }
      moveTo(next);
    },
    onMove(listener) {
      listeners.add(listener);
      watch();
      return () => {
        listeners.delete(listener);
        if (listeners.size > 0 || !poll) return;
        clearInterval(poll);
        poll = undefined;
      };
    },
  };
}

/** Undefined when there is no file yet, or none that can be read. */
function readOffset(file: string): number | undefined {
  try {
    const { offsetMs } = JSON.parse(readFileSync(file, 'utf8')) as { offsetMs?: unknown };
    return typeof offsetMs === 'number' && Number.isFinite(offsetMs) ? offsetMs : undefined;
  } catch {
    return undefined;
  }
}
