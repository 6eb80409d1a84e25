import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Collector, startCollector } from '#outside/otlp/collector.ts';
import { SPECIFIED_ROWS } from '#kit/docs/interactions.ts';
import { type ApartWorld, apart } from './apart.ts';
import { arrowsIn } from './arrows.ts';
import { beginStory, CHAPTERS, type Story } from './deal.ts';
import { repeatedRequests, timersAcrossRestart } from './replicas.ts';

/** The main job apart: RabbitMQ, PostgreSQL, two replicas of every service, each its own process; traced. */
describe('the deal, apart', () => {
  let collector: Collector;
  let world: ApartWorld;
  let story: Story;
  beforeAll(async () => {
    collector = await startCollector({ port: 0 });
    world = await apart({ replicas: 2, env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url } });
    story = await beginStory(world);
  }, 240_000);
  afterAll(async () => {
    await world?.close();
    await collector?.close();
  }, 60_000);

  for (const chapter of CHAPTERS) test(chapter.name, () => chapter.run(story), 120_000);

  test('every arrow of the specification really happened, and none that nobody declared', async () => {
    const end = Date.now() + 20_000;
    let seen = arrowsIn(collector.spans());
    while (SPECIFIED_ROWS.some((row) => !seen.rows.has(row)) && Date.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      seen = arrowsIn(collector.spans());
    }
    process.stdout.write(
      `arrows seen: ${SPECIFIED_ROWS.filter((row) => seen.rows.has(row)).length} of ${SPECIFIED_ROWS.length}\n`,
    );
    expect(SPECIFIED_ROWS.filter((row) => !seen.rows.has(row))).toEqual([]);
    expect(seen.undeclared).toEqual([]);
  }, 60_000);

  test(
    'M10: a key used forty times at once, on both replicas, makes one order',
    () => repeatedRequests(world),
    120_000,
  );

  test('M11: timers that run out while both replicas are down fire once', () => timersAcrossRestart(world), 240_000);
});
