import { sql } from '#kit/db/db.ts';
import { personalDataHandlers } from '#kit/service/personal-data.ts';

/** What this service keeps of a person (P1); nothing that opens the account. */
export const personalData = personalDataHandlers({
  account: {
    title: { ru: 'Учётная запись', en: 'Account' },
    rows: (userId) => sql`
      select user_id as "userId", email, email_confirmed as "emailConfirmed", display_name as "displayName", locale, phone,
        totp_confirmed as "totpFactor", factor_email as "emailFactor", factor_sms as "smsFactor", locked, locked_until as "lockedUntil", created_at as "createdAt"
      from accounts where user_id = ${userId}`,
  },
  sessions: {
    title: { ru: 'Входы', en: 'Sign-ins' },
    rows: (userId) => sql`
      select session_id as "sessionId", started_at as "startedAt", last_used_at as "lastUsedAt", device, place, factors, ended_at as "endedAt", end_reason as "endReason"
      from sessions where user_id = ${userId} order by started_at, session_id`,
  },
  passkeys: {
    title: { ru: 'Ключи доступа', en: 'Passkeys' },
    rows: (userId) => sql`
      select passkey_id as "passkeyId", name, created_at as "createdAt", last_used_at as "lastUsedAt" from passkeys where user_id = ${userId} order by passkey_id`,
  },
  trustedDevices: {
    title: { ru: 'Доверенные устройства', en: 'Trusted devices' },
    rows: (userId) => sql`
      select device, created_at as "createdAt", expires_at as "expiresAt" from trusted_devices where user_id = ${userId} order by created_at, token_hash`,
  },
  messages: {
    title: { ru: 'Отправленные коды', en: 'Codes that were sent' },
    rows: (userId) => sql`
      select purpose, destination, created_at as "createdAt", used_at as "usedAt" from message_secrets where user_id = ${userId} order by created_at, secret_id`,
  },
});
