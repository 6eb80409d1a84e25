/** Gateway and messenger in one process for the bench, with rooms of two. Orders by IPC: `{burst, userIds}`, `gc`. */
import { z } from 'zod';
import { startPlatform } from '#apps/server/platform.ts';
import { serviceKeys } from '#apps/server/service-keys.ts';
import { SERVICES } from '#contracts/common/define.ts';
import { systemClock } from '#kit/clock.ts';
import { sql } from '#kit/db/db.ts';
import { createLogger } from '#kit/log.ts';

const rooms = z.array(z.object({ conversationId: z.string(), clientId: z.string(), freelancerId: z.string() }));
const options = z
  .object({
    port: z.number(),
    issuer: z.string(),
    adminUrl: z.string(),
    backendUrl: z.string(),
    secret: z.string(),
    rooms,
  })
  .parse(JSON.parse(process.argv[2] ?? '{}'));
/** A message of a conversation, as it is pushed. */
const TEXT = 'Добрый день! Посмотрите, пожалуйста, второй вариант: там другой цвет и шрифт.';

const platform = await startPlatform({
  services: ['gateway', 'messenger'],
  env: {
    RATE_WRITE: '1000000',
    RATE_READ: '1000000',
    RATE_SOCKET: '1000000',
    MAX_SOCKETS_PER_USER: '1000000',
    REQUEST_LOG: 'false',
  },
  adminUrl: options.adminUrl,
  migrate: true,
  clock: systemClock,
  log: createLogger({ level: 'warn', pretty: false }),
  masterSecret: options.secret,
  serviceKeys: serviceKeys({ masterSecret: options.secret }),
  publicUrl: options.issuer,
  filesFolder: '/nonexistent',
  poolMax: 5,
  addresses: Object.fromEntries(SERVICES.map((name) => [name, [options.backendUrl]])),
  listen: (service) => (service === 'gateway' ? { host: '127.0.0.1', port: options.port } : undefined),
});
const ctx = platform.host.service('messenger')?.ctx;
if (!ctx) throw new Error('messenger does not run');
await ctx.db.tx(async (tx) => {
  const [ids, clients, freelancers] = (['conversationId', 'clientId', 'freelancerId'] as const).map((key) =>
    options.rooms.map((room) => room[key]),
  );
  await tx.run(sql`
    insert into order_states (order_id, title, client_id)
    select u.id, 'Логотип для кофейни', u.client from unnest(${ids}::uuid[], ${clients}::uuid[]) as u (id, client)
    on conflict do nothing`);
  await tx.run(sql`
    insert into conversations (conversation_id, order_id, client_id, freelancer_id, last_at, created_at)
    select u.id, u.id, u.client, u.freelancer, now(), now()
    from unnest(${ids}::uuid[], ${clients}::uuid[], ${freelancers}::uuid[]) as u (id, client, freelancer)
    on conflict do nothing`);
  await tx.run(sql`
    insert into members (conversation_id, user_id, kind)
    select conversation_id, client_id, 'client' from conversations union all
    select conversation_id, freelancer_id, 'freelancer' from conversations on conflict do nothing`);
});

let userIds: readonly string[] = [];
process.on('message', (order: { burst?: number; userIds?: string[]; gc?: true }) => {
  if (order.userIds) userIds = order.userIds;
  if (order.gc) {
    (globalThis as { gc?: () => void }).gc?.();
    process.send?.({ gc: true });
  }
  for (let n = 0; n < (order.burst ?? 0); n++) ctx.live.push(userIds, { type: 'message', seq: n, text: TEXT });
});
process.on('SIGTERM', () => void platform.close().then(() => process.exit(0)));
process.send?.({ ready: true });
