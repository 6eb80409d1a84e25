import type { Locale } from '#contracts/common/values.ts';

type Phrases = Readonly<Record<string, Readonly<Record<string, { ru: string; en: string }>>>>;

/** Words for the values of closed lists in events. */
const PHRASES: Phrases = {
  security: {
    new_device: { ru: 'Вход с нового устройства', en: 'Sign-in from a new device' },
    password_changed: { ru: 'Пароль изменён', en: 'The password was changed' },
    factor_added: { ru: 'Добавлен второй фактор', en: 'A second factor was added' },
    factor_removed: { ru: 'Второй фактор удалён', en: 'A second factor was removed' },
    email_changed: { ru: 'Адрес почты изменён', en: 'The email address was changed' },
    phone_changed: { ru: 'Номер телефона изменён', en: 'The phone number was changed' },
    recovery_code_used: { ru: 'Вход по резервному коду', en: 'A recovery code was used to sign in' },
    recovery_codes_renewed: { ru: 'Резервные коды заменены', en: 'The recovery codes were renewed' },
    sessions_ended: { ru: 'Сеансы завершены', en: 'Sessions were ended' },
    locked_out: { ru: 'Вход временно закрыт из-за неверных попыток', en: 'Sign-in was locked after wrong attempts' },
  },
  webhook: {
    gone: { ru: 'он ответил 410 — такого адреса больше нет', en: 'it answered 410, the address is gone' },
    failing: { ru: 'он слишком долго не принимал вызовы', en: 'it did not take calls for too long' },
  },
  refusal: {
    not_enough_money: { ru: 'недостаточно денег на счёте', en: 'not enough money' },
    user_blocked: { ru: 'учётная запись заблокирована', en: 'the account is blocked' },
  },
  withdrawal: {
    requested: { ru: 'заявка принята', en: 'requested' },
    sent: { ru: 'отправлен в банк', en: 'sent to the bank' },
    paid: { ru: 'выплачен', en: 'paid' },
    failed: { ru: 'не прошёл', en: 'failed' },
    returned: { ru: 'деньги вернулись на счёт', en: 'returned to your account' },
  },
  ticket: {
    new: { ru: 'открыто', en: 'opened' },
    assigned: { ru: 'в работе', en: 'in progress' },
    waiting_for_user: { ru: 'ждём вашего ответа', en: 'waiting for your answer' },
    answered: { ru: 'есть ответ', en: 'answered' },
    resolved: { ru: 'решено', en: 'resolved' },
    closed: { ru: 'закрыто', en: 'closed' },
    escalated: { ru: 'передано администрации', en: 'escalated to the administration' },
  },
  transaction: {
    topup: { ru: 'Пополнение', en: 'Top-up' },
    placement_fee: { ru: 'Плата за публикацию заказа', en: 'Placement fee' },
    placement_refund: { ru: 'Возврат платы за публикацию', en: 'Refund of a placement fee' },
    escrow_hold: { ru: 'Оплата заказа удержана до приёмки', en: 'Price of an order held until acceptance' },
    escrow_release: { ru: 'Оплата выполненного заказа', en: 'Payment for a completed order' },
    escrow_refund: { ru: 'Возврат оплаты заказа', en: 'Refund of the price of an order' },
    escrow_split: { ru: 'Раздел оплаты заказа по решению', en: 'Division of the price by ruling' },
    client_bonus: { ru: 'Премия по заказу', en: 'Bonus for an order' },
    platform_bonus: { ru: 'Бонус платформы', en: 'Bonus from the platform' },
    adjustment: { ru: 'Корректировка', en: 'Adjustment' },
    chargeback: { ru: 'Возврат платежа банком', en: 'Chargeback' },
    debt_payment: { ru: 'Погашение долга', en: 'Debt payment' },
    reserve: { ru: 'Резерв', en: 'Reserved' },
    reserve_posted: { ru: 'Списание резерва', en: 'Reserved money posted' },
    reserve_returned: { ru: 'Возврат резерва', en: 'Reserved money returned' },
    reversal: { ru: 'Отмена операции', en: 'Reversal' },
  },
};

/** A value that the list does not have (a newer release sent it) is shown as it is. */
export function phrase(list: string, value: unknown, locale: Locale): string {
  return PHRASES[list]?.[String(value)]?.[locale] ?? String(value ?? '');
}

/** Any value of the list, for previews. */
export function anyPhrase(list: string): string {
  return Object.keys(PHRASES[list] ?? {})[0] ?? '';
}

export const TYPE_TITLES = {
  responses: { ru: 'Отклики и приглашения', en: 'Responses and invitations' },
  orders: { ru: 'Ход заказов', en: 'Progress of orders' },
  deadlines: { ru: 'Сроки и напоминания', en: 'Deadlines and reminders' },
  searches: { ru: 'Новые заказы по сохранённым поискам', en: 'New orders of saved searches' },
  messages: { ru: 'Сообщения', en: 'Messages' },
  money: { ru: 'Деньги', en: 'Money' },
  reviews: { ru: 'Отзывы', en: 'Reviews' },
  support: { ru: 'Поддержка', en: 'Support' },
  system: { ru: 'Новости платформы', en: 'News of the platform' },
  security: { ru: 'Безопасность', en: 'Security' },
} as const;
