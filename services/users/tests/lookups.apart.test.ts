import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Platform, startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import type { ServiceName } from '#contracts/common/define.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import { usersEvents } from '#contracts/users/events.ts';
import { systemClock } from '#kit/clock.ts';
import { sql } from '#kit/db/db.ts';
import { createLogger } from '#kit/log.ts';
import type { ServiceContext } from '#kit/service/types.ts';
import { TEST_SECRET } from '#testing/env.ts';
import { freePort } from '#testing/ports.ts';
import { testDatabase } from '#testing/postgres.ts';
import { AMQP_URL, removeQueues } from '#testing/rabbit.ts';

/** I14 between processes: over HTTP by the ETag, and told over RabbitMQ. */
const prefix = `t${randomBytes(4).toString('hex')}.`;
const folder = mkdtempSync(join(tmpdir(), 'artel-lookups-'));
let database: Awaited<ReturnType<typeof testDatabase>>;
let users: Platform;
let orders: Platform;

beforeAll(async () => {
  database = await testDatabase();
  const port = await freePort();
  const start = (name: ServiceName) =>
    startPlatform({
      services: [name],
      env: {},
      adminUrl: database.url,
      amqpUrl: AMQP_URL,
      amqpPrefix: prefix,
      migrate: true,
      clock: systemClock,
      log: createLogger({ level: 'silent', pretty: false }),
      masterSecret: TEST_SECRET,
      serviceKeys: serviceKeys({ masterSecret: TEST_SECRET }),
      publicUrl: 'http://127.0.0.1:1',
      filesFolder: folder,
      poolMax: 3,
      addresses: { users: [`http://127.0.0.1:${port}`] },
      listen: (service) => (service === 'users' ? { host: '127.0.0.1', port } : undefined),
    });
  users = await start('users');
  orders = await start('orders');
});
afterAll(async () => {
  await orders?.close();
  await users?.close();
  await removeQueues(AMQP_URL, prefix);
  await database?.drop();
  rmSync(folder, { recursive: true, force: true });
});

test('I14: what is kept of people in another process is forgotten when users tells of a change', async () => {
  const userId = '0198c0de-0000-7000-8000-000000000001';
  const at = users.host.service('users')?.ctx as ServiceContext;
  const from = orders.host.service('orders')?.ctx as unknown as ServiceContext<typeof ordersContract>;
  const name = async () => (await from.clients.users.getPeople({ query: { ids: userId } })).items[0]?.displayName;
  await at.db.run(sql`
    insert into profiles (user_id, slug, display_name, email, email_confirmed, locale, time_zone, kinds, visibility, registered_at)
    values (${userId}, 'anna', 'Анна', 'anna@canary.example', true, 'ru', 'UTC', '{client}', 'hidden', now())`);
  // Kept, once the line for changes stands (a gap of it makes everything be asked again).
  const kept = async () => {
    const before = await name();
    await at.db.run(sql`update profiles set display_name = display_name || '.' where user_id = ${userId}`);
    return (await name()) === before;
  };
  await expect.poll(kept, { timeout: 20_000 }).toBe(true);
  await at.db.tx(async (tx) => {
    await tx.run(sql`update profiles set display_name = 'Анна Вторая' where user_id = ${userId}`);
    tx.emit(usersEvents.profileUpdated, userId, {
      userId,
      kinds: ['client'],
      displayName: 'Анна Вторая',
      slug: 'anna',
      headline: null,
      about: null,
      avatarUrl: null,
      country: null,
      locale: 'ru',
      skills: [],
      styles: [],
      hourlyRate: null,
      availability: 'available',
      rating: null,
      reviewCount: 0,
      visibility: 'hidden',
      changed: ['displayName'],
    });
  });
  // Well before what is kept would be asked about again by itself.
  await expect.poll(name, { timeout: 8_000, interval: 20 }).toBe('Анна Вторая');
});
