import type { Locale } from '#contracts/common/values.ts';
import type { ReasonCode } from '#contracts/orders/reasons.ts';
import type { Actor, OrderStatus } from '#contracts/orders/process-types.ts';
import { type Queries, type Sql, sql, type Tx } from '#kit/db/db.ts';
import { reasonText } from '../domain/words.ts';

/** One entry of an order's history: never changed, never deleted (the database refuses it). */
export interface Entry {
  orderId: string;
  at: Date;
  actorId: string | null;
  actor: Actor;
  action: string;
  from: OrderStatus | null;
  to: OrderStatus | null;
  reason?: string | null;
  reasonCode?: ReasonCode | undefined;
  /** Fields before and after. */
  changes?: unknown;
  /** The one freelancer besides the client who may see it: rivals are blind to each other. */
  about?: string;
}

export function record(tx: Tx, entry: Entry): void {
  const kept = sql`
    insert into history (order_id, at, actor_id, actor_kind, action, from_status, to_status, reason, reason_code, about)
    values (${entry.orderId}, ${entry.at}, ${entry.actorId}, ${entry.actor}, ${entry.action}, ${entry.from}, ${entry.to}, ${entry.reason ?? null}, ${entry.reasonCode ?? null}, ${entry.about ?? null}) returning entry_id`;
  if (entry.changes === undefined) tx.send(kept);
  else
    tx.send(
      sql`with entry as (${kept}) insert into history_changes (entry_id, order_id, changes) select entry_id, ${entry.orderId}, ${JSON.stringify(entry.changes)} from entry`,
    );
}

interface HistoryRow {
  at: Date;
  actorId: string | null;
  actorKind: Actor;
  action: string;
  from: OrderStatus | null;
  to: OrderStatus | null;
  reason: string | null;
  reasonCode: string | null;
  changes: unknown;
}

/** The newest 500 entries, oldest first, as a reader of the language sees them. */
export async function historyOf(db: Queries, orderId: string, locale: Locale, of: Sql = sql`true`) {
  const rows = await db.many<HistoryRow>(
    sql`select at, actor_id as "actorId", actor_kind as "actorKind", action, from_status as "from", to_status as "to", reason, reason_code as "reasonCode", changes from history h left join history_changes c using (entry_id) where h.order_id = ${orderId} and ${of} order by h.entry_id desc limit 500`,
  );
  return rows.reverse().map(({ reasonCode, at, changes, ...row }) => ({
    ...row,
    at: at.toISOString(),
    reason: row.reason ?? reasonText(reasonCode, locale),
    changes: changes ?? undefined,
  }));
}
