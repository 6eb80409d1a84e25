import { apart } from '../apart.ts';
import { CARE } from './care.ts';
import { careWorld } from './care-people.ts';
import { walkStory } from './walk.ts';

walkStory('care, apart', CARE, () => careWorld((env) => apart({ replicas: 2, env })));
