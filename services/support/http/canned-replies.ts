import { sql } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { SupportHandlers } from '../context.ts';

const MAX_REPLIES = 500;
const COLUMNS = sql`key, title, ru, en, updated_at as "updatedAt"`;
type Row = { key: string; title: string; ru: string; en: string; updatedAt: Date };

function viewOf({ key, title, ru, en, updatedAt }: Row) {
  return { key, title, texts: { ru, en }, updatedAt: updatedAt.toISOString() };
}

export const listCannedReplies: SupportHandlers['listCannedReplies'] = async (ctx) => {
  const rows = await ctx.db.many<Row>(sql`select ${COLUMNS} from canned_replies order by title, key`);
  return { body: { items: rows.map(viewOf) } };
};

export const putCannedReply: SupportHandlers['putCannedReply'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    const { title, texts } = req.body;
    const row = await tx.one<Row>(sql`
      insert into canned_replies (key, title, ru, en, updated_at)
      values (${req.params.key}, ${title}, ${texts.ru}, ${texts.en}, ${ctx.clock.now()})
      on conflict (key) do update
        set title = excluded.title, ru = excluded.ru, en = excluded.en, updated_at = excluded.updated_at
      returning ${COLUMNS}`);
    const { n } = await tx.one<{ n: number }>(sql`select count(*)::int as n from canned_replies`);
    if (n > MAX_REPLIES) throw new Problem('support.too_many_canned');
    return { body: viewOf(row) };
  });

export const removeCannedReply: SupportHandlers['removeCannedReply'] = async (_ctx, req) =>
  await req.tx(async (tx) => {
    if ((await tx.run(sql`delete from canned_replies where key = ${req.params.key}`)) === 0) found(undefined);
    return { body: null };
  });
