import { found } from '#kit/service/reply.ts';
import { audited } from '../audited.ts';
import type { AdminHandlers } from '../context.ts';
import { openProposals, proposalView, takeProposal } from '../data/proposals.ts';

export const listProposals: AdminHandlers['listProposals'] = async (ctx) => ({
  body: { items: (await openProposals(ctx.db, ctx.clock.now())).map(proposalView) },
});

export const withdrawProposal: AdminHandlers['withdrawProposal'] = async (ctx, req) => {
  const { proposalId } = req.params;
  return await audited(
    ctx,
    req,
    { action: 'proposal.withdraw', targetKind: 'proposal', targetId: proposalId },
    {
      async write(tx) {
        const before = proposalView(found(await takeProposal(tx, proposalId)));
        return { body: null, before };
      },
    },
  );
};
