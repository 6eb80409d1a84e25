import { z } from 'zod';
import { may, route } from '../common/define.ts';
import { id, positiveMoney, text } from '../common/values.ts';
import { byOrder, reason, step } from './routes-common.ts';
import { proposal } from './views.ts';

const ofMilestone = { ...step, params: byOrder.extend({ milestoneId: id }) } as const;
const ofProposal = { ...step, params: byOrder.extend({ proposalId: id }) } as const;
const delivery = z.strictObject({ text: text(1, 10_000), attachmentIds: z.array(id).max(20).default([]) });
const completion = z.strictObject({ bonus: positiveMoney.nullable().default(null) });

/** The steps of a deal. */
export const dealRoutes = {
  publishOrder: route({
    method: 'POST',
    path: '/orders/{orderId}/publication',
    summary: 'Publish: the placement fee is charged, then the order is seen',
    rows: ['O2', 'E6', 'P3'],
    ...step,
    access: may('orders.create', { owner: 'ownOrder', agreed: true }),
    status: 202,
    errors: ['orders.not_now', 'orders.deadline_past'],
  }),
  deliverOrder: route({
    method: 'POST',
    path: '/orders/{orderId}/deliveries',
    summary: 'Deliver the work',
    rows: ['O2'],
    ...step,
    body: delivery,
    errors: ['orders.not_now'],
    example: { body: { text: 'Готово, смотрите.' } },
  }),
  requestRevision: route({
    method: 'POST',
    path: '/orders/{orderId}/revisions',
    summary: 'Ask for a revision; counts against the limit',
    rows: ['O2'],
    ...step,
    body: reason,
    errors: ['orders.not_now', 'orders.no_revisions_left'],
    example: { body: { reason: 'Другой цвет' } },
  }),
  completeOrder: route({
    method: 'POST',
    path: '/orders/{orderId}/completion',
    summary: 'Accept the work: the freelancer is paid',
    rows: ['O2', 'E7'],
    ...step,
    body: completion,
    errors: ['orders.not_now'],
    example: { body: { bonus: null } },
  }),
  cancelOrder: route({
    method: 'POST',
    path: '/orders/{orderId}/cancellation',
    summary:
      'Cancel before the start; after it by consent of both, or by the freelancer with all money back to the client',
    rows: ['O2'],
    ...step,
    body: reason,
    errors: ['orders.not_now'],
    example: { body: { reason: 'Передумали' } },
  }),

  fundMilestone: route({
    method: 'POST',
    path: '/orders/{orderId}/milestones/{milestoneId}/funding',
    summary: 'Have the price of the next milestone held; its work begins when it is',
    rows: ['O2', 'P3'],
    ...ofMilestone,
    status: 202,
    errors: ['orders.not_now'],
  }),
  deliverMilestone: route({
    method: 'POST',
    path: '/orders/{orderId}/milestones/{milestoneId}/deliveries',
    summary: 'Deliver a milestone',
    rows: ['O2'],
    ...ofMilestone,
    body: delivery,
    errors: ['orders.not_now'],
    example: { body: { text: 'Эскизы готовы.' } },
  }),
  requestMilestoneRevision: route({
    method: 'POST',
    path: '/orders/{orderId}/milestones/{milestoneId}/revisions',
    summary: 'Ask for a revision of a milestone',
    rows: ['O2'],
    ...ofMilestone,
    body: reason,
    errors: ['orders.not_now', 'orders.no_revisions_left'],
    example: { body: { reason: 'Другой цвет' } },
  }),
  completeMilestone: route({
    method: 'POST',
    path: '/orders/{orderId}/milestones/{milestoneId}/completion',
    summary: 'Accept a milestone: its price is paid; with the last one the order is completed',
    rows: ['O2', 'E7'],
    ...ofMilestone,
    body: completion,
    errors: ['orders.not_now'],
    example: { body: { bonus: null } },
  }),

  propose: route({
    method: 'POST',
    path: '/orders/{orderId}/proposals',
    summary: 'Propose a later date, other work, one more milestone, or the end of the deal; the other side decides',
    rows: ['O2'],
    ...step,
    body: z.strictObject({ terms: proposal, reason: text(3, 2000) }),
    errors: ['orders.not_now', 'orders.deadline_past'],
    example: {
      body: { terms: { kind: 'deadline', dueAt: '2030-01-01T00:00:00Z' }, reason: 'Нужно больше времени на правки' },
    },
  }),
  consentToProposal: route({
    method: 'POST',
    path: '/orders/{orderId}/proposals/{proposalId}/consent',
    summary: 'Agree to what the other side proposes',
    rows: ['O2'],
    ...ofProposal,
    errors: ['orders.not_now', 'orders.deadline_past'],
  }),
  refuseProposal: route({
    method: 'POST',
    path: '/orders/{orderId}/proposals/{proposalId}/refusal',
    summary: 'Refuse what the other side proposes',
    rows: ['O2'],
    ...ofProposal,
    errors: ['orders.not_now'],
  }),
  withdrawProposal: route({
    method: 'POST',
    path: '/orders/{orderId}/proposals/{proposalId}/withdrawal',
    summary: 'Take the own proposal back',
    rows: ['O2'],
    ...ofProposal,
    errors: ['orders.not_now'],
  }),
};
