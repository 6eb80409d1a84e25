import type { z } from 'zod';
import { adminEvents } from '#contracts/admin/events.ts';
import type { auditEntry } from '#contracts/admin/views.ts';
import { join, type Queries, sql, type Sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { type AuditFacts, hashEntry } from '../domain/chain.ts';
import { cleanText, redact } from '../domain/redact.ts';

/** An entry to be written; times and ids are added when it is. */
export interface NewEntry {
  readonly actorId: string | null;
  readonly action: string;
  readonly targetKind: string;
  readonly targetId: string;
  readonly outcome: 'done' | 'refused' | 'unknown';
  readonly code?: string | null;
  readonly before?: unknown;
  readonly after?: unknown;
  readonly reason?: string | null;
  readonly address?: string | null;
  readonly requestId?: string | null;
}

export type AuditRow = AuditFacts & { readonly hash: Buffer };

const COLUMNS = sql`number, entry_id as "entryId", at, actor_id as "actorId", action, target_kind as "targetKind",
  target_id as "targetId", outcome, code, before, after, reason, address, request_id as "requestId", hash`;

const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value));

export interface Append {
  readonly at: Date;
  readonly entry: NewEntry;
  readonly entryId?: string;
  /** Default: told to analytics as an administrative act. */
  readonly announce?: boolean;
}

/**
 * Appends entries to the chain, in their order. Takes the lock of the chain's end until the commit, so it is the last
 * thing that a transaction does: whoever holds it waits for nobody. Returns the entries' ids.
 */
export async function appendEntries(tx: Tx, key: string, appends: readonly Append[]): Promise<string[]> {
  const head = await tx.one<{ number: bigint; hash: Buffer }>(sql`select number, hash from audit_head for update`);
  let { number, hash } = head;
  const rows = appends.map(({ at, entry, entryId }) => {
    const facts = factsOf(entry, { number: ++number, entryId: entryId ?? newId(), at });
    hash = hashEntry(key, hash, facts);
    return { ...facts, hash };
  });
  const column = <T>(of: (row: AuditRow) => T) => rows.map(of);
  tx.send(sql`
    insert into audit_log (number, entry_id, at, actor_id, action, target_kind, target_id, outcome, code, before, after,
      reason, address, request_id, hash)
    select * from unnest(${column((row) => row.number)}::bigint[], ${column((row) => row.entryId)}::uuid[],
      ${column((row) => row.at)}::timestamptz[], ${column((row) => row.actorId)}::uuid[], ${column((row) => row.action)}::text[],
      ${column((row) => row.targetKind)}::text[], ${column((row) => row.targetId)}::text[], ${column((row) => row.outcome)}::text[],
      ${column((row) => row.code)}::text[], ${column((row) => json(row.before))}::jsonb[], ${column((row) => json(row.after))}::jsonb[],
      ${column((row) => row.reason)}::text[], ${column((row) => row.address)}::text[], ${column((row) => row.requestId)}::text[],
      ${column((row) => row.hash)}::bytea[])`);
  tx.send(sql`update audit_head set number = ${number}, hash = ${hash}`);
  for (const [index, row] of rows.entries())
    if (appends[index]?.announce !== false && row.actorId !== null)
      tx.emit(adminEvents.actionLogged, row.entryId, {
        actionId: row.entryId,
        actorId: row.actorId,
        action: row.action,
        targetKind: row.targetKind,
        targetId: row.targetId,
        refused: row.outcome === 'refused',
        at: row.at.toISOString(),
      });
  return rows.map((row) => row.entryId);
}

/** One of them. */
export async function appendEntry(
  tx: Tx,
  key: string,
  at: Date,
  entry: NewEntry,
  options: Omit<Append, 'at' | 'entry'> = {},
): Promise<string> {
  const [entryId] = await appendEntries(tx, key, [{ at, entry, ...options }]);
  return entryId as string;
}

function factsOf(entry: NewEntry, at: Pick<AuditFacts, 'number' | 'entryId' | 'at'>): AuditFacts {
  return {
    ...at,
    actorId: entry.actorId,
    action: entry.action,
    targetKind: entry.targetKind,
    targetId: cleanText(entry.targetId).slice(0, 200),
    outcome: entry.outcome,
    code: entry.code ?? null,
    before: redact(entry.before),
    after: redact(entry.after),
    reason: entry.reason ? cleanText(entry.reason) : null,
    address: entry.address ? cleanText(entry.address).slice(0, 100) : null,
    requestId: entry.requestId ? cleanText(entry.requestId).slice(0, 100) : null,
  };
}

export interface AuditFilter {
  readonly q?: string;
  readonly actorId?: string;
  readonly action?: string;
  readonly targetKind?: string;
  readonly targetId?: string;
  readonly outcome?: string;
  readonly from?: string;
  readonly to?: string;
}

/** Newest first; `below`: entries with a smaller number only. */
export async function listEntries(
  db: Queries,
  filter: AuditFilter,
  limit: number,
  below: string | undefined,
): Promise<AuditRow[]> {
  const where: Sql[] = [sql`true`];
  if (filter.q) {
    const like = `%${filter.q.replace(/[\\%_]/g, '\\$&')}%`;
    where.push(sql`(reason ilike ${like} or action ilike ${like} or target_id ilike ${like})`);
  }
  if (filter.actorId) where.push(sql`actor_id = ${filter.actorId}`);
  if (filter.action?.endsWith('*')) where.push(sql`starts_with(action, ${filter.action.slice(0, -1)})`);
  else if (filter.action) where.push(sql`action = ${filter.action}`);
  if (filter.targetKind) where.push(sql`target_kind = ${filter.targetKind}`);
  if (filter.targetId) where.push(sql`target_id = ${filter.targetId}`);
  if (filter.outcome) where.push(sql`outcome = ${filter.outcome}`);
  if (filter.from) where.push(sql`at >= ${filter.from}::timestamptz`);
  if (filter.to) where.push(sql`at < ${filter.to}::timestamptz`);
  if (below !== undefined) where.push(sql`number < ${below}::bigint`);
  return await db.many<AuditRow>(
    sql`select ${COLUMNS} from audit_log where ${join(where, ' and ')} order by number desc limit ${limit}`,
  );
}

/** Entries above a number in the order of the chain. */
export async function chainFrom(db: Queries, above: bigint, upTo: bigint, limit: number): Promise<AuditRow[]> {
  return await db.many<AuditRow>(
    sql`select ${COLUMNS} from audit_log where number > ${above} and number <= ${upTo} order by number limit ${limit}`,
  );
}

export async function chainHead(db: Queries): Promise<{ number: bigint; hash: Buffer; last: bigint }> {
  return await db.one(
    sql`select h.number, h.hash, coalesce((select max(number) from audit_log), 0)::bigint as last from audit_head h`,
  );
}

export function entryView(row: AuditRow): z.input<typeof auditEntry> {
  return {
    ...row,
    number: row.number.toString(),
    at: row.at.toISOString(),
    hash: row.hash.toString('hex'),
  };
}
