import { apart } from '../apart.ts';
import { moneyWalks } from './money.ts';
import { walkStory } from './walk.ts';

walkStory('the money, apart', moneyWalks, () => apart({ replicas: 2 }));
