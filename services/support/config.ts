import { defineConfig } from '#kit/config.ts';

export const supportConfig = defineConfig({});
