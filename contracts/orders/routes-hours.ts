import { z } from 'zod';
import { may, route, signedIn } from '../common/define.ts';
import { id, page, pageQuery, positiveMoney, text } from '../common/values.ts';
import { byOrder, reason, step } from './routes-common.ts';
import { timeEntryView, weekView } from './views.ts';

const ofWeek = { ...step, params: byOrder.extend({ weekId: id }) } as const;
const worker = may('orders.take-part', { owner: 'partyToDeal' });
const minutes = z.number().int().min(1).max(1440);
const note = text(3, 2000);

/** An hourly deal: time entries, weeks, its end. */
export const hoursRoutes = {
  listWeeks: route({
    method: 'GET',
    path: '/orders/{orderId}/weeks',
    summary: 'Weeks of an hourly deal with their time entries and money, newest first',
    rows: ['O2', 'P3'],
    access: signedIn({ owner: 'partyToDeal' }),
    params: byOrder,
    query: z.object({ ...pageQuery, limit: z.coerce.number().int().min(1).max(20).default(10) }),
    reply: page(weekView),
  }),
  logTime: route({
    method: 'POST',
    path: '/orders/{orderId}/time-entries',
    summary: 'Add worked time; a week takes no more than its cap',
    rows: ['O2'],
    access: worker,
    params: byOrder,
    idempotency: 'required',
    body: z.strictObject({ day: z.iso.date(), minutes, note }),
    reply: timeEntryView,
    errors: ['orders.not_now', 'orders.over_cap', 'orders.no_week_for_day'],
    example: { body: { day: '2030-01-01', minutes: 90, note: 'Эскизы главной страницы' } },
  }),
  editTime: route({
    method: 'PATCH',
    path: '/orders/{orderId}/time-entries/{entryId}',
    summary: 'Change an entry while its week is open or contested',
    rows: ['O2'],
    access: worker,
    params: byOrder.extend({ entryId: id }),
    idempotency: 'optional',
    body: z.strictObject({ minutes, note }).partial(),
    reply: timeEntryView,
    errors: ['orders.not_now', 'orders.over_cap'],
    example: { body: { minutes: 60 } },
  }),
  deleteTime: route({
    method: 'DELETE',
    path: '/orders/{orderId}/time-entries/{entryId}',
    summary: 'Take an entry back while its week is open or contested',
    rows: ['O2'],
    access: worker,
    params: byOrder.extend({ entryId: id }),
    reply: null,
    errors: ['orders.not_now'],
  }),
  fundWeek: route({
    method: 'POST',
    path: '/orders/{orderId}/weeks/{weekId}/funding',
    summary: 'Have the money of a week held after it was missing; the work goes on when it is',
    rows: ['O2', 'P3'],
    ...ofWeek,
    status: 202,
    errors: ['orders.not_now'],
  }),
  approveWeek: route({
    method: 'POST',
    path: '/orders/{orderId}/weeks/{weekId}/approval',
    summary: 'Approve the hours of a week: they are paid, the rest of what was held comes back',
    rows: ['O2', 'E7'],
    ...ofWeek,
    body: z.strictObject({ bonus: positiveMoney.nullable().default(null) }),
    errors: ['orders.not_now'],
    example: { body: { bonus: null } },
  }),
  contestWeek: route({
    method: 'POST',
    path: '/orders/{orderId}/weeks/{weekId}/objection',
    summary: 'Object to entries of a week; the freelancer corrects them, explains them, or gives them up',
    rows: ['O2'],
    ...ofWeek,
    body: z.strictObject({ entryIds: z.array(id).min(1).max(200), reason: text(3, 2000) }),
    errors: ['orders.not_now'],
    example: { body: { entryIds: ['00000000-0000-7000-8000-000000000000'], reason: 'Этого не было в задаче' } },
  }),
  resubmitWeek: route({
    method: 'POST',
    path: '/orders/{orderId}/weeks/{weekId}/resubmission',
    summary: 'Submit a contested week again, corrected or explained',
    rows: ['O2'],
    ...ofWeek,
    body: reason,
    errors: ['orders.not_now'],
    example: { body: { reason: 'Исправил, смотрите' } },
  }),
  concedeWeek: route({
    method: 'POST',
    path: '/orders/{orderId}/weeks/{weekId}/concession',
    summary: 'Give the contested entries up: the rest of the week is paid',
    rows: ['O2', 'E7'],
    ...ofWeek,
    errors: ['orders.not_now'],
  }),
  finishOrder: route({
    method: 'POST',
    path: '/orders/{orderId}/finish',
    summary: 'End an hourly deal: what was worked goes to the client for approval, what is held beyond it comes back',
    rows: ['O2'],
    ...step,
    body: reason,
    errors: ['orders.not_now'],
    example: { body: { reason: 'Всё готово, спасибо' } },
  }),
};
