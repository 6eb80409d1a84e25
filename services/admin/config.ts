import { defineConfig } from '#kit/config.ts';

export const adminConfig = defineConfig({});
