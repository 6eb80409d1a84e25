import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { erasePerson, forgetErasure } from '../data/erasure.ts';
import { noticePersonalData } from '../data/personal-data.ts';
import { lockProfile } from '../data/profiles.ts';
import { lockSessions } from '../http/internal.ts';
import { isLastAdmin } from '../last-admin.ts';

const payload = z.strictObject({ userId: id });

/** Erases who asked for it, when the grace period is over and he has not called it off. */
export const eraseDue: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { userId }) {
    const now = ctx.clock.now();
    // The others may have gone since he asked.
    const last = await isLastAdmin(ctx, userId, false);
    const erased = await ctx.db.tx(async (tx) => {
      const profile = await lockProfile(tx, userId);
      if (!profile || profile.status === 'erased' || profile.eraseAt === null || profile.eraseAt > now) return false;
      if (last) {
        await tx.run(sql`update profiles set erase_at = null where user_id = ${userId}`);
        await forgetErasure(tx, userId);
        noticePersonalData(tx, userId, 'erasure_called_off', null);
        ctx.log.warn({ userId }, 'the last admin is not erased');
        return false;
      }
      await erasePerson(tx, { userId, actorId: userId, now });
      return true;
    });
    if (erased) await lockSessions(ctx, userId, true, null);
  },
};
