import { personalDataStory } from './personal-data.ts';

personalDataStory('embedded');
