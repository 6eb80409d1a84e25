/** What the provider does with payments and payouts; the routes act on it. */
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import type { OutsideLog } from '../log.ts';
import { type Callbacks, startCallbacks } from './callbacks.ts';
import type { NewPayout, Payment, PaymentOutcome, Payout, ProviderEvent } from './model.ts';
import { ProviderStore } from './store.ts';

export interface DeskOptions {
  /** Signs callbacks: `whsec_` and base64. */
  readonly webhookSecret: string;
  /** Keeps the books in `<folder>/provider.jsonl`; without it, in memory. */
  readonly folder?: string;
  readonly log: OutsideLog;
  /** Milliseconds; for tests that can't wait. */
  readonly timing?: Partial<Timing>;
}

export interface Timing {
  /** From a payout's request to its end. Default 1,500. */
  readonly payoutMs: number;
  /** How late a late callback is. Default 5,000. */
  readonly lateMs: number;
  /** Between the attempts of a callback. Default: from a second to an hour, eleven times. */
  readonly retryMs: readonly number[];
}
const TIMING: Timing = {
  payoutMs: 1_500,
  lateMs: 5_000,
  retryMs: [1, 2, 4, 8, 15, 30, 60, 300, 900, 1_800, 3_600].map((seconds) => seconds * 1_000),
};

/** How the provider treats its merchant from now on. */
export interface Behaviour {
  /** `drop-after-accept`: takes the request, then breaks the connection without an answer (a repeat is answered). */
  payments: 'ok' | 'drop-after-accept';
  payouts: 'ok' | 'drop-after-accept' | 'fail';
  /** `off`: events from now on are told to nobody. */
  callbacks: 'on' | 'off';
}

export class ProviderDesk {
  readonly store: ProviderStore;
  readonly behaviour: Behaviour = { payments: 'ok', payouts: 'ok', callbacks: 'on' };
  readonly #callbacks: Callbacks;
  readonly #timing: Timing;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(options: DeskOptions) {
    this.#timing = { ...TIMING, ...options.timing };
    this.store = new ProviderStore(options.folder === undefined ? undefined : join(options.folder, 'provider.jsonl'));
    this.#callbacks = startCallbacks({
      secret: options.webhookSecret,
      retryMs: this.#timing.retryMs,
      log: options.log,
      ended: (callback) => this.store.endCallback(callback.id),
    });
  }

  /** Takes up what an earlier run left open. */
  resume(): void {
    for (const callback of this.store.callbacks.values()) this.#callbacks.send(callback);
    for (const payout of this.store.payouts.values()) if (payout.status === 'pending') this.#settleSoon(payout);
  }

  /** Ends a payment the way the payer chose. Undefined when it has ended already. */
  endPayment(id: string, outcome: PaymentOutcome, lateMs = this.#timing.lateMs): Payment | undefined {
    const payment = this.store.settlePayment(id, outcome === 'decline' ? 'declined' : 'succeeded');
    if (!payment || outcome === 'drop') return payment;
    const type = payment.status === 'declined' ? 'payment.declined' : 'payment.succeeded';
    this.#tell(type, payment, { times: outcome === 'twice' ? 2 : 1, delayMs: outcome === 'late' ? lateMs : 0 });
    return payment;
  }

  /** Takes a payment back for the payer's bank. Undefined when there is nothing to take back. */
  chargeBack(id: string): Payment | undefined {
    const payment = this.store.chargeBack(id);
    if (payment) this.#tell('payment.charged_back', payment, { times: 1, delayMs: 0 });
    return payment;
  }

  /** Takes a payout. One to a destination that ends in 0002 fails, and so does every one while `payouts` is `fail`. */
  takePayout(body: NewPayout): { payout: Payout; isNew: boolean } {
    const fails = this.behaviour.payouts === 'fail' || endsWith(body, '0002');
    const taken = this.store.addPayout(body, fails ? 'failed' : 'paid');
    if (taken.isNew) this.#settleSoon(taken.payout);
    return taken;
  }

  async close(): Promise<void> {
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#callbacks.close();
    this.store.close();
  }

  #settleSoon({ id }: Payout): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      const payout = this.store.settlePayout(id);
      if (payout)
        this.#tell(payout.status === 'paid' ? 'payout.paid' : 'payout.failed', payout, { times: 1, delayMs: 0 });
    }, this.#timing.payoutMs);
    this.#timers.add(timer);
  }

  #tell(type: ProviderEvent['type'], about: Payment | Payout, how: { times: number; delayMs: number }): void {
    if (this.behaviour.callbacks === 'off') return;
    const status = type.slice(type.indexOf('.') + 1) as ProviderEvent['data']['status'];
    const { id, reference, amount, settledAt, createdAt, callbackUrl } = about;
    const event: ProviderEvent = { type, data: { id, reference, amount, status, at: settledAt ?? createdAt } };
    const callback = { webhookId: `msg_${uuidv7()}`, url: callbackUrl, event, notBefore: Date.now() + how.delayMs };
    for (let i = 0; i < how.times; i += 1) this.#callbacks.send(this.store.addCallback(callback));
  }
}

/** A payout to a destination that ends in 0069 is taken, but its request is never answered. */
export function isDropped(desk: ProviderDesk, body: NewPayout): boolean {
  return desk.behaviour.payouts === 'drop-after-accept' || endsWith(body, '0069');
}

function endsWith({ destination }: NewPayout, digits: string): boolean {
  return [destination.token, destination.masked].some((value) => value?.endsWith(digits));
}
