import { z } from 'zod';
import { internal, route } from './define.ts';
import { timestamp } from './values.ts';

/** What every service with a state tells of itself to the health page of the administration. */
export const vitalsRoutes = {
  getVitals: route({
    method: 'GET',
    path: '/internal/vitals',
    summary: 'Events that wait to leave the service, and since when',
    access: internal,
    reply: z.object({
      /** At most 10,000 are counted. */
      outbox: z.number().int(),
      oldestAt: timestamp.nullable(),
    }),
  }),
};
/** The row of this call, for the map of interactions. */
export const VITALS_CALLS = { getVitals: '+ health of every service' } as const;
