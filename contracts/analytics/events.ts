import { z } from 'zod';
import { event } from '../common/define.ts';
import { bilingual, id, timestamp } from '../common/values.ts';

export const analyticsEvents = {
  /** A report on schedule is made: its recipient gets it by mail. The file itself is fetched by REST. */
  reportReady: event({
    type: 'analytics.report.ready.v1',
    summary: 'A report on schedule is ready for its recipient',
    subject: 'reportId',
    data: z.object({
      reportId: id,
      recipientId: id,
      title: bilingual,
      /** First and last day it tells of. */
      from: z.iso.date(),
      to: z.iso.date(),
      expiresAt: timestamp,
    }),
  }),
};
