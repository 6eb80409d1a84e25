import { at, template, type Templates } from './definition.ts';

const order = at('/orders', 'orderId');
const button = { ru: 'Открыть заказ', en: 'Open the order' } as const;
const both = ['inApp', 'email'] as const;

/** News of orders: responses, the course of a deal, deadlines, reviews. */
export const orderTemplates = {
  response_new: template({
    type: 'responses',
    channels: both,
    variables: { title: 'text', who: 'person', price: 'money', many: 'number' },
    link: order,
    ru: {
      subject: 'Новый отклик на заказ «{{title}}»',
      body: [
        'На ваш заказ «{{title}}» откликнулись: {{who}}, цена {{price}}.',
        '{{#if many}}Непрочитанных откликов: {{many}}.{{/if}}',
      ],
      button: 'Посмотреть отклик',
    },
    en: {
      subject: 'New response to “{{title}}”',
      body: [
        '{{who}} responded to your order “{{title}}” with a price of {{price}}.',
        '{{#if many}}Unread responses: {{many}}.{{/if}}',
      ],
      button: 'See the response',
    },
  }),
  response_shortlisted: template({
    type: 'responses',
    channels: both,
    variables: { title: 'text' },
    link: order,
    ru: {
      subject: 'Ваш отклик на «{{title}}» среди лучших',
      body: ['Заказчик добавил ваш отклик на «{{title}}» в избранные.'],
      button: button.ru,
    },
    en: {
      subject: 'Your response to “{{title}}” is shortlisted',
      body: ['The client put your response to “{{title}}” on the shortlist.'],
      button: button.en,
    },
  }),
  response_declined: template({
    type: 'responses',
    channels: both,
    variables: { title: 'text', reason: 'text' },
    link: order,
    ru: {
      subject: 'Отклик на «{{title}}» отклонён',
      body: ['Заказчик отклонил ваш отклик на «{{title}}».', '{{#if reason}}Причина: {{reason}}{{/if}}'],
      button: button.ru,
    },
    en: {
      subject: 'Your response to “{{title}}” was declined',
      body: ['The client declined your response to “{{title}}”.', '{{#if reason}}Reason: {{reason}}{{/if}}'],
      button: button.en,
    },
  }),
  /** No mail: `freelancer_chosen` follows as soon as the price is held. */
  response_accepted: template({
    type: 'responses',
    channels: ['inApp'],
    variables: { title: 'text' },
    link: order,
    ru: {
      subject: 'Ваш отклик на «{{title}}» принят',
      body: ['Заказчик принял ваш отклик на «{{title}}». Работу можно начинать, когда деньги будут удержаны.'],
      button: button.ru,
    },
    en: {
      subject: 'Your response to “{{title}}” is accepted',
      body: ['The client accepted your response to “{{title}}”. Work may begin once the price is held.'],
      button: button.en,
    },
  }),
  freelancer_chosen: template({
    type: 'orders',
    channels: both,
    variables: { title: 'text', who: 'person', price: 'money', hourly: 'text', deadline: 'time' },
    link: order,
    ru: {
      subject: 'Вас выбрали исполнителем: «{{title}}»',
      body: [
        '{{who}} выбирает вас исполнителем заказа «{{title}}». {{#if hourly}}{{price}} в час, деньги на первую неделю удержаны{{else}}{{price}} удержаны{{/if}}, можно начинать.',
        '{{#if deadline}}Срок: {{deadline}}.{{/if}}',
      ],
      button: button.ru,
    },
    en: {
      subject: 'You are chosen for “{{title}}”',
      body: [
        '{{who}} chose you for the order “{{title}}”. {{#if hourly}}{{price}} an hour, money for the first week is held{{else}}{{price}} is held{{/if}}, you can begin.',
        '{{#if deadline}}Deadline: {{deadline}}.{{/if}}',
      ],
      button: button.en,
    },
  }),
  freelancer_invited: template({
    type: 'responses',
    channels: both,
    variables: { title: 'text', who: 'person' },
    link: order,
    ru: {
      subject: 'Приглашение откликнуться на «{{title}}»',
      body: ['{{who}} приглашает вас откликнуться на заказ «{{title}}».'],
      button: button.ru,
    },
    en: {
      subject: 'You are invited to respond to “{{title}}”',
      body: ['{{who}} invites you to respond to the order “{{title}}”.'],
      button: button.en,
    },
  }),
  invitation_declined: template({
    type: 'responses',
    channels: both,
    variables: { title: 'text', who: 'person', reason: 'text' },
    link: order,
    ru: {
      subject: 'Приглашение отклонено: «{{title}}»',
      body: ['{{who}} не возьмётся за заказ «{{title}}».', '{{#if reason}}Причина: {{reason}}{{/if}}'],
      button: button.ru,
    },
    en: {
      subject: 'Invitation declined: “{{title}}”',
      body: ['{{who}} will not take the order “{{title}}”.', '{{#if reason}}Reason: {{reason}}{{/if}}'],
      button: button.en,
    },
  }),
  invitation_withdrawn: template({
    type: 'responses',
    channels: both,
    variables: { title: 'text', who: 'person' },
    link: () => '/my?tab=invitations',
    ru: {
      subject: 'Приглашение отозвано: «{{title}}»',
      body: ['{{who}} больше не ждёт вашего ответа на заказ «{{title}}».'],
      button: 'Мои приглашения',
    },
    en: {
      subject: 'Invitation taken back: “{{title}}”',
      body: ['{{who}} no longer waits for your answer about “{{title}}”.'],
      button: 'My invitations',
    },
  }),
  order_published: template({
    type: 'orders',
    channels: both,
    variables: { title: 'text' },
    link: order,
    ru: {
      subject: 'Заказ «{{title}}» опубликован',
      body: ['Ваш заказ «{{title}}» опубликован, фрилансеры его видят.'],
      button: button.ru,
    },
    en: {
      subject: 'Order “{{title}}” is published',
      body: ['Your order “{{title}}” is published, freelancers see it.'],
      button: button.en,
    },
  }),
  order_returned: template({
    type: 'orders',
    channels: both,
    variables: { title: 'text', reason: 'text' },
    link: order,
    ru: {
      subject: 'Заказ «{{title}}» не опубликован',
      body: ['Заказ «{{title}}» снова в черновиках.', '{{#if reason}}Причина: {{reason}}{{/if}}'],
      button: button.ru,
    },
    en: {
      subject: 'Order “{{title}}” is not published',
      body: ['The order “{{title}}” is a draft again.', '{{#if reason}}Reason: {{reason}}{{/if}}'],
      button: button.en,
    },
  }),
  order_delivered: template({
    type: 'orders',
    channels: both,
    variables: { title: 'text', who: 'person' },
    link: order,
    ru: {
      subject: 'Работа сдана: «{{title}}»',
      body: ['Сдана работа по заказу «{{title}}» ({{who}}). Примите её или попросите доработать.'],
      button: 'Проверить работу',
    },
    en: {
      subject: 'Work delivered: “{{title}}”',
      body: ['{{who}} delivered the work on “{{title}}”. Accept it or ask for a revision.'],
      button: 'Review the work',
    },
  }),
  order_revision: template({
    type: 'orders',
    channels: both,
    variables: { title: 'text', reason: 'text' },
    link: order,
    ru: {
      subject: 'Нужна доработка: «{{title}}»',
      body: ['Заказчик просит доработать заказ «{{title}}».', '{{#if reason}}Что поправить: {{reason}}{{/if}}'],
      button: button.ru,
    },
    en: {
      subject: 'Revision requested: “{{title}}”',
      body: ['The client asks for a revision of “{{title}}”.', '{{#if reason}}What to change: {{reason}}{{/if}}'],
      button: button.en,
    },
  }),
  order_completed: template({
    type: 'orders',
    channels: both,
    variables: { title: 'text' },
    link: order,
    ru: {
      subject: 'Заказ «{{title}}» завершён',
      body: ['Заказ «{{title}}» завершён. Оцените друг друга: отзывы станут видны, когда напишут обе стороны.'],
      button: 'Оставить отзыв',
    },
    en: {
      subject: 'Order “{{title}}” is completed',
      body: ['The order “{{title}}” is completed. Rate each other: reviews show once both sides have written.'],
      button: 'Write a review',
    },
  }),
  order_cancelled: template({
    type: 'orders',
    channels: both,
    variables: { title: 'text', reason: 'text' },
    link: order,
    ru: {
      subject: 'Заказ «{{title}}» отменён',
      body: ['Заказ «{{title}}» отменён.', '{{#if reason}}Причина: {{reason}}{{/if}}'],
      button: button.ru,
    },
    en: {
      subject: 'Order “{{title}}” is cancelled',
      body: ['The order “{{title}}” is cancelled.', '{{#if reason}}Reason: {{reason}}{{/if}}'],
      button: button.en,
    },
  }),
  order_expired: template({
    type: 'orders',
    channels: both,
    variables: { title: 'text' },
    link: order,
    ru: {
      subject: 'Заказ «{{title}}» снят с публикации',
      body: ['Срок публикации заказа «{{title}}» истёк.'],
      button: button.ru,
    },
    en: {
      subject: 'Order “{{title}}” has expired',
      body: ['The publication of the order “{{title}}” ran out.'],
      button: button.en,
    },
  }),
  order_disputed: template({
    type: 'orders',
    critical: true,
    channels: both,
    variables: { title: 'text', reason: 'text' },
    link: order,
    ru: {
      subject: 'Спор по заказу «{{title}}»',
      body: [
        'По заказу «{{title}}» открыт спор, деньги заморожены до решения. Расскажите свою сторону и приложите доказательства.',
        '{{#if reason}}Причина: {{reason}}{{/if}}',
      ],
      button: button.ru,
    },
    en: {
      subject: 'Dispute on “{{title}}”',
      body: [
        'A dispute was opened on the order “{{title}}”; the money is frozen until it is decided. Tell your side and give evidence.',
        '{{#if reason}}Reason: {{reason}}{{/if}}',
      ],
      button: button.en,
    },
  }),
  order_split: template({
    type: 'orders',
    critical: true,
    channels: both,
    variables: { title: 'text', reason: 'text' },
    link: order,
    ru: {
      subject: 'Решение по спору: «{{title}}»',
      body: ['Спор по заказу «{{title}}» решён: сумма разделена.', '{{#if reason}}Обоснование: {{reason}}{{/if}}'],
      button: button.ru,
    },
    en: {
      subject: 'Ruling on “{{title}}”',
      body: ['The dispute on “{{title}}” is decided: the sum is divided.', '{{#if reason}}Grounds: {{reason}}{{/if}}'],
      button: button.en,
    },
  }),
  delivery_due: template({
    type: 'deadlines',
    channels: both,
    variables: { title: 'text', at: 'time' },
    link: order,
    ru: {
      subject: 'Скоро срок сдачи: «{{title}}»',
      body: ['Работу по заказу «{{title}}» нужно сдать до {{at}}.'],
      button: button.ru,
    },
    en: {
      subject: 'Delivery is due soon: “{{title}}”',
      body: ['The work on “{{title}}” is due by {{at}}.'],
      button: button.en,
    },
  }),
  delivery_late: template({
    type: 'deadlines',
    channels: both,
    variables: { title: 'text', at: 'time' },
    link: order,
    ru: {
      subject: 'Срок сдачи прошёл: «{{title}}»',
      body: ['Срок сдачи работы по заказу «{{title}}» прошёл: {{at}}.'],
      button: button.ru,
    },
    en: {
      subject: 'Delivery is late: “{{title}}”',
      body: ['The deadline of “{{title}}” has passed: {{at}}.'],
      button: button.en,
    },
  }),
  review_due: template({
    type: 'deadlines',
    channels: both,
    variables: { title: 'text', at: 'time' },
    link: order,
    ru: {
      subject: 'Проверьте работу: «{{title}}»',
      body: ['Проверьте работу по заказу «{{title}}» до {{at}}. После этого она будет принята автоматически.'],
      button: 'Проверить работу',
    },
    en: {
      subject: 'Review the work: “{{title}}”',
      body: ['Review the work on “{{title}}” by {{at}}. After that it is accepted by itself.'],
      button: 'Review the work',
    },
  }),
  search_found: template({
    type: 'searches',
    channels: both,
    variables: { search: 'text', total: 'number', titles: 'text', rest: 'number' },
    link: (params) => String(params['path'] ?? '/orders'),
    ru: {
      subject: 'Новые заказы по поиску «{{search}}»: {{total}}',
      body: ['По сохранённому поиску «{{search}}» есть новые заказы: {{titles}}{{#if rest}} и ещё {{rest}}{{/if}}.'],
      button: 'Посмотреть',
    },
    en: {
      subject: 'New orders for the search “{{search}}”: {{total}}',
      body: ['Your saved search “{{search}}” has new orders: {{titles}}{{#if rest}} and {{rest}} more{{/if}}.'],
      button: 'Have a look',
    },
  }),
  review_published: template({
    type: 'reviews',
    channels: both,
    variables: { who: 'person', rating: 'number' },
    link: order,
    ru: {
      subject: 'О вас новый отзыв: {{rating}} из 5',
      body: ['Опубликован отзыв о вас ({{who}}), оценка {{rating}} из 5. Вы можете один раз ответить.'],
      button: 'Прочитать отзыв',
    },
    en: {
      subject: 'A new review of you: {{rating}} of 5',
      body: ['{{who}} reviewed you: {{rating}} of 5. You may answer once.'],
      button: 'Read the review',
    },
  }),
  message_new: template({
    type: 'messages',
    channels: both,
    variables: { title: 'text', who: 'person', count: 'number' },
    link: at('/conversations', 'conversationId'),
    ru: {
      subject: 'Новое сообщение по заказу «{{title}}»',
      body: ['{{who}} пишет вам по заказу «{{title}}». Непрочитанных сообщений: {{count}}.'],
      button: 'Открыть переписку',
    },
    en: {
      subject: 'New message about “{{title}}”',
      body: ['{{who}} wrote to you about the order “{{title}}”. Unread messages: {{count}}.'],
      button: 'Open the conversation',
    },
  }),
} satisfies Templates;
