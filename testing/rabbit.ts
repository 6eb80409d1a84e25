import { Connection } from 'rabbitmq-client';
import { SERVICES } from '#contracts/common/define.ts';
import { RETRY_DELAYS_MS } from '#kit/bus/bus.ts';

/** The broker that the tests of a run share (`broker-setup.ts`); each has a prefix of its own there. */
export const AMQP_URL = process.env['AMQP_URL'] ?? '';

function queuesOf(prefix: string): string[] {
  const suffixes = ['', '.dead', '.bindings', ...RETRY_DELAYS_MS.map((ms) => `.retry.${ms}`)];
  return SERVICES.flatMap((service) => suffixes.map((suffix) => `${prefix}${service}${suffix}`));
}

async function withConnection<T>(url: string, work: (connection: Connection) => Promise<T>): Promise<T> {
  const connection = new Connection(url);
  connection.on('error', () => {});
  try {
    return await work(connection);
  } finally {
    await connection.close();
  }
}

/** A test leaves nothing on a shared broker. */
export async function removeQueues(url: string, prefix: string): Promise<void> {
  await withConnection(url, async (connection) => {
    for (const queue of queuesOf(prefix)) await connection.queueDelete({ queue }).catch(() => {});
  });
}

/** Everything that lies on the broker, as bytes, by queue. Nobody may take from the queues meanwhile; it stays there. */
export async function readQueues(url: string, prefix: string): Promise<ReadonlyMap<string, Buffer[]>> {
  return await withConnection(url, async (connection) => {
    const found = new Map<string, Buffer[]>();
    for (const queue of queuesOf(prefix)) {
      // A channel of its own: asking for a queue that is not there closes it, and closing it gives back what was read.
      const channel = await connection.acquire();
      channel.on('error', () => {});
      try {
        const bodies: Buffer[] = [];
        for (;;) {
          const message = await channel.basicGet({ queue });
          if (!message) break;
          bodies.push(Buffer.isBuffer(message.body) ? message.body : Buffer.from(JSON.stringify(message.body)));
        }
        if (bodies.length > 0) found.set(queue, bodies);
      } catch (error) {
        if ((error as { code?: string }).code !== 'NOT_FOUND') throw error;
      } finally {
        await channel.close();
      }
    }
    return found;
  });
}
