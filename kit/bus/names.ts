import type { SubscribeOptions } from './bus.ts';

/** Queue names become names of the broker and of its companions (`<queue>.dead`), which end at 255 bytes. */
export function assertQueueName(queue: string): void {
  if (!/^[a-z0-9][a-z0-9._-]{0,62}$/.test(queue) || /\.(dead|bindings|lock)$|\.retry\./.test(queue)) {
    throw new Error(`not a usable queue name: "${queue}" (lower-case letters, digits, -, _ and ., at most 63)`);
  }
}

export function assertSubscribeOptions(options: SubscribeOptions): void {
  assertQueueName(options.queue);
  if (!Number.isInteger(options.prefetch) || options.prefetch < 1 || options.prefetch > 65_535) {
    throw new Error(`prefetch of queue "${options.queue}" must be 1..65535, not ${options.prefetch}`);
  }
}
