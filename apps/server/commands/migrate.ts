import { SERVICES } from '#contracts/common/define.ts';
import { migrate } from '#kit/db/migrate.ts';
import { openNeeds } from '../needs.ts';
import { registry } from '../registry.ts';
import { readPlatformSettings } from '../settings.ts';

/** `artel migrate`: every service's schema to this release; safe beside running processes and beside itself. */
export async function migrateCommand(env: Readonly<Record<string, string | undefined>>): Promise<void> {
  const settings = readPlatformSettings(env);
  const needs = await openNeeds(settings, (text) => process.stderr.write(`… ${text}\n`));
  try {
    const services = await Promise.all(SERVICES.map((name) => registry[name]()));
    await migrate({
      adminUrl: needs.adminUrl,
      roleSecret: needs.masterSecret,
      targets: services.map((service) => ({
        service: service.contract.name,
        migrations: service.migrations,
        jobs: Object.keys(service.jobs).length > 0,
      })),
      onProgress: (text) => process.stdout.write(`${text}\n`),
    });
    process.stdout.write('the database is at this release\n');
  } finally {
    await needs.close();
  }
}
