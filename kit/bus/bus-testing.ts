import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { BusLog, CloudEvent, Delivery } from './bus.ts';
import type { ChildTask } from './bus-child.ts';

export const silentLog: BusLog = { info: () => {}, warn: () => {}, error: () => {} };

export function event(type: string, data: unknown = {}): CloudEvent {
  const time = new Date().toISOString();
  const id = randomUUID();
  return {
    specversion: '1.0',
    id,
    type,
    source: '/tests',
    subject: 's',
    time,
    datacontenttype: 'application/json',
    data,
  };
}

export function events(type: string, count: number): CloudEvent[] {
  return Array.from({ length: count }, (_, n) => event(type, { n }));
}

/** `n` of an event made by `events`. */
export function numberOf(delivery: Pick<Delivery, 'raw'>): number {
  return (JSON.parse(delivery.raw.toString('utf8')) as { data: { n: number } }).data.n;
}

/** Things that come in, with a promise for when enough have. */
export class Inbox<T> {
  readonly items: T[] = [];
  readonly #checks = new Set<() => void>();

  add(item: T): void {
    this.items.push(item);
    // A check that is met leaves the set, which a loop over the set allows.
    for (const check of this.#checks) check();
  }

  async count(count: number): Promise<T[]> {
    await this.until((items) => items.length >= count);
    return this.items;
  }

  until(done: (items: T[]) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!done(this.items)) return;
        this.#checks.delete(check);
        resolve();
      };
      this.#checks.add(check);
      check();
    });
  }
}

/** Asks again until the answer is right; says the last wrong one when it gives up. */
export async function eventually<T>(ask: () => Promise<T> | T, right: (answer: T) => boolean, ms = 10_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const answer = await ask();
    if (right(answer)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)} after ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

export interface Child {
  lines: Inbox<string>;
  /** SIGKILL, and gone. */
  kill(): Promise<void>;
}

export function startChild(task: ChildTask): Child {
  const path = fileURLToPath(new URL('./bus-child.ts', import.meta.url));
  const child: ChildProcess = spawn(process.execPath, [path], {
    env: { ...process.env, CHILD_TASK: JSON.stringify(task) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = new Inbox<string>();
  if (child.stdout) createInterface({ input: child.stdout }).on('line', (line) => lines.add(line));
  const exited = once(child, 'close');
  return {
    lines,
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
