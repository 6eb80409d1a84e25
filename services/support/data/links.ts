import { type Queries, sql, type Tx } from '#kit/db/db.ts';
import type { TicketStatus } from '../domain/life.ts';
import type { PlatformWords } from '../domain/platform-words.ts';

export interface LinkedTicket {
  readonly ticketId: string;
  readonly number: number;
  readonly subject: string;
  readonly subjectWords: PlatformWords | null;
  readonly status: TicketStatus;
}

/** Tickets that belong together with this one; those that the person has a case of his own in are left out. */
export async function linksOf(db: Queries, ticketId: string, notOf: string): Promise<LinkedTicket[]> {
  return await db.many<LinkedTicket>(sql`
    select t.ticket_id as "ticketId", t.number, t.subject, t.subject_words as "subjectWords", t.status
    from ticket_links l join tickets t on t.ticket_id = case when l.a = ${ticketId} then l.b else l.a end
    where (l.a = ${ticketId} or l.b = ${ticketId}) and t.author_id <> ${notOf} and t.respondent_id is distinct from ${notOf}
    order by t.number limit 100`);
}

export async function putLink(tx: Tx, one: string, other: string): Promise<void> {
  const [a, b] = one < other ? [one, other] : [other, one];
  await tx.run(sql`insert into ticket_links (a, b) values (${a}, ${b}) on conflict do nothing`);
}

export async function removeLink(tx: Tx, one: string, other: string): Promise<void> {
  const [a, b] = one < other ? [one, other] : [other, one];
  await tx.run(sql`delete from ticket_links where a = ${a} and b = ${b}`);
}

/** Messages and files of a ticket become those of another; each keeps its time and its place in it. */
export async function moveContents(tx: Tx, from: string, into: string): Promise<void> {
  await tx.run(sql`update ticket_messages set ticket_id = ${into} where ticket_id = ${from}`);
  await tx.run(sql`update ticket_attachments set ticket_id = ${into} where ticket_id = ${from}`);
}
