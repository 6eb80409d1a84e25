import type { analyticsContract } from '#contracts/analytics/index.ts';
import { found } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import {
  beginRebuild,
  listRebuilds as readRebuilds,
  percentOf,
  rebuildById,
  type RebuildRow,
} from '../data/rebuild.ts';

type H = Handlers<typeof analyticsContract, AnalyticsContext>;

function view(row: RebuildRow) {
  const { rebuildId, state, reason, equal, differing } = row;
  return {
    rebuildId,
    state,
    percent: percentOf(row),
    events: Number(row.done),
    startedAt: row.startedAt.toISOString(),
    finishedAt: row.finishedAt?.toISOString() ?? null,
    equal,
    differing,
    reason: state === 'done' ? null : reason,
  };
}

export const startRebuild: H['startRebuild'] = async (ctx, req) =>
  req.tx(async (tx) => ({
    body: view(await beginRebuild(tx, { requestedBy: req.user.userId, now: ctx.clock.now() })),
  }));

export const listRebuilds: H['listRebuilds'] = async (ctx) => ({
  body: { items: (await readRebuilds(ctx.db, 20)).map(view) },
});

export const getRebuild: H['getRebuild'] = async (ctx, req) => ({
  body: view(found(await rebuildById(ctx.db, req.params.rebuildId))),
});
