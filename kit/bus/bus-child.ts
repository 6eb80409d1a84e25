/**
 * A process of its own for the tests that kill one. Reads its task from CHILD_TASK (JSON), says what it did on stdout,
 * a line each: `sent <n>` for an event that is safe, `got <event>` for a delivery, `holding` when it
 * keeps messages from now on.
 */
import type { Bus, BusLog, CloudEvent } from './bus.ts';
import { openEmbeddedBus } from './embedded.ts';
import { connectRabbit } from './rabbit.ts';

export type ChildTransport =
  | { kind: 'embedded'; connectionString: string; schema: string }
  | { kind: 'rabbit'; url: string; prefix: string };

export interface ChildTask {
  transport: ChildTransport;
  /** publish: batches of 10 numbered events until killed. hold: acks the first `acks`, keeps the others until killed. */
  mode: 'publish' | 'hold';
  queue: string;
  type: string;
  acks: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const log: BusLog = {
  info: () => {},
  warn: (fields, message) => console.error(message, fields),
  error: (fields, message) => console.error(message, fields),
};

async function open(transport: ChildTransport): Promise<Bus> {
  if (transport.kind === 'embedded') return openEmbeddedBus({ ...transport, log });
  return connectRabbit({ ...transport, log });
}

async function publish(bus: Bus, task: ChildTask): Promise<void> {
  for (let batch = 0; ; batch++) {
    const numbers = Array.from({ length: 10 }, (_, index) => batch * 10 + index);
    await bus.publish(numbers.map((n) => numbered(task.type, n)));
    for (const n of numbers) say(`sent ${n}`);
  }
}

async function hold(bus: Bus, task: ChildTask): Promise<void> {
  let acks = task.acks;
  await bus.subscribe({
    queue: task.queue,
    types: [task.type],
    prefetch: 20,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        if (acks-- > 0) delivery.ack();
        say(`got ${delivery.raw.toString('utf8')}`);
      }
      if (acks >= 0) return;
      say('holding');
      await new Promise(() => {});
    },
  });
  setInterval(() => {}, 60_000);
}

function numbered(type: string, n: number): CloudEvent {
  const time = new Date().toISOString();
  const id = crypto.randomUUID();
  const datacontenttype = 'application/json';
  return { specversion: '1.0', id, type, source: '/tests', subject: String(n), time, datacontenttype, data: { n } };
}

const task = JSON.parse(process.env.CHILD_TASK ?? '') as ChildTask;
const bus = await open(task.transport);
await (task.mode === 'publish' ? publish(bus, task) : hold(bus, task));
