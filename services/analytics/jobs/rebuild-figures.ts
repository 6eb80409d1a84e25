import { z } from 'zod';
import type { Job } from '#kit/service/types.ts';
import type { AnalyticsContext } from '../context.ts';
import { finishRebuild, noteFailure, percentOf, rebuildById, rebuildPortion } from '../data/rebuild.ts';

const payload = z.object({ rebuildId: z.uuid() });
/** A run works for so long and leaves the rest to the next: a job must not take long. */
const RUN_MS = 8_000;

/** Makes the figures anew from the stored events, portion by portion, while events come and figures are read. */
export const rebuildFigures: Job<AnalyticsContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { rebuildId }) {
    const until = performance.now() + RUN_MS;
    try {
      let more = true;
      while (more && performance.now() < until) {
        more = await rebuildPortion(ctx.db, rebuildId);
        await tell(ctx, rebuildId);
      }
      if (more) await ctx.db.tx((tx) => tx.schedule('rebuildFigures', { rebuildId }, { key: `rebuild:${rebuildId}` }));
      else {
        await finishRebuild(ctx.db, rebuildId, ctx.clock.now());
        await tell(ctx, rebuildId);
      }
    } catch (error) {
      await noteFailure(ctx.db, rebuildId, error instanceof Error ? error.message : String(error), ctx.clock.now());
      throw error;
    }
  },
};

/** Live progress for who asked. */
async function tell(ctx: AnalyticsContext, rebuildId: string): Promise<void> {
  const row = await rebuildById(ctx.db, rebuildId);
  if (row?.requestedBy)
    ctx.live.push([row.requestedBy], { type: 'rebuild', rebuildId, state: row.state, percent: percentOf(row) });
}
