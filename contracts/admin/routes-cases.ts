import { z } from 'zod';
import { may, route } from '../common/define.ts';
import { id, page, pageQuery, text } from '../common/values.ts';
import { roleName } from '../roles/internal.ts';
import { supportInternal, ticketStatus, ticketSummary } from '../support/internal.ts';
import { reason, byTicket, escalationView } from './views.ts';

/** Routes about notices, escalations and tickets. */
export const casesRoutes = {
  sendNotice: route({
    method: 'POST',
    path: '/admin/notices',
    summary: 'Send a system notice to named people or to everybody with one of the roles',
    rows: ['E12'],
    access: may('admin.notices.send'),
    idempotency: 'required',
    body: z.strictObject({
      recipientIds: z.array(id).max(1000).default([]),
      /** Everybody with one of these roles (at most 500 each), besides `recipientIds`. */
      roles: z.array(roleName).max(10).default([]),
      /** Every active user, besides; sent in portions. */
      everybody: z.boolean().default(false),
      title: z.strictObject({ ru: text(1, 200), en: text(1, 200) }),
      text: z.strictObject({ ru: text(1, 5000), en: text(1, 5000) }),
      critical: z.boolean().default(false),
      reason: reason.optional(),
    }),
    reply: z.object({ noticeId: id, recipients: z.number().int().nullable() }),
    errors: ['admin.no_recipients', 'admin.too_many_recipients'],
    example: {
      body: {
        roles: ['client'],
        title: { ru: 'Работы ночью', en: 'Maintenance at night' },
        text: { ru: 'С 02:00 до 02:15 МСК платформа недоступна.', en: 'The platform is away 02:00–02:15 MSK.' },
      },
    },
  }),
  listEscalations: route({
    method: 'GET',
    path: '/admin/escalations',
    summary: 'Tickets that support escalated',
    rows: ['D5', 'E11'],
    access: may('admin.escalations.view'),
    query: z.object({ ...pageQuery, status: z.enum(['open', 'decided']).optional() }),
    reply: page(escalationView),
  }),
  decideEscalation: route({
    method: 'POST',
    path: '/admin/escalations/{ticketId}/decision',
    summary: 'Decide an escalated ticket; support executes the decision',
    rows: ['D5', 'I24'],
    access: may('admin.escalations.decide'),
    params: byTicket,
    body: z.strictObject({ decision: supportInternal.decideEscalation.body.shape.decision }),
    reply: escalationView,
    status: 200,
    errors: ['admin.already_decided'],
    example: { body: { decision: { kind: 'answer', text: 'Решение поддержки верно.' } } },
  }),
  listTickets: route({
    method: 'GET',
    path: '/admin/tickets',
    summary: 'All tickets',
    rows: ['D5', 'I24'],
    access: may('admin.tickets.view'),
    query: z.object({ ...pageQuery, status: ticketStatus.optional(), assigneeId: id.optional() }),
    reply: page(ticketSummary),
  }),
  getTicket: route({
    method: 'GET',
    path: '/admin/tickets/{ticketId}',
    summary: 'One ticket',
    rows: ['D5', 'I24'],
    access: may('admin.tickets.view'),
    params: byTicket,
    reply: ticketSummary,
  }),
  assignTicket: route({
    method: 'POST',
    path: '/admin/tickets/{ticketId}/assignment',
    summary: 'Assign a ticket to a member of staff',
    rows: ['D2', 'I24'],
    access: may('admin.tickets.assign'),
    params: byTicket,
    body: z.strictObject({ assigneeId: id }),
    reply: ticketSummary,
    status: 200,
  }),
};
