import type { z } from 'zod';
import type { appealView as appealSchema, blockEvidence, blockView as blockSchema } from '#contracts/admin/views.ts';
import type { Locale } from '#contracts/common/values.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export type Evidence = z.output<typeof blockEvidence>;

export interface BlockRow {
  readonly blockId: string;
  readonly userId: string;
  readonly rule: string;
  readonly reason: string;
  readonly evidence: readonly Evidence[];
  readonly deals: 'leave' | 'freeze' | 'cancel';
  readonly until: Date | null;
  readonly blockedBy: string;
  readonly proposedBy: string | null;
  readonly blockedAt: Date;
  readonly liftedAt: Date | null;
  readonly liftedBy: string | null;
  readonly liftReason: string | null;
}

export interface AppealRow {
  readonly appealId: string;
  readonly blockId: string;
  readonly userId: string;
  readonly text: string;
  readonly createdAt: Date;
  readonly status: 'open' | 'upheld' | 'rejected' | 'moot';
  readonly answer: string | null;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

const BLOCK = sql`b.block_id as "blockId", b.user_id as "userId", b.rule, b.reason, b.evidence, b.deals, b.until, b.blocked_by as "blockedBy",
  b.proposed_by as "proposedBy", b.blocked_at as "blockedAt", b.lifted_at as "liftedAt", b.lifted_by as "liftedBy",
  b.lift_reason as "liftReason"`;
const APPEAL = sql`a.appeal_id as "appealId", a.block_id as "blockId", a.user_id as "userId", a.text, a.created_at as "createdAt", a.status, a.answer,
  a.decided_by as "decidedBy", a.decided_at as "decidedAt"`;

export async function insertBlock(tx: Tx, row: Omit<BlockRow, 'liftedAt' | 'liftedBy' | 'liftReason'>): Promise<void> {
  await tx.run(sql`
    insert into blocks (block_id, user_id, rule, reason, evidence, deals, until, blocked_by, proposed_by, blocked_at)
    values (${row.blockId}, ${row.userId}, ${row.rule}, ${row.reason}, ${JSON.stringify(row.evidence)}::jsonb, ${row.deals},
      ${row.until}, ${row.blockedBy}, ${row.proposedBy}, ${row.blockedAt})`);
}

/** Ends what stands of a person's blocks; an appeal that nobody decided has nothing left to decide. */
export async function liftBlocks(
  tx: Tx,
  userId: string,
  of: { by: string | null; reason: string | null; at: Date },
): Promise<void> {
  await tx.run(sql`
    update blocks set lifted_at = ${of.at}, lifted_by = ${of.by}, lift_reason = ${of.reason} where user_id = ${userId} and lifted_at is null`);
  await tx.run(
    sql`update block_appeals set status = 'moot', decided_at = ${of.at} where user_id = ${userId} and status = 'open'`,
  );
}

export async function blocksOf(db: Queries, userId: string): Promise<BlockRow[]> {
  return await db.many<BlockRow>(
    sql`select ${BLOCK} from blocks b where user_id = ${userId} order by blocked_at desc limit 50`,
  );
}

/** The block that stands. */
export async function standingBlock(db: Queries, userId: string): Promise<BlockRow | undefined> {
  return await db.maybe<BlockRow>(
    sql`select ${BLOCK} from blocks b where user_id = ${userId} and lifted_at is null order by blocked_at desc limit 1`,
  );
}

export async function blockById(db: Queries, blockId: string): Promise<BlockRow | undefined> {
  return await db.maybe<BlockRow>(sql`select ${BLOCK} from blocks b where block_id = ${blockId}`);
}

export async function appealsOfBlocks(db: Queries, blockIds: readonly string[]): Promise<Map<string, AppealRow>> {
  const rows = await db.many<AppealRow>(
    sql`select ${APPEAL} from block_appeals a where block_id = any(${blockIds}::uuid[])`,
  );
  return new Map(rows.map((row) => [row.blockId, row]));
}

/** False: this block was appealed already. */
export async function insertAppeal(
  tx: Tx,
  row: Pick<AppealRow, 'appealId' | 'blockId' | 'userId' | 'text' | 'createdAt'>,
) {
  const made = await tx.run(sql`
    insert into block_appeals (appeal_id, block_id, user_id, text, created_at, status)
    values (${row.appealId}, ${row.blockId}, ${row.userId}, ${row.text}, ${row.createdAt}, 'open') on conflict (block_id) do nothing`);
  return made > 0;
}

export async function lockAppeal(tx: Tx, appealId: string): Promise<AppealRow | undefined> {
  return await tx.maybe<AppealRow>(sql`select ${APPEAL} from block_appeals a where appeal_id = ${appealId} for update`);
}

export async function appealById(db: Queries, appealId: string): Promise<AppealRow | undefined> {
  return await db.maybe<AppealRow>(sql`select ${APPEAL} from block_appeals a where appeal_id = ${appealId}`);
}

export async function endAppeal(
  tx: Tx,
  appealId: string,
  end: { status: 'upheld' | 'rejected'; answer: string; decidedBy: string; decidedAt: Date },
): Promise<void> {
  await tx.run(sql`
    update block_appeals set status = ${end.status}, answer = ${end.answer}, decided_by = ${end.decidedBy}, decided_at = ${end.decidedAt}
    where appeal_id = ${appealId}`);
}

/** Open ones: the longest waiting first; the others: the newest first. */
export async function listAppeals(
  db: Queries,
  of: { open: boolean; after: readonly [string, string] | undefined; limit: number },
): Promise<AppealRow[]> {
  const { after, limit } = of;
  return await db.many<AppealRow>(
    of.open
      ? sql`select ${APPEAL} from block_appeals a where status = 'open'
          and (${after?.[0] ?? null}::timestamptz is null or (created_at, appeal_id) > (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::uuid))
          order by created_at, appeal_id limit ${limit}`
      : sql`select ${APPEAL} from block_appeals a where status <> 'open'
          and (${after?.[0] ?? null}::timestamptz is null or (created_at, appeal_id) < (${after?.[0] ?? null}::timestamptz, ${after?.[1] ?? null}::uuid))
          order by created_at desc, appeal_id desc limit ${limit}`,
  );
}

export interface EvidenceRow {
  readonly evidenceId: string;
  readonly fileName: string;
  readonly contentType: string;
  readonly size: number;
}
export const evidenceKey = (evidenceId: string) => `evidence/${evidenceId}`;

export async function insertEvidence(tx: Tx, row: EvidenceRow & { addedBy: string; addedAt: Date }): Promise<void> {
  await tx.run(sql`
    insert into evidence (evidence_id, file_name, content_type, size, added_by, added_at)
    values (${row.evidenceId}, ${row.fileName}, ${row.contentType}, ${row.size}, ${row.addedBy}, ${row.addedAt})`);
}

export async function evidenceFiles(db: Queries, ids: readonly string[]): Promise<Map<string, EvidenceRow>> {
  const rows = await db.many<EvidenceRow>(sql`
    select evidence_id as "evidenceId", file_name as "fileName", content_type as "contentType", size from evidence
    where evidence_id = any(${ids}::uuid[])`);
  return new Map(rows.map((row) => [row.evidenceId, row]));
}

export function appealView(row: AppealRow): z.input<typeof appealSchema> {
  return { ...row, createdAt: row.createdAt.toISOString(), decidedAt: row.decidedAt?.toISOString() ?? null };
}

export async function ruleTitles(db: Queries, locale: Locale): Promise<Map<string, string>> {
  const rows = await db.many<{ key: string; ru: string; en: string }>(
    sql`select key, title_ru as ru, title_en as en from dictionary_entries where dictionary = 'rules'`,
  );
  return new Map(rows.map((row) => [row.key, row[locale]]));
}

/** Blocks with what belongs to them, in three queries whatever their number. */
export async function blockViews(
  db: Queries,
  rows: readonly BlockRow[],
  locale: Locale,
): Promise<z.input<typeof blockSchema>[]> {
  if (rows.length === 0) return [];
  const ids = rows.flatMap((row) => row.evidence.flatMap((one) => (one.kind === 'file' ? [one.evidenceId] : [])));
  const files = await evidenceFiles(db, ids);
  const titles = await ruleTitles(db, locale);
  const appeals = await appealsOfBlocks(
    db,
    rows.map((row) => row.blockId),
  );
  return rows.map((row) => {
    const appeal = appeals.get(row.blockId);
    return {
      ...row,
      ruleTitle: titles.get(row.rule) ?? row.rule,
      evidence: row.evidence.flatMap((one): z.input<typeof blockSchema>['evidence'] => {
        if (one.kind === 'link') return [one];
        const file = files.get(one.evidenceId);
        return file ? [{ kind: 'file', ...file }] : [];
      }),
      until: row.until?.toISOString() ?? null,
      blockedAt: row.blockedAt.toISOString(),
      liftedAt: row.liftedAt?.toISOString() ?? null,
      appeal: appeal ? appealView(appeal) : null,
    };
  });
}
