/** Delivers callbacks: signed by the Standard Webhooks scheme, again and again until the merchant has taken them. */
import { Webhook } from 'standardwebhooks';
import type { OutsideLog } from '../log.ts';
import type { Callback } from './model.ts';

export interface CallbackOptions {
  /** `whsec_` and base64 (either alphabet). */
  readonly secret: string;
  /** Milliseconds between attempts; when they are used up, the callback is given up. */
  readonly retryMs: readonly number[];
  readonly log: OutsideLog;
  /** Called once per callback when it was taken, refused for good (410) or given up. */
  ended(callback: Callback): void;
}

export interface Callbacks {
  send(callback: Callback): void;
  /** Stops; what was not delivered stays open. */
  close(): Promise<void>;
}

const TIMEOUT_MS = 10_000;
const AT_ONCE = 16;

export function startCallbacks(options: CallbackOptions): Callbacks {
  const webhook = new Webhook(Buffer.from(options.secret.replace(/^whsec_/, ''), 'base64'), { format: 'raw' });
  const stopped = new AbortController();
  const timers = new Set<NodeJS.Timeout>();
  const queue: { callback: Callback; attempt: number }[] = [];
  const running = new Set<Promise<void>>();

  function later(callback: Callback, attempt: number, ms: number): void {
    const timer = setTimeout(() => {
      timers.delete(timer);
      queue.push({ callback, attempt });
      work();
    }, ms);
    timers.add(timer);
  }

  function work(): void {
    while (running.size < AT_ONCE && !stopped.signal.aborted) {
      const next = queue.shift();
      if (!next) return;
      const run = deliver(next.callback, next.attempt).finally(() => {
        running.delete(run);
        work();
      });
      running.add(run);
    }
  }

  async function deliver(callback: Callback, attempt: number): Promise<void> {
    const status = await post(webhook, callback, stopped.signal);
    if (stopped.signal.aborted) return;
    const about = { part: 'provider', callback: callback.event.type, id: callback.event.data.id, attempt, status };
    if (typeof status === 'number' && ((status >= 200 && status < 300) || status === 410)) {
      options.log.info(about, 'callback taken');
      options.ended(callback);
      return;
    }
    const wait = options.retryMs[attempt - 1];
    if (wait === undefined) {
      options.log.warn(about, 'callback given up');
      options.ended(callback);
      return;
    }
    options.log.warn({ ...about, retryInMs: wait }, 'callback not taken');
    later(callback, attempt + 1, wait);
  }

  return {
    send: (callback) => later(callback, 1, Math.max(0, callback.notBefore - Date.now())),
    async close() {
      stopped.abort();
      for (const timer of timers) clearTimeout(timer);
      await Promise.all(running);
    },
  };
}

/** The status of the answer, or why there was none. */
async function post(webhook: Webhook, callback: Callback, stopped: AbortSignal): Promise<number | string> {
  const body = JSON.stringify(callback.event);
  const now = new Date();
  try {
    const response = await fetch(callback.url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        'Content-Type': 'application/json',
        'webhook-id': callback.webhookId,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': webhook.sign(callback.webhookId, now, body),
      },
    });
    await response.body?.cancel();
    return response.status;
  } catch (error) {
    return String(error instanceof Error && error.cause ? error.cause : error);
  }
}
