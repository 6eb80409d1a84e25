import { allInOne } from '../world.ts';
import { dealWalks } from './deals.ts';
import { walkStory } from './walk.ts';

walkStory('the deal, all in one', dealWalks, () => allInOne());
