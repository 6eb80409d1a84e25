import { isProblem } from '#kit/problem.ts';
import type { SupportHandlers } from '../context.ts';
import { readTicketRow } from '../data/tickets.ts';
import { requireNotOwn } from '../views.ts';

type Part<T> = { value: T | null; missing: 'not_about_it' | 'not_found' | 'unavailable' | null };

const PART_TIMEOUT_MS = 3_000;

/**
 * I19, I20, I21: what staff needs beside a ticket. Each part that can not be had is null with the reason, so that one
 * service that is away does not take the rest with it.
 */
export const getTicketContext: SupportHandlers['getTicketContext'] = async (ctx, req) => {
  const actorId = req.user.userId;
  const ticket = requireNotOwn(await readTicketRow(ctx.db, req.params.ticketId), actorId);
  const { ticketId, orderId, reviewId, authorId } = ticket;
  const { transactionId, messageId } = ticket;
  const { orders, payments, messenger, users } = ctx.clients;
  const timeoutMs = PART_TIMEOUT_MS;
  const of = async <T>(id: string | null, read: (id: string) => Promise<T>): Promise<Part<T>> => {
    if (id === null) return { value: null, missing: 'not_about_it' };
    try {
      return { value: await read(id), missing: null };
    } catch (error) {
      const missing = isProblem(error, 'not_found') ? 'not_found' : 'unavailable';
      if (missing === 'unavailable') ctx.log.warn({ err: error, ticketId }, 'a part of the context is missing');
      return { value: null, missing };
    }
  };
  const [order, money, review, payment, message] = await Promise.all([
    of(orderId, (id) => orders.getOrderContext({ params: { orderId: id }, timeoutMs })),
    of(orderId, (id) => payments.getOrderMoney({ params: { orderId: id }, timeoutMs })),
    of(reviewId, (id) => orders.getReview({ params: { reviewId: id }, timeoutMs })),
    of(transactionId, (id) =>
      payments.getTransaction({ params: { transactionId: id }, query: { userId: authorId }, timeoutMs }),
    ),
    of(messageId, (id) =>
      messenger.getMessage({
        params: { messageId: id },
        query: { participantId: authorId, actorId, ticketId },
        timeoutMs,
      }),
    ),
  ]);
  // Of the conversations about an order staff reads the one between the people of this ticket.
  const participantId = authorId === order.value?.clientId ? (order.value.freelancerId ?? undefined) : authorId;
  const { limit, conversationCursor: cursor } = req.query;
  const ids = [
    authorId,
    ticket.respondentId,
    ticket.assigneeId,
    ticket.userId,
    message.value?.senderId,
    order.value?.clientId,
    order.value?.freelancerId,
    review.value?.authorId,
    review.value?.targetId,
  ];
  const people = [...new Set(ids.filter((id): id is string => typeof id === 'string'))].join(',');
  const [conversation, persons] = await Promise.all([
    of(orderId, (id) =>
      messenger.getHistory({
        params: { orderId: id },
        query: { actorId, ticketId, limit, ...(cursor ? { cursor } : {}), ...(participantId ? { participantId } : {}) },
        timeoutMs,
      }),
    ),
    of(people, async (list) => (await users.getPeople({ query: { ids: list }, timeoutMs })).items),
  ]);
  return { body: { ticketId, people: persons, order, money, conversation, review, payment, message } };
};
