import { z } from 'zod';
import { id, timestamp } from '#contracts/common/values.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { noticePersonalData } from '../data/personal-data.ts';
import { lockProfile } from '../data/profiles.ts';

const payload = z.strictObject({ userId: id, eraseAt: timestamp });

/** Warns who asked for his erasure, if it still stands for that moment. */
export const warnOfErasure: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { userId, eraseAt }) {
    await ctx.db.tx(async (tx) => {
      const profile = await lockProfile(tx, userId);
      if (profile?.status === 'erased' || profile?.eraseAt?.toISOString() !== eraseAt) return;
      noticePersonalData(tx, userId, 'erasure_near', profile.eraseAt);
    });
  },
};
