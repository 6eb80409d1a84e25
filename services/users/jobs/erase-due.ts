import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { erasePerson } from '../data/erasure.ts';
import { lockProfile } from '../data/profiles.ts';
import { lockSessions } from '../http/internal.ts';

const payload = z.strictObject({ userId: id });

/** Erases who asked for it, when the grace period is over and he has not called it off. */
export const eraseDue: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { userId }) {
    const now = ctx.clock.now();
    const erased = await ctx.db.tx(async (tx) => {
      const profile = await lockProfile(tx, userId);
      if (!profile || profile.status === 'erased' || profile.eraseAt === null || profile.eraseAt > now) return false;
      await erasePerson(tx, { userId, actorId: userId, now });
      return true;
    });
    if (erased) await lockSessions(ctx, userId, true, null);
  },
};
