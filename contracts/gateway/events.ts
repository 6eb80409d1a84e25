import { z } from 'zod';
import { event } from '../common/define.ts';
import { id, timestamp } from '../common/values.ts';

export const gatewayEvents = {
  accessRefused: event({
    type: 'gateway.access.refused.v1',
    summary: 'A signed-in person asked for what he has no right to; repetitions are counted and told as one',
    subject: 'userId',
    data: z.object({
      /** Null: of many people, more than are told apart. */
      userId: id.nullable(),
      /** `GET /roles`; `*`: more routes than are told apart. */
      route: z.string().max(300),
      times: z.number().int().min(1),
      from: timestamp,
      until: timestamp,
    }),
  }),
};
