import { defineConfig, setting } from '#kit/config.ts';

export const paymentsConfig = defineConfig({
  PROVIDER_URL: setting.url({ describe: 'Merchant API of the payment provider.' }),
  PROVIDER_API_KEY: setting.secret({ describe: 'Key of the merchant API.' }),
  PROVIDER_WEBHOOK_SECRET: setting.secret({ describe: "Secret of the provider's signed callbacks (`whsec_…`)." }),
  YOOKASSA_SHOP_ID: setting.optional({
    describe: 'Shop of YooKassa. Given: money moves through YooKassa, not the simulation.',
  }),
  YOOKASSA_SECRET_KEY: setting.optionalSecret({ describe: 'Secret key of the YooKassa shop.' }),
  YOOKASSA_PAYOUT_AGENT_ID: setting.optional({
    describe: 'Payout gateway of YooKassa; without it withdrawals are refused.',
  }),
  YOOKASSA_PAYOUT_SECRET_KEY: setting.optionalSecret({ describe: 'Secret key of the payout gateway.' }),
  YOOKASSA_URL: setting.url({ describe: 'API of YooKassa.', default: 'https://api.yookassa.ru/v3' }),
});
