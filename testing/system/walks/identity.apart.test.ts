import { apart } from '../apart.ts';
import { IDENTITY, IDENTITY_ENV } from './identity.ts';
import { walkStory } from './walk.ts';

walkStory('identity and access, apart', IDENTITY, () =>
  apart({ replicas: 2, env: IDENTITY_ENV, publicHost: 'localhost' }),
);
