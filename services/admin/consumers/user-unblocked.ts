import type { adminContract } from '#contracts/admin/index.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { AdminContext } from '../context.ts';
import { standingBlock, liftBlocks } from '../data/blocks.ts';

/** A block that ended by its date (or whose lifting lost its answer) ends here too; one that was made after it stands. */
export const userUnblocked: Consumers<typeof adminContract, AdminContext>['userUnblocked'] =
  async (_ctx, event) => async (tx) => {
    const { userId } = event.data;
    const block = await standingBlock(tx, userId);
    if (block && block.blockedAt <= event.time)
      await liftBlocks(tx, userId, { by: null, reason: null, at: event.time });
  };
