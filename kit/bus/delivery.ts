import { type BusLog, type Delivery, RETRY_DELAYS_MS, type SubscribeOptions } from './bus.ts';

/** What a subscriber decided about a message. */
export type Outcome =
  | { kind: 'ack' }
  | { kind: 'retry'; delayMs: number; reason: string }
  | { kind: 'dead'; reason: string };

/** Reasons travel in AMQP headers, which share one frame of 8 KiB. */
const MAX_REASON_CHARS = 1_000;

/** A delivery whose outcome is handed to the transport once. */
export class TrackedDelivery implements Delivery {
  readonly raw: Buffer;
  readonly type: string;
  readonly attempt: number;
  readonly #settle: (outcome: Outcome) => void;
  #settled = false;

  constructor(message: { raw: Buffer; type: string; attempt: number }, settle: (outcome: Outcome) => void) {
    this.raw = message.raw;
    this.type = message.type;
    this.attempt = message.attempt;
    this.#settle = settle;
  }

  get settled(): boolean {
    return this.#settled;
  }

  ack(): void {
    this.#once({ kind: 'ack' });
  }

  retry(delayMs: number, reason: string): void {
    this.#once({ kind: 'retry', delayMs, reason: shortReason(reason) });
  }

  dead(reason: string): void {
    this.#once({ kind: 'dead', reason: shortReason(reason) });
  }

  #once(outcome: Outcome): void {
    if (this.#settled) throw new Error(`message of ${this.type} is settled already; ${outcome.kind} came second`);
    this.#settled = true;
    this.#settle(outcome);
  }
}

/** Runs one batch through its subscriber. Never rejects; whatever the subscriber left open is retried or dead. */
export async function runBatch(
  batch: TrackedDelivery[],
  options: Pick<SubscribeOptions, 'queue' | 'onBatch'>,
  log: BusLog,
): Promise<void> {
  let reason = 'the subscriber settled neither way';
  try {
    // A copy, so that a subscriber that empties its array can't hide messages from the check below.
    await options.onBatch([...batch]);
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
    log.error({ err: error, queue: options.queue, messages: batch.length }, 'subscriber failed on a batch');
  }
  for (const delivery of batch) {
    if (delivery.settled) continue;
    const delayMs = RETRY_DELAYS_MS[delivery.attempt - 1];
    if (delayMs === undefined) delivery.dead(reason);
    else delivery.retry(delayMs, reason);
  }
}

/** Body of an event on the wire: CloudEvents structured JSON. */
export function encodeEvent(event: object): Buffer {
  return Buffer.from(JSON.stringify(event), 'utf8');
}

function shortReason(reason: string): string {
  return reason.length <= MAX_REASON_CHARS ? reason : `${reason.slice(0, MAX_REASON_CHARS)}…`;
}
