import { z } from 'zod';
import { type ErrorDefinition, guest, may, type Permission, route } from '../common/define.ts';
import { accountRoutes, factorRoutes } from './routes-account.ts';
import { legalRoutes } from './routes-legal.ts';
import { registrationRoutes, sessionRoutes } from './routes-sign-in.ts';

/** Signing keys. */
const keyRoutes = {
  rotateKeys: route({
    method: 'POST',
    path: '/auth/keys/rotation',
    summary: 'Begin to sign with a new key; the old one still verifies until its tokens end',
    rows: ['A6'],
    access: may('auth.keys.rotate', { fresh: true }),
    status: 200,
    reply: z.object({ kid: z.string() }),
  }),
  jwks: route({
    method: 'GET',
    path: '/.well-known/jwks.json',
    summary: 'Public signing keys (RFC 7517)',
    rows: ['A6'],
    access: guest,
    reply: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  }),
  discovery: route({
    method: 'GET',
    path: '/.well-known/openid-configuration',
    summary: 'OpenID discovery',
    rows: ['A6'],
    access: guest,
    reply: z.record(z.string(), z.unknown()),
  }),
};

export { tokens } from './views.ts';

/** Public routes of auth, below `/api/v1`. */
export const authHttp = {
  ...registrationRoutes,
  ...sessionRoutes,
  ...accountRoutes,
  ...factorRoutes,
  ...keyRoutes,
  ...legalRoutes,
};

export const authPermissions: Record<string, Permission> = {
  'auth.keys.rotate': { title: { ru: 'Сменить ключ подписи', en: 'Rotate the signing key' }, roles: ['admin'] },
};

export const authErrors: Record<string, ErrorDefinition> = {
  'auth.not_blocked': {
    status: 409,
    title: { ru: 'Эта учётная запись не заблокирована', en: 'This account is not blocked' },
  },
  'auth.password_known': {
    status: 400,
    title: {
      ru: 'Этот пароль известен взломщикам, выберите другой',
      en: 'This password is known to attackers, choose another',
    },
  },
  'auth.code_wrong': {
    status: 400,
    title: { ru: 'Код или ссылка не подходит или истекли', en: 'The code or link is wrong or has expired' },
  },
  'auth.passkey_wrong': {
    status: 400,
    title: { ru: 'Ключ доступа не подошёл', en: 'The passkey was not accepted' },
  },
  'auth.consent_outdated': {
    status: 409,
    title: { ru: 'Условия изменились, прочтите их ещё раз', en: 'The terms have changed, read them again' },
  },
  'auth.too_many_passkeys': {
    status: 409,
    title: { ru: 'Слишком много ключей доступа', en: 'Too many passkeys' },
  },
  'auth.credentials_wrong': {
    status: 401,
    title: { ru: 'Неверная почта или пароль', en: 'Wrong email or password' },
  },
  'auth.blocked': {
    status: 401,
    title: { ru: 'Аккаунт заблокирован, обратитесь в поддержку', en: 'The account is blocked, ask the support' },
  },
  'auth.interim_wrong': { status: 401, title: { ru: 'Начните вход заново', en: 'Begin the sign-in again' } },
  'auth.second_factor_needed': {
    status: 403,
    title: { ru: 'Нужен и второй фактор', en: 'The second factor is needed too' },
  },
  'auth.refresh_wrong': {
    status: 401,
    title: { ru: 'Сессия завершена, войдите заново', en: 'The session has ended, sign in again' },
  },
  'auth.refresh_in_progress': {
    status: 409,
    title: { ru: 'Токен только что обновлён другим запросом', en: 'Another request has just refreshed this token' },
  },
  'auth.locked': { status: 429, title: { ru: 'Слишком много попыток, подождите', en: 'Too many tries, wait' } },
  'auth.too_many_messages': {
    status: 429,
    title: { ru: 'Слишком много кодов, подождите', en: 'Too many codes, wait' },
  },
  'auth.overloaded': { status: 503, title: { ru: 'Слишком много входов сразу', en: 'Too many sign-ins at once' } },
  'auth.email_taken': { status: 409, title: { ru: 'Этот адрес уже занят', en: 'This address is taken' } },
  'auth.phone_missing': {
    status: 409,
    title: { ru: 'Сначала подтвердите телефон', en: 'Confirm a phone number first' },
  },
};
