import type { z } from 'zod';
import type { escalationView as viewSchema } from '#contracts/admin/views.ts';
import type { Bilingual, Locale } from '#contracts/common/values.ts';
import { join, type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface EscalationRow {
  readonly ticketId: string;
  readonly number: number;
  readonly kind: string;
  readonly subject: string;
  readonly subjectIn: Bilingual | null;
  readonly authorId: string;
  readonly orderId: string | null;
  readonly reviewId: string | null;
  readonly escalatedBy: string;
  readonly reason: string;
  readonly escalatedAt: Date;
  readonly status: 'open' | 'decided';
  readonly decision: unknown;
  readonly decidedBy: string | null;
  readonly decidedAt: Date | null;
}

const COLUMNS = sql`ticket_id as "ticketId", number, kind, subject, subject_in as "subjectIn", author_id as "authorId", order_id as "orderId",
  review_id as "reviewId", escalated_by as "escalatedBy", reason, escalated_at as "escalatedAt", status, decision,
  decided_by as "decidedBy", decided_at as "decidedAt"`;

/** A ticket escalated anew (after a return) opens again; an older event of it changes nothing. */
export async function putEscalation(
  tx: Tx,
  row: Omit<EscalationRow, 'status' | 'decision' | 'decidedBy' | 'decidedAt'>,
): Promise<void> {
  await tx.run(sql`
    insert into escalations (ticket_id, number, kind, subject, subject_in, author_id, order_id, review_id, escalated_by, reason,
      escalated_at, status)
    values (${row.ticketId}, ${row.number}, ${row.kind}, ${row.subject}, ${row.subjectIn && JSON.stringify(row.subjectIn)}::jsonb, ${row.authorId}, ${row.orderId},
      ${row.reviewId}, ${row.escalatedBy}, ${row.reason}, ${row.escalatedAt}, 'open')
    on conflict (ticket_id) do update set kind = excluded.kind, subject = excluded.subject, subject_in = excluded.subject_in,
      escalated_by = excluded.escalated_by, reason = excluded.reason, escalated_at = excluded.escalated_at,
      status = 'open', decision = null, decided_by = null, decided_at = null
    where escalations.escalated_at < excluded.escalated_at`);
}

export async function readEscalation(db: Queries, ticketId: string): Promise<EscalationRow | undefined> {
  return await db.maybe<EscalationRow>(sql`select ${COLUMNS} from escalations where ticket_id = ${ticketId}`);
}

export async function listEscalationRows(
  db: Queries,
  status: 'open' | 'decided' | undefined,
  limit: number,
  after: readonly [string, string] | undefined,
): Promise<EscalationRow[]> {
  const where = [sql`true`];
  if (status) where.push(sql`status = ${status}`);
  if (after) where.push(sql`(escalated_at, ticket_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`);
  return await db.many<EscalationRow>(sql`
    select ${COLUMNS} from escalations where ${join(where, ' and ')}
    order by escalated_at desc, ticket_id desc limit ${limit}`);
}

export async function countOpenEscalations(db: Queries): Promise<number> {
  const row = await db.one<{ n: number }>(sql`select count(*)::int as n from escalations where status = 'open'`);
  return row.n;
}

/** `escalatedAt` tells which escalation was decided: one that came in meanwhile stays open. */
export async function closeEscalation(
  tx: Tx,
  row: { ticketId: string; escalatedAt: Date; decision: unknown; decidedBy: string | null; decidedAt: Date },
): Promise<void> {
  await tx.run(sql`
    update escalations set status = 'decided', decision = ${JSON.stringify(row.decision)}::jsonb,
      decided_by = ${row.decidedBy}, decided_at = ${row.decidedAt}
    where ticket_id = ${row.ticketId} and status = 'open' and escalated_at = ${row.escalatedAt}`);
}

export function escalationView({ subjectIn, ...row }: EscalationRow, locale: Locale): z.input<typeof viewSchema> {
  return {
    ...row,
    subject: subjectIn?.[locale] ?? row.subject,
    decision: row.decision ?? null,
    escalatedAt: row.escalatedAt.toISOString(),
    decidedAt: row.decidedAt?.toISOString() ?? null,
  };
}
