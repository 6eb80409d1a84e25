import { defineConfig, setting } from '#kit/config.ts';

export const gatewayConfig = defineConfig({
  CORS_ORIGINS: setting.string({
    default: '',
    describe: 'Other origins whose pages may call the API, comma-separated. The public address itself needs none.',
  }),
  TRUSTED_PROXIES: setting.int({
    default: 0,
    min: 0,
    max: 10,
    describe:
      'How many proxies stand before the gateway: so many entries of X-Forwarded-For are believed, from the right.',
  }),
  RATE_READ: setting.int({
    default: 600,
    min: 1,
    max: 1_000_000,
    describe: 'Reading requests per minute and caller (user, else address).',
  }),
  RATE_WRITE: setting.int({
    default: 180,
    min: 1,
    max: 1_000_000,
    describe: 'Changing requests per minute and caller.',
  }),
  RATE_AUTH: setting.int({
    default: 60,
    min: 1,
    max: 1_000_000,
    describe: 'Sign-in, registration and reset requests per minute and address.',
  }),
  RATE_SOCKET: setting.int({
    default: 300,
    min: 1,
    max: 1_000_000,
    describe: 'Live sockets opened per minute and address.',
  }),
  RATE_UPLOAD: setting.int({ default: 60, min: 1, max: 1_000_000, describe: 'Uploads per minute and caller.' }),
  MAX_IN_FLIGHT: setting.int({
    default: 1_000,
    min: 1,
    max: 100_000,
    describe:
      'Requests handled at once by one gateway, and half as many of one address; more are answered 503 at once.',
  }),
  REQUEST_TIMEOUT: setting.duration({
    default: '60s',
    min: '1s',
    max: '10m',
    describe:
      'A request that has not come whole, head and body, after so long is cut off; so is a reader who has not taken his answer (large ones have longer).',
  }),
  MAX_SOCKETS: setting.int({
    default: 20_000,
    min: 1,
    max: 1_000_000,
    describe: 'Live sockets held at once by one gateway; more are refused with 503.',
  }),
  MAX_SOCKETS_PER_USER: setting.int({
    default: 20,
    min: 1,
    max: 1_000_000,
    describe: 'Live sockets of one person at one gateway; with one more the oldest is closed.',
  }),
  REQUEST_LOG: setting.bool({ default: true, describe: 'Write a log line for every request (G5).' }),
});
