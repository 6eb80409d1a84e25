import { expect, test } from 'vitest';
import type { Bus, Delivery } from './bus.ts';
import type { SuiteFixture } from './bus-suite-fixture.ts';
import { event, events, eventually, Inbox, numberOf } from './bus-testing.ts';

/** What every transport promises while nothing fails. */
export function deliveryTests(suite: SuiteFixture): void {
  const { open, subscribe, collect, freshQueue } = suite;

  test('every subscriber gets what it bound, in order, as it was sent', async () => {
    const { bus, queue, type } = suite;
    const otherQueue = freshQueue();
    const first = await collect(bus);
    const second = await collect(bus, { queue: otherQueue, types: [type, `${type}.more`] });
    const sent = events(type, 20);
    await bus.publish(sent);
    await bus.publish([event(`${type}.more`, { n: 20 }), event(`${type}.nobody`)]);
    await first.got.count(20);
    await second.got.count(21);
    expect(first.got.items.map((delivery) => JSON.parse(delivery.raw.toString()))).toEqual(sent);
    expect(second.got.items.map(numberOf)).toEqual(Array.from({ length: 21 }, (_, n) => n));
    expect(second.got.items.map((delivery) => delivery.type)).toEqual([...Array(20).fill(type), `${type}.more`]);
    expect(new Set(first.got.items.map((delivery) => delivery.attempt))).toEqual(new Set([1]));
    await eventually(
      () => Promise.all([bus.depth(queue), bus.depth(otherQueue)]),
      (depths) => depths.every((depth) => depth.waiting === 0 && depth.dead === 0),
    );
  });

  test('a batch holds 1..prefetch messages and the next waits for its end', async () => {
    const { bus, queue, type } = suite;
    await bus.declare([{ queue, types: [type] }]);
    await bus.publish(events(type, 30));
    const sizes = new Inbox<number>();
    let running = 0;
    let most = 0;
    await bus.subscribe({
      queue,
      types: [type],
      prefetch: 7,
      onBatch: async (batch) => {
        most = Math.max(most, ++running);
        for (const delivery of batch) {
          await new Promise((resolve) => setImmediate(resolve));
          delivery.ack();
        }
        running--;
        sizes.add(batch.length);
      },
    });
    await sizes.until((items) => items.reduce((sum, size) => sum + size, 0) === 30);
    expect(most).toBe(1);
    expect(Math.max(...sizes.items)).toBeLessThanOrEqual(7);
  });

  test('a subscriber that gathers gets in one batch what comes within its time', async () => {
    const { bus, queue, type } = suite;
    const batches: number[] = [];
    const got = new Inbox<number>();
    await bus.subscribe({
      queue,
      types: [type],
      prefetch: 100,
      gatherMs: 500,
      onBatch: async (batch) => {
        batches.push(batch.length);
        for (const delivery of batch) {
          delivery.ack();
          got.add(numberOf(delivery));
        }
      },
    });
    await bus.publish(events(type, 1));
    await got.count(1);
    const before = batches.length;
    for (const n of [1, 2, 3, 4, 5]) await bus.publish(events(type, n + 1).slice(n));
    await got.count(6);
    expect(got.items).toEqual([0, 1, 2, 3, 4, 5]);
    expect(batches.length - before).toBeLessThan(3);
  });

  test('what is published before the subscriber ever ran waits for it, and survives a restart', async () => {
    const { bus, queue, type } = suite;
    await bus.declare([{ queue, types: [type] }]);
    await bus.publish(events(type, 5));
    await bus.close();
    const { got } = await collect(await open());
    await got.count(5);
    expect(got.items.map(numberOf)).toEqual([0, 1, 2, 3, 4]);
  });

  test('a retry comes back later with a growing attempt and holds nothing up', async () => {
    const { bus, queue, type } = suite;
    const seen = new Inbox<{ n: number; attempt: number }>();
    await subscribe(bus, (delivery) => {
      const n = numberOf(delivery);
      if (n === 0 && delivery.attempt < 3) delivery.retry(50, 'not yet');
      else delivery.ack();
      seen.add({ n, attempt: delivery.attempt });
    });
    await bus.publish(events(type, 3));
    await seen.until((items) => items.filter((item) => item.n === 0).length === 3);
    expect(seen.items.slice(0, 3).map((item) => item.n)).toEqual([0, 1, 2]);
    expect(seen.items.filter((item) => item.n === 0).map((item) => item.attempt)).toEqual([1, 2, 3]);
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.waiting === 0,
    );
  });

  test('a retry goes to its own subscriber only', async () => {
    const { bus, type } = suite;
    const other = await collect(bus, { queue: freshQueue() });
    const attempts = new Inbox<number>();
    await subscribe(bus, (delivery) => {
      if (delivery.attempt === 1) delivery.retry(10, 'again');
      else delivery.ack();
      attempts.add(delivery.attempt);
    });
    await bus.publish([event(type)]);
    await attempts.count(2);
    expect(other.got.items).toHaveLength(1);
  });

  test('bindings no longer named are removed', async () => {
    const { bus, queue, type } = suite;
    const { subscription } = await collect(bus, { types: [type, `${type}.old`] });
    await subscription.close();
    const { got } = await collect(bus, { types: [type, `${type}.new`] });
    await bus.publish([event(`${type}.old`), event(type), event(`${type}.new`)]);
    await got.count(2);
    expect(got.items.map((delivery) => delivery.type)).toEqual([type, `${type}.new`]);
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.waiting === 0,
    );
    expect(got.items).toHaveLength(2);
  });

  test('two consumers share a queue', async () => {
    const { bus, queue, type } = suite;
    const got = new Inbox<number>();
    const release = Promise.withResolvers<void>();
    const by = new Map<number, string>();
    const consume = async (on: Bus, who: string) =>
      subscribe(
        on,
        async (delivery) => {
          by.set(numberOf(delivery), who);
          got.add(numberOf(delivery));
          // Holds its first message until both have one.
          if (new Set(by.values()).size === 2) release.resolve();
          await release.promise;
          delivery.ack();
        },
        { prefetch: 1 },
      );
    await consume(bus, 'a');
    await consume(await open(), 'b');
    await bus.publish(events(type, 20));
    await got.count(20);
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.waiting === 0,
    );
    expect([...got.items].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => n));
    expect(new Set(by.values())).toEqual(new Set(['a', 'b']));
  });

  test('depth counts what is ready, in flight (elsewhere too) and waiting for a retry', async () => {
    const { bus, queue, type } = suite;
    const holding = new Inbox<Delivery>();
    const release = Promise.withResolvers<void>();
    await bus.subscribe({
      queue,
      types: [type],
      prefetch: 3,
      onBatch: async (batch) => {
        for (const delivery of batch) holding.add(delivery);
        await release.promise;
        for (const delivery of batch) {
          if (delivery.attempt === 1 && numberOf(delivery) === 0) delivery.retry(1_000, 'later');
          else delivery.ack();
        }
      },
    });
    await bus.publish(events(type, 5));
    await holding.count(1);
    const other = await open();
    expect(await other.depth(queue)).toEqual({ waiting: 5, dead: 0 });
    release.resolve();
    await eventually(
      () => other.depth(queue),
      (depth) => depth.waiting === 1,
    );
    await holding.until((items) => items.some((delivery) => delivery.attempt === 2));
    await eventually(
      () => other.depth(queue),
      (depth) => depth.waiting === 0,
    );
  });

  test('a broadcast reaches every listener of its channel, in every process, as data', async () => {
    const { bus, type, harness } = suite;
    const peer = await harness.peer(bus);
    const here = new Inbox<unknown>();
    const there = new Inbox<unknown>();
    const wrong = new Inbox<unknown>();
    const channel = `sessions.${type}`;
    const listening = await bus.listen(channel, (payload) => here.add(payload));
    await peer.listen(channel, (payload) => there.add(payload));
    await peer.listen(`${channel}.other`, (payload) => wrong.add(payload));
    bus.broadcast(channel, { revoked: ['a'] });
    bus.broadcast(channel, 2);
    await here.count(2);
    await there.count(2);
    expect(here.items).toEqual([{ revoked: ['a'] }, 2]);
    expect(there.items).toEqual([{ revoked: ['a'] }, 2]);
    await listening.close();
    peer.broadcast(channel, 3);
    await there.count(3);
    expect(here.items).toHaveLength(2);
    expect(wrong.items).toHaveLength(0);
    if (peer !== bus) await peer.close();
  });

  test('a closed bus refuses', async () => {
    const { bus, type } = suite;
    await bus.close();
    expect(bus.healthy()).toBe(false);
    await expect(bus.publish([event(type)])).rejects.toThrow('closed');
    await expect(collect(bus)).rejects.toThrow('closed');
  });

  test('names and bounds that no transport takes are refused', async () => {
    const { bus } = suite;
    await expect(collect(bus, { queue: 'Not A Queue' })).rejects.toThrow('not a usable queue name');
    await expect(collect(bus, { prefetch: 0 })).rejects.toThrow('prefetch');
  });
}
