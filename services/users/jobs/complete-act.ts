import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { allOf, PARTS } from '../personal-data.ts';

const payload = z.strictObject({ userId: id });

/** Asks every service what it still keeps of an erased person, and adds the answer to the act of destruction. */
export const completeAct: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { userId }) {
    for (const service of PARTS) {
      const { sections } = await allOf(ctx, service, userId);
      const kept = Object.fromEntries(
        sections.filter(({ rows }) => rows.length > 0).map(({ name, rows }) => [name, rows.length]),
      );
      await ctx.db.run(sql`
        insert into erasure_parts (user_id, service, kept, at) values (${userId}, ${service}, ${JSON.stringify(kept)}, ${ctx.clock.now()}) on conflict do nothing`);
    }
  },
};
