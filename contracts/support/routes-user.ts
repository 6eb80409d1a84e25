import { z } from 'zod';
import { bytes, route, signedIn } from '../common/define.ts';
import { id, money, page, pageQuery, text } from '../common/values.ts';
import { ticketStatus } from './internal.ts';
import { disputeTerms, settlementView, ticketKind, ticketMessage, ticketThread, ticketView } from './views.ts';

const byTicket = z.object({ ticketId: id });
const reason = text(3, 4000);
// Who cannot get the confirmation mail needs support most, so an unconfirmed address does not shut anybody out.
const ownTicket = signedIn({ confirmed: false, owner: 'ticketOrStaff' });

/** What the author of a ticket and the parties of a dispute do. */
export const userRoutes = {
  openTicket: route({
    method: 'POST',
    path: '/tickets',
    summary: 'Open a ticket; a dispute also freezes the deal at once',
    rows: ['S1', 'E10', 'E15'],
    access: signedIn({ confirmed: false, owner: 'ticketSubject' }),
    idempotency: 'required',
    body: z
      .strictObject({
        kind: ticketKind,
        subject: text(3, 200),
        text: text(3, 10_000),
        category: text(1, 64).optional(),
        orderId: id.optional(),
        reviewId: id.optional(),
        /** A person whose profile the author may see. */
        userId: id.optional(),
        /** A movement of the author's own money. */
        transactionId: id.optional(),
        /** A message of a conversation that the author takes part in. */
        messageId: id.optional(),
      })
      .refine((b) => b.kind !== 'dispute' || b.orderId !== undefined, {
        path: ['orderId'],
        message: 'a dispute names its order',
      })
      .refine((b) => (b.kind !== 'review' && b.kind !== 'appeal') || b.reviewId !== undefined, {
        path: ['reviewId'],
        message: 'a ticket about a review names it',
      }),
    reply: ticketThread,
    errors: ['support.not_disputable', 'support.dispute_exists', 'support.nothing_to_appeal', 'unavailable'],
    example: { body: { kind: 'question', subject: 'Как вывести деньги?', text: 'Не вижу кнопку вывода.' } },
  }),
  getDisputeTerms: route({
    method: 'GET',
    path: '/support/dispute-terms',
    summary: 'What opening a dispute means: freeze, fee, silence, appeal; with an order, its sums',
    rows: ['S1'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    query: z.object({ orderId: id.optional() }),
    reply: disputeTerms,
    errors: ['unavailable'],
  }),
  acceptRuling: route({
    method: 'POST',
    path: '/tickets/{ticketId}/ruling/acceptance',
    summary: 'Waive the appeal; when both sides have, the money moves at once',
    rows: ['S2'],
    access: signedIn({ confirmed: false, owner: 'partyToTicket' }),
    idempotency: 'optional',
    status: 200,
    params: byTicket,
    reply: ticketThread,
    errors: ['support.step_refused', 'support.not_dispute'],
  }),
  appealRuling: route({
    method: 'POST',
    path: '/tickets/{ticketId}/ruling/appeal',
    summary: 'Appeal a ruling in time; somebody else decides, finally',
    rows: ['S2', 'E11'],
    access: signedIn({ confirmed: false, owner: 'partyToTicket' }),
    idempotency: 'optional',
    status: 200,
    params: byTicket,
    body: z.strictObject({ reason: text(10, 4000) }),
    reply: ticketThread,
    errors: ['support.step_refused', 'support.not_dispute', 'support.appeal_over'],
    example: { body: { reason: 'Решение не учитывает переписку от 3 ноября.' } },
  }),
  listOwnTickets: route({
    method: 'GET',
    path: '/tickets',
    summary: 'Own tickets, newest first',
    rows: ['S1'],
    access: signedIn({ confirmed: false, owner: 'self' }),
    query: z.object({ ...pageQuery, status: ticketStatus.optional() }),
    reply: page(ticketView),
  }),
  readTicket: route({
    method: 'GET',
    path: '/tickets/{ticketId}',
    summary: 'A ticket with its messages and history',
    rows: ['S1', 'S2'],
    access: ownTicket,
    params: byTicket,
    reply: ticketThread,
  }),
  listTicketMessages: route({
    method: 'GET',
    path: '/tickets/{ticketId}/messages',
    summary: 'Messages of a ticket, newest first',
    rows: ['S2'],
    access: ownTicket,
    params: byTicket,
    query: z.object(pageQuery),
    reply: page(ticketMessage),
  }),
  postTicketMessage: route({
    method: 'POST',
    path: '/tickets/{ticketId}/messages',
    summary: 'Write into a ticket: the author puts it back to work, staff answers or asks back',
    rows: ['S2', 'E10', 'E15'],
    access: ownTicket,
    idempotency: 'required',
    params: byTicket,
    body: z.strictObject({
      text: text(1, 10_000),
      /** Staff: the answer is a question back; deadlines stand still until the user writes. */
      waitForUser: z.boolean().default(false),
    }),
    reply: ticketThread,
    errors: ['support.step_refused', 'support.too_many_messages'],
    example: { body: { text: 'Спасибо, помогло.' } },
  }),
  attachToTicket: route({
    method: 'POST',
    path: '/tickets/{ticketId}/attachments',
    summary: 'Attach a file (evidence) to a ticket; its people and staff see it',
    rows: ['S1'],
    access: ownTicket,
    rate: 'upload',
    params: byTicket,
    query: z.object({ fileName: text(1, 200) }),
    body: bytes(['*/*'], 20 * 1024 * 1024),
    reply: ticketThread,
    errors: ['support.step_refused', 'support.too_many_messages'],
    example: { query: { fileName: 'чек.pdf' } },
  }),
  getTicketAttachment: route({
    method: 'GET',
    path: '/tickets/{ticketId}/attachments/{attachmentId}',
    summary: 'A file of a ticket',
    rows: ['S1'],
    access: ownTicket,
    params: byTicket.extend({ attachmentId: id }),
    reply: bytes(['application/octet-stream'], 20 * 1024 * 1024),
  }),
  getSettlement: route({
    method: 'GET',
    path: '/tickets/{ticketId}/settlement',
    summary: 'The own sealed offer in a dispute, and whether the other side has made one',
    rows: ['S2'],
    access: signedIn({ confirmed: false, owner: 'partyToTicket' }),
    params: byTicket,
    reply: settlementView,
  }),
  offerSettlement: route({
    method: 'POST',
    path: '/tickets/{ticketId}/settlement',
    summary:
      'Make a sealed offer: the most a client gives, the least a freelancer takes; where they meet the deal ends at the midpoint',
    rows: ['S2'],
    access: signedIn({ owner: 'partyToTicket' }),
    idempotency: 'required',
    status: 200,
    params: byTicket,
    body: z.strictObject({ freelancerAmount: money }),
    reply: settlementView,
    errors: [
      'support.not_dispute',
      'support.step_refused',
      'support.amount_faulty',
      'support.no_offers_left',
      'unavailable',
    ],
    example: { body: { freelancerAmount: { amount: '400000', currency: 'RUB' } } },
  }),
  reopenTicket: route({
    method: 'POST',
    path: '/tickets/{ticketId}/reopening',
    summary: 'Ask for a review of an answered, resolved or closed ticket',
    rows: ['S2', 'E10', 'E15'],
    access: signedIn({ confirmed: false, owner: 'partyToTicket' }),
    idempotency: 'optional',
    status: 200,
    params: byTicket,
    body: z.strictObject({ reason }),
    reply: ticketThread,
    errors: ['support.step_refused'],
    example: { body: { reason: 'Проблема осталась' } },
  }),
  rateTicket: route({
    method: 'POST',
    path: '/tickets/{ticketId}/satisfaction',
    summary: 'Say how well it was solved, 1 to 5',
    rows: ['S2', 'E15'],
    access: signedIn({ confirmed: false, owner: 'ownTicket' }),
    status: 200,
    params: byTicket,
    body: z.strictObject({ mark: z.number().int().min(1).max(5) }),
    reply: ticketThread,
    errors: ['support.step_refused'],
    example: { body: { mark: 5 } },
  }),
};
