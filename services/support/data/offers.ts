import { type Queries, sql, type Tx } from '#kit/db/db.ts';

export interface OfferRow {
  readonly userId: string;
  readonly amount: bigint;
  readonly currency: string;
  readonly times: number;
}

export async function listOffers(db: Queries, ticketId: string): Promise<OfferRow[]> {
  return await db.many<OfferRow>(
    sql`select user_id as "userId", amount, currency, times from ticket_offers where ticket_id = ${ticketId}`,
  );
}

export async function putOffer(tx: Tx, ticketId: string, offer: Omit<OfferRow, 'times'>, at: Date): Promise<void> {
  await tx.run(sql`
    insert into ticket_offers (ticket_id, user_id, amount, currency, times, made_at)
    values (${ticketId}, ${offer.userId}, ${offer.amount}, ${offer.currency}, 1, ${at})
    on conflict (ticket_id, user_id) do update
      set amount = excluded.amount, currency = excluded.currency, times = ticket_offers.times + 1, made_at = excluded.made_at`);
}
