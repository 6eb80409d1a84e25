import { personalDataStory } from './personal-data.ts';

/** The same over RabbitMQ, whose queues are searched as well. */
personalDataStory('rabbit');
