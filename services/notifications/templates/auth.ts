import { template, type Templates, to } from './definition.ts';

/** Codes and links of an account. `code` and `link` come from auth at the time of sending. */
export const authTemplates = {
  confirm_email: template({
    type: 'security',
    critical: true,
    channels: ['email'],
    variables: { code: 'text' },
    needs: ['code', 'link'],
    link: to('/confirm'),
    ru: {
      subject: 'Подтвердите почту в Artel',
      body: [
        'Здравствуйте, {{name}}! Осталось подтвердить адрес. Введите код:',
        '{{code}}',
        'Или перейдите по ссылке. Код действует сутки.',
        'Если вы не регистрировались в Artel, просто удалите это письмо.',
      ],
      button: 'Подтвердить почту',
    },
    en: {
      subject: 'Confirm your email for Artel',
      body: [
        'Hello, {{name}}! One step is left: confirm this address. Enter the code:',
        '{{code}}',
        'Or follow the link. The code is good for one day.',
        'If you did not register with Artel, simply delete this mail.',
      ],
      button: 'Confirm the email',
    },
  }),
  reset_password: template({
    type: 'security',
    critical: true,
    channels: ['email'],
    variables: {},
    needs: ['link'],
    link: to('/reset'),
    ru: {
      subject: 'Смена пароля в Artel',
      body: [
        'Здравствуйте, {{name}}! Чтобы задать новый пароль, перейдите по ссылке. Она действует 30 минут и сработает один раз.',
        'Если вы этого не просили, ничего не делайте: пароль останется прежним.',
      ],
      button: 'Задать новый пароль',
    },
    en: {
      subject: 'Reset your Artel password',
      body: [
        'Hello, {{name}}! Follow the link to choose a new password. It is good for 30 minutes and works once.',
        'If you did not ask for it, do nothing: the password stays as it is.',
      ],
      button: 'Choose a new password',
    },
  }),
  sign_in_code: template({
    type: 'security',
    critical: true,
    channels: ['email'],
    variables: { code: 'text' },
    needs: ['code'],
    link: to(''),
    ru: {
      subject: 'Код для входа в Artel',
      body: ['Код для входа:', '{{code}}', 'Он действует 10 минут. Никому его не сообщайте, даже поддержке.'],
    },
    en: {
      subject: 'Your Artel sign-in code',
      body: ['Your sign-in code:', '{{code}}', 'It is good for 10 minutes. Tell it to nobody, support included.'],
    },
  }),
  change_email: template({
    type: 'security',
    critical: true,
    channels: ['email'],
    variables: { code: 'text' },
    needs: ['code'],
    link: to(''),
    ru: {
      subject: 'Подтвердите новый адрес в Artel',
      body: [
        'Этот адрес указали как новый для учётной записи Artel. Введите код, чтобы подтвердить его:',
        '{{code}}',
        'Код действует час. Если это были не вы, ничего не делайте.',
      ],
    },
    en: {
      subject: 'Confirm your new address for Artel',
      body: [
        'This address was given as the new one of an Artel account. Enter the code to confirm it:',
        '{{code}}',
        'The code is good for an hour. If it was not you, do nothing.',
      ],
    },
  }),
  invitation: template({
    type: 'security',
    critical: true,
    channels: ['email'],
    variables: {},
    needs: ['link'],
    link: to('/invitation'),
    ru: {
      subject: 'Приглашение в команду Artel',
      body: [
        'Здравствуйте, {{name}}! Вас пригласили работать в Artel. Перейдите по ссылке и задайте пароль. Приглашение действует неделю.',
      ],
      button: 'Принять приглашение',
    },
    en: {
      subject: 'You are invited to the Artel team',
      body: [
        'Hello, {{name}}! You are invited to work at Artel. Follow the link and choose a password. The invitation is good for a week.',
      ],
      button: 'Accept the invitation',
    },
  }),
  email_replaced: template({
    type: 'security',
    critical: true,
    channels: ['email'],
    variables: {},
    link: to('/sign-in'),
    ru: {
      subject: 'Адрес почты вашей учётной записи Artel изменён',
      body: [
        'Учётная запись Artel с этим адресом переведена на другой адрес. Вход и письма теперь идут через него.',
        'Если это были не вы, сразу напишите в поддержку: этот адрес больше не открывает учётную запись.',
      ],
      button: 'Открыть Artel',
    },
    en: {
      subject: 'The email address of your Artel account was changed',
      body: [
        'The Artel account with this address was moved to another address. Sign-ins and mail go there now.',
        'If it was not you, write to the support at once: this address does not open the account any more.',
      ],
      button: 'Open Artel',
    },
  }),
  already_registered: template({
    type: 'security',
    critical: true,
    channels: ['email'],
    variables: {},
    link: to('/sign-in'),
    ru: {
      subject: 'У вас уже есть учётная запись Artel',
      body: [
        'Кто-то, возможно вы, попробовал зарегистрироваться с этим адресом. Учётная запись с ним уже есть: войдите или восстановите пароль.',
        'Если это были не вы, ничего не делайте.',
      ],
      button: 'Войти',
    },
    en: {
      subject: 'You already have an Artel account',
      body: [
        'Somebody, perhaps you, tried to register with this address. There is an account with it: sign in or reset the password.',
        'If it was not you, do nothing.',
      ],
      button: 'Sign in',
    },
  }),
  verify_phone: template({
    type: 'security',
    critical: true,
    channels: ['sms'],
    variables: { code: 'text' },
    needs: ['code'],
    link: to(''),
    ru: { subject: 'Artel', body: ['Artel: код {{code}} для подтверждения номера. Никому его не сообщайте.'] },
    en: { subject: 'Artel', body: ['Artel: {{code}} confirms your phone number. Tell it to nobody.'] },
  }),
  sign_in_code_sms: template({
    type: 'security',
    critical: true,
    channels: ['sms'],
    variables: { code: 'text' },
    needs: ['code'],
    link: to(''),
    ru: { subject: 'Artel', body: ['Artel: код для входа {{code}}. Никому его не сообщайте.'] },
    en: { subject: 'Artel', body: ['Artel: your sign-in code is {{code}}. Tell it to nobody.'] },
  }),
  export_ready: template({
    type: 'security',
    critical: true,
    channels: ['inApp', 'email'],
    variables: { at: 'time' },
    link: to('/settings/data'),
    ru: {
      subject: 'Архив ваших данных готов',
      body: ['Архив ваших данных собран. Его можно скачать до {{at}}, потом он удаляется.'],
      button: 'Скачать архив',
    },
    en: {
      subject: 'The archive of your data is ready',
      body: ['The archive of your data is ready. It can be downloaded until {{at}}, then it is deleted.'],
      button: 'Download the archive',
    },
  }),
  erasure_requested: template({
    type: 'security',
    critical: true,
    channels: ['inApp', 'email'],
    variables: { at: 'time' },
    link: to('/settings/data'),
    ru: {
      subject: 'Учётная запись будет удалена {{at}}',
      body: [
        'Вы попросили удалить учётную запись и личные данные. Это произойдёт {{at}}.',
        'До этого времени удаление можно отменить. Если просили не вы, отмените его и смените пароль.',
      ],
      button: 'Отменить удаление',
    },
    en: {
      subject: 'Your account will be erased on {{at}}',
      body: [
        'You asked for the erasure of your account and personal data. It happens on {{at}}.',
        'Until then it can be called off. If it was not you, call it off and change the password.',
      ],
      button: 'Call it off',
    },
  }),
  erasure_near: template({
    type: 'security',
    critical: true,
    channels: ['inApp', 'email'],
    variables: { at: 'time' },
    link: to('/settings/data'),
    ru: {
      subject: 'Скоро удаление: {{at}}',
      body: [
        '{{at}} ваша учётная запись и личные данные будут удалены без возможности вернуть их.',
        'После удаления писем больше не будет: адрес удаляется вместе со всем остальным. Записи о деньгах остаются без имени, этого требует закон.',
      ],
      button: 'Отменить удаление',
    },
    en: {
      subject: 'Erasure is near: {{at}}',
      body: [
        'On {{at}} your account and personal data are erased and can not be brought back.',
        'After that there will be no more mail: the address goes with everything else. Records of money stay without a name, as the law requires.',
      ],
      button: 'Call it off',
    },
  }),
  erasure_called_off: template({
    type: 'security',
    critical: true,
    channels: ['inApp', 'email'],
    variables: { at: 'time' },
    link: to('/settings/data'),
    ru: { subject: 'Удаление отменено', body: ['Удаление вашей учётной записи отменено, всё остаётся как было.'] },
    en: {
      subject: 'The erasure is called off',
      body: ['The erasure of your account is called off, all stays as it was.'],
    },
  }),
  security_notice: template({
    type: 'security',
    critical: true,
    channels: ['inApp', 'email'],
    variables: { what: 'phrase:security', device: 'text', place: 'text', at: 'time' },
    link: to('/settings/security'),
    ru: {
      subject: 'Безопасность: {{what}}',
      body: [
        '{{what}}, {{at}}.{{#if device}} Устройство: {{device}}.{{/if}}{{#if place}} Место: {{place}}.{{/if}}',
        'Если это были не вы, смените пароль и завершите чужие сеансы.',
      ],
      button: 'Проверить безопасность',
    },
    en: {
      subject: 'Security: {{what}}',
      body: [
        '{{what}}, {{at}}.{{#if device}} Device: {{device}}.{{/if}}{{#if place}} Place: {{place}}.{{/if}}',
        'If it was not you, change the password and end foreign sessions.',
      ],
      button: 'Check the security',
    },
  }),
} satisfies Templates;
