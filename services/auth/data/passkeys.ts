import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';
import type { z } from 'zod';
import type { passkeyAnswer, passkeyAttestation } from '#contracts/auth/views.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import type { AuthContext } from '../context.ts';
import type { Account } from './accounts.ts';

const CHALLENGE_MS = 5 * 60_000;
export const MOST_PASSKEYS = 20;
/** COSE: EdDSA, ES256, RS256: what authenticators make today. */
const ALGORITHMS = [-8, -7, -257];

/** Loaded at the first passkey: it is large, and most people have none. */
const webauthn = () => import('@simplewebauthn/server');

type ChallengePurpose = 'add' | 'second_factor' | 'sign_in' | 'elevation';
export type PasskeyAnswer = z.output<typeof passkeyAnswer>;

interface PasskeyRow {
  passkeyId: string;
  userId: string;
  credentialId: string;
  publicKey: Buffer;
  counter: bigint;
  transports: string[];
  name: string;
  createdAt: Date;
  lastUsedAt: Date | null;
}

const columns = sql`passkey_id as "passkeyId", user_id as "userId", credential_id as "credentialId", public_key as "publicKey", counter,
  transports, name, created_at as "createdAt", last_used_at as "lastUsedAt"`;

export function passkeysOf(db: Queries, userId: string): Promise<PasskeyRow[]> {
  return db.many<PasskeyRow>(sql`select ${columns} from passkeys where user_id = ${userId} order by created_at`);
}

/** Passkeys belong to the address that browsers see. */
function relyingParty(ctx: AuthContext): { rpID: string; origin: string } {
  const { hostname, origin } = new URL(ctx.publicUrl);
  return { rpID: hostname, origin };
}

async function keepChallenge(
  ctx: AuthContext,
  userId: string | null,
  purpose: ChallengePurpose,
  challenge: string,
): Promise<string> {
  const challengeId = newId();
  const expiresAt = new Date(ctx.clock.nowMs() + CHALLENGE_MS);
  await ctx.db.run(sql`
    insert into passkey_challenges (challenge_id, user_id, purpose, challenge, expires_at)
    values (${challengeId}, ${userId}, ${purpose}, ${challenge}, ${expiresAt})`);
  return challengeId;
}

/** Each challenge works once, whether its answer fits or not. */
async function takeChallenge(
  ctx: AuthContext,
  challengeId: string,
  userId: string | null,
  purpose: ChallengePurpose,
): Promise<string | undefined> {
  const row = await ctx.db.maybe<{ challenge: string }>(sql`
    delete from passkey_challenges
    where challenge_id = ${challengeId} and purpose = ${purpose} and user_id is not distinct from ${userId} and expires_at > ${ctx.clock.now()}
    returning challenge`);
  return row?.challenge;
}

/** What the browser needs to make a passkey. */
export async function startAdding(ctx: AuthContext, account: Account) {
  const { rpID } = relyingParty(ctx);
  const { generateRegistrationOptions } = await webauthn();
  const options = await generateRegistrationOptions({
    rpName: 'Artel',
    rpID,
    userName: account.email,
    userDisplayName: account.displayName,
    userID: new TextEncoder().encode(account.userId),
    attestationType: 'none',
    supportedAlgorithmIDs: ALGORITHMS,
    excludeCredentials: (await passkeysOf(ctx.db, account.userId)).map((one) => ({ id: one.credentialId })),
    authenticatorSelection: { residentKey: 'preferred', userVerification: 'required' },
  });
  const challengeId = await keepChallenge(ctx, account.userId, 'add', options.challenge);
  return { challengeId, options: options as unknown as Record<string, unknown> };
}

export interface NewPasskey {
  credentialId: string;
  publicKey: Buffer;
  counter: number;
  transports: string[];
}

/** The passkey that an attestation proves; undefined when it does not. */
export async function checkAttestation(
  ctx: AuthContext,
  userId: string,
  challengeId: string,
  attestation: z.output<typeof passkeyAttestation>,
): Promise<NewPasskey | undefined> {
  const challenge = await takeChallenge(ctx, challengeId, userId, 'add');
  if (challenge === undefined) return undefined;
  const { rpID, origin } = relyingParty(ctx);
  const { verifyRegistrationResponse } = await webauthn();
  try {
    const result = await verifyRegistrationResponse({
      response: attestation as RegistrationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpID,
      requireUserVerification: true,
      supportedAlgorithmIDs: ALGORITHMS,
    });
    if (!result.verified) return undefined;
    const { credential } = result.registrationInfo;
    return {
      credentialId: credential.id,
      publicKey: Buffer.from(credential.publicKey),
      counter: credential.counter,
      transports: [...(attestation.response.transports ?? [])],
    };
  } catch {
    // The library throws at whatever does not fit.
    return undefined;
  }
}

export async function keepPasskey(tx: Tx, userId: string, made: NewPasskey, name: string, now: Date): Promise<string> {
  const passkeyId = newId();
  await tx.run(sql`
    insert into passkeys (passkey_id, user_id, credential_id, public_key, counter, transports, name, created_at)
    values (${passkeyId}, ${userId}, ${made.credentialId}, ${made.publicKey}, ${made.counter}, ${made.transports}, ${name}, ${now})`);
  return passkeyId;
}

/** What the browser needs to answer with a passkey. Without an account: any that it holds for us. */
export async function startAnswer(ctx: AuthContext, userId: string | null, purpose: ChallengePurpose) {
  const { rpID } = relyingParty(ctx);
  const passkeys = userId === null ? [] : await passkeysOf(ctx.db, userId);
  const { generateAuthenticationOptions } = await webauthn();
  const options = await generateAuthenticationOptions({
    rpID,
    userVerification: 'required',
    allowCredentials: passkeys.map((one) => ({ id: one.credentialId, transports: one.transports as never })),
  });
  const challengeId = await keepChallenge(ctx, userId, purpose, options.challenge);
  return { challengeId, options: options as unknown as Record<string, unknown> };
}

/** Whose passkey has answered; undefined when the answer does not fit. The challenge is used up either way. */
export async function checkAnswer(
  ctx: AuthContext,
  userId: string | null,
  purpose: ChallengePurpose,
  answer: PasskeyAnswer,
): Promise<string | undefined> {
  const challenge = await takeChallenge(ctx, answer.challengeId, userId, purpose);
  const passkey = await ctx.db.maybe<PasskeyRow>(
    sql`select ${columns} from passkeys where credential_id = ${answer.assertion.id}`,
  );
  if (challenge === undefined || !passkey || (userId !== null && passkey.userId !== userId)) return undefined;
  const { rpID, origin } = relyingParty(ctx);
  const { verifyAuthenticationResponse } = await webauthn();
  try {
    const result = await verifyAuthenticationResponse({
      response: answer.assertion as AuthenticationResponseJSON,
      expectedChallenge: challenge,
      expectedOrigin: origin,
      expectedRPID: rpID,
      requireUserVerification: true,
      credential: {
        id: passkey.credentialId,
        publicKey: new Uint8Array(passkey.publicKey),
        counter: Number(passkey.counter),
      },
    });
    if (!result.verified) return undefined;
    await ctx.db.run(sql`
      update passkeys set counter = greatest(counter, ${result.authenticationInfo.newCounter}), last_used_at = ${ctx.clock.now()}
      where passkey_id = ${passkey.passkeyId}`);
    return passkey.userId;
  } catch {
    return undefined;
  }
}
