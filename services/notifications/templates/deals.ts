import { at, template, type Templates, type Words } from './definition.ts';

const order = at('/orders', 'orderId');
const ru = (subject: string, ...body: string[]): Words => ({ subject, body, button: 'Открыть заказ' });
const en = (subject: string, ...body: string[]): Words => ({ subject, body, button: 'Open the order' });
const both = ['inApp', 'email'] as const;
const inApp = ['inApp'] as const;
const title = { title: 'text' } as const;
const RU_REASON = '{{#if reason}}Причина: {{reason}}{{/if}}';
const EN_REASON = '{{#if reason}}Reason: {{reason}}{{/if}}';

/** The finer news of a deal: responses that change, proposals, milestones, weeks. Their keys are named by the process. */
export const dealTemplates = {
  response_edited: template({
    type: 'responses',
    channels: inApp,
    variables: { ...title, who: 'person' },
    link: order,
    ru: ru('Отклик на «{{title}}» изменён', '{{who}} меняет условия отклика на «{{title}}».'),
    en: en('A response to “{{title}}” has changed', '{{who}} changed the terms of the response to “{{title}}”.'),
  }),
  response_withdrawn: template({
    type: 'responses',
    channels: inApp,
    variables: { ...title, who: 'person' },
    link: order,
    ru: ru('Отклик на «{{title}}» отозван', '{{who}} отзывает отклик на «{{title}}».'),
    en: en('A response to “{{title}}” was withdrawn', '{{who}} withdrew the response to “{{title}}”.'),
  }),
  response_countered: template({
    type: 'responses',
    channels: both,
    variables: { ...title, who: 'person' },
    link: order,
    ru: ru(
      'Встречное предложение по «{{title}}»',
      '{{who}} предлагает свои цену и срок. Примите их или измените отклик.',
    ),
    en: en('A counter-offer on “{{title}}”', '{{who}} offers a price and term. Accept them or edit your response.'),
  }),
  response_expired: template({
    type: 'responses',
    channels: inApp,
    variables: { ...title, reason: 'text' },
    link: order,
    ru: ru('Отклик на «{{title}}» истёк', 'Отклик больше не действует.', RU_REASON),
    en: en('Your response to “{{title}}” has expired', 'The response stands no more.', EN_REASON),
  }),
  hold_refused: template({
    type: 'orders',
    channels: both,
    variables: { ...title, missing: 'money' },
    link: order,
    ru: ru(
      'Деньги не удержаны: «{{title}}»',
      'По заказу «{{title}}» деньги удержать не удалось{{#if missing}}, не хватает {{missing}}{{/if}}. Пополните счёт и повторите.',
    ),
    en: en(
      'Money is not held: “{{title}}”',
      'Money for “{{title}}” could not be held{{#if missing}}, {{missing}} is missing{{/if}}. Top up and try again.',
    ),
  }),
  proposal_new: template({
    type: 'orders',
    channels: both,
    variables: { ...title, who: 'person' },
    link: order,
    ru: ru('Вам предложили изменить сделку: «{{title}}»', '{{who}} предлагает изменить сделку. Ваше решение?'),
    en: en('A change of the deal is proposed: “{{title}}”', '{{who}} proposes to change the deal. Your decision?'),
  }),
  proposal_agreed: template({
    type: 'orders',
    channels: both,
    variables: { ...title, who: 'person' },
    link: order,
    ru: ru('Ваше предложение принято: «{{title}}»', '{{who}} соглашается на ваше предложение.'),
    en: en('Your proposal is accepted: “{{title}}”', '{{who}} agreed to your proposal.'),
  }),
  proposal_refused: template({
    type: 'orders',
    channels: both,
    variables: { ...title, who: 'person' },
    link: order,
    ru: ru('Ваше предложение отклонено: «{{title}}»', '{{who}} отклоняет ваше предложение.'),
    en: en('Your proposal is refused: “{{title}}”', '{{who}} refused your proposal.'),
  }),
  milestone_funded: template({
    type: 'orders',
    channels: both,
    variables: { ...title, part: 'text', amount: 'money' },
    link: order,
    ru: ru('Этап оплачен, можно начинать: «{{title}}»', '{{amount}} удержаны за этап «{{part}}», можно начинать.'),
    en: en('A milestone is funded: “{{title}}”', '{{amount}} is held for “{{part}}”, you can begin.'),
  }),
  milestone_delivered: template({
    type: 'orders',
    channels: both,
    variables: { ...title, part: 'text', amount: 'money' },
    link: order,
    ru: ru('Этап сдан: «{{title}}»', 'Сдан этап «{{part}}». Примите его или попросите доработать.'),
    en: en('A milestone is delivered: “{{title}}”', '“{{part}}” is delivered. Accept it or ask for a revision.'),
  }),
  milestone_revision: template({
    type: 'orders',
    channels: both,
    variables: { ...title, part: 'text', reason: 'text' },
    link: order,
    ru: ru('Этап нужно доработать: «{{title}}»', 'Заказчик просит доработать этап «{{part}}».', RU_REASON),
    en: en('A revision of a milestone: “{{title}}”', 'The client asks for a revision of “{{part}}”.', EN_REASON),
  }),
  milestone_completed: template({
    type: 'orders',
    channels: both,
    variables: { ...title, part: 'text', amount: 'money' },
    link: order,
    ru: ru('Этап принят: «{{title}}»', 'Этап «{{part}}» принят, {{amount}} выплачиваются.'),
    en: en('A milestone is accepted: “{{title}}”', '“{{part}}” is accepted, {{amount}} is paid.'),
  }),
  order_resumed: template({
    type: 'orders',
    channels: both,
    variables: title,
    link: order,
    ru: ru('Сделка продолжается: «{{title}}»', 'Сделка снова идёт, сроки сдвинуты на время остановки.'),
    en: en('The deal goes on: “{{title}}”', 'The deal is running again; its dates moved by the time it stood still.'),
  }),
  order_finished: template({
    type: 'orders',
    channels: both,
    variables: { ...title, reason: 'text' },
    link: order,
    ru: ru(
      'Работа по часам окончена: «{{title}}»',
      'Записанное время ждёт проверки, удержанное сверх него возвращается заказчику.',
      RU_REASON,
    ),
    en: en(
      'Hourly work has ended: “{{title}}”',
      'Logged time waits for approval; what is held beyond it goes back to the client.',
      EN_REASON,
    ),
  }),
  week_funded: template({
    type: 'orders',
    channels: both,
    variables: { ...title, number: 'number' },
    link: order,
    ru: ru('Работа продолжается: «{{title}}»', 'Деньги на неделю {{number}} удержаны, работа продолжается.'),
    en: en('Work goes on: “{{title}}”', 'Money for week {{number}} is held, the work goes on.'),
  }),
  week_unfunded: template({
    type: 'orders',
    critical: true,
    channels: both,
    variables: { ...title, number: 'number' },
    link: order,
    ru: ru(
      'Работа приостановлена: «{{title}}»',
      'На неделю {{number}} не хватило денег, работа приостановлена. Она продолжится, когда заказчик внесёт деньги.',
    ),
    en: en(
      'Work is paused: “{{title}}”',
      'There was no money for week {{number}}: the work is paused. It goes on when the client funds it.',
    ),
  }),
  week_submitted: template({
    type: 'orders',
    channels: both,
    variables: { ...title, number: 'number', amount: 'money' },
    link: order,
    ru: ru(
      'Проверьте часы: «{{title}}»',
      'Неделя {{number}} закрыта: {{amount}}. Подтвердите часы или оспорьте их; без ответа они будут приняты.',
    ),
    en: en(
      'Approve the hours: “{{title}}”',
      'Week {{number}} is closed: {{amount}}. Approve the hours or object; silence approves them.',
    ),
  }),
  week_contested: template({
    type: 'orders',
    channels: both,
    variables: { ...title, number: 'number', reason: 'text' },
    link: order,
    ru: ru(
      'Заказчик оспорил часы: «{{title}}»',
      'Часы недели {{number}} оспорены. Исправьте их, объясните или откажитесь от них; без ответа оспоренное не оплатят.',
      RU_REASON,
    ),
    en: en(
      'The client objects to hours: “{{title}}”',
      'Hours of week {{number}} are contested. Correct, explain or give them up; silence gives them up.',
      EN_REASON,
    ),
  }),
  week_paid: template({
    type: 'orders',
    channels: both,
    variables: { ...title, number: 'number', amount: 'money' },
    link: order,
    ru: ru('Часы оплачены: «{{title}}»', 'Неделя {{number}}: оплачено {{amount}} (до комиссии).'),
    en: en('Hours are paid: “{{title}}”', 'Week {{number}}: {{amount}} is paid (before commission).'),
  }),
} satisfies Templates;
