import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { sql } from '#kit/db/db.ts';
import { readVitals } from '#kit/service/vitals.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';

const PROBE_TIMEOUT_MS = 2_000;

interface Vitals {
  readonly answering: boolean;
  readonly outbox: number | null;
  readonly oldestAt: string | null;
}
const SILENT: Vitals = { answering: false, outbox: null, oldestAt: null };

/** Each service is asked itself: what it says is its outbox, that it says anything is its health. */
async function vitalsOf(ctx: AdminContext, service: ServiceName): Promise<Vitals> {
  // The request itself came through it, and it keeps no state.
  if (service === 'gateway') return { answering: true, outbox: null, oldestAt: null };
  const asked =
    service === 'admin' ? readVitals(ctx.db) : ctx.clients[service].getVitals({ timeoutMs: PROBE_TIMEOUT_MS });
  return await asked.then(
    (vitals) => ({ answering: true, ...vitals }),
    () => SILENT,
  );
}

export const getHealth: AdminHandlers['getHealth'] = async (ctx, req) => {
  ctx.healthNews.watch(req.user.userId);
  const transport = ctx.bus.healthy();
  const database = await ctx.db.one(sql`select 1 as ok`).then(
    () => true,
    () => false,
  );
  const services = await Promise.all(
    SERVICES.map(async (service) => {
      const [depth, vitals] = await Promise.all([
        ctx.bus.depth(service).catch(() => undefined),
        vitalsOf(ctx, service),
      ]);
      return { service, ...vitals, waiting: depth?.waiting ?? null, dead: depth?.dead ?? null };
    }),
  );
  const backup = await ctx.db
    .maybe<{ at: Date }>(sql`select made_at as at from backups order by made_at desc limit 1`)
    .catch(() => undefined);
  const ready = transport && database && services.every((one) => one.answering);
  const lastBackupAt = backup?.at.toISOString() ?? null;
  return { body: { ready, transport, database, checkedAt: ctx.clock.now().toISOString(), lastBackupAt, services } };
};
