import { apart } from './apart.ts';
import { rightsStory } from './rights.ts';

rightsStory(() => apart({ replicas: 2 }));
