import { expect, test } from 'vitest';
import type { Delivery } from './bus.ts';
import type { SuiteFixture } from './bus-suite-fixture.ts';
import { event, events, eventually, Inbox, numberOf } from './bus-testing.ts';

/** What every transport promises when messages, subscribers or processes fail. */
export function faultTests(suite: SuiteFixture): void {
  const { open, subscribe, collect, startKillable } = suite;

  test('a batch that throws, or leaves messages open, is retried', async () => {
    const { bus, queue, type } = suite;
    const attempts = new Inbox<string>();
    await bus.subscribe({
      queue,
      types: [type],
      prefetch: 1,
      onBatch: async ([delivery]) => {
        if (!delivery) return;
        const n = numberOf(delivery);
        attempts.add(`${n}:${delivery.attempt}`);
        if (delivery.attempt > 1) delivery.ack();
        else if (n === 0) throw new Error('broken');
      },
    });
    await bus.publish(events(type, 2));
    await attempts.count(4);
    expect([...attempts.items].sort()).toEqual(['0:1', '0:2', '1:1', '1:2']);
  });

  test('a message is settled once', async () => {
    const { bus, queue, type } = suite;
    const errors = new Inbox<unknown>();
    await subscribe(bus, (delivery) => {
      delivery.ack();
      try {
        delivery.retry(1, 'no');
      } catch (error) {
        errors.add(error);
      }
    });
    await bus.publish([event(type)]);
    await errors.count(1);
    expect(String(errors.items[0])).toContain('settled already');
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.waiting === 0,
    );
  });

  test('dead letters are listed, read, replayed and discarded', async () => {
    const { bus, queue, type } = suite;
    const seen = new Inbox<string>();
    let fixed = false;
    await subscribe(bus, (delivery) => {
      seen.add(`${numberOf(delivery)}:${delivery.attempt}`);
      if (fixed) delivery.ack();
      else if (delivery.attempt === 1) delivery.retry(10, 'first');
      else delivery.dead(`hopeless ${numberOf(delivery)}`);
    });
    const before = Date.now();
    await bus.publish(events(type, 3));
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.dead === 3 && depth.waiting === 0,
    );
    const letters = await bus.deadLetters.list(queue, 10);
    expect(letters.map((letter) => letter.reason).sort()).toEqual(['hopeless 0', 'hopeless 1', 'hopeless 2']);
    for (const letter of letters) {
      expect(letter).toMatchObject({ queue, type, attempts: 2 });
      expect(Date.parse(letter.deadAt)).toBeGreaterThan(before - 60_000);
      expect(letter.reason).toBe(`hopeless ${numberOf({ raw: letter.body })}`);
    }
    expect(await bus.deadLetters.list(queue, 2)).toHaveLength(2);
    const [first, second, third] = letters;
    if (!first || !second || !third) throw new Error('three letters expected');
    expect(await bus.deadLetters.get(queue, second.id)).toEqual(second);
    expect(await bus.deadLetters.get(queue, 'no-such-id')).toBeUndefined();
    expect(await bus.deadLetters.discard(queue, first.id)).toBe(true);
    expect(await bus.deadLetters.discard(queue, first.id)).toBe(false);
    fixed = true;
    const count = seen.items.length;
    expect(await bus.deadLetters.replay(queue, second.id)).toBe(true);
    expect(await bus.deadLetters.replay(queue, second.id)).toBe(false);
    await seen.count(count + 1);
    expect(seen.items.at(-1)).toBe(`${numberOf({ raw: second.body })}:1`);
    expect((await bus.deadLetters.list(queue, 10)).map((letter) => letter.id)).toEqual([third.id]);
  });

  test('dead letters of a queue that never was', async () => {
    const { bus } = suite;
    expect(await bus.deadLetters.list('q-never', 10)).toEqual([]);
    expect(await bus.deadLetters.replay('q-never', '1')).toBe(false);
    expect(await bus.depth('q-never')).toEqual({ waiting: 0, dead: 0 });
  });

  test('poison arrives as the bytes it is, and through retry and dead letter stays so', async () => {
    const { bus, queue, type, harness } = suite;
    const garbage = Buffer.concat([
      Buffer.from([0, 0xff, 0xfe, 0x80]),
      Buffer.from('{"half":'),
      Buffer.alloc(1_000_000, 0xc3),
    ]);
    const seen = new Inbox<Delivery>();
    await subscribe(bus, (delivery) => {
      seen.add(delivery);
      if (delivery.attempt === 1) delivery.retry(10, 'what is this?');
      else delivery.dead('not an event');
    });
    await harness.inject(type, garbage);
    await harness.inject(type, Buffer.alloc(0));
    await seen.count(4);
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.dead === 2,
    );
    const sizes = seen.items.map((delivery) => delivery.raw.length).sort((a, b) => a - b);
    expect(sizes).toEqual([0, 0, garbage.length, garbage.length]);
    expect(seen.items.every((delivery) => delivery.type === type)).toBe(true);
    const letters = await bus.deadLetters.list(queue, 10);
    expect(letters.some((letter) => letter.body.equals(garbage) && letter.type === type)).toBe(true);
  });

  test('dead letters that fit are discarded, the others stay and can still be replayed', async () => {
    const { bus, queue, type } = suite;
    let fixed = false;
    const seen = new Inbox<number>();
    await subscribe(bus, (delivery) => {
      if (!fixed) return delivery.dead('hopeless');
      seen.add(numberOf(delivery));
      delivery.ack();
    });
    await bus.publish(events(type, 5));
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.dead === 5,
    );
    const even = (letter: { body: Buffer }) => numberOf({ raw: letter.body }) % 2 === 0;
    expect(await bus.deadLetters.discardAll(queue, even)).toBe(3);
    expect(await bus.deadLetters.discardAll(queue, even)).toBe(0);
    expect(await bus.deadLetters.discardAll('no-such-queue', () => true)).toBe(0);
    const left = await bus.deadLetters.list(queue, 10);
    expect(left.map((letter) => numberOf({ raw: letter.body })).sort()).toEqual([1, 3]);
    fixed = true;
    for (const letter of left) await bus.deadLetters.replay(queue, letter.id);
    await seen.count(2);
  });

  test('close waits for the running batch and gives back the rest', async () => {
    const { bus, queue, type } = suite;
    const started = new Inbox<number>();
    const release = Promise.withResolvers<void>();
    const finished: number[] = [];
    const subscription = await subscribe(bus, async (delivery) => {
      started.add(numberOf(delivery));
      await release.promise;
      delivery.ack();
      finished.push(numberOf(delivery));
    });
    await bus.publish(events(type, 1));
    await started.count(1);
    await bus.publish(events(type, 6).slice(1));
    const closed = subscription.close();
    release.resolve();
    await closed;
    expect(finished).toEqual([0]);
    expect(started.items).toEqual([0]);
    const { got } = await collect(await open());
    await got.count(5);
    expect(got.items.map(numberOf).sort()).toEqual([1, 2, 3, 4, 5]);
    await eventually(
      () => bus.depth(queue),
      (depth) => depth.waiting === 0,
    );
  });

  test('a consumer killed with messages in hand: they come again, counted, and nothing is lost', async () => {
    const { bus, queue, type, harness } = suite;
    await bus.declare([{ queue, types: [type] }]);
    await bus.publish(events(type, 30));
    const child = startKillable({ transport: harness.transport, mode: 'hold', queue, type, acks: 5 });
    await child.lines.until((lines) => lines.includes('holding'));
    await child.kill();
    const had = child.lines.items.filter((line) => line.startsWith('got '));
    const held = had.map((line) => numberOf({ raw: Buffer.from(line.slice('got '.length)) })).slice(5);
    expect(held.length).toBeGreaterThan(0);
    const second = await open();
    const { got } = await collect(second);
    const all = Array.from({ length: 30 }, (_, n) => n);
    await got.until((items) => new Set(items.map(numberOf)).size >= 25);
    await eventually(
      () => second.depth(queue),
      (depth) => depth.waiting === 0,
    );
    const came = got.items.map(numberOf);
    // All but what it had acked came, and what it held came as a further attempt.
    expect(all.filter((n) => !came.includes(n)).every((n) => n < 5)).toBe(true);
    for (const delivery of got.items) if (held.includes(numberOf(delivery))) expect(delivery.attempt).toBe(2);
  });

  test('a publisher killed in the middle: all that it was told is safe arrives', async () => {
    const { bus, queue, type, harness } = suite;
    await bus.declare([{ queue, types: [type] }]);
    const child = startKillable({ transport: harness.transport, mode: 'publish', queue, type, acks: 0 });
    await child.lines.until((lines) => lines.length >= 300);
    await child.kill();
    const safe = child.lines.items.map((line) => Number(line.replace('sent ', '')));
    const { got } = await collect(await open(), { prefetch: 500 });
    await got.until((items) => items.length >= safe.length);
    const arrived = new Set(got.items.map(numberOf));
    expect(safe.filter((n) => !arrived.has(n))).toEqual([]);
  });
}
