import { z } from 'zod';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { lockProfile } from '../data/profiles.ts';
import { unblock } from '../http/internal.ts';

const payload = z.strictObject({ userId: z.string() });
const SYSTEM = '00000000-0000-0000-0000-000000000000';

/** A block with an end is lifted at its end, if it still stands. */
export const liftBlock: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { userId }) {
    await ctx.db.tx(async (tx) => {
      const profile = await lockProfile(tx, userId);
      if (profile?.status !== 'blocked' || profile.blockedUntil === null || profile.blockedUntil > ctx.clock.now())
        return;
      await unblock(tx, userId, SYSTEM);
    });
  },
};
