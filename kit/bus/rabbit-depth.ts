import { randomUUID } from 'node:crypto';
import { RETRY_DELAYS_MS } from './bus.ts';
import type { Broadcasts } from './rabbit-broadcast.ts';
import type { RabbitConsumer } from './rabbit-consumer.ts';
import type { Link } from './rabbit-link.ts';
import { type Names, peekQueue } from './rabbit-topology.ts';
import { within } from './waiting.ts';

const ASK = '$depth.ask';
const TOLD = '$depth.told';
/** Replicas that stay silent for so long are counted as holding one message each. */
const ANSWER_MS = 500;

interface Needs {
  link: Link;
  names: Names;
  broadcasts: Broadcasts;
  consumers: ReadonlySet<RabbitConsumer>;
}

interface Answer {
  ask: string;
  consumers: number;
  inFlight: number;
}

/** AMQP tells how many messages are ready, not how many are in flight: replicas are asked for that. */
export class Depth {
  readonly #needs: Needs;
  readonly #asked = new Map<string, (answer: Answer) => void>();
  #answering: Promise<unknown> | undefined;
  #hearing: Promise<unknown> | undefined;

  constructor(needs: Needs) {
    this.#needs = needs;
  }

  /** From the first subscription on, this process answers others. */
  async answer(): Promise<void> {
    const { broadcasts } = this.#needs;
    this.#answering ??= broadcasts.listen(ASK, (payload) => {
      const { ask, queue } = payload as { ask: string; queue: string };
      // The asker counts its own.
      if (this.#asked.has(ask)) return;
      const own = this.#own(queue);
      if (own.consumers > 0) broadcasts.send(TOLD, { ask, ...own } satisfies Answer);
    });
    await this.#answering;
  }

  async of(queue: string): Promise<{ waiting: number; dead: number }> {
    const { link, names } = this.#needs;
    // A message goes from retry to ready to in flight, maybe to retry again: looked at in that order, none is missed.
    const retriesBefore = await this.#retries(queue);
    const [ready, dead] = await Promise.all([peekQueue(link, names.queue(queue)), peekQueue(link, names.dead(queue))]);
    if (!ready) return { waiting: retriesBefore, dead: dead?.ready ?? 0 };
    const inFlight = await this.#inFlight(queue, ready.consumers);
    const retries = Math.max(retriesBefore, await this.#retries(queue));
    return { waiting: ready.ready + inFlight + retries, dead: dead?.ready ?? 0 };
  }

  async #retries(queue: string): Promise<number> {
    const { link, names } = this.#needs;
    const found = await Promise.all(RETRY_DELAYS_MS.map((step) => peekQueue(link, names.retry(queue, step))));
    return found.reduce((sum, one) => sum + (one?.ready ?? 0), 0);
  }

  async #inFlight(queue: string, consumers: number): Promise<number> {
    const others = consumers - this.#own(queue).consumers;
    const theirs = others > 0 ? await this.#ask(queue, others) : 0;
    return theirs + this.#own(queue).inFlight;
  }

  async #ask(queue: string, consumers: number): Promise<number> {
    const { broadcasts } = this.#needs;
    this.#hearing ??= broadcasts.listen(TOLD, (payload) => {
      const answer = payload as Answer;
      this.#asked.get(answer.ask)?.(answer);
    });
    await this.#hearing;
    const ask = randomUUID();
    let inFlight = 0;
    let missing = consumers;
    const complete = new Promise<void>((resolve) => {
      this.#asked.set(ask, (answer) => {
        inFlight += answer.inFlight;
        missing -= answer.consumers;
        if (missing <= 0) resolve();
      });
    });
    broadcasts.send(ASK, { ask, queue });
    await within(complete, ANSWER_MS, 'silent').catch(() => {});
    this.#asked.delete(ask);
    return inFlight + Math.max(0, missing);
  }

  #own(queue: string): { consumers: number; inFlight: number } {
    const mine = [...this.#needs.consumers].filter((consumer) => consumer.queue === queue && consumer.consuming);
    return { consumers: mine.length, inFlight: mine.reduce((sum, consumer) => sum + consumer.inFlight, 0) };
  }
}
