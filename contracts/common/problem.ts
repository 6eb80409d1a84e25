import { z } from 'zod';
import type { ErrorDefinition } from './define.ts';

/** RFC 9457 problem details as every error answer carries them. */
export const problemBody = z.object({
  /** `/problems/<code>`: stable, opens the explanation. */
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  code: z.string(),
  detail: z.string().optional(),
  /** Each faulty field: JSON pointer into the input, and what is wrong. */
  errors: z.array(z.object({ pointer: z.string(), detail: z.string() })).optional(),
  requestId: z.string(),
});
export type ProblemBody = z.infer<typeof problemBody>;

/** Errors that any route may answer with. */
export const COMMON_ERRORS = {
  validation_failed: { status: 400, title: { ru: 'Данные не прошли проверку', en: 'The input is not valid' } },
  malformed: { status: 400, title: { ru: 'Запрос не удалось разобрать', en: 'The request could not be parsed' } },
  idempotency_key_required: {
    status: 400,
    title: { ru: 'Нужен заголовок Idempotency-Key', en: 'An Idempotency-Key header is required' },
  },
  unauthenticated: { status: 401, title: { ru: 'Нужно войти', en: 'Sign-in is required' } },
  token_stale: {
    status: 401,
    title: { ru: 'Права изменились, обновите токен', en: 'Rights have changed, refresh the token' },
  },
  forbidden: { status: 403, title: { ru: 'Недостаточно прав', en: 'Not allowed' } },
  email_unconfirmed: { status: 403, title: { ru: 'Сначала подтвердите почту', en: 'Confirm your email first' } },
  agreement_outdated: {
    status: 403,
    title: {
      ru: 'Условия изменились: сначала примите новые',
      en: 'The terms have changed: agree to the new ones first',
    },
  },
  fresh_sign_in_required: { status: 403, title: { ru: 'Войдите ещё раз', en: 'A fresh sign-in is required' } },
  not_found: { status: 404, title: { ru: 'Не найдено', en: 'Not found' } },
  method_not_allowed: { status: 405, title: { ru: 'Метод не поддерживается', en: 'Method not allowed' } },
  timeout: { status: 504, title: { ru: 'Не успели ответить', en: 'The answer took too long' } },
  conflict: { status: 409, title: { ru: 'Действие сейчас невозможно', en: 'Not possible in the present state' } },
  idempotency_in_progress: {
    status: 409,
    title: { ru: 'Такой запрос уже выполняется', en: 'A request with this key is running' },
  },
  version_mismatch: { status: 412, title: { ru: 'Данные уже изменились', en: 'The resource has changed since' } },
  payload_too_large: { status: 413, title: { ru: 'Слишком большой запрос', en: 'The request is too large' } },
  unsupported_media_type: { status: 415, title: { ru: 'Тип данных не поддерживается', en: 'Unsupported media type' } },
  idempotency_mismatch: {
    status: 422,
    title: { ru: 'Ключ уже использован с другим запросом', en: 'The key was used with another request' },
  },
  version_required: { status: 428, title: { ru: 'Нужен заголовок If-Match', en: 'An If-Match header is required' } },
  too_many_requests: { status: 429, title: { ru: 'Слишком много запросов', en: 'Too many requests' } },
  internal: { status: 500, title: { ru: 'Внутренняя ошибка', en: 'Internal error' } },
  unavailable: { status: 503, title: { ru: 'Сервис временно недоступен', en: 'Temporarily unavailable' } },
  storage_full: { status: 507, title: { ru: 'Не хватает места для хранения', en: 'Out of storage' } },
} as const satisfies Record<string, ErrorDefinition>;
export type CommonError = keyof typeof COMMON_ERRORS;
