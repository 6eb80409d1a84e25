import { template, type Templates, to } from './definition.ts';

/** Of endpoints of people's own programs. */
export const webhookTemplates = {
  webhook_stopped: template({
    type: 'system',
    channels: ['inApp', 'email'],
    variables: { host: 'text', why: 'phrase:webhook' },
    link: to('/settings/webhooks'),
    ru: {
      subject: 'Вебхук на {{host}} остановлен',
      body: [
        'Мы больше не вызываем ваш адрес на {{host}}: {{why}}.',
        'Неотправленное осталось в журнале. Включите вебхук снова, и его можно будет отправить ещё раз.',
      ],
      button: 'Открыть вебхуки',
    },
    en: {
      subject: 'The webhook to {{host}} was stopped',
      body: [
        'We no longer call your address at {{host}}: {{why}}.',
        'What was not sent is in the log. Switch the webhook on again to send it once more.',
      ],
      button: 'Open the webhooks',
    },
  }),
} satisfies Templates;
