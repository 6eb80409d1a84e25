import { at, type TemplateDefinition, template } from './definition.ts';

const both = ['inApp', 'email'] as const;
const link = at('/tickets', 'ticketId');

/** Disputes, and what support did to reviews. Each carries the date by which something has to be done. */
export const disputeTemplates = {
  dispute_opened: template({
    type: 'support',
    critical: true,
    channels: both,
    variables: { number: 'number', until: 'time' },
    link,
    ru: {
      subject: 'Спор № {{number}}: ответьте до {{until}}',
      body: [
        'По вашей сделке открыт спор № {{number}}, деньги заморожены.',
        'Напишите в спор, что произошло, до {{until}}: кто не ответит, проигрывает, и деньги получает другая сторона.',
      ],
      button: 'Открыть спор',
    },
    en: {
      subject: 'Dispute {{number}}: answer by {{until}}',
      body: [
        'A dispute, number {{number}}, was opened on your deal; the money is frozen.',
        'Write what happened by {{until}}: who does not answer loses, and the money goes to the other side.',
      ],
      button: 'Open the dispute',
    },
  }),
  dispute_asked: template({
    type: 'support',
    critical: true,
    channels: both,
    variables: { number: 'number', until: 'time' },
    link,
    ru: {
      subject: 'Спор № {{number}}: вопрос поддержки, ответьте до {{until}}',
      body: [
        'Поддержка задала вопрос в споре № {{number}}. Ответьте до {{until}}: молчание решает спор не в вашу пользу.',
      ],
      button: 'Ответить',
    },
    en: {
      subject: 'Dispute {{number}}: a question, answer by {{until}}',
      body: [
        'Support asked a question in dispute {{number}}. Answer by {{until}}: silence decides the dispute against you.',
      ],
      button: 'Answer',
    },
  }),
  dispute_ruled: template({
    type: 'support',
    critical: true,
    channels: both,
    variables: { number: 'number', until: 'time' },
    link,
    ru: {
      subject: 'Спор № {{number}}: решение, обжаловать можно до {{until}}',
      body: [
        'По спору № {{number}} вынесено решение.',
        'Его можно обжаловать до {{until}}. Деньги двинутся, когда срок пройдёт или обе стороны согласятся.',
      ],
      button: 'Прочитать решение',
    },
    en: {
      subject: 'Dispute {{number}}: ruled on, appeal by {{until}}',
      body: [
        'Dispute {{number}} was ruled on.',
        'The ruling can be appealed until {{until}}. The money moves when that time is over or both sides accept.',
      ],
      button: 'Read the ruling',
    },
  }),
  dispute_appealed: template({
    type: 'support',
    channels: both,
    variables: { number: 'number' },
    link,
    ru: {
      subject: 'Спор № {{number}}: решение обжаловано',
      body: ['Решение по спору № {{number}} обжаловано. Его рассмотрит другой человек; деньги пока заморожены.'],
      button: 'Открыть спор',
    },
    en: {
      subject: 'Dispute {{number}}: the ruling was appealed',
      body: [
        'The ruling on dispute {{number}} was appealed. Somebody else decides; the money stays frozen until then.',
      ],
      button: 'Open the dispute',
    },
  }),
  review_redacted_author: template({
    type: 'support',
    critical: true,
    channels: both,
    variables: { justification: 'text' },
    link,
    ru: {
      subject: 'Часть вашего отзыва скрыта',
      body: [
        'Поддержка скрыла часть вашего отзыва. Обоснование: {{justification}}',
        'Если вы не согласны, это можно обжаловать: откройте обращение вида «Обжалование».',
      ],
      button: 'Обжаловать',
    },
    en: {
      subject: 'A part of your review was hidden',
      body: [
        'Support made a part of your review unreadable. Justification: {{justification}}',
        'If you disagree, you can appeal: open a ticket of the kind “Appeal”.',
      ],
      button: 'Appeal',
    },
  }),
  review_restored: template({
    type: 'support',
    channels: both,
    variables: { justification: 'text' },
    link,
    ru: {
      subject: 'Отзыв снова показан',
      body: ['Обжалование удовлетворено, отзыв снова показан целиком. Обоснование: {{justification}}'],
    },
    en: {
      subject: 'The review is shown again',
      body: ['The appeal was upheld, the review is shown again as it was written. Justification: {{justification}}'],
    },
  }),
} satisfies Record<string, TemplateDefinition>;
