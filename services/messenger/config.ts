import { defineConfig, setting } from '#kit/config.ts';

export const messengerConfig = defineConfig({
  MESSENGER_EDIT_WINDOW: setting.duration({
    default: '15m',
    min: '0s',
    describe: 'How long a sent message can be edited or deleted by its sender.',
    ru: 'Сколько времени отправитель может править или удалить сообщение.',
  }),
  MESSENGER_USER_QUOTA_MB: setting.int({
    default: 1024,
    min: 1,
    max: 1_000_000,
    describe: 'Space for the files that one person keeps in conversations, in MiB.',
    ru: 'Место для файлов одного человека в переписках, МиБ.',
  }),
  MESSENGER_FILE_LIMIT_MB: setting.int({
    default: 100,
    min: 1,
    max: 200,
    describe: 'Largest file that is taken in parts, in MiB; whole ones end at 25 MiB.',
    ru: 'Наибольший файл, который принимается по частям, МиБ; целиком — до 25 МиБ.',
  }),
  MESSENGER_LINK_TTL: setting.duration({
    default: '5m',
    min: '10s',
    max: '1h',
    describe: 'How long the address of a file works in a browser.',
    ru: 'Сколько действует ссылка на файл для браузера.',
  }),
  MESSENGER_PRESENCE_GRACE: setting.duration({
    default: '10s',
    min: '0s',
    max: '5m',
    describe: 'How long somebody may be without a connection before others see that he left.',
    ru: 'Сколько человек может быть без связи, прежде чем другие увидят, что он вышел.',
  }),
  CLAMAV_URL: setting.optional({
    describe: 'Virus scanner (clamd) that looks at every uploaded file, as tcp://host:3310. Absent: no scan.',
    ru: 'Антивирус (clamd), который проверяет каждый файл, в виде tcp://host:3310. Нет: без проверки.',
    check: (value) => (/^tcp:\/\/[^/:]+:\d{1,5}$/.test(value) ? undefined : 'must look like tcp://host:3310'),
  }),
});
