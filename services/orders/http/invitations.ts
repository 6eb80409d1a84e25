import type { z } from 'zod';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { ordersContract } from '#contracts/orders/index.ts';
import type { invitationView, sentInvitation } from '#contracts/orders/views.ts';
import { sql, type Tx } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, pageOf } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { cursorOf } from '../cursor.ts';
import { record } from '../data/history.ts';
import { type Invitation, invitationById, invitations } from '../data/invitations.ts';
import { lockOrder, type Order } from '../data/orders.ts';
import { decide } from '../domain/process.ts';
import { allowed, factsOf, refuse } from '../step.ts';
import { own } from './drafts.ts';
import { type People, peopleOf } from './views.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;
function ownView({ seenAt: _seen, freelancerId: _self, ...row }: Invitation): z.input<typeof invitationView> {
  return { ...row, at: row.at.toISOString() };
}

function sentView(row: Invitation, people: People): z.input<typeof sentInvitation> {
  const { invitationId, freelancerId, state: now, reason, at, seenAt } = row;
  const times = { at: at.toISOString(), seenAt: seenAt?.toISOString() ?? null };
  return { invitationId, freelancer: people.get(freelancerId) ?? null, freelancerId, state: now, reason, ...times };
}

/** Once per freelancer and order: a repeat finds the first one, and nobody is asked again who declined. One taken back is sent anew. */
export const inviteFreelancer: H['inviteFreelancer'] = async (ctx, req) => {
  const { freelancerId } = req.body;
  if (freelancerId === req.user.userId) throw new Problem('orders.own_order');
  return req.tx(async (tx) => {
    const order = own(await lockOrder(tx, req.params.orderId), req.user.userId);
    const { orderId, title, clientId } = order;
    allowed(decide(order.process, { action: 'invite', actor: 'client' }, order.status, factsOf(order)), req.locale);
    found(
      await tx.maybe(
        sql`select 1 from freelancers where user_id = ${freelancerId} and user_id <> ${clientId} and is_freelancer and visibility <> 'hidden'`,
      ),
    );
    const at = ctx.clock.now();
    const sent = await tx.maybe<{ invitationId: string }>(sql`
      insert into invitations (invitation_id, order_id, freelancer_id, at) values (${newId()}, ${orderId}, ${freelancerId}, ${at})
      on conflict (order_id, freelancer_id) do update set at = excluded.at, seen_at = null, declined_at = null, withdrawn_at = null, reason = null
        where invitations.withdrawn_at is not null
      returning invitation_id as "invitationId"`);
    if (!sent)
      return {
        body: await tx.one<{ invitationId: string }>(
          sql`select invitation_id as "invitationId" from invitations where order_id = ${orderId} and freelancer_id = ${freelancerId}`,
        ),
      };
    note(tx, order, { action: 'invite', actor: 'client', actorId: clientId, freelancerId, at });
    const { invitationId } = sent;
    const invited = { invitationId, orderId, title, clientId, freelancerId, process: order.process };
    tx.emit(ordersEvents.freelancerInvited, orderId, invited);
    return { body: { invitationId } };
  });
};

/** A step of an invitation in the history: for the client and who is invited. */
function note(
  tx: Tx,
  { orderId, status }: Order,
  of: {
    action: string;
    actor: 'client' | 'freelancer';
    actorId: string;
    freelancerId: string;
    at: Date;
    reason?: string;
  },
): void {
  const { freelancerId, reason, ...step } = of;
  const changes = { freelancerId, ...(reason === undefined ? {} : { reason }) };
  record(tx, { ...step, orderId, from: status, to: status, changes, about: freelancerId });
}

export const listSentInvitations: H['listSentInvitations'] = async (ctx, req) => {
  const { limit, cursor } = req.query;
  const after = cursorOf(cursor, ['time', 'id']);
  const rows = await ctx.db.many<Invitation>(sql`
    ${invitations(sql`i.order_id = ${req.params.orderId} and ${after ? sql`(i.at, i.invitation_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql`true`}`)}
    order by i.at desc, i.invitation_id desc limit ${limit + 1}`);
  const page = pageOf(rows, limit, (last) => [last.at.toISOString(), last.invitationId]);
  const people = await peopleOf(
    ctx,
    page.items.map((row) => row.freelancerId),
  );
  return { body: { ...page, items: page.items.map((row) => sentView(row, people)) } };
};

export const listOwnInvitations: H['listOwnInvitations'] = async (ctx, req) => {
  const { limit, cursor } = req.query;
  const after = cursorOf(cursor, ['time', 'id']);
  const rows = await ctx.db.many<Invitation>(sql`
    ${invitations(sql`i.freelancer_id = ${req.user.userId} and ${after ? sql`(i.at, i.invitation_id) < (${after[0]}::timestamptz, ${after[1]}::uuid)` : sql`true`}`)}
    order by i.at desc, i.invitation_id desc limit ${limit + 1}`);
  const page = pageOf(rows, limit, (last) => [last.at.toISOString(), last.invitationId]);
  return { body: { ...page, items: page.items.map(ownView) } };
};

/** The order is locked first: steps of an invitation go one by one with those of its order. */
async function locked(tx: Tx, invitationId: string): Promise<{ order: Order; invitation: Invitation }> {
  const { orderId } = await invitationById(tx, invitationId);
  const order = found(await lockOrder(tx, orderId));
  return { order, invitation: await invitationById(tx, invitationId) };
}

export const openInvitation: H['openInvitation'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { invitationId } = req.params;
    await tx.run(
      sql`update invitations set seen_at = ${ctx.clock.now()} where invitation_id = ${invitationId} and seen_at is null`,
    );
    return { body: ownView(await invitationById(tx, invitationId)) };
  });

/** Open: neither answered nor ended, of an order that still looks for somebody. */
const isOpen = (order: Order, { state: now }: Invitation) =>
  order.status === 'published' && (now === 'sent' || now === 'seen');

export const declineInvitation: H['declineInvitation'] = async (ctx, req) =>
  req.tx(async (tx) => {
    const { invitationId } = req.params;
    const { order, invitation } = await locked(tx, invitationId);
    if (!isOpen(order, invitation)) throw refuse('invitation_closed', req.locale);
    const at = ctx.clock.now();
    const { reason } = req.body;
    await tx.run(
      sql`update invitations set declined_at = ${at}, seen_at = coalesce(seen_at, ${at}), reason = ${reason} where invitation_id = ${invitationId}`,
    );
    const { freelancerId } = invitation;
    note(tx, order, {
      action: 'decline_invitation',
      actor: 'freelancer',
      actorId: freelancerId,
      freelancerId,
      at,
      reason,
    });
    tellChange(tx, order, invitation, 'declined', reason);
    return { body: ownView(await invitationById(tx, invitationId)) };
  });

export const withdrawInvitation: H['withdrawInvitation'] = async (ctx, req) => {
  const { orderId, invitationId } = req.params;
  const known = await invitationById(ctx.db, invitationId);
  if (known.orderId !== orderId) throw new Problem('not_found');
  const people = await peopleOf(ctx, [known.freelancerId]);
  return req.tx(async (tx) => {
    const { order, invitation } = await locked(tx, invitationId);
    if (!isOpen(order, invitation)) throw refuse('invitation_closed', req.locale);
    const at = ctx.clock.now();
    await tx.run(sql`update invitations set withdrawn_at = ${at} where invitation_id = ${invitationId}`);
    const { freelancerId } = invitation;
    note(tx, order, { action: 'withdraw_invitation', actor: 'client', actorId: req.user.userId, freelancerId, at });
    tellChange(tx, order, invitation, 'withdrawn', null);
    return { body: sentView(await invitationById(tx, invitationId), people) };
  });
};

function tellChange(
  tx: Tx,
  { orderId, title, clientId }: Order,
  { invitationId, freelancerId }: Invitation,
  to: 'declined' | 'withdrawn',
  reason: string | null,
): void {
  tx.emit(ordersEvents.invitationChanged, orderId, {
    invitationId,
    orderId,
    title,
    clientId,
    freelancerId,
    state: to,
    reason,
  });
}
