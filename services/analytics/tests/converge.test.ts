import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Changes } from '../domain/changes.ts';
import { MEASURES } from '../domain/measure.ts';
import { status, transaction } from './events.ts';

/** F3: whatever the order of arrival and the portions, events add up to the same. */
const ids = Array.from({ length: 4 }, (_, n) => `0199a000-0000-7000-8000-00000000000${n}`);
const id = fc.constantFrom(...ids);
const minutes = fc.integer({ min: 0, max: 90 });
const STATUSES = ['draft', 'published', 'in_progress', 'delivered', 'disputed', 'completed', 'cancelled'];

const anyEvent = fc.oneof(
  fc
    .tuple(
      id,
      id,
      fc.constantFrom(null, ...STATUSES),
      fc.constantFrom(...STATUSES),
      fc.constantFrom('design', 'code'),
      id,
    )
    .map(([orderId, clientId, from, to, category, freelancerId]) => ({
      type: 'orders.order.status-changed.v1',
      data: status(orderId, from, to, clientId, { category, freelancerId, skills: ['css', category] }),
    })),
  fc.tuple(id, id, id).map(([orderId, clientId, freelancerId]) => ({
    type: 'orders.response.submitted.v1',
    data: {
      responseId: ids[0],
      orderId,
      title: '',
      category: 'design',
      clientId,
      freelancerId,
      price: { amount: '1', currency: 'RUB' },
      first: true,
    },
  })),
  fc.tuple(id, id, id).map(([orderId, clientId, freelancerId]) => ({
    type: 'orders.invitation.sent.v1',
    data: { invitationId: ids[0], orderId, title: '', clientId, freelancerId },
  })),
  fc.tuple(id, id, fc.integer({ min: 1, max: 9_999 })).map(([payer, payee, sum]) => ({
    type: 'payments.transaction.posted.v1',
    data: transaction('escrow_release', [
      ['escrow', payer, String(-sum)],
      ['available', payee, String(sum)],
    ]),
  })),
  fc
    .tuple(id, fc.option(fc.integer({ min: 1, max: 5 })), fc.option(fc.integer({ min: 1, max: 999 })))
    .map(([ticketId, satisfaction, seconds]) => ({
      type: 'support.ticket.changed.v1',
      data: {
        ticketId,
        number: 1,
        kind: 'question',
        subject: '',
        authorId: ids[0],
        assigneeId: null,
        orderId: null,
        from: 'new',
        to: 'resolved',
        action: 'x',
        actorId: null,
        notify: [],
        at: new Date(0).toISOString(),
        firstAnswerSeconds: seconds,
        resolutionSeconds: seconds,
        satisfaction,
      },
    })),
  fc.tuple(id, fc.constantFrom('a', 'b')).map(([userId, viewer]) => ({
    type: 'users.profile.viewed.v1',
    data: { userId, viewer, day: '2026-03-03' },
  })),
  id.map((userId) => ({ type: 'auth.session.started.v1', data: { userId, sessionId: ids[0], factors: [] } })),
);

/** As plain data, in one order; sums of nothing are none. */
function told(changes: Changes): unknown {
  const plain = (map: ReadonlyMap<string, unknown>) =>
    [...map].filter(([, row]) => (row as { value?: unknown }).value !== 0n).sort(([a], [b]) => (a < b ? -1 : 1));
  const { sums, active, orders, bids, registered, skills, money, tickets, views } = changes;
  // The client of an order is the same in every event of it; here he is not.
  const rows = plain(orders).map(([key, row]) => [key, { ...(row as object), clientId: null }]);
  return [sums, active, bids, registered, skills, money, tickets, views].map(plain).concat([rows as never]);
}

test('F3: shuffled events of every kind add up to the same figures', () => {
  fc.assert(
    fc.property(
      fc
        .array(fc.tuple(anyEvent, minutes), { minLength: 2, maxLength: 30 })
        .chain((events) => fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length }))),
      ([events, shuffled]) => {
        const add = (list: typeof events) => {
          const changes = new Changes();
          for (const [{ type, data }, minute] of list)
            MEASURES[type]?.(changes, new Date(Date.UTC(2026, 2, 3, 10, minute)), data);
          return told(changes);
        };
        expect(add(shuffled)).toEqual(add(events));
      },
    ),
    { numRuns: 300 },
  );
});
