import { z } from 'zod';
import { route, signedIn, RANGE_HEADERS, streamed } from '../common/define.ts';
import { consentKind, consentVersion } from '../common/consents.ts';
import { id, timestamp } from '../common/values.ts';

const exported = z.object({
  exportId: id,
  status: z.enum(['pending', 'ready']),
  requestedAt: timestamp,
  readyAt: timestamp.nullable(),
  /** The archive is deleted then. */
  expiresAt: timestamp.nullable(),
  size: z.number().int().nullable(),
});
const erasure = z.object({ scheduledFor: timestamp.nullable() });
const consent = z.object({ kind: consentKind, version: z.string(), given: z.boolean(), at: timestamp });
/** One's own data is one's own, also before the email is confirmed. */
const fresh = signedIn({ fresh: true, confirmed: false, owner: 'self' });

/** A person's rights over his data, below `/api/v1`. */
export const usersPersonal = {
  requestExport: route({
    method: 'POST',
    path: '/me/exports',
    summary: 'Ask for an archive of all data that the platform keeps of you; one at a time',
    access: fresh,
    idempotency: 'optional',
    reply: exported,
    status: 202,
  }),
  listExports: route({
    method: 'GET',
    path: '/me/exports',
    summary: 'Own archives that were asked for',
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: z.object({ items: z.array(exported) }),
  }),
  getExportArchive: route({
    method: 'GET',
    path: '/me/exports/{exportId}/archive',
    summary: 'The archive (ZIP): JSON of every service, a page to read, own files',
    access: signedIn({ fresh: true, confirmed: false, owner: 'ownArchive' }),
    params: z.object({ exportId: id }),
    headers: RANGE_HEADERS,
    reply: streamed(['application/zip'], 2000 * 1024 * 1024),
    timeoutMs: 60_000,
  }),
  getOwnErasure: route({
    method: 'GET',
    path: '/me/erasure',
    summary: 'Whether and when the own account is erased',
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: erasure,
  }),
  requestErasure: route({
    method: 'POST',
    path: '/me/erasure',
    summary: 'Ask for the erasure of the own account; it can be called off for 14 days',
    access: fresh,
    idempotency: 'optional',
    reply: erasure,
    status: 202,
    errors: ['users.deals_running', 'users.last_admin'],
  }),
  cancelErasure: route({
    method: 'DELETE',
    path: '/me/erasure',
    summary: 'Call the erasure off',
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: erasure,
    status: 200,
  }),
  listConsents: route({
    method: 'GET',
    path: '/me/consents',
    summary: 'Every consent given or withdrawn, newest first',
    access: signedIn({ confirmed: false, owner: 'self' }),
    reply: z.object({ items: z.array(consent) }),
  }),
  putConsent: route({
    method: 'POST',
    path: '/me/consents',
    summary:
      'Give or withdraw the consent to news. The terms are agreed to at `/me/agreements`; who no longer agrees to the processing of his data asks for erasure',
    access: signedIn({ confirmed: false, owner: 'self' }),
    idempotency: 'optional',
    body: z.strictObject({
      kind: consentKind.extract(['news']),
      version: consentVersion,
      given: z.boolean(),
    }),
    reply: consent,
    example: { body: { kind: 'news', version: '2026-01', given: true } },
  }),
};
