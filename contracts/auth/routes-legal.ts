import { z } from 'zod';
import { consentVersion, requiredConsent } from '../common/consents.ts';
import { guest, route, signedIn } from '../common/define.ts';
import { CURRENT_TEXTS, LEGAL_DOCUMENTS } from '../common/legal-texts.ts';

const document = z.enum(LEGAL_DOCUMENTS);
const own = signedIn({ confirmed: false, owner: 'self' });
const agreements = z.object({
  items: z.array(
    z.object({
      kind: requiredConsent,
      /** The version last agreed to; null: of who set the platform up, and is not asked. */
      agreed: z.string().nullable(),
      inForce: z.string(),
      /** Until it is agreed to, no new obligation is entered (403 `agreement_outdated`); all else goes on. */
      outdated: z.boolean(),
    }),
  ),
});

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
  getAgreements: route({
    method: 'GET',
    path: '/me/agreements',
    summary:
      'Which versions of the terms and of the consent to processing one has agreed to, and whether newer ones are in force',
    rows: ['A1'],
    access: own,
    reply: agreements,
  }),
  agree: route({
    method: 'POST',
    path: '/me/agreements',
    summary: 'Agree to the version in force of one or more texts; an entry in the log of consents',
    rows: ['A1'],
    access: own,
    status: 200,
    body: z
      .strictObject({ terms: consentVersion, privacy: consentVersion })
      .partial()
      .refine((given) => Object.keys(given).length > 0, { message: 'at least one text' }),
    reply: agreements,
    errors: ['auth.consent_outdated'],
    example: { body: { terms: CURRENT_TEXTS.terms } },
  }),
};
