/** D1: a block names its rule, reason, proof, end and what becomes of the running deals. */
import { adminEvents } from '#contracts/admin/events.ts';
import type { Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { audited } from '../audited.ts';
import type { AdminContext, AdminHandlers } from '../context.ts';
import { evidenceFiles, insertBlock, liftBlocks } from '../data/blocks.ts';
import { readDictionary } from '../data/dictionaries.ts';
import type { ProposalRow } from '../data/proposals.ts';
import { checkHeavy, endProposal, state } from './users.ts';

type BlockReq = Parameters<AdminHandlers['blockUser']>[1];

async function requireRule(ctx: AdminContext, key: string): Promise<{ ru: string; en: string }> {
  const rules = await readDictionary(ctx.db, 'rules');
  const rule = rules?.items.find((one) => one.key === key && !one.deprecated);
  if (!rule) throw new Problem('admin.no_such_rule', { detail: key });
  return rule.title;
}

async function requireEvidence(ctx: AdminContext, evidence: BlockReq['body']['evidence']): Promise<void> {
  const ids = evidence.flatMap((one) => (one.kind === 'file' ? [one.evidenceId] : []));
  const known = await evidenceFiles(ctx.db, ids);
  const missing = ids.find((id) => !known.has(id));
  if (missing) throw new Problem('admin.no_such_evidence', { detail: missing });
}

export const blockUser: AdminHandlers['blockUser'] = async (ctx, req) => {
  const { userId } = req.params;
  const { rule, reason, until, deals, evidence } = req.body;
  const action = 'user.block';
  const wanted = { rule, until, deals, evidence };
  let proposal: ProposalRow | undefined;
  let title = { ru: rule, en: rule };
  return await audited(
    ctx,
    req,
    { action, targetKind: 'user', targetId: userId, reason, wanted },
    {
      async check() {
        if (until !== null && Date.parse(until) <= ctx.clock.nowMs()) throw new Problem('admin.block_in_past');
        title = await requireRule(ctx, rule);
        await requireEvidence(ctx, evidence);
        const heavy = [
          ...(until === null ? (['permanentBlock'] as const) : []),
          ...(deals === 'cancel' ? (['cancelDeals'] as const) : []),
        ];
        proposal = await checkHeavy(ctx, req, heavy, { action, userId, reason, details: { rule, until, deals } });
      },
      async call() {
        const before = await ctx.clients.users.getUser({ params: { userId } });
        const body = { actorId: req.user.userId, reason, until, deals };
        return { before, after: await ctx.clients.users.blockUser({ params: { userId }, body }) };
      },
      async write(tx, { before, after }) {
        const now = ctx.clock.now();
        const by = { blockedBy: req.user.userId, proposedBy: proposal?.proposedBy ?? null, blockedAt: now };
        // Of two blocks the later one stands.
        await liftBlocks(tx, userId, { by: req.user.userId, reason: null, at: now });
        const block = { blockId: newId(), userId, rule, reason, evidence, deals };
        await insertBlock(tx, { ...block, until: until === null ? null : new Date(until), ...by });
        tell(tx, userId, blockWords(title, reason, until, deals, `${ctx.publicUrl}/blocked`));
        const ended = await endProposal(tx, proposal);
        return { body: after, before: state(before), after: { ...state(after), rule, deals, evidence, ...ended } };
      },
    },
  );
};

const DEALS = {
  leave: { ru: 'Текущие сделки продолжаются.', en: 'Running deals go on.' },
  freeze: {
    ru: 'Текущие сделки заморожены до конца блокировки или решения поддержки.',
    en: 'Running deals are frozen until the block ends or support decides.',
  },
  cancel: {
    ru: 'Текущие сделки отменены, деньги возвращены заказчикам.',
    en: 'Running deals are cancelled, the money went back to the clients.',
  },
} as const;

function blockWords(
  rule: { ru: string; en: string },
  reason: string,
  until: string | null,
  deals: keyof typeof DEALS,
  link: string,
) {
  const date = until?.slice(0, 16).replace('T', ' ');
  return {
    title: { ru: 'Ваша учётная запись заблокирована', en: 'Your account is blocked' },
    text: {
      ru: `Правило: ${rule.ru}. Причина: ${reason}\n${date ? `До ${date} UTC.` : 'Бессрочно.'} ${DEALS[deals].ru}\nОбжаловать: ${link}`,
      en: `Rule: ${rule.en}. Reason: ${reason}\n${date ? `Until ${date} UTC.` : 'Without an end.'} ${DEALS[deals].en}\nTo appeal: ${link}`,
    },
  };
}

/** E12: what a person must hear although he cannot sign in. */
export function tell(
  tx: Tx,
  userId: string,
  words: { title: { ru: string; en: string }; text: { ru: string; en: string } },
): void {
  const noticeId = newId();
  tx.emit(adminEvents.noticeRequested, noticeId, { noticeId, recipientIds: [userId], ...words, critical: true });
}

export const unblockUser: AdminHandlers['unblockUser'] = async (ctx, req) => {
  const { userId } = req.params;
  const { reason } = req.body;
  return await audited(
    ctx,
    req,
    { action: 'user.unblock', targetKind: 'user', targetId: userId, reason },
    {
      async check() {
        if (req.user.userId === userId) throw new Problem('admin.own_account');
      },
      async call() {
        const before = await ctx.clients.users.getUser({ params: { userId } });
        const body = { actorId: req.user.userId, reason };
        return { before, after: await ctx.clients.users.unblockUser({ params: { userId }, body }) };
      },
      async write(tx, { before, after }) {
        await liftBlocks(tx, userId, { by: req.user.userId, reason, at: ctx.clock.now() });
        return { body: after, before: state(before), after: state(after) };
      },
    },
  );
};
