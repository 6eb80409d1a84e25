import { defineConfig, setting } from '#kit/config.ts';

export const authConfig = defineConfig({
  ADMIN_EMAIL: setting.optional({
    describe: 'Address of the first admin, made at the start when there is no such account.',
    ru: 'Адрес первого администратора; создаётся при запуске, если такой учётной записи нет.',
    check: (value) => (/^\S+@\S+$/.test(value) ? undefined : 'must be an email address'),
  }),
  ADMIN_PASSWORD: setting.optionalSecret({
    describe: "The first admin's password. There is no default one.",
    ru: 'Пароль первого администратора. Пароля по умолчанию нет.',
    check: (value) => (value.length >= 10 ? undefined : 'must have 10 characters or more'),
  }),
  OPERATOR_NAME: setting.optional({
    describe:
      'Who runs this installation and answers for its personal data, as the terms and the privacy policy name him.',
    ru: 'Кто держит эту установку и отвечает за персональные данные; так его называют условия и политика.',
  }),
  OPERATOR_ADDRESS: setting.optional({
    describe: "The operator's postal address, for the same texts.",
    ru: 'Почтовый адрес оператора, для тех же текстов.',
  }),
  OPERATOR_CONTACT: setting.optional({
    describe: 'Where questions about personal data go, for the same texts: an email address or a phone number.',
    ru: 'Куда обращаться по вопросам данных, для тех же текстов: почта или телефон.',
  }),
  ACCESS_TOKEN_TTL: setting.duration({
    default: '5m',
    min: '30s',
    max: '1h',
    describe: 'Life of an access token.',
    ru: 'Срок жизни токена доступа.',
  }),
  SESSION_TTL: setting.duration({
    default: '30d',
    min: '5m',
    describe: 'A session that is not used for so long ends.',
    ru: 'Сессия, которой столько не пользуются, заканчивается.',
  }),
  KEY_ROTATION: setting.duration({
    default: '30d',
    min: '1h',
    describe: 'Age at which the signing key is replaced.',
    ru: 'Возраст, в котором ключ подписи заменяется.',
  }),
  PASSWORD_HASH_MEMORY_KIB: setting.int({
    default: 19_456,
    min: 7_168,
    max: 1_048_576,
    describe: 'Memory of one Argon2id hash, in KiB. Hashes made at another cost are renewed at the next sign-in.',
    ru: 'Память одного хеша Argon2id, КиБ. Хеши иной стоимости обновляются при следующем входе.',
  }),
  UV_THREADPOOL_SIZE: setting.int({
    default: 4,
    min: 1,
    max: 1_024,
    describe:
      'Threads of the process (Node.js reads it too). Passwords are hashed on as many of them as the machine has cores, less one thread.',
    ru: 'Потоки процесса (её читает и Node.js). Пароли хешируются на стольких из них, сколько у машины ядер; один поток остаётся.',
  }),
  PASSWORD_HASH_PASSES: setting.int({
    default: 2,
    min: 1,
    max: 20,
    describe: 'Passes of one Argon2id hash. The start says in the log how long one takes.',
    ru: 'Проходы одного хеша Argon2id. При запуске в журнал пишется, сколько он длится.',
  }),
});
