import type { Bilingual } from './values.ts';

interface Rule {
  /** What the thing must be to the person. */
  readonly title: Bilingual;
  /** Who may know of the thing anyway is told that he may not act on it (403). Default: there is no such thing (404, Z2). */
  readonly refusal?: 'forbidden';
}

/**
 * Whose the thing must be that a route names. A route declares one rule beside its permission; the service resolves it
 * (`owners` in its definition), and the dispatcher asks before the handler runs: in one place, for every route.
 */
export const OWNER_RULES = {
  /** Names nothing: the handler asks by the person's own id. Needs no look-up. */
  self: { title: { ru: 'только своё', en: 'only what is his own' } },
  ownSession: { title: { ru: 'свой сеанс', en: 'own session' } },
  ownPasskey: { title: { ru: 'свой ключ доступа', en: 'own passkey' } },
  ownWork: { title: { ru: 'своя работа в портфолио', en: 'own work in the portfolio' } },
  ownArchive: { title: { ru: 'свой архив данных', en: 'own archive' } },
  ownOrder: { title: { ru: 'свой заказ', en: 'own order' } },
  partyToDeal: { title: { ru: 'сторона сделки', en: 'party to the deal' } },
  ownResponse: { title: { ru: 'свой отклик', en: 'own response' } },
  ownInvitation: { title: { ru: 'своё приглашение', en: 'own invitation' } },
  ownOrderOrResponse: { title: { ru: 'свой заказ или свой отклик на него', en: 'own order, or own response to it' } },
  ownSavedSearch: { title: { ru: 'свой сохранённый поиск', en: 'own saved search' } },
  reviewOfSelf: { title: { ru: 'отзыв о себе', en: 'review about oneself' } },
  ownTopup: { title: { ru: 'своё пополнение', en: 'own top-up' } },
  participant: { title: { ru: 'участник переписки', en: 'participant of the conversation' } },
  fileOfConversation: { title: { ru: 'файл своей переписки', en: 'file of an own conversation' } },
  ownUpload: {
    title: { ru: 'своя загрузка в свою переписку', en: 'own upload to an own conversation' },
  },
  ownFile: { title: { ru: 'свой файл', en: 'own file' } },
  ownNotification: { title: { ru: 'своё уведомление', en: 'own notification' } },
  ownEndpoint: {
    title: {
      ru: 'свой адрес или адрес платформы с notifications.webhooks.platform',
      en: 'own endpoint, or one of the platform with notifications.webhooks.platform',
    },
  },
  ownDevice: { title: { ru: 'своё устройство', en: 'own device' } },
  ticketSubject: {
    title: {
      ru: 'сторона заказа, платежа или переписки, автор отзыва или тот, о ком он, видимый профиль',
      en: 'party to the order, payment or conversation, author or target of the review, a profile that is visible',
    },
  },
  ownTicket: { title: { ru: 'своё обращение', en: 'own ticket' } },
  ticketOrStaff: {
    title: { ru: 'своё обращение или сотрудник с tickets.work', en: 'own ticket, or staff with tickets.work' },
  },
  partyToTicket: {
    title: {
      ru: 'автор обращения или другая сторона спора',
      en: 'author of the ticket, or the other party of the dispute',
    },
  },
  assignedAgent: {
    title: {
      ru: 'сотрудник, которому назначено обращение, или ничьё обращение',
      en: 'the assigned agent, or a ticket that nobody has',
    },
    refusal: 'forbidden',
  },
} as const satisfies Readonly<Record<string, Rule>>;

export type OwnerRule = keyof typeof OWNER_RULES;

export function ownerRule(name: OwnerRule): Rule {
  return OWNER_RULES[name];
}
