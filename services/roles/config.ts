import { defineConfig } from '#kit/config.ts';

export const rolesConfig = defineConfig({});
