import { apart } from '../apart.ts';
import { dealWalks } from './deals.ts';
import { walkStory } from './walk.ts';

walkStory('the deal, apart', dealWalks, () => apart({ replicas: 2 }));
