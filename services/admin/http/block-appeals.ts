/** A blocked person cannot sign in, but can appeal: with a token that auth gives for the right password (D1). */
import type { Locale } from '#contracts/common/values.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import { newId } from '#kit/ids.ts';
import { decodeCursor, found, pageOf } from '#kit/service/reply.ts';
import type { Queries } from '#kit/db/db.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { appendEntry } from '../data/audit.ts';
import {
  appealById,
  appealsOfBlocks,
  appealView,
  type BlockRow,
  blockById,
  blockViews,
  endAppeal,
  insertAppeal,
  liftBlocks,
  listAppeals,
  lockAppeal,
  ruleTitles,
  standingBlock,
} from '../data/blocks.ts';
import { mapLimited } from '../domain/map-limited.ts';
import { tell } from './blocks.ts';

async function blockOfToken(ctx: AdminContext, token: string): Promise<BlockRow> {
  const { userId } = await ctx.clients.auth.checkAppealToken({ body: { token } });
  return found(await standingBlock(ctx.db, userId));
}

/** Who blocked, and what staff gathered, is not the blocked person's to read. */
async function ownView(db: Queries, block: BlockRow, locale: Locale) {
  const appeal = (await appealsOfBlocks(db, [block.blockId])).get(block.blockId);
  return {
    ruleTitle: (await ruleTitles(db, locale)).get(block.rule) ?? block.rule,
    reason: block.reason,
    blockedAt: block.blockedAt.toISOString(),
    until: block.until?.toISOString() ?? null,
    deals: block.deals,
    appeal: appeal
      ? { text: appeal.text, createdAt: appeal.createdAt.toISOString(), status: appeal.status, answer: appeal.answer }
      : null,
  };
}

export const viewOwnBlock: AdminHandlers['viewOwnBlock'] = async (ctx, req) => ({
  body: await ownView(ctx.db, await blockOfToken(ctx, req.body.token), req.locale),
});

export const appealBlock: AdminHandlers['appealBlock'] = async (ctx, req) => {
  const block = await blockOfToken(ctx, req.body.token);
  return await req.tx(async (tx) => {
    const { blockId, userId } = block;
    const now = ctx.clock.now();
    const appealId = newId();
    const fresh = await insertAppeal(tx, { appealId, blockId, userId, text: req.body.text, createdAt: now });
    if (!fresh) throw new Problem('admin.appealed_already');
    const body = await ownView(tx, block, req.locale);
    const entry = { actorId: userId, action: 'user.block.appeal', targetKind: 'user', targetId: userId } as const;
    await appendEntry(tx, ctx.auditKey, now, {
      ...entry,
      outcome: 'done',
      after: { blockId, appealId },
      address: req.origin.ip,
      requestId: req.requestId,
    });
    return { body };
  });
};

export const listBlockAppeals: AdminHandlers['listBlockAppeals'] = async (ctx, req) => {
  const { limit, cursor, status } = req.query;
  const values = decodeCursor(cursor, 2);
  const after = values && ([String(values[0]), String(values[1])] as const);
  const rows = await listAppeals(ctx.db, { open: status === 'open', after, limit: limit + 1 });
  const page = pageOf(rows, limit, (last) => [last.createdAt.toISOString(), last.appealId]);
  const items = await mapLimited(page.items, 8, async (row) => {
    const [block] = await blockViews(ctx.db, [found(await blockById(ctx.db, row.blockId))], req.locale);
    const user = await ctx.clients.users.getUser({ params: { userId: row.userId } }).catch(() => undefined);
    return { ...appealView(row), block: found(block), displayName: user?.displayName ?? null };
  });
  return { body: { items, nextCursor: page.nextCursor } };
};

const ANSWERS = {
  lift: { ru: 'Блокировка снята', en: 'The block is lifted' },
  keep: { ru: 'Блокировка остаётся', en: 'The block stands' },
} as const;

export const decideBlockAppeal: AdminHandlers['decideBlockAppeal'] = async (ctx, req) => {
  const { appealId } = req.params;
  const { decision, reason } = req.body;
  const appeal = found(await appealById(ctx.db, appealId));
  const block = found(await blockById(ctx.db, appeal.blockId));
  const { userId } = appeal;
  const me = req.user.userId;
  return await audited(
    ctx,
    req,
    { action: 'user.block.appeal-decision', targetKind: 'user', targetId: userId, reason, wanted: { decision } },
    {
      async check() {
        if (appeal.status !== 'open') throw new Problem('admin.already_decided');
        if (me === block.blockedBy || me === block.proposedBy) throw new Problem('admin.same_person');
      },
      call: async () => {
        if (decision === 'keep') return;
        await ctx.clients.users
          .unblockUser({ params: { userId }, body: { actorId: me, reason } })
          // The block ended meanwhile: there is nothing left to lift.
          .catch((error: unknown) => {
            if (!isProblem(error, 'conflict')) throw error;
          });
      },
      async write(tx) {
        const row = found(await lockAppeal(tx, appealId));
        if (row.status !== 'open' && !(decision === 'lift' && row.status === 'moot'))
          throw new Problem('admin.already_decided');
        const at = ctx.clock.now();
        const status = decision === 'lift' ? ('upheld' as const) : ('rejected' as const);
        await endAppeal(tx, appealId, { status, answer: reason, decidedBy: me, decidedAt: at });
        if (decision === 'lift') await liftBlocks(tx, userId, { by: me, reason, at });
        const title = ANSWERS[decision];
        tell(tx, userId, { title, text: { ru: reason, en: reason } });
        return { body: appealView(found(await appealById(tx, appealId))), after: { decision } };
      },
    },
  );
};
