import { availableParallelism } from 'node:os';
import { authContract } from '#contracts/auth/index.ts';
import { vitals } from '#kit/service/vitals.ts';
import { defineService } from '#kit/service/types.ts';
import { authConfig } from './config.ts';
import { assignmentChanged, roleChanged, userBlocked, userErased, userUnblocked } from './consumers/consumers.ts';
import { makeFirstAdmin } from './data/first-admin.ts';
import { createKeyring } from './data/keyring.ts';
import { costAdvice, createHasher, hashesAtOnce } from './domain/passwords.ts';
import { createSealer } from './domain/sealing.ts';
import { changeEmail, changePhone, confirmNewEmail, confirmPhone } from './http/contact.ts';
import { elevateSession, sendElevationCode, startElevationPasskey } from './http/elevation.ts';
import * as factors from './http/factors.ts';
import { checkSessions, createInvitation, getMessageSecret, lockUser } from './http/internal.ts';
import { discovery, getKeys, jwks, rotateKeys } from './http/keys.ts';
import { agree, getAgreements, getLegalText } from './http/legal.ts';
import { addPasskey, listPasskeys, removePasskey, renamePasskey, startPasskey } from './http/passkeys.ts';
import { changePassword, completeReset, requestReset } from './http/password.ts';
import { acceptInvitation, confirmEmail, register, resendConfirmation } from './http/registration.ts';
import { endCurrentSession, endOtherSessions, endSession, listSessions, refreshSession } from './http/sessions.ts';
import { checkAppealToken, proveBlocked } from './http/block.ts';
import * as signIn from './http/sign-in.ts';
import { joinOrTell, sendConfirmation, sendReset } from './jobs/addresses.ts';
import { forgetExpired, rotateSigningKey } from './jobs/jobs.ts';
import { personalData } from './data/personal-data.ts';
import { authOwners } from './owners.ts';

/** Registration, sign-in, second factors, sessions, tokens, resets (A1–A6, E1, E2, I11, I12). */
export const authService = defineService({
  contract: authContract,
  config: authConfig,
  migrations: new URL('./migrations/', import.meta.url),
  async setup({ config, db, log, publicUrl, secret }) {
    const sealer = createSealer(secret('sealing'));
    const overlapMs = config.ACCESS_TOKEN_TTL * 2 + 180_000;
    const keyring = createKeyring({ db, sealer, issuer: publicUrl, overlapMs });
    const cost = { memoryKiB: config.PASSWORD_HASH_MEMORY_KIB, passes: config.PASSWORD_HASH_PASSES };
    const atOnce = hashesAtOnce(availableParallelism(), config.UV_THREADPOOL_SIZE);
    const hasher = await createHasher(cost, atOnce);
    const took = { milliseconds: Math.round(hasher.measuredMs), atOnce, ...cost };
    const advice = costAdvice(hasher.measuredMs);
    if (advice) log.warn(took, advice);
    else log.debug(took, 'cost of a password hash');
    return { sealer, keyring, hasher };
  },
  http: {
    ...personalData,
    ...vitals,
    getLegalText,
    getAgreements,
    agree,
    register,
    confirmEmail,
    resendConfirmation,
    acceptInvitation,
    requestReset,
    completeReset,
    proveBlocked,
    checkAppealToken,
    signIn: signIn.signIn,
    sendFactorCode: signIn.sendFactorCode,
    startFactorPasskey: signIn.startFactorPasskey,
    passSecondFactor: signIn.passSecondFactor,
    startPasskeySignIn: signIn.startPasskeySignIn,
    signInWithPasskey: signIn.signInWithPasskey,
    refreshSession,
    sendElevationCode,
    startElevationPasskey,
    elevateSession,
    listSessions,
    endCurrentSession,
    endSession,
    endOtherSessions,
    changePassword,
    changeEmail,
    confirmNewEmail,
    changePhone,
    confirmPhone,
    listFactors: factors.listFactors,
    startTotp: factors.startTotp,
    confirmTotp: factors.confirmTotp,
    enableFactor: factors.enableFactor,
    disableFactor: factors.disableFactor,
    renewRecoveryCodes: factors.renewRecoveryCodes,
    forgetTrustedDevices: factors.forgetTrustedDevices,
    listPasskeys,
    startPasskey,
    addPasskey,
    removePasskey,
    renamePasskey,
    rotateKeys,
    jwks,
    discovery,
    getKeys,
    checkSessions,
    lockUser,
    getMessageSecret,
    createInvitation,
  },
  owners: authOwners,
  on: { assignmentChanged, roleChanged, userBlocked, userUnblocked, userErased },
  jobs: { rotateSigningKey, forgetExpired, joinOrTell, sendConfirmation, sendReset },
  async ready(ctx) {
    // A key that signs must stand before the first sign-in.
    await ctx.keyring.rotateWhenOld(ctx.clock.now(), Number.MAX_SAFE_INTEGER);
    await makeFirstAdmin(ctx);
  },
});
