import { allInOne } from '../world.ts';
import { IDENTITY, IDENTITY_ENV } from './identity.ts';
import { walkStory } from './walk.ts';

walkStory('identity and access, all in one', IDENTITY, () => allInOne({ env: IDENTITY_ENV, publicHost: 'localhost' }));
