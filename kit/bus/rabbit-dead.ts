import type { Channel, SyncMessage } from 'rabbitmq-client';
import type { DeadLetter, DeadLetters } from './bus.ts';
import { toDeadLetter } from './rabbit-message.ts';
import type { Publisher } from './rabbit-publisher.ts';
import { type BrokerLock, codeOf, type Names } from './rabbit-topology.ts';

/** Most dead letters read by one `list`. */
const MAX_LIST = 1_000;
/** Most dead letters looked through. */
const MAX_SEARCH = 50_000;

interface Needs {
  lock: BrokerLock;
  publisher: Publisher;
  names: Names;
  timeoutMs: number;
}

/**
 * Dead letters of a broker that can only take from a queue: read them all under a lock, keep what is wanted, give
 * the rest back. Without the lock, a second reader would miss what the first one holds.
 */
export function rabbitDeadLetters({ lock, publisher, names, timeoutMs }: Needs): DeadLetters {
  /** Looks through the parked messages until `stop` says so, at most `most` of them. */
  async function scan(
    queue: string,
    most: number,
    onMessage: (message: SyncMessage, letter: DeadLetter, channel: Channel) => Promise<'on' | 'stop'> | 'on' | 'stop',
  ): Promise<void> {
    await lock.run(`${names.dead(queue)}.lock`, async (channel) => {
      let taken = 0;
      try {
        while (taken < most) {
          const message = await channel.basicGet({ queue: names.dead(queue) });
          if (!message) break;
          taken++;
          if ((await onMessage(message, toDeadLetter(queue, message), channel)) === 'stop') break;
        }
      } catch (error) {
        if (codeOf(error) === 'NOT_FOUND') return;
        throw error;
      } finally {
        // Said rather than left to the closing channel, whose messages come back only some time after.
        if (taken > 0 && channel.active) channel.basicNack({ deliveryTag: 0, multiple: true, requeue: true });
      }
    });
  }

  async function find(
    queue: string,
    id: string,
    onFound: (message: SyncMessage, letter: DeadLetter, channel: Channel) => Promise<void>,
  ): Promise<boolean> {
    let found = false;
    await scan(queue, MAX_SEARCH, async (message, letter, channel) => {
      if (letter.id !== id) return 'on';
      await onFound(message, letter, channel);
      found = true;
      return 'stop';
    });
    return found;
  }

  return {
    async list(queue, limit) {
      const letters: DeadLetter[] = [];
      await scan(queue, Math.min(limit, MAX_LIST), (_message, letter) => {
        letters.push(letter);
        return 'on';
      });
      return letters.sort((a, b) => (a.deadAt < b.deadAt ? -1 : a.deadAt > b.deadAt ? 1 : 0));
    },
    async get(queue, id) {
      let wanted: DeadLetter | undefined;
      await find(queue, id, async (_message, letter) => {
        wanted = letter;
      });
      return wanted;
    },
    replay: (queue, id) =>
      find(queue, id, async (message, letter, channel) => {
        const envelope = { type: letter.type, messageId: message.messageId, contentType: message.contentType };
        await publisher.sendToQueue(names.queue(queue), { envelope, body: letter.body }, timeoutMs);
        channel.basicAck({ deliveryTag: message.deliveryTag });
      }),
    discard: (queue, id) =>
      find(queue, id, async (message, _letter, channel) => {
        channel.basicAck({ deliveryTag: message.deliveryTag });
      }),
    async discardAll(queue, fits) {
      let discarded = 0;
      await scan(queue, MAX_SEARCH, (message, letter, channel) => {
        if (!fits(letter)) return 'on';
        channel.basicAck({ deliveryTag: message.deliveryTag });
        discarded++;
        return 'on';
      });
      return discarded;
    },
  };
}
