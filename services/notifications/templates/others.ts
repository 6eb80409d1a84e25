import { at, template, type Templates, to } from './definition.ts';

const both = ['inApp', 'email'] as const;
const money = to('/money');

/** Money, support, notices of the platform, the digest. */
export const otherTemplates = {
  placement_refused: template({
    type: 'money',
    channels: both,
    variables: { why: 'phrase:refusal', missing: 'money' },
    link: at('/orders', 'orderId'),
    ru: {
      subject: 'Заказ не опубликован: {{why}}',
      body: [
        'Плату за публикацию списать не удалось: {{why}}.{{#if missing}} Не хватает {{missing}}.{{/if}} Заказ остался в черновиках.',
      ],
      button: 'Открыть заказ',
    },
    en: {
      subject: 'The order is not published: {{why}}',
      body: [
        'The placement fee could not be charged: {{why}}.{{#if missing}} {{missing}} is missing.{{/if}} The order is still a draft.',
      ],
      button: 'Open the order',
    },
  }),
  money_in: template({
    type: 'money',
    channels: both,
    variables: { what: 'phrase:transaction', sum: 'money' },
    link: money,
    ru: { subject: 'Зачислено {{sum}}', body: ['{{what}}: на ваш счёт зачислено {{sum}}.'], button: 'Открыть счёт' },
    en: { subject: '{{sum}} received', body: ['{{what}}: {{sum}} came to your account.'], button: 'Open the account' },
  }),
  money_out: template({
    type: 'money',
    channels: both,
    variables: { what: 'phrase:transaction', sum: 'money' },
    link: money,
    ru: { subject: 'Списано {{sum}}', body: ['{{what}}: с вашего счёта списано {{sum}}.'], button: 'Открыть счёт' },
    en: { subject: '{{sum}} debited', body: ['{{what}}: {{sum}} left your account.'], button: 'Open the account' },
  }),
  withdrawal_changed: template({
    type: 'money',
    channels: both,
    variables: { sum: 'money', status: 'phrase:withdrawal' },
    link: money,
    ru: { subject: 'Вывод {{sum}}: {{status}}', body: ['Вывод {{sum}}: {{status}}.'], button: 'Открыть счёт' },
    en: {
      subject: 'Withdrawal of {{sum}}: {{status}}',
      body: ['Your withdrawal of {{sum}}: {{status}}.'],
      button: 'Open the account',
    },
  }),
  topup_failed: template({
    type: 'money',
    channels: both,
    variables: { sum: 'money', reason: 'text' },
    link: money,
    ru: {
      subject: 'Пополнение на {{sum}} не прошло',
      body: ['Пополнить счёт на {{sum}} не удалось. Деньги не списаны, попробуйте ещё раз.'],
      button: 'Открыть счёт',
    },
    en: {
      subject: 'Top-up of {{sum}} failed',
      body: ['The top-up of {{sum}} did not go through. Nothing was taken, try again.'],
      button: 'Open the account',
    },
  }),
  ticket_changed: template({
    type: 'support',
    channels: both,
    variables: { number: 'number', subject: 'bilingual', status: 'phrase:ticket' },
    link: at('/tickets', 'ticketId'),
    ru: {
      subject: 'Обращение № {{number}}: {{status}}',
      body: ['Обращение № {{number}} «{{subject}}»: {{status}}.'],
      button: 'Открыть обращение',
    },
    en: {
      subject: 'Ticket {{number}}: {{status}}',
      body: ['Ticket {{number}} “{{subject}}”: {{status}}.'],
      button: 'Open the ticket',
    },
  }),
  review_deleted_author: template({
    type: 'support',
    critical: true,
    channels: both,
    variables: { justification: 'text' },
    link: at('/tickets', 'ticketId'),
    ru: {
      subject: 'Ваш отзыв удалён',
      body: [
        'Поддержка удалила ваш отзыв. Обоснование: {{justification}}',
        'Если вы не согласны, решение можно обжаловать: ответьте в обращении.',
      ],
      button: 'Обжаловать',
    },
    en: {
      subject: 'Your review was deleted',
      body: [
        'Support deleted your review. Justification: {{justification}}',
        'If you disagree, you can appeal: answer in the ticket.',
      ],
      button: 'Appeal',
    },
  }),
  review_deleted_target: template({
    type: 'support',
    channels: both,
    variables: { justification: 'text' },
    link: to('/reviews'),
    ru: {
      subject: 'Отзыв о вас удалён',
      body: ['Поддержка удалила отзыв о вас. Обоснование: {{justification}}'],
    },
    en: {
      subject: 'A review of you was deleted',
      body: ['Support deleted a review of you. Justification: {{justification}}'],
    },
  }),
  notice: template({
    type: 'system',
    channels: both,
    variables: { title: 'bilingual', message: 'bilingual' },
    needs: ['message'],
    link: to('/notifications'),
    ru: { subject: '{{title}}', body: ['{{message}}'] },
    en: { subject: '{{title}}', body: ['{{message}}'] },
  }),
  report_ready: template({
    type: 'system',
    channels: both,
    variables: { title: 'bilingual', period: 'text' },
    link: to('/admin'),
    ru: {
      subject: '{{title}}, {{period}}',
      body: ['{{title}} за {{period}} готов: он приложен к письму и лежит в панели.'],
      button: 'Все отчёты',
    },
    en: {
      subject: '{{title}}, {{period}}',
      body: ['{{title}} for {{period}} is ready: it is attached and kept in the panel.'],
      button: 'All reports',
    },
  }),
  digest: template({
    type: 'system',
    channels: ['email'],
    variables: { number: 'number', list: 'text' },
    needs: ['list'],
    link: to('/notifications'),
    ru: {
      subject: 'Artel: новых событий — {{number}}',
      body: ['Здравствуйте, {{name}}! Вот что произошло:', '{{list}}'],
      button: 'Все уведомления',
    },
    en: {
      subject: 'Artel: {{number}} new events',
      body: ['Hello, {{name}}! This is what happened:', '{{list}}'],
      button: 'All notifications',
    },
  }),
} satisfies Templates;
