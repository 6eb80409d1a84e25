import { z } from 'zod';
import { event } from '../common/define.ts';
import { consentKind, consentVersion } from '../common/consents.ts';
import { email, id, locale, phone, timestamp } from '../common/values.ts';

export const authEvents = {
  userRegistered: event({
    type: 'auth.user.registered.v1',
    summary: 'A person registered',
    subject: 'userId',
    personal: true,
    data: z.object({
      userId: id,
      email,
      displayName: z.string(),
      locale,
      country: z.string().nullable(),
      phone: phone.nullable(),
      timeZone: z.string(),
      /** First roles: `freelancer`, `client`, or what an invitation gave. */
      roles: z.array(z.string()),
      /** True for the first admin, who needs no confirmation. */
      confirmed: z.boolean(),
      /** Who brought this person. */
      referrerId: id.nullish(),
    }),
  }),
  /** For the log of consents. Also of somebody who registers an address again before it is confirmed. */
  consentsGiven: event({
    type: 'auth.consents.given.v1',
    summary:
      'A person agreed to the terms and to the processing of personal data, when joining or when a text has changed',
    subject: 'userId',
    data: z.object({
      userId: id,
      consents: z.array(z.object({ kind: consentKind, version: consentVersion })),
      at: timestamp,
    }),
  }),
  emailConfirmed: event({
    type: 'auth.email.confirmed.v1',
    summary: 'An email address was confirmed (also after a change)',
    subject: 'userId',
    personal: true,
    data: z.object({ userId: id, email }),
  }),
  phoneVerified: event({
    type: 'auth.phone.verified.v1',
    summary: 'A phone number was verified',
    subject: 'userId',
    personal: true,
    data: z.object({ userId: id, phone }),
  }),
  /** Asks notifications to send a code or link; the secret itself is fetched by REST. */
  messageRequested: event({
    type: 'auth.message.requested.v1',
    summary: 'A mail or SMS with a secret is to be sent',
    subject: 'userId',
    data: z.object({
      userId: id,
      secretId: id,
      channel: z.enum(['email', 'sms']),
      purpose: z.enum([
        'confirm_email',
        'reset_password',
        'sign_in_code',
        'change_email',
        'verify_phone',
        'invitation',
        'already_registered',
        'email_replaced',
      ]),
      locale,
    }),
  }),
  /** Something the owner of the account should hear of by mail. */
  securityNotice: event({
    type: 'auth.security.noticed.v1',
    summary: 'A security-relevant change of an account',
    subject: 'userId',
    personal: true,
    data: z.object({
      userId: id,
      kind: z.enum([
        'new_device',
        'password_changed',
        'factor_added',
        'factor_removed',
        'email_changed',
        'phone_changed',
        'recovery_code_used',
        'recovery_codes_renewed',
        'sessions_ended',
        'locked_out',
      ]),
      device: z.string().nullable(),
      place: z.string().nullable(),
      at: timestamp,
    }),
  }),
  signedIn: event({
    type: 'auth.session.started.v1',
    summary: 'A person signed in',
    subject: 'userId',
    data: z.object({ userId: id, sessionId: id, factors: z.array(z.string()) }),
  }),
  signInRefused: event({
    type: 'auth.session.refused.v1',
    summary: 'A sign-in was refused',
    subject: 'userId',
    data: z.object({ userId: id.nullable(), reason: z.string() }),
  }),
  sessionsEnded: event({
    type: 'auth.session.ended.v1',
    summary: 'Sessions ended',
    subject: 'userId',
    data: z.object({ userId: id, sessionIds: z.array(id), reason: z.string() }),
  }),
};

/** Transient broadcast to every gateway; a listener that may have missed one asks `checkSessions` again. */
export const SESSIONS_CHANNEL = 'auth.sessions';
/** `validFrom`: tokens issued before it (epoch seconds) must be refreshed; null: the sessions are over. */
export const sessionsBroadcast = z.object({
  userId: id.nullable(),
  sessionIds: z.array(id).nullable(),
  role: z.string().nullable(),
  validFrom: z.number().nullable(),
});
export type SessionsBroadcast = z.infer<typeof sessionsBroadcast>;
