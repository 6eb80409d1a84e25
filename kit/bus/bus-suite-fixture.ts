import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import type { Bus, Delivery, SubscribeOptions, Subscription } from './bus.ts';
import type { ChildTask, ChildTransport } from './bus-child.ts';
import { type Child, Inbox, startChild } from './bus-testing.ts';

/** One transport under test. */
export interface BusHarness {
  open(): Promise<Bus>;
  /** A bus that hears the broadcasts of `bus`: another process's, where the transport can. */
  peer(bus: Bus): Promise<Bus>;
  /** Puts bytes that no publisher of ours would send on the queues bound to `type`. */
  inject(type: string, bytes: Buffer): Promise<void>;
  transport: ChildTransport;
  /** Removes what the suite made, these queues among it. */
  close(queues: string[]): Promise<void>;
}

/** What a test of the suite works with: a bus, and a queue and an event type of its own. */
export interface SuiteFixture {
  readonly harness: BusHarness;
  readonly bus: Bus;
  readonly queue: string;
  readonly type: string;
  freshQueue(): string;
  /** Another bus on the same transport, closed after the test. */
  open(): Promise<Bus>;
  /** Subscribes with a handler per message. */
  subscribe(
    on: Bus,
    handle: (delivery: Delivery) => Promise<void> | void,
    options?: Partial<SubscribeOptions>,
  ): Promise<Subscription>;
  /** Subscribes, acks and keeps all. */
  collect(on: Bus, options?: Partial<SubscribeOptions>): Promise<{ got: Inbox<Delivery>; subscription: Subscription }>;
  /** A process, killed after the test at the latest. */
  startKillable(task: ChildTask): Child;
}

/** Called within `describe`: a fresh bus, queue and type for each test. */
export function suiteFixture(start: () => Promise<BusHarness>): SuiteFixture {
  let harness: BusHarness;
  let bus: Bus;
  let queue: string;
  let type: string;
  const queues: string[] = [];
  const opened: Bus[] = [];
  const children: Child[] = [];

  const freshQueue = () => {
    const made = `q-${randomUUID().slice(0, 8)}`;
    queues.push(made);
    return made;
  };
  const open = async () => {
    const another = await harness.open();
    opened.push(another);
    return another;
  };
  const subscribe: SuiteFixture['subscribe'] = (on, handle, options = {}) => {
    const onBatch = async (batch: Delivery[]) => {
      for (const delivery of batch) await handle(delivery);
    };
    return on.subscribe({ queue, types: [type], prefetch: 50, onBatch, ...options });
  };
  const collect: SuiteFixture['collect'] = async (on, options) => {
    const got = new Inbox<Delivery>();
    const take = (delivery: Delivery) => {
      delivery.ack();
      got.add(delivery);
    };
    return { got, subscription: await subscribe(on, take, options) };
  };
  const startKillable = (task: ChildTask) => {
    const child = startChild(task);
    children.push(child);
    return child;
  };

  beforeAll(async () => {
    harness = await start();
  });
  beforeEach(async () => {
    bus = await open();
    queue = freshQueue();
    type = `tests.thing.t${randomUUID().slice(0, 8)}.v1`;
  });
  afterEach(async () => {
    await Promise.all(children.splice(0).map((child) => child.kill()));
    await Promise.all(opened.splice(0).map((one) => one.close()));
  });
  afterAll(async () => {
    await harness.close(queues);
  });

  return {
    get harness() {
      return harness;
    },
    get bus() {
      return bus;
    },
    get queue() {
      return queue;
    },
    get type() {
      return type;
    },
    freshQueue,
    open,
    subscribe,
    collect,
    startKillable,
  };
}
