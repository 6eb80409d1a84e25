import { allInOne } from '../world.ts';
import { moneyWalks } from './money.ts';
import { walkStory } from './walk.ts';

walkStory('the money, all in one', moneyWalks, () => allInOne());
