import type { vitalsRoutes } from '#contracts/common/vitals.ts';
import { type Queries, sql } from '#kit/db/db.ts';
import type { Reply, Req, ServiceContext } from './types.ts';

type Route = (typeof vitalsRoutes)['getVitals'];

/** Lag of the outbox: how much waits for the transport, and since when. */
export async function readVitals(db: Queries): Promise<{ outbox: number; oldestAt: string | null }> {
  const { n } = await db.one<{ n: number }>(
    sql`select count(*)::int as n from (select 1 from outbox limit 10000) waiting`,
  );
  const oldest = await db.maybe<{ at: string | null }>(
    sql`select body::jsonb->>'time' as at from outbox order by seq limit 1`,
  );
  return { outbox: n, oldestAt: oldest?.at ?? null };
}

/** The handler of every service that has a state. */
export const vitals = {
  getVitals: async (ctx: ServiceContext, _req: Req<Route>): Promise<Reply<Route>> => ({
    body: await readVitals(ctx.db),
  }),
};
