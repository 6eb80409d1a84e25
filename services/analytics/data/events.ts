import { ordersEvents } from '#contracts/orders/events.ts';
import { paymentsEvents } from '#contracts/payments/events.ts';
import { supportEvents } from '#contracts/support/events.ts';
import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface StoredEvent {
  readonly id: string;
  readonly type: string;
  readonly time: Date;
  readonly data: unknown;
}

/** What people wrote and no figure needs: it is not kept, so that it needs no erasure (P2). */
const WORDS: Readonly<Record<string, Readonly<Record<string, string | null>>>> = {
  [ordersEvents.statusChanged.type]: { title: '', reason: null },
  [ordersEvents.responseSubmitted.type]: { title: '' },
  [ordersEvents.freelancerInvited.type]: { title: '' },
  [supportEvents.ticketChanged.type]: { subject: '' },
  [paymentsEvents.transactionPosted.type]: { reason: null },
};

/** Puts events into the store, a statement for all of them. */
export function storeEvents(tx: Tx, events: readonly StoredEvent[], epoch: number): void {
  tx.send(sql`
    insert into events (event_id, type, at, data, epoch)
    select id, type, at, data, ${epoch} from unnest(${events.map((event) => event.id)}::uuid[], ${events.map((event) => event.type)}::text[],
      ${events.map((event) => event.time)}::timestamptz[], ${events.map((event) => JSON.stringify({ ...(event.data as object), ...WORDS[event.type] }))}::jsonb[]) as t (id, type, at, data)
    on conflict do nothing`);
}

/** The time of the newest event: how fresh the figures are. */
export async function lastEventAt(db: Queries): Promise<Date | null> {
  return (await db.one<{ at: Date | null }>(sql`select max(at) as at from events`)).at;
}
