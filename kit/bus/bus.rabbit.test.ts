/** Over the RabbitMQ of the run, or the one that AMQP_URL names. */
import { randomUUID } from 'node:crypto';
import { Connection } from 'rabbitmq-client';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bus, type BusLog, BusTopologyError, type Delivery, RETRY_DELAYS_MS } from './bus.ts';
import { busSuite } from './bus-suite.ts';
import type { BusHarness } from './bus-suite-fixture.ts';
import { event, events, eventually, Inbox, numberOf, silentLog } from './bus-testing.ts';
import { connectRabbit, type RabbitOptions } from './rabbit.ts';
import { BrokerProxy } from './rabbit-proxy.ts';
import { brokerNames } from './rabbit-topology.ts';

const URL_ = process.env.AMQP_URL ?? '';

/** The broker itself, past the bus. */
function openBroker(prefix: string) {
  const connection = new Connection({ url: URL_ });
  connection.on('error', () => {});
  const names = brokerNames(prefix, 'artel.events');
  return {
    connection,
    names,
    async close(queues: string[]): Promise<void> {
      for (const queue of queues) {
        const retries = RETRY_DELAYS_MS.map((step) => names.retry(queue, step));
        const all = [names.queue(queue), names.dead(queue), names.bindings(queue), ...retries];
        await Promise.all(all.map((name) => connection.queueDelete(name)));
      }
      for (const exchange of [names.events, names.broadcasts]) await connection.exchangeDelete({ exchange });
      await connection.close();
    },
  };
}

async function rabbitHarness(): Promise<BusHarness> {
  const prefix = `test-${randomUUID().slice(0, 8)}.`;
  const broker = openBroker(prefix);
  const open = () => connectRabbit({ url: URL_, prefix, log: silentLog, bindingGraceMs: 0 });
  const sender = broker.connection.createPublisher({ confirm: true });
  return {
    open,
    peer: open,
    inject: (type, bytes) => sender.send({ exchange: broker.names.events, routingKey: type, durable: true }, bytes),
    transport: { kind: 'rabbit', url: URL_, prefix },
    close: async (queues) => {
      await sender.close();
      await broker.close(queues);
    },
  };
}

busSuite('bus over RabbitMQ', rabbitHarness);

describe('bus over RabbitMQ, when things break', { timeout: 60_000 }, () => {
  const prefix = `test-${randomUUID().slice(0, 8)}.`;
  const type = 'tests.thing.happened.v1';
  const queues: string[] = [];
  let queue: string;
  let broker: ReturnType<typeof openBroker>;
  let proxy: BrokerProxy;
  let bus: Bus;

  const connect = (options: Partial<RabbitOptions> = {}) =>
    connectRabbit({ url: proxy.url, prefix, log: silentLog, timeoutMs: 1_000, ...options });
  const collect = async (on: Bus, types = [type]) => {
    const got = new Inbox<Delivery>();
    const onBatch = async (batch: Delivery[]) => {
      for (const delivery of batch) {
        delivery.ack();
        got.add(delivery);
      }
    };
    const subscription = await on.subscribe({ queue, types, prefetch: 50, onBatch });
    return { got, subscription };
  };
  const healthyAgain = (one: Bus) =>
    eventually(
      () => one.healthy(),
      (healthy) => healthy,
      20_000,
    );
  const drained = (one: Bus) =>
    eventually(
      () => one.depth(queue),
      (depth) => depth.waiting === 0,
      20_000,
    );

  beforeAll(() => {
    broker = openBroker(prefix);
  });
  beforeEach(async () => {
    proxy = await BrokerProxy.start(URL_);
    queue = `q-${randomUUID().slice(0, 8)}`;
    queues.push(queue);
    bus = await connect();
  });
  afterEach(async () => {
    await bus.close();
    await proxy.close();
  });
  afterAll(async () => {
    await broker.close(queues);
  });

  test('connections cut again and again under load: what was confirmed arrives', async () => {
    const { got } = await collect(bus);
    const safe: number[] = [];
    for (let round = 0; round < 4; round++) {
      await healthyAgain(bus);
      for (let batch = 0; batch < 10; batch++) {
        const numbers = Array.from({ length: 20 }, (_, index) => round * 1_000 + batch * 20 + index);
        const sending = bus.publish(numbers.map((n) => event(type, { n })));
        if (batch === 7) proxy.cut();
        await sending.then(
          () => safe.push(...numbers),
          () => {},
        );
      }
    }
    expect(safe.length).toBeGreaterThanOrEqual(4 * 7 * 20);
    await got.until((items) => {
      const arrived = new Set(items.map(numberOf));
      return safe.every((n) => arrived.has(n));
    });
    await drained(bus);
  });

  test('a publish while the broker is down rejects in time; afterwards all goes on by itself', async () => {
    const { got } = await collect(bus);
    proxy.down();
    await eventually(
      () => bus.healthy(),
      (healthy) => !healthy,
    );
    const began = performance.now();
    await expect(bus.publish([event(type, { n: 1 })])).rejects.toThrow('out of reach');
    expect(performance.now() - began).toBeLessThan(3_000);
    proxy.up();
    await healthyAgain(bus);
    await bus.publish([event(type, { n: 2 })]);
    await got.count(1);
    expect(got.items.map(numberOf)).toEqual([2]);
  });

  test('a broker that hangs: the publish rejects in time, and the connection is made anew', async () => {
    const { got } = await collect(bus);
    await bus.publish([event(type, { n: 1 })]);
    await got.count(1);
    proxy.silence();
    const began = performance.now();
    await expect(bus.publish([event(type, { n: 2 })])).rejects.toThrow('in time');
    expect(performance.now() - began).toBeLessThan(3_000);
    proxy.speak();
    await healthyAgain(bus);
    await bus.publish([event(type, { n: 3 })]);
    await got.until((items) => items.some((delivery) => numberOf(delivery) === 3));
  });

  test('an alarm hangs no publish and no close, and its end lets publishes through', async () => {
    const { got } = await collect(bus);
    await bus.publish([event(type, { n: 1 })]);
    await got.count(1);
    proxy.alarm(true, ' sends');
    await eventually(
      () => bus.healthy(),
      (healthy) => !healthy,
    );
    const began = performance.now();
    await expect(bus.publish([event(type, { n: 2 })])).rejects.toThrow('blocked');
    expect(performance.now() - began).toBeLessThan(3_000);
    // Subscribers go on: what is consumed is what ends the alarm.
    const aside = await connect({ url: URL_ });
    await aside.publish([event(type, { n: 3 })]);
    await got.count(2);
    await drained(bus);
    proxy.alarm(false, ' sends');
    await healthyAgain(bus);
    await bus.publish([event(type, { n: 4 })]);
    await got.count(3);
    expect(got.items.map(numberOf)).toEqual([1, 3, 4]);
    await aside.close();
  });

  test('close ends in time even when every connection is blocked', async () => {
    await collect(bus);
    await bus.listen('c', () => {});
    proxy.alarm(true, '');
    await eventually(
      () => bus.healthy(),
      (healthy) => !healthy,
    );
    const began = performance.now();
    await bus.close();
    expect(performance.now() - began).toBeLessThan(10_000);
  });

  test('retries and dead letters asked for while the broker is down are made up for, not lost', async () => {
    const seen = new Inbox<string>();
    const wasSeen = (n: number) => seen.items.some((item) => item.startsWith(`${n}:`));
    await bus.subscribe({
      queue,
      types: [type],
      prefetch: 10,
      onBatch: async (batch) => {
        for (const delivery of batch) {
          // One that was on its way when the connection broke comes with a higher attempt.
          if (!wasSeen(numberOf(delivery))) proxy.down();
          seen.add(`${numberOf(delivery)}:${delivery.attempt}`);
          if (numberOf(delivery) === 0) delivery.dead('hopeless');
          else if (delivery.attempt < 4) delivery.retry(10, 'later');
          else delivery.ack();
        }
      },
    });
    const aside = await connect({ url: URL_ });
    // One outage each: whether both would come in one batch is the broker's affair.
    for (const [n, one] of events(type, 2).entries()) {
      await aside.publish([one]);
      await seen.until(() => wasSeen(n));
      proxy.up();
      await healthyAgain(bus);
    }
    await eventually(
      () => aside.depth(queue),
      (depth) => depth.waiting === 0 && depth.dead === 1,
      30_000,
    );
    expect(seen.items.some((item) => /^1:[4-9]$/.test(item))).toBe(true);
    await aside.close();
  });

  test('started without a broker, it connects, declares and subscribes when there is one', async () => {
    proxy.down();
    const late = await connect();
    expect(late.healthy()).toBe(false);
    await late.declare([{ queue, types: [type] }]);
    const { got } = await collect(late);
    proxy.up();
    await healthyAgain(late);
    await late.publish([event(type, { n: 1 })]);
    await got.count(1);
    await late.close();
  });

  test('a wrong password is an error at once', async () => {
    const url = new URL(URL_);
    url.password = 'wrong';
    await expect(connect({ url: url.href, timeoutMs: 3_000 })).rejects.toThrow('refuses this user');
  });

  test('a queue of another shape: one clear error, the queue untouched', async () => {
    const name = broker.names.queue(queue);
    await broker.connection.queueDeclare({ queue: name, durable: true });
    const errors: string[] = [];
    const log: BusLog = { ...silentLog, error: (_fields, message) => errors.push(message) };
    const other = await connect({ log });
    const refused = collect(other);
    await expect(refused).rejects.toThrow(BusTopologyError);
    await expect(refused).rejects.toThrow(`delete_queue "${name}"`);
    expect(errors).toEqual([]);
    await expect(other.declare([{ queue, types: [type] }])).rejects.toThrow(BusTopologyError);
    // Others still get their events.
    await other.publish([event(type)]);
    await broker.connection.queueDelete({ queue: name, ifEmpty: true });
    const { got } = await collect(other);
    await other.publish([event(type)]);
    await got.count(1);
    await other.close();
  });

  test('a queue deleted under its subscriber, while published to, stands again', async () => {
    const { got } = await collect(bus);
    await bus.publish([event(type, { n: -1 })]);
    await got.count(1);
    let n = 0;
    const deleted = broker.connection.queueDelete(broker.names.queue(queue));
    for (; n < 50; n++) await bus.publish([event(type, { n })]).catch(() => {});
    await deleted;
    await eventually(
      async () => {
        await bus.publish([event(type, { n: ++n })]).catch(() => {});
        return got.items.map(numberOf).includes(n - 1);
      },
      (arrived) => arrived,
      20_000,
    );
  });

  test('a message that no one answers is parked by the broker at the limit', async () => {
    await bus.declare([{ queue, types: [type] }]);
    await bus.publish([event(type, { n: 5 })]);
    const channel = await broker.connection.acquire();
    for (let delivery = 0; delivery < 21; delivery++) {
      const message = await eventually(
        () => channel.basicGet(broker.names.queue(queue)),
        (found) => found !== undefined,
      );
      channel.basicNack({ deliveryTag: message?.deliveryTag ?? 0, requeue: true });
    }
    await channel.close();
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.dead === 1 && depth.waiting === 0,
    );
    const [letter] = await bus.deadLetters.list(queue, 10);
    expect(letter).toMatchObject({ queue, type, attempts: 21, reason: 'delivered 21 times without an answer' });
    expect(Date.parse(letter?.deadAt ?? '')).toBeGreaterThan(Date.now() - 60_000);
    const { got } = await collect(bus);
    expect(await bus.deadLetters.replay(queue, letter?.id ?? '')).toBe(true);
    await got.count(1);
    expect(got.items[0]).toMatchObject({ type, attempt: 1 });
  });

  test('a binding is kept for its grace, whoever subscribes without it', async () => {
    const old = `${type}.old`;
    await (await collect(bus, [type, old])).subscription.close();
    await (await collect(bus, [type])).subscription.close();
    const { got, subscription } = await collect(bus, [type]);
    await bus.publish([event(old)]);
    await got.count(1);
    await subscription.close();
    const strict = await connect({ bindingGraceMs: 0 });
    const { got: after } = await collect(strict, [type]);
    await strict.publish([event(old), event(type)]);
    await after.count(1);
    expect(after.items.map((delivery) => delivery.type)).toEqual([type]);
    await strict.close();
  });

  test('broadcasts: a listener learns of a gap, whether its own connection broke or the sender’s', async () => {
    const gaps = new Inbox<string>();
    const heard = new Inbox<unknown>();
    const steady = await connect({ url: URL_ });
    await bus.listen(
      'c',
      (payload) => heard.add(payload),
      () => gaps.add('own'),
    );
    await steady.listen(
      'c',
      (payload) => heard.add(payload),
      () => gaps.add('steady'),
    );
    bus.broadcast('c', 1);
    await heard.count(2);
    // Gaps are told of after a moment: one of the start, or of a process nearby that came back, is no answer to what follows.
    await new Promise((resolve) => setTimeout(resolve, 300));
    gaps.items.length = 0;
    proxy.cut();
    await gaps.until((items) => items.includes('own') && items.includes('steady'));
    await healthyAgain(bus);
    const before = heard.items.length;
    steady.broadcast('c', 2);
    await heard.count(before + 2);
    await steady.close();
  });

  test('two processes look through the same dead letters at once, and neither misses one', async () => {
    await bus.subscribe({
      queue,
      types: [type],
      prefetch: 50,
      onBatch: async (batch) => {
        for (const delivery of batch) delivery.dead('no');
      },
    });
    await bus.publish(events(type, 30));
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.dead === 30,
    );
    const other = await connect();
    const lists = await Promise.all([bus, other, bus, other].map((one) => one.deadLetters.list(queue, 100)));
    expect(lists.map((letters) => new Set(letters.map((letter) => letter.id)).size)).toEqual([30, 30, 30, 30]);
    await other.close();
  });

  test('what a replica puts aside for a retry is counted, also when that replica is gone', async () => {
    const looks = await connect();
    const worker = await connect();
    await worker.subscribe({
      queue,
      types: [type],
      prefetch: 50,
      onBatch: async (batch) => {
        for (const delivery of batch) delivery.retry(120_000, 'not yet');
      },
    });
    // From here on it knows that no retry queue is there.
    expect(await looks.depth(queue)).toEqual({ waiting: 0, dead: 0 });
    await bus.publish(events(type, 4));
    const isAside = ({ waiting }: { waiting: number }) => waiting === 4;
    await eventually(() => bus.depth(queue), isAside);
    for (let look = 0; look < 3; look++) expect(await looks.depth(queue)).toEqual({ waiting: 4, dead: 0 });
    await worker.close();
    expect(await (await connect()).depth(queue)).toEqual({ waiting: 4, dead: 0 });
    expect(await looks.depth(queue)).toEqual({ waiting: 4, dead: 0 });
    await looks.close();
  });

  test('a replica that used a retry queue and went is noticed by who only knew it was not there', async () => {
    const { subscription } = await collect(bus);
    expect(await bus.depth(queue)).toEqual({ waiting: 0, dead: 0 });
    await subscription.close();
    const worker = await connect();
    await worker.subscribe({
      queue,
      types: [type],
      prefetch: 50,
      onBatch: async (batch) => {
        for (const delivery of batch) delivery.retry(120_000, 'not yet');
      },
    });
    await worker.publish(events(type, 2));
    // Its end waits for the copies.
    await eventually(
      () => worker.depth(queue),
      ({ waiting }) => waiting === 2,
    );
    await worker.close();
    expect(await bus.depth(queue)).toEqual({ waiting: 2, dead: 0 });
  });

  test('bodies that a foreign publisher calls text or JSON arrive as bytes', async () => {
    const { got } = await collect(bus);
    const sender = broker.connection.createPublisher({ confirm: true });
    await sender.send({ exchange: broker.names.events, routingKey: type }, 'plain');
    await sender.send({ exchange: broker.names.events, routingKey: type }, { a: 1 });
    await sender.close();
    await got.count(2);
    expect(got.items.map((delivery) => delivery.raw.toString())).toEqual(['plain', '{"a":1}']);
  });
});
