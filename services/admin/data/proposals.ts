import type { z } from 'zod';
import type { proposalView as viewSchema } from '#contracts/admin/views.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface ProposalRow {
  readonly proposalId: string;
  readonly action: string;
  readonly targetId: string;
  readonly reason: string;
  readonly details: unknown;
  readonly proposedBy: string;
  readonly proposedAt: Date;
  readonly expiresAt: Date;
}

const COLUMNS = sql`proposal_id as "proposalId", action, target_id as "targetId", reason, details, proposed_by as "proposedBy",
  proposed_at as "proposedAt", expires_at as "expiresAt"`;

/** What waits for a second admin and has not run out, oldest first. */
export async function openProposals(db: Queries, now: Date): Promise<ProposalRow[]> {
  return await db.many<ProposalRow>(
    sql`select ${COLUMNS} from proposals where expires_at > ${now} order by proposed_at limit 200`,
  );
}

export async function openProposal(
  db: Queries,
  action: string,
  targetId: string,
  now: Date,
): Promise<ProposalRow | undefined> {
  return await db.maybe<ProposalRow>(sql`
    select ${COLUMNS} from proposals where action = ${action} and target_id = ${targetId} and expires_at > ${now}`);
}

/** A proposal for the same act that still waits is kept as it is. */
export async function addProposal(tx: Tx, row: ProposalRow): Promise<void> {
  await tx.run(sql`
    insert into proposals (proposal_id, action, target_id, reason, details, proposed_by, proposed_at, expires_at)
    values (${row.proposalId}, ${row.action}, ${row.targetId}, ${row.reason}, ${JSON.stringify(row.details)}::jsonb, ${row.proposedBy}, ${row.proposedAt},
      ${row.expiresAt})
    on conflict (action, target_id) do update set proposal_id = excluded.proposal_id, reason = excluded.reason, details = excluded.details,
      proposed_by = excluded.proposed_by, proposed_at = excluded.proposed_at, expires_at = excluded.expires_at
    where proposals.expires_at <= excluded.proposed_at`);
}

/** Undefined: it is gone already. */
export async function takeProposal(tx: Tx, proposalId: string): Promise<ProposalRow | undefined> {
  return await tx.maybe<ProposalRow>(sql`delete from proposals where proposal_id = ${proposalId} returning ${COLUMNS}`);
}

export function proposalView(row: ProposalRow): z.input<typeof viewSchema> {
  return { ...row, proposedAt: row.proposedAt.toISOString(), expiresAt: row.expiresAt.toISOString() };
}
