/** Acts that happen in other services and belong in the audit log (P4). The time is the event's. */
import { adminContract } from '#contracts/admin/index.ts';
import type { Effect, ReceivedEvent } from '#kit/service/types.ts';
import type { AdminContext } from '../context.ts';
import { type Append, appendEntries, type NewEntry } from '../data/audit.ts';

type Consumed = (typeof adminContract)['consumes'];
type Received<K extends keyof Consumed> = ReceivedEvent<Consumed[K]['event']>;

/** What is written of an event, by its type. None: nothing. */
const ENTRIES = new Map<string, (event: never) => Omit<Append, 'at'> | undefined>();

/** Writes all that came at once by few statements; the end of the chain is locked once for all. */
const written = {
  async together(ctx: AdminContext, events: readonly ReceivedEvent[]): Promise<Effect | undefined> {
    const appends = events.flatMap((event) => {
      const append = ENTRIES.get(event.type)?.(event as never);
      return append ? [{ ...append, at: event.time }] : [];
    });
    if (appends.length === 0) return undefined;
    return async (tx) => void (await appendEntries(tx, ctx.auditKey, appends));
  },
};

/** `announce`: also as an administrative act to analytics; what an admin did here was announced when he did it. */
function logged<K extends keyof Consumed>(
  name: K,
  entryOf: (event: Received<K>) => NewEntry | undefined,
  announce = false,
): typeof written {
  ENTRIES.set(adminContract.consumes[name].event.type, (event: Received<K>) => {
    const entry = entryOf(event);
    return entry && { entry, announce };
  });
  return written;
}

export const assignmentChanged = logged('assignmentChanged', (event) => ({
  actorId: event.data.actorId,
  action: 'roles.assignment-changed',
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
  before: { roles: event.data.before },
  after: { roles: event.data.roles },
  reason: event.data.reason,
}));

export const roleChanged = logged('roleChanged', (event) => ({
  actorId: event.data.actorId,
  action: 'roles.role-changed',
  targetKind: 'role',
  targetId: event.data.role,
  outcome: 'done',
  before: { permissions: event.data.before },
  after: { permissions: event.data.permissions },
  reason: event.data.reason,
}));

export const signedIn = logged('signedIn', (event) => ({
  actorId: event.data.userId,
  action: 'auth.signed-in',
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
  after: { sessionId: event.data.sessionId, factors: event.data.factors },
}));

export const signInRefused = logged('signInRefused', (event) => ({
  actorId: null,
  action: 'auth.sign-in',
  targetKind: 'user',
  targetId: event.data.userId ?? event.subject,
  outcome: 'refused',
  code: event.data.reason,
}));

/** The gateway counts repetitions, so that nobody floods the log. */
export const accessRefused = logged('accessRefused', (event) => ({
  actorId: event.data.userId,
  action: 'access.refused',
  targetKind: 'route',
  targetId: event.data.route,
  outcome: 'refused',
  code: 'forbidden',
  after: { times: event.data.times, from: event.data.from, until: event.data.until },
}));

export const sessionsEnded = logged('sessionsEnded', (event) => ({
  actorId: null,
  action: 'auth.sessions-ended',
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
  after: { sessionIds: event.data.sessionIds.slice(0, 100) },
  reason: event.data.reason,
}));

/** Factors, password, address, number: what changed how somebody signs in, and lock-outs. */
export const securityNotice = logged('securityNotice', (event) => ({
  actorId: null,
  action: `auth.${event.data.kind.replaceAll('_', '-')}`,
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
}));

export const transactionPosted = logged('transactionPosted', (event) => ({
  actorId: event.data.actorId ?? null,
  action: `payments.${event.data.kind}`,
  targetKind: 'transaction',
  targetId: event.data.transactionId,
  outcome: 'done',
  after: { orderId: event.data.orderId, postings: event.data.postings },
  reason: event.data.reason ?? null,
}));

/** M12: who asked; who approved is the actor of what is posted then. */
export const adjustmentRequested = logged('adjustmentRequested', (event) => ({
  actorId: event.data.actorId,
  action: 'payments.adjustment-requested',
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
  after: { adjustmentId: event.data.adjustmentId, amount: event.data.amount },
  reason: event.data.reason,
}));

export const reviewDeleted = logged(
  'reviewDeleted',
  (event) => ({
    actorId: event.data.actorId,
    action: 'review.delete',
    targetKind: 'review',
    targetId: event.data.reviewId,
    outcome: 'done',
    before: { orderId: event.data.orderId, authorId: event.data.authorId, rating: event.data.rating },
    reason: event.data.justification,
  }),
  true,
);

/** S3: what support did to a review besides deleting it. */
export const reviewRedacted = logged('reviewRedacted', (event) => ({
  actorId: event.data.actorId,
  action: `orders.review-${event.data.what}`,
  targetKind: 'review',
  targetId: event.data.reviewId,
  outcome: 'done',
  reason: event.data.justification,
}));

/** Steps of tickets that decide about somebody's money or words. */
const WEIGHTY = new Set([
  'dispute_open',
  'rule',
  'rule_final',
  'accept',
  'appeal',
  'settle',
  'execute',
  'resume',
  'escalate',
  'delete_review',
  'redact_review',
  'restore_review',
]);

/** Disputes with their rulings and appeals; reviews reported and appealed. */
export const ticketChanged = logged('ticketChanged', (event) => {
  const { ticketId, number, kind, action, actorId, orderId, from, to } = event.data;
  const opened = action === 'open' && ['dispute', 'review', 'appeal'].includes(kind);
  if (!opened && !WEIGHTY.has(action)) return undefined;
  return {
    actorId,
    action: `support.${opened ? `${kind}-opened` : action.replaceAll('_', '-')}`,
    targetKind: 'ticket',
    targetId: ticketId,
    outcome: 'done',
    before: { status: from },
    after: { status: to, number, orderId },
  };
});
