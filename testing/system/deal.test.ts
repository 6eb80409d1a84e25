import { afterAll, beforeAll, describe, test } from 'vitest';
import { beginStory, CHAPTERS, type Story } from './deal.ts';
import { allInOne, type World } from './world.ts';

/** The main job, all in one process, over the public API (issue's acceptance story; rows I1–I25, E1–E16). */
describe('the deal, all in one', () => {
  let world: World;
  let story: Story;
  beforeAll(async () => {
    world = await allInOne();
    story = await beginStory(world);
  }, 240_000);
  afterAll(() => world?.close());
  for (const chapter of CHAPTERS) test(chapter.name, () => chapter.run(story), 120_000);
});
