import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { emitProfile, lockProfile, profileById } from '../data/profiles.ts';

const payload = z.strictObject({
  dictionary: z.enum(['skills', 'styles', 'countries']),
  from: z.string(),
  into: z.string(),
  /** Profiles up to this one have followed. */
  after: z.uuid(),
});
export type FollowMerge = z.infer<typeof payload>;
export const FIRST = '00000000-0000-0000-0000-000000000000';

const BATCH = 100;
const BATCHES_PER_RUN = 20;

/** Profiles that name an entry which was merged into another name that one, and search hears of it; a portion per transaction. */
export const followMerge: Job<UsersContext, FollowMerge> = {
  payload,
  async run(ctx, { dictionary, from, into, after }) {
    const names = {
      skills: sql`skills @> ${JSON.stringify([{ key: from }])}::jsonb`,
      styles: sql`styles @> array[${from}]`,
      countries: sql`country = ${from}`,
    }[dictionary];
    let last = after;
    for (let batch = 0; batch < BATCHES_PER_RUN; batch++) {
      const rows = await ctx.db.many<{ userId: string }>(
        sql`select user_id as "userId" from profiles where user_id > ${last} and ${names} order by user_id limit ${BATCH}`,
      );
      await ctx.db.tx(async (tx) => {
        for (const { userId } of rows) {
          const profile = await lockProfile(tx, userId);
          if (!profile) continue;
          if (dictionary === 'skills') {
            const known = profile.skills.some((skill) => skill.key === into);
            const skills = profile.skills
              .filter((skill) => !(known && skill.key === from))
              .map((skill) => (skill.key === from ? { ...skill, key: into } : skill));
            await tx.run(
              sql`update profiles set skills = ${JSON.stringify(skills)}::jsonb, version = version + 1 where user_id = ${userId}`,
            );
          } else if (dictionary === 'countries') {
            await tx.run(sql`update profiles set country = ${into}, version = version + 1 where user_id = ${userId}`);
          } else {
            const known = profile.styles.some((style) => style.key === into);
            const styles = profile.styles
              .filter((style) => !(known && style.key === from))
              .map((style) => (style.key === from ? { ...style, key: into } : style));
            const levels = Object.fromEntries(styles.map((style) => [style.key, style.level]));
            await tx.run(sql`
              update profiles set styles = ${styles.map((style) => style.key)}, style_levels = ${JSON.stringify(levels)}, version = version + 1 where user_id = ${userId}`);
          }
          const after = await profileById(tx, userId);
          if (after) emitProfile(tx, after, [dictionary === 'countries' ? 'country' : dictionary]);
        }
      });
      last = rows.at(-1)?.userId ?? last;
      if (rows.length < BATCH) return;
    }
    const next = { dictionary, from, into, after: last };
    await ctx.db.tx((tx) => tx.schedule('followMerge', next, { key: `merge:${dictionary}:${from}:${last}` }));
  },
};
