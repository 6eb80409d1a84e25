/** A business row and its event, to the row that a subscriber keeps: over RabbitMQ and embedded, beside job queues and the bare broker. */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench, Contender, Turn } from './bench.ts';
import { artelLane, type Lane, peerLane, rawLane } from './events-lanes.ts';
import { needs } from './needs.ts';

const SENDERS = 16;
const PER_SECOND = 200;
const WITHIN_MS = 60_000;

type Open = (onArrive: (id: string) => void) => Promise<Lane | { absent: string }>;

/** What was sent and has not arrived; the time of sending by id. */
class Journey {
  readonly #sent = new Map<string, number>();
  readonly times: number[] = [];
  #arrived = 0;

  begin(id: string): void {
    this.#sent.set(id, performance.now());
  }
  arrive(id: string): void {
    const begun = this.#sent.get(id);
    if (begun === undefined) return;
    this.#sent.delete(id);
    this.times.push(performance.now() - begun);
    this.#arrived++;
  }
  /** Resolves once all are there. */
  async end(): Promise<number> {
    const until = performance.now() + WITHIN_MS;
    while (this.#sent.size > 0) {
      if (performance.now() > until) throw new Error(`${this.#sent.size} events have not arrived`);
      await sleep(1);
    }
    return this.#arrived;
  }
}

type Measure = (lane: Lane, journey: Journey, ms: number) => Promise<Turn>;

/** Senders that wait for their commit, until the last effect is there. */
const endToEnd: Measure = async (lane, journey, ms) => {
  const begun = performance.now();
  await Promise.all(
    Array.from({ length: SENDERS }, async () => {
      while (performance.now() - begun < ms) {
        const id = crypto.randomUUID();
        journey.begin(id);
        await lane.send(id);
      }
    }),
  );
  const arrived = await journey.end();
  return { value: arrived / ((performance.now() - begun) / 1000) };
};

/** From the first of a backlog leaving to the last effect. One event for each millisecond of the turn. */
const drain: Measure = async (lane, journey, ms) => {
  const ids = Array.from({ length: Math.max(300, ms) }, () => crypto.randomUUID());
  const release = await lane.fill(ids);
  const begun = performance.now();
  for (const id of ids) journey.begin(id);
  await release();
  const arrived = await journey.end();
  return { value: arrived / ((performance.now() - begun) / 1000) };
};

const paced: Measure = async (lane, journey, ms) => {
  const count = Math.ceil((ms / 1000) * PER_SECOND);
  const begun = performance.now();
  const sending: Promise<void>[] = [];
  for (let n = 0; n < count; n++) {
    await sleep(Math.max(0, begun + (n * 1000) / PER_SECOND - performance.now()));
    const id = crypto.randomUUID();
    journey.begin(id);
    sending.push(lane.send(id));
  }
  await Promise.all(sending);
  await journey.end();
  const times = journey.times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return { value: at(0.99), also: { p50: at(0.5) } };
};

function contender(name: string, role: Contender['role'], open: Open, measure: Measure): Contender {
  return {
    name,
    role,
    async start() {
      let journey = new Journey();
      const lane = await open((id) => journey.arrive(id));
      if ('absent' in lane) return lane;
      return {
        async turn(ms) {
          journey = new Journey();
          return await measure(lane, journey, ms);
        },
        stop: () => lane.close(),
      };
    },
  };
}

const overRabbit =
  (
    make: (databaseUrl: string, amqpUrl: string, prefix: string, onArrive: (id: string) => void) => Promise<Lane>,
  ): Open =>
  async (onArrive) => {
    const { databaseUrl, amqpUrl } = await needs();
    if (!amqpUrl) return { absent: 'no RabbitMQ (rabbitmq-server, or AMQP_URL)' };
    return await make(databaseUrl, amqpUrl, `bench${randomBytes(4).toString('hex')}.`, onArrive);
  };
const broker = overRabbit((databaseUrl, amqpUrl, prefix, onArrive) =>
  artelLane({ databaseUrl, rabbit: { url: amqpUrl, prefix }, onArrive }),
);
const raw = overRabbit((_databaseUrl, amqpUrl, prefix, onArrive) => rawLane(amqpUrl, prefix, onArrive));
const embedded: Open = async (onArrive) => artelLane({ databaseUrl: (await needs()).databaseUrl, onArrive });
const peer =
  (file: string): Open =>
  async (onArrive) =>
    peerLane(file, (await needs()).databaseUrl, onArrive);

const OVER = 'Artel over RabbitMQ';
const IN = 'Artel embedded';
const RAW = 'RabbitMQ: publish, confirm, ack';
const BOSS = 'pg-boss 12, notify';
const WORKER = 'graphile-worker 0.18, localQueue';
export const eventsBench: readonly Bench[] = [
  {
    name: 'events',
    title: 'Events: business row to the subscriber’s row, 16 senders',
    unit: 'events/s',
    contenders: [
      contender(OVER, 'ours', broker, endToEnd),
      contender(IN, 'ours', embedded, endToEnd),
      contender(BOSS, 'peer', peer('events-pg-boss.mjs'), endToEnd),
      contender(WORKER, 'peer', peer('events-graphile.mjs'), endToEnd),
    ],
    aims: [
      { ours: OVER, against: BOSS, ratio: 4, kind: 'at least' },
      { ours: OVER, against: WORKER, ratio: 4, kind: 'at least' },
    ],
  },
  {
    name: 'events-drain',
    title: 'Events: a backlog to the subscriber’s rows',
    unit: 'events/s',
    contenders: [
      contender(OVER, 'ours', broker, drain),
      contender(IN, 'ours', embedded, drain),
      contender(RAW, 'limit', raw, drain),
    ],
    aims: [
      { ours: OVER, against: RAW, ratio: 0.45, kind: 'at least' },
      { ours: IN, against: OVER, ratio: 2.5, kind: 'at least' },
    ],
  },
  {
    name: 'events-delay',
    title: 'Events: from sending to the subscriber’s row at 200/s, p99',
    unit: 'ms',
    contenders: [
      contender(OVER, 'ours', broker, paced),
      contender(IN, 'ours', embedded, paced),
      contender(BOSS, 'peer', peer('events-pg-boss.mjs'), paced),
      contender(WORKER, 'peer', peer('events-graphile.mjs'), paced),
    ],
    aims: [],
  },
];
