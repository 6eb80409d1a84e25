import type { MessageView } from '#contracts/messenger/views.ts';
import { type CallContext, newCall, runInCall } from '#kit/call-context.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import type { WritingContext } from './write.ts';
import { type Sending, writeAll } from './write.ts';

/** Most messages of one commit. */
const BATCH = 256;
/** Beyond this many that wait messenger says so, instead of growing. */
const WAITING = 5_000;
const TIMEOUT_MS = 10_000;

export interface Sender {
  /** Resolves after the commit. Throws what the sender should hear. */
  submit(sending: Sending): Promise<MessageView>;
  /** Resolves when nothing waits any more. */
  close(): Promise<void>;
}

interface Waiting {
  readonly sending: Sending;
  resolve(view: MessageView): void;
  reject(error: unknown): void;
}

/**
 * Natural group commit: what arrives while a batch commits is the next batch. Alone a message waits for nobody; under
 * load one transaction stores hundreds, of one conversation or of many.
 */
export function createSender(ctx: WritingContext): Sender {
  let waiting: Waiting[] = [];
  let running: Promise<void> | undefined;

  const write = (batch: readonly Waiting[]) =>
    inOwnCall(() =>
      ctx.db.tx((tx) =>
        writeAll(
          ctx,
          tx,
          batch.map((one) => one.sending),
        ),
      ),
    );

  async function flush(batch: readonly Waiting[]): Promise<void> {
    try {
      const outcomes = await write(batch);
      for (const [index, one] of batch.entries()) {
        const outcome = outcomes[index] as MessageView | Problem;
        if (outcome instanceof Problem) one.reject(outcome);
        else one.resolve(outcome);
      }
    } catch (error) {
      const hopeless = batch.length === 1 || isProblem(error, 'unavailable') || isProblem(error, 'storage_full');
      if (hopeless) for (const one of batch) one.reject(error);
      // Another process has just taken one of the ids: the rest must not suffer for it.
      else for (const one of batch) await flush([one]);
    }
  }

  async function loop(): Promise<void> {
    while (waiting.length > 0) {
      const batch = waiting.slice(0, BATCH);
      waiting = waiting.slice(BATCH);
      await flush(batch);
    }
    running = undefined;
  }

  return {
    submit(sending) {
      if (waiting.length >= WAITING)
        return Promise.reject(new Problem('unavailable', { detail: 'too many messages wait', retryAfter: 1 }));
      return new Promise((resolve, reject) => {
        waiting.push({ sending, resolve, reject });
        // In a later turn, so that all of this one go together.
        running ??= new Promise<void>((resume) => setImmediate(resume)).then(loop);
      });
    },
    async close() {
      await running;
    },
  };
}

/** A batch belongs to no single call; its events carry the calls they came with. */
function inOwnCall<T>(work: () => Promise<T>): Promise<T> {
  const call: CallContext = newCall({ timeoutMs: TIMEOUT_MS });
  return runInCall(call, work);
}
