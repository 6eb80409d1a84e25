import { z } from 'zod';
import { sql } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { followInSearches } from '../data/saved-searches.ts';

const payload = z.strictObject({
  dictionary: z.enum(['categories', 'skills', 'styles']),
  from: z.string(),
  into: z.string(),
  /** Orders up to this one have followed. */
  after: z.uuid(),
});
export type FollowMerge = z.infer<typeof payload>;
export const FIRST = '00000000-0000-0000-0000-000000000000';

const BATCH = 2_000;
const BATCHES_PER_RUN = 20;

/** Orders that name an entry which was merged into another name that one, a portion per transaction; saved searches too. */
export const followMerge: Job<OrdersContext, FollowMerge> = {
  payload,
  async run(ctx, { dictionary, from, into, after }) {
    if (after === FIRST) await followInSearches(ctx.db, { dictionary, from, into });
    let last = after;
    for (let batch = 0; batch < BATCHES_PER_RUN; batch++) {
      const ids = await ctx.db.many<{ orderId: string }>(
        sql`select order_id as "orderId" from orders where order_id > ${last} order by order_id limit ${BATCH}`,
      );
      const end = ids.at(-1)?.orderId;
      if (end === undefined) return;
      await ctx.db.run(
        dictionary === 'categories'
          ? sql`update orders set category = ${into} where order_id > ${last} and order_id <= ${end} and category = ${from}`
          : dictionary === 'skills'
            ? sql`update orders set skills = array(select distinct unnest(array_replace(skills, ${from}, ${into})) order by 1) where order_id > ${last} and order_id <= ${end} and skills @> array[${from}]`
            : sql`update orders set styles = array(select distinct unnest(array_replace(styles, ${from}, ${into})) order by 1) where order_id > ${last} and order_id <= ${end} and styles @> array[${from}]`,
      );
      last = end;
      if (ids.length < BATCH) return;
    }
    const next = { dictionary, from, into, after: last };
    await ctx.db.tx((tx) => tx.schedule('followMerge', next, { key: `merge:${dictionary}:${from}:${last}` }));
  },
};
