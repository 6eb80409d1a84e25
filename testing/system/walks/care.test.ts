import { allInOne } from '../world.ts';
import { CARE } from './care.ts';
import { careWorld } from './care-people.ts';
import { walkStory } from './walk.ts';

walkStory('care, all in one', CARE, () => careWorld((env) => allInOne({ env })));
