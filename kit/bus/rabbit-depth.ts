import { randomUUID } from 'node:crypto';
import { RETRY_DELAYS_MS } from './bus.ts';
import type { Broadcasts } from './rabbit-broadcast.ts';
import type { RabbitConsumer } from './rabbit-consumer.ts';
import type { Link } from './rabbit-link.ts';
import { type Names, peekQueues } from './rabbit-topology.ts';
import { within } from './waiting.ts';

const ASK = '$depths.ask';
const TOLD = '$depths.told';
/** Replicas that stay silent for so long are counted as holding one message each. */
const ANSWER_MS = 500;

interface Needs {
  link: Link;
  names: Names;
  broadcasts: Broadcasts;
  consumers: ReadonlySet<RabbitConsumer>;
}

export interface QueueDepth {
  waiting: number;
  dead: number;
}

interface Look {
  readonly queues: Set<string>;
  readonly told: Promise<ReadonlyMap<string, QueueDepth>>;
}

interface Own {
  consumers: number;
  inFlight: number;
}

interface Answer {
  ask: string;
  of: Readonly<Record<string, Own>>;
}

/** AMQP tells how many messages are ready, not how many are in flight: replicas are asked for that. */
export class Depth {
  readonly #needs: Needs;
  readonly #asked = new Map<string, (answer: Answer) => void>();
  #answering: Promise<unknown> | undefined;
  #hearing: Promise<unknown> | undefined;
  /** Queues that somebody asks about in this turn; they are looked at together. */
  #next: Look | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** From the first subscription on, this process answers others. */
  async answer(): Promise<void> {
    const { broadcasts } = this.#needs;
    this.#answering ??= broadcasts.listen(ASK, (payload) => {
      const { ask, queues } = payload as { ask: string; queues: string[] };
      // The asker counts its own.
      if (this.#asked.has(ask)) return;
      const mine = queues
        .map((queue) => [queue, this.#own(queue)] as const)
        .filter(([, { consumers }]) => consumers > 0);
      if (mine.length > 0) broadcasts.send(TOLD, { ask, of: Object.fromEntries(mine) } satisfies Answer);
    });
    await this.#answering;
  }

  async of(queue: string): Promise<QueueDepth> {
    this.#next ??= this.#soon();
    this.#next.queues.add(queue);
    return (await this.#next.told).get(queue) as QueueDepth;
  }

  #soon(): Look {
    const queues = new Set<string>();
    const look = async () => {
      await Promise.resolve();
      this.#next = undefined;
      return await this.#look([...queues]);
    };
    return { queues, told: look() };
  }

  /** A message goes from retry to ready to in flight, maybe to retry again: looked at in that order, none is missed. */
  async #look(queues: readonly string[]): Promise<ReadonlyMap<string, QueueDepth>> {
    const { link, names } = this.#needs;
    const before = await this.#retries(queues);
    const seen = await peekQueues(
      link,
      queues.flatMap((queue) => [names.queue(queue), names.dead(queue)]),
    );
    const readyOf = (queue: string) => seen.get(names.queue(queue));
    const there = queues.filter((queue) => readyOf(queue) !== undefined);
    const inFlight = await this.#inFlight(new Map(there.map((queue) => [queue, readyOf(queue)?.consumers ?? 0])));
    const after = await this.#retries(there);
    return new Map(
      queues.map((queue) => {
        const retries = Math.max(before.get(queue) ?? 0, after.get(queue) ?? 0);
        const waiting = (readyOf(queue)?.ready ?? 0) + (inFlight.get(queue) ?? 0) + retries;
        return [queue, { waiting, dead: seen.get(names.dead(queue))?.ready ?? 0 }];
      }),
    );
  }

  async #retries(queues: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const { link, names } = this.#needs;
    const stepsOf = (queue: string) => RETRY_DELAYS_MS.map((step) => names.retry(queue, step));
    const seen = await peekQueues(link, queues.flatMap(stepsOf));
    const sum = (queue: string) => stepsOf(queue).reduce((all, name) => all + (seen.get(name)?.ready ?? 0), 0);
    return new Map(queues.map((queue) => [queue, sum(queue)]));
  }

  /** By queue, given how many consume each. */
  async #inFlight(consumers: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
    const others = [...consumers].map(([queue, all]) => [queue, all - this.#own(queue).consumers] as const);
    const theirs = await this.#ask(new Map(others.filter(([, missing]) => missing > 0)));
    return new Map([...consumers.keys()].map((queue) => [queue, (theirs.get(queue) ?? 0) + this.#own(queue).inFlight]));
  }

  async #ask(consumers: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, number>> {
    if (consumers.size === 0) return new Map();
    const { broadcasts } = this.#needs;
    this.#hearing ??= broadcasts.listen(TOLD, (payload) => {
      const answer = payload as Answer;
      this.#asked.get(answer.ask)?.(answer);
    });
    await this.#hearing;
    const ask = randomUUID();
    const inFlight = new Map<string, number>();
    const missing = new Map(consumers);
    const complete = new Promise<void>((resolve) => {
      this.#asked.set(ask, ({ of }) => {
        for (const [queue, own] of Object.entries(of)) {
          inFlight.set(queue, (inFlight.get(queue) ?? 0) + own.inFlight);
          missing.set(queue, (missing.get(queue) ?? 0) - own.consumers);
        }
        if ([...missing.values()].every((left) => left <= 0)) resolve();
      });
    });
    broadcasts.send(ASK, { ask, queues: [...consumers.keys()] });
    await within(complete, ANSWER_MS, 'silent').catch(() => {});
    this.#asked.delete(ask);
    return new Map(
      [...consumers.keys()].map((queue) => [queue, (inFlight.get(queue) ?? 0) + Math.max(0, missing.get(queue) ?? 0)]),
    );
  }

  #own(queue: string): Own {
    const mine = [...this.#needs.consumers].filter((consumer) => consumer.queue === queue && consumer.consuming);
    return { consumers: mine.length, inFlight: mine.reduce((sum, consumer) => sum + consumer.inFlight, 0) };
  }
}
