import { defineConfig, setting } from '#kit/config.ts';

export const analyticsConfig = defineConfig({
  REPORT_KEEP: setting.duration({
    describe: 'How long the file of a report is kept',
    ru: 'Сколько хранится файл отчёта',
    default: '14d',
    min: '1h',
    max: '365d',
  }),
});
