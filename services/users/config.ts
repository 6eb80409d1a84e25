import { defineConfig } from '#kit/config.ts';

export const usersConfig = defineConfig({});
