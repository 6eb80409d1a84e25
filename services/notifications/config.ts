import { defineConfig, setting } from '#kit/config.ts';

export const notificationsConfig = defineConfig({
  SMTP_URL: setting.url({
    describe: 'Mail server, e.g. smtps://user:password@mail.example.org; smtp:// begins unencrypted and takes STARTTLS',
    ru: 'Почтовый сервер, например smtps://user:password@mail.example.org; smtp:// начинает без шифрования и принимает STARTTLS',
    protocols: ['smtp', 'smtps'],
    secret: true,
  }),
  MAIL_FROM: setting.string({
    describe: 'Sender of all mail: name and address',
    ru: 'Отправитель писем: имя и адрес',
    default: 'Artel <no-reply@localhost>',
    check: (value) => (/^[^\r\n]*[^\s<>@]+@[^\s<>@]+>?$/.test(value) ? undefined : 'must end with an address'),
  }),
  SMS_PROVIDER: setting.enum(['http', 'sms.ru'], {
    describe: 'Who sends SMS: any gateway that takes POST {to, text}, or SMS.RU with SMS_KEY as its api_id',
    ru: 'Кто отправляет SMS: любой шлюз, принимающий POST {to, text}, или SMS.RU с ключом SMS_KEY (api_id)',
    default: 'http',
  }),
  SMS_URL: setting.maybe(
    setting.url({
      describe:
        'Address of the SMS provider; needed for http (without it no SMS is sent), for sms.ru its own by default',
      ru: 'Адрес отправителя SMS; нужен для http (без него SMS не отправляются), для sms.ru по умолчанию его собственный',
      protocols: ['http', 'https'],
    }),
  ),
  SMS_KEY: setting.optionalSecret({
    describe: 'Key of the SMS provider: bearer key, or api_id of SMS.RU',
    ru: 'Ключ отправителя SMS: bearer или api_id SMS.RU',
  }),
  SMS_FROM: setting.optional({
    describe: 'Name that SMS come from, as agreed with the provider',
    ru: 'Имя отправителя SMS, согласованное с провайдером',
  }),
  MAIL_FEEDBACK_KEY: setting.optionalSecret({
    describe:
      'Bearer key for POST /api/v1/mail-feedback and /mail-feedback/reports (bounces and complaints); without it they are closed',
    ru: 'Ключ для POST /api/v1/mail-feedback и /mail-feedback/reports (возвраты и жалобы); без него адреса закрыты',
  }),
  MAIL_BOUNCES_TO: setting.optional({
    describe: 'Address that mail servers return undeliverable mail to (envelope sender). Absent: the one of MAIL_FROM',
    ru: 'Адрес, на который почтовые серверы возвращают недоставленное (отправитель конверта). Без него — адрес из MAIL_FROM',
    check: (value) => (value === undefined || /^[^\s<>@]+@[^\s<>@]+$/.test(value) ? undefined : 'must be an address'),
  }),
  PUSH_HOSTS: setting.list({
    describe: 'Push services that devices may be reached through; *. covers subdomains. Nothing else is ever called',
    ru: 'Push-сервисы, через которые доступны устройства; *. означает поддомены. Другие адреса не вызываются',
    default: ['fcm.googleapis.com', '*.push.services.mozilla.com', '*.notify.windows.com', '*.push.apple.com'],
  }),
  PUSH_CONTACT: setting.string({
    describe: 'Where push services may reach the operator: mailto: or https:',
    ru: 'Как push-сервисам связаться с владельцем: mailto: или https:',
    default: 'mailto:admin@localhost',
    check: (value) => (/^(mailto:|https:\/\/)\S+$/.test(value) ? undefined : 'must begin with mailto: or https://'),
  }),
  MESSAGE_MAIL_DELAY: setting.duration({
    describe: 'How long a message in a conversation may stay unread before a mail tells of it',
    ru: 'Сколько сообщение может быть непрочитанным, прежде чем о нём придёт письмо',
    default: '3m',
    min: '1s',
    max: '7d',
  }),
  WEBHOOK_PRIVATE_HOSTS: setting.list({
    describe:
      'Hosts (host or host:port) that webhooks may call although they are private, also without TLS; by default only https to the public internet',
    ru: 'Узлы (host или host:port), которые вебхуки могут вызывать, хотя они внутренние, в том числе без TLS; по умолчанию только https в интернет',
    default: [],
  }),
  WEBHOOK_GIVE_UP: setting.duration({
    describe: 'How long an endpoint may fail before it is stopped and its owner told',
    ru: 'Сколько адрес вебхука может не отвечать, прежде чем его остановят и скажут владельцу',
    default: '5d',
    min: '1h',
    max: '30d',
  }),
});
