import { z } from 'zod';
import { consentVersion } from '../common/consents.ts';
import { guest, route } from '../common/define.ts';
import { LEGAL_DOCUMENTS } from '../common/legal-texts.ts';

const document = z.enum(LEGAL_DOCUMENTS);

/** What people agree to, for everybody to read, before joining and after. */
export const legalRoutes = {
  getLegalText: route({
    method: 'GET',
    path: '/legal-texts/{document}',
    summary:
      'Terms of use, privacy policy, consent to the processing of data, news: the text in force, or a former one',
    rows: ['A1'],
    access: guest,
    params: z.object({ document }),
    query: z.object({ version: consentVersion.optional() }),
    reply: z.object({
      document,
      version: z.string(),
      /** False: another version is in force now. */
      current: z.boolean(),
      title: z.string(),
      sections: z.array(z.object({ heading: z.string(), paragraphs: z.array(z.string()) })),
    }),
    example: { params: { document: 'terms' } },
  }),
};
