import type { ServerResponse } from 'node:http';
import { addressKey } from './rate-limiter.ts';

/** Bytes of an answer that a reader takes in a second at the least. */
const SLOWEST = 16 * 1024;
/** What an answer of unknown length is taken for. */
const UNKNOWN_BYTES = 2 * 1024 * 1024;
const LOOK_MS = 5_000;

interface Served {
  readonly response: ServerResponse;
  /** Milliseconds by which the answer has to be taken; infinite while it is made. */
  by: number;
}

/**
 * The requests that a gateway serves now: bounded in all, and by half of that for one address, so that nobody takes the
 * room of all others; and a reader who does not read what he asked for is let go.
 */
export class InFlight {
  readonly #most: number;
  /** Milliseconds that any answer may take to be read. */
  readonly #patienceMs: number;
  readonly #nowMs: () => number;
  readonly #served = new Map<ServerResponse, Served>();
  readonly #byAddress = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;

  constructor(options: { most: number; patienceMs: number; nowMs?: () => number }) {
    this.#most = options.most;
    this.#patienceMs = options.patienceMs;
    this.#nowMs = options.nowMs ?? (() => performance.now());
    this.#timer = setInterval(() => this.letGo(), LOOK_MS);
    this.#timer.unref();
  }

  /** Counts a request until its connection has done with it. False: there is no room for it. */
  enter(ip: string, response: ServerResponse): boolean {
    const address = addressKey(ip);
    const own = (this.#byAddress.get(address) ?? 0) + 1;
    this.#byAddress.set(address, own);
    this.#served.set(response, { response, by: Number.POSITIVE_INFINITY });
    // Also when the caller hangs up before the answer.
    response.once('close', () => {
      this.#served.delete(response);
      const left = (this.#byAddress.get(address) ?? 1) - 1;
      if (left === 0) this.#byAddress.delete(address);
      else this.#byAddress.set(address, left);
    });
    return this.#served.size <= this.#most && own <= Math.max(1, Math.ceil(this.#most / 2));
  }

  /** The answer goes out now. */
  answered(response: ServerResponse, bytes: number | undefined): void {
    const served = this.#served.get(response);
    if (served) served.by = this.#nowMs() + this.#patienceMs + ((bytes ?? UNKNOWN_BYTES) / SLOWEST) * 1_000;
  }

  /** Hangs up on those who have not taken their answers in time. */
  letGo(): void {
    const now = this.#nowMs();
    for (const { response, by } of this.#served.values()) if (by < now) response.destroy();
  }

  get size(): number {
    return this.#served.size;
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
