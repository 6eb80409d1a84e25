/** A second process of notifications for a test: users is played, every id has an address. Ends when its input does. */
import { z } from 'zod';
import { startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { systemClock } from '#kit/clock.ts';
import { createLogger } from '#kit/log.ts';
import { contactOf } from './contact-of.ts';

const options = z
  .object({ adminUrl: z.string(), secret: z.string(), folder: z.string(), env: z.record(z.string(), z.string()) })
  .parse(JSON.parse(process.argv[2] ?? '{}'));

const platform = await startPlatform({
  services: ['notifications'],
  env: options.env,
  adminUrl: options.adminUrl,
  migrate: false,
  clock: systemClock,
  log: createLogger({ level: 'silent', pretty: false }),
  masterSecret: options.secret,
  serviceKeys: serviceKeys({ masterSecret: options.secret }),
  publicUrl: 'http://127.0.0.1:1',
  filesFolder: options.folder,
  poolMax: 5,
  addresses: {},
  listen: () => undefined,
});
const clients = platform.host.service('notifications')?.ctx.clients as unknown as Record<string, object>;
clients['users'] = {
  getContacts: async ({ query }: { query: { ids: string } }) => ({
    items: query.ids.split(',').map((id) => contactOf(id)),
  }),
};
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.once('end', () => void platform.close().then(() => process.exit(0)));
