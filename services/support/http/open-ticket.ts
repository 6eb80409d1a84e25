import type { supportContract } from '#contracts/support/index.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Tx } from '#kit/db/db.ts';
import type { Req } from '#kit/service/types.ts';
import { finishAct, seeToIt } from '../acts.ts';
import type { SupportContext, SupportHandlers } from '../context.ts';
import { readDeadlines, readSetting } from '../data/known.ts';
import { appendHistory } from '../data/messages.ts';
import { type Act, insertTicket, readTicketRow, type TicketRow } from '../data/tickets.ts';
import { firstClocks } from '../domain/deadlines.ts';
import { type DisputeCase, feeOf } from '../domain/disputes.ts';
import { FIRST_PRIORITY } from '../domain/words.ts';
import { announce, askForAssignment, say } from '../step.ts';
import { threadOf } from '../views.ts';
import { subjectOf } from './subject.ts';

type OpenReq = Req<(typeof supportContract.http)['openTicket']>;

/** S1. A dispute is opened in orders right after it is written here, so that no frozen deal is without its ticket. */
export const openTicket: SupportHandlers['openTicket'] = async (ctx, req) => {
  const about = await whatItIsAbout(ctx, req);
  const now = ctx.clock.now();
  const viewer = { userId: req.user.userId, staff: false, locale: req.locale, now };
  const reply = await req.tx(async (tx) => {
    const ticket = await write(ctx, tx, req, about, now);
    return { ...(await threadOf(tx, ticket, viewer)), status: 201 };
  });
  if (req.body.kind !== 'dispute') return reply;
  const { ticketId } = reply.body;
  // Orders away: the job opens the dispute as soon as it is back, and the ticket says `opening` until then.
  await finishAct(ctx, ticketId).catch((error: unknown) =>
    ctx.log.warn({ err: error, ticketId }, 'a dispute is not open yet'),
  );
  return { ...(await threadOf(ctx.db, found(await readTicketRow(ctx.db, ticketId)), viewer)), status: 201 };
};

interface About {
  readonly orderId: string | null;
  readonly reviewId: string | null;
  readonly userId: string | null;
  readonly transactionId: string | null;
  readonly messageId: string | null;
  readonly respondentId: string | null;
  readonly case: DisputeCase | null;
}

const NOTHING: About = {
  orderId: null,
  reviewId: null,
  userId: null,
  transactionId: null,
  messageId: null,
  respondentId: null,
  case: null,
};

/** What the ticket names has been looked up by the rule of ownership; here is told what its state does not allow. */
async function whatItIsAbout(ctx: SupportContext, req: OpenReq): Promise<About> {
  const { kind, orderId, reviewId, userId = null, transactionId = null, messageId = null } = req.body;
  const me = req.user.userId;
  const { order, review } = found(await subjectOf(ctx, req));
  let about: About = { ...NOTHING, userId, transactionId, messageId };
  if (review && reviewId !== undefined) {
    if (kind === 'appeal' && ((review.deletedAt === null && review.redactedAt === null) || review.authorId !== me))
      throw new Problem('support.nothing_to_appeal');
    about = { ...about, reviewId, orderId: review.orderId };
  }
  if (!order || orderId === undefined) return about;
  if (kind !== 'dispute') return { ...about, orderId };
  if (order.status === 'disputed') throw new Problem('support.dispute_exists');
  if (!['in_progress', 'delivered'].includes(order.status) || order.price === null)
    throw new Problem('support.not_disputable');
  const authorSide = order.clientId === me ? ('client' as const) : ('freelancer' as const);
  const terms = await readSetting(ctx.db, 'support.disputes', ctx.clock.now());
  return {
    ...about,
    orderId,
    respondentId: authorSide === 'client' ? order.freelancerId : order.clientId,
    case: {
      authorSide,
      claim: order.price,
      terms,
      fee: feeOf(order.price, terms.feeBps),
      feeState: 'none',
      authorDue: null,
      respondentDue: null,
      ruling: null,
    },
  };
}

async function write(ctx: SupportContext, tx: Tx, req: OpenReq, about: About, now: Date): Promise<TicketRow> {
  const { kind, subject, text, category } = req.body;
  const authorId = req.user.userId;
  const actor = { kind: 'user', id: authorId } as const;
  const dispute = kind === 'dispute';
  const who = { id: newId(), actorId: authorId, actorKind: 'user' } as const;
  const act: Act = { ...who, kind: 'open_dispute', reason: cut(text), fee: about.case?.fee ?? null };
  const ticket = await insertTicket(tx, {
    ticketId: newId(),
    kind,
    category: category ?? null,
    subject,
    subjectWords: null,
    priority: FIRST_PRIORITY[kind],
    authorId,
    ...about,
    dispute: dispute ? 'opening' : null,
    pending: dispute ? act : null,
    createdAt: now,
    ...firstClocks(now, await readDeadlines(tx, now)),
  });
  if (!ticket) throw new Problem('support.dispute_exists');
  if (dispute) await seeToIt(ctx, tx, ticket.ticketId);
  await say(tx, ticket.ticketId, { actor, text, now });
  const step = { at: now, actorKind: 'user', actorId: authorId, action: 'open', from: null, to: 'new' } as const;
  await appendHistory(tx, ticket.ticketId, { ...step, version: ticket.version, reason: null });
  announce(tx, ticket, { actor, now, action: 'open', from: null, answered: false, ended: false });
  await askForAssignment(tx);
  return ticket;
}

/** Orders takes a reason of 4,000 characters; the whole text is in the ticket. */
function cut(text: string): string {
  return text.length <= 4000 ? text : `${text.slice(0, 3999)}…`;
}
