/** Walks: what people do with the platform, each from beginning to end, seen from outside in both ways of running. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { World } from '../world.ts';

export interface Walk {
  readonly name: string;
  run(world: World): Promise<void>;
}

/** Runs walks in one world, one after the other; afterwards no event lies in the dead letters and the books balance. */
export function walkStory(title: string, walks: readonly Walk[], start: () => Promise<World>): void {
  describe(title, () => {
    let world: World;
    beforeAll(async () => {
      world = await start();
      await world.drain();
    }, 240_000);
    afterAll(() => world?.close(), 60_000);
    for (const walk of walks) test(walk.name, () => walk.run(world), 180_000);
    test('nothing is left in the dead letters, and the books balance', async () => {
      await world.drain();
      expect(await world.deadLetters()).toEqual([]);
      const books = await fetch(`${world.gateways[0]}/api/v1/ledger/invariants`);
      expect(await books.json()).toMatchObject({ balanced: true, escrowEqualsDeals: true });
    }, 120_000);
  });
}
