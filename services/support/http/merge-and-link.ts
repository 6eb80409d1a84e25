import { Problem } from '#kit/problem.ts';
import { found } from '#kit/service/reply.ts';
import type { Tx } from '#kit/db/db.ts';
import type { Principal } from '#kit/service/types.ts';
import type { SupportContext, SupportHandlers } from '../context.ts';
import { moveContents, putLink, removeLink } from '../data/links.ts';
import { countMessages } from '../data/messages.ts';
import { lockTicket, readTicketRow, type TicketRow } from '../data/tickets.ts';
import { MAX_MESSAGES, say, SYSTEM, takeStep } from '../step.ts';
import { requireNotOwn, threadOf } from '../views.ts';

/** Two tickets locked in the order of their ids, so that two merges never wait for each other in a ring. */
async function lockBoth(tx: Tx, one: string, other: string): Promise<[TicketRow | undefined, TicketRow | undefined]> {
  const first = await lockTicket(tx, one < other ? one : other);
  const second = await lockTicket(tx, one < other ? other : one);
  return one < other ? [first, second] : [second, first];
}

/** A dispute is a case of its own, and nobody's words are shown to another author. */
function requireMergeable(from: TicketRow, into: TicketRow): void {
  const fits =
    from.ticketId !== into.ticketId &&
    from.authorId === into.authorId &&
    from.kind !== 'dispute' &&
    into.kind !== 'dispute' &&
    from.mergedInto === null &&
    into.mergedInto === null &&
    into.status !== 'closed';
  if (!fits) throw new Problem('support.not_mergeable');
}

export const mergeTicket: SupportHandlers['mergeTicket'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    const { userId } = req.user;
    const now = ctx.clock.now();
    const [one, other] = await lockBoth(tx, req.params.ticketId, req.body.into);
    const from = requireNotOwn(one, userId);
    const into = requireNotOwn(other, userId);
    requireMergeable(from, into);
    const messages = (await countMessages(tx, from.ticketId)) + (await countMessages(tx, into.ticketId));
    if (messages + 2 > MAX_MESSAGES) throw new Problem('support.too_many_messages');
    await moveContents(tx, from.ticketId, into.ticketId);
    const actor = { kind: 'support', id: userId } as const;
    const reason = `→ №${into.number}`;
    await takeStep(tx, from, { action: 'merge', actor, reason, set: { mergedInto: into.ticketId }, now });
    await say(tx, from.ticketId, { actor: SYSTEM, words: { key: 'merged_into', number: into.number }, now });
    await say(tx, into.ticketId, { actor: SYSTEM, words: { key: 'merged_from', number: from.number }, now });
    await putLink(tx, from.ticketId, into.ticketId);
    const tags = [...new Set([...into.tags, ...from.tags])].slice(0, 20);
    const next = await takeStep(tx, into, { action: 'triage', actor, reason: `← №${from.number}`, set: { tags }, now });
    return await threadOf(tx, next, { userId, staff: true, locale: req.locale, now });
  });

type LinkReq = {
  readonly params: { ticketId: string; otherId: string };
  readonly user: Principal;
  readonly locale: 'ru' | 'en';
};

async function changeLink(ctx: SupportContext, req: LinkReq, tx: Tx, work: (tx: Tx) => Promise<void>) {
  const { ticketId, otherId } = req.params;
  const { userId } = req.user;
  const ticket = requireNotOwn(await readTicketRow(tx, ticketId), userId);
  requireNotOwn(found(await readTicketRow(tx, otherId)), userId);
  if (ticketId === otherId) throw new Problem('support.not_mergeable');
  await work(tx);
  return await threadOf(tx, ticket, { userId, staff: true, locale: req.locale, now: ctx.clock.now() });
}

export const linkTicket: SupportHandlers['linkTicket'] = async (ctx, req) =>
  await req.tx((tx) => changeLink(ctx, req, tx, () => putLink(tx, req.params.ticketId, req.params.otherId)));

export const unlinkTicket: SupportHandlers['unlinkTicket'] = async (ctx, req) =>
  await req.tx((tx) => changeLink(ctx, req, tx, () => removeLink(tx, req.params.ticketId, req.params.otherId)));
