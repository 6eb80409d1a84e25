import { z } from 'zod';
import { id } from '#contracts/common/values.ts';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { UsersContext } from '../context.ts';
import { exportKey } from '../data/exports.ts';

const payload = z.strictObject({ exportIds: z.array(id) });

/** Archives do not lie around: they go a week after they were made, and with the person. */
export const deleteExports: Job<UsersContext, z.infer<typeof payload>> = {
  payload,
  async run(ctx, { exportIds }) {
    for (const exportId of exportIds) await ctx.files.delete(exportKey(exportId));
    await ctx.db.run(sql`delete from exports where export_id = any(${exportIds}::uuid[])`);
  },
};
