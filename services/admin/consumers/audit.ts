/** Acts that happen in other services and belong in the audit log (P4). The time is the event's. */
import type { adminContract } from '#contracts/admin/index.ts';
import type { Consumers } from '#kit/service/types.ts';
import type { AdminContext } from '../context.ts';
import { appendEntry, type NewEntry } from '../data/audit.ts';

type On = Consumers<typeof adminContract, AdminContext>;

/** `announce`: also as an administrative act to analytics; what an admin did here was announced when he did it. */
function logged<E extends { id: string; time: Date }>(entryOf: (event: E) => NewEntry, announce = false) {
  return async (ctx: AdminContext, event: E) => async (tx: Parameters<typeof appendEntry>[0]) => {
    await appendEntry(tx, ctx.auditKey, event.time, entryOf(event), { announce });
  };
}

export const assignmentChanged: On['assignmentChanged'] = logged((event) => ({
  actorId: event.data.actorId,
  action: 'roles.assignment-changed',
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
  before: { roles: event.data.before },
  after: { roles: event.data.roles },
  reason: event.data.reason,
}));

export const roleChanged: On['roleChanged'] = logged((event) => ({
  actorId: event.data.actorId,
  action: 'roles.role-changed',
  targetKind: 'role',
  targetId: event.data.role,
  outcome: 'done',
  before: { permissions: event.data.before },
  after: { permissions: event.data.permissions },
  reason: event.data.reason,
}));

export const signedIn: On['signedIn'] = logged((event) => ({
  actorId: event.data.userId,
  action: 'auth.signed-in',
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
  after: { sessionId: event.data.sessionId, factors: event.data.factors },
}));

export const signInRefused: On['signInRefused'] = logged((event) => ({
  actorId: null,
  action: 'auth.sign-in',
  targetKind: 'user',
  targetId: event.data.userId ?? event.subject,
  outcome: 'refused',
  code: event.data.reason,
}));

/** The gateway counts repetitions, so that nobody floods the log. */
export const accessRefused: On['accessRefused'] = logged((event) => ({
  actorId: event.data.userId,
  action: 'access.refused',
  targetKind: 'route',
  targetId: event.data.route,
  outcome: 'refused',
  code: 'forbidden',
  after: { times: event.data.times, from: event.data.from, until: event.data.until },
}));

export const sessionsEnded: On['sessionsEnded'] = logged((event) => ({
  actorId: null,
  action: 'auth.sessions-ended',
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
  after: { sessionIds: event.data.sessionIds.slice(0, 100) },
  reason: event.data.reason,
}));

/** Factors, password, address, number: what changed how somebody signs in, and lock-outs. */
export const securityNotice: On['securityNotice'] = logged((event) => ({
  actorId: null,
  action: `auth.${event.data.kind.replaceAll('_', '-')}`,
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
}));

export const transactionPosted: On['transactionPosted'] = logged((event) => ({
  actorId: event.data.actorId ?? null,
  action: `payments.${event.data.kind}`,
  targetKind: 'transaction',
  targetId: event.data.transactionId,
  outcome: 'done',
  after: { orderId: event.data.orderId, postings: event.data.postings },
  reason: event.data.reason ?? null,
}));

/** M12: who asked; who approved is the actor of what is posted then. */
export const adjustmentRequested: On['adjustmentRequested'] = logged((event) => ({
  actorId: event.data.actorId,
  action: 'payments.adjustment-requested',
  targetKind: 'user',
  targetId: event.data.userId,
  outcome: 'done',
  after: { adjustmentId: event.data.adjustmentId, amount: event.data.amount },
  reason: event.data.reason,
}));

export const reviewDeleted: On['reviewDeleted'] = logged(
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
export const reviewRedacted: On['reviewRedacted'] = logged((event) => ({
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
export const ticketChanged: On['ticketChanged'] = async (ctx, event) => async (tx) => {
  const { ticketId, number, kind, action, actorId, orderId, from, to } = event.data;
  const opened = action === 'open' && ['dispute', 'review', 'appeal'].includes(kind);
  if (!opened && !WEIGHTY.has(action)) return;
  const entry = {
    actorId,
    action: `support.${opened ? `${kind}-opened` : action.replaceAll('_', '-')}`,
    targetKind: 'ticket',
    targetId: ticketId,
    outcome: 'done',
    before: { status: from },
    after: { status: to, number, orderId },
  } as const;
  await appendEntry(tx, ctx.auditKey, event.time, entry, { announce: false });
};
