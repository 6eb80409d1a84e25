import { rightsStory } from './rights.ts';
import { allInOne } from './world.ts';

rightsStory(() => allInOne());
