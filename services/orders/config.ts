import { defineConfig } from '#kit/config.ts';

export const ordersConfig = defineConfig({});
