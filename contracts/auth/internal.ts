import { z } from 'zod';
import { internal, route } from '../common/define.ts';
import { email, id, locale, text, timestamp } from '../common/values.ts';
import { personalDataRoutes } from '../common/personal-data.ts';
import { vitalsRoutes } from '../common/vitals.ts';

export const authInternal = {
  ...personalDataRoutes,
  ...vitalsRoutes,
  /** Public signing keys (JWK set). Cached by callers; asked again when a token names an unknown `kid`. */
  getKeys: route({
    method: 'GET',
    path: '/internal/keys',
    summary: 'Public keys that access tokens are signed with',
    rows: ['I11'],
    access: internal,
    reply: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
  /** `active`: false once the session ended or its user is blocked. Tokens of the session issued before `validFrom` (epoch seconds) are stale. */
  checkSessions: route({
    method: 'POST',
    path: '/internal/sessions/check',
    summary: 'Whether sessions are still good',
    rows: ['I11'],
    access: internal,
    body: z.strictObject({ sessionIds: z.array(id).min(1).max(100) }),
    status: 200,
    reply: z.object({ items: z.array(z.object({ sessionId: id, active: z.boolean(), validFrom: z.number() })) }),
  }),
  /** Ends every session of the user and, with `block`, refuses new ones until `lifted`. The end is announced before the answer. */
  lockUser: route({
    method: 'POST',
    path: '/internal/users/{userId}/lock',
    summary: 'End all sessions of a user, refuse new ones',
    access: internal,
    params: z.object({ userId: id }),
    body: z.strictObject({ locked: z.boolean(), until: timestamp.nullable() }),
    reply: null,
  }),
  /** Who has proved with his password that he is blocked, and may appeal. 404: no such token, or its time is over. */
  checkAppealToken: route({
    method: 'POST',
    path: '/internal/appeal-tokens/check',
    summary: 'Whose token for an appeal it is',
    access: internal,
    body: z.strictObject({ token: z.string().max(200) }),
    status: 200,
    reply: z.object({ userId: id }),
  }),
  /** The secret that a mail or SMS must carry (code, link token). Secrets never travel in events; each can be fetched until it is used or expires. 404 after. */
  getMessageSecret: route({
    method: 'GET',
    path: '/internal/message-secrets/{secretId}',
    summary: 'The code and link of a message to be sent',
    rows: ['E2'],
    access: internal,
    params: z.object({ secretId: id }),
    reply: z.object({
      secretId: id,
      userId: id,
      code: z.string().nullable(),
      linkToken: z.string().nullable(),
      expiresAt: timestamp,
      /** Address or number to send to when it is not the user's present one (registration, change of email or phone). */
      destination: z.string().nullable(),
      locale,
    }),
  }),
  /** Staff invitation: a mail goes out; the invited person chooses a password. */
  createInvitation: route({
    method: 'POST',
    path: '/internal/invitations',
    summary: 'Invite a member of staff',
    rows: ['D2'],
    access: internal,
    body: z.strictObject({
      email,
      displayName: text(1, 100),
      roles: z.array(z.string()).min(1).max(10),
      invitedBy: id,
      locale,
    }),
    reply: z.object({ invitationId: id, userId: id, expiresAt: timestamp }),
    errors: ['auth.email_taken'],
  }),
};
