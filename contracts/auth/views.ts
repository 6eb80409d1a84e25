import { z } from 'zod';
import { requiredConsent } from '../common/consents.ts';
import { id, timestamp } from '../common/values.ts';

/** No composition rules; any Unicode; long ones welcome. */
export const password = z.string().min(10, 'at least 10 characters').max(200);
export const code = z.string().regex(/^\d{6}$/, 'six digits');
export const linkToken = z.string().regex(/^[\w-]{20,100}$/);
export const factorKind = z.enum(['totp', 'email', 'sms', 'recovery', 'passkey']);
/** How the refresh token travels: in the body for programs, in an httpOnly cookie for browsers. */
export const transport = z.enum(['token', 'cookie']).default('token');
export const sent = z.object({ status: z.literal('sent') });

export const tokens = z.object({
  accessToken: z.string(),
  /** Seconds. */
  expiresIn: z.number().int(),
  refreshToken: z.string().optional(),
  /** Given at the next sign-in, it spares the second factor on this device for 30 days. */
  deviceToken: z.string().optional(),
  userId: id,
  emailConfirmed: z.boolean(),
  /** Texts that have changed since this person agreed to them: `/me/agreements` takes the new agreement. */
  outdated: z.array(requiredConsent),
  roles: z.array(z.string()),
  permissions: z.array(z.string()),
});
export const signInAnswer = z.union([
  tokens,
  z.object({ next: z.literal('second_factor'), interimToken: z.string(), factors: z.array(factorKind) }),
]);
export const session = z.object({
  sessionId: id,
  current: z.boolean(),
  device: z.string(),
  place: z.string(),
  startedAt: timestamp,
  lastUsedAt: timestamp,
  factors: z.array(z.string()),
});

const base64url = z.string().regex(/^[\w-]+$/);
/** What the browser's `navigator.credentials` wants and gives, as WebAuthn's JSON forms. */
export const passkeyOptions = z.object({ challengeId: id, options: z.record(z.string(), z.unknown()) });
const credential = {
  id: base64url.max(1400),
  rawId: base64url.max(1400),
  type: z.literal('public-key'),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
  clientExtensionResults: z.record(z.string().max(100), z.unknown()).default({}),
};
export const passkeyAttestation = z.strictObject({
  ...credential,
  response: z.object({
    clientDataJSON: base64url.max(4000),
    attestationObject: base64url.max(20_000),
    transports: z.array(z.string().max(20)).max(10).optional(),
  }),
});
export const passkeyAssertion = z.strictObject({
  ...credential,
  response: z.object({
    clientDataJSON: base64url.max(4000),
    authenticatorData: base64url.max(4000),
    signature: base64url.max(4000),
    userHandle: base64url.max(200).nullish(),
  }),
});
export const passkeyAnswer = z.strictObject({ challengeId: id, assertion: passkeyAssertion });
export const passkey = z.object({
  passkeyId: id,
  name: z.string(),
  createdAt: timestamp,
  lastUsedAt: timestamp.nullable(),
});
