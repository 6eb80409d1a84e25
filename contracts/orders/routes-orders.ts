import { z } from 'zod';
import { bytes, guest, may, route, signedIn, RANGE_HEADERS, streamed } from '../common/define.ts';
import { id, page, pageQuery, text } from '../common/values.ts';
import { historyEntry } from './internal.ts';
import { orderStatus } from './process.ts';
import { byOrder, step } from './routes-common.ts';
import { attachmentView, orderFields, orderSummary, orderView } from './views.ts';

const exampleOrder = {
  title: 'Логотип для кофейни',
  description: 'Нужен логотип для небольшой кофейни в центре города, в спокойных тонах.',
  category: 'logo-design',
  tags: ['кофе'],
  skills: ['logo'],
  styles: ['minimalism'],
  budget: { min: '500000', max: '1500000', currency: 'RUB' },
  deadline: null,
};

const hoursFit = (of: { pricing?: string | undefined; weeklyHours?: number | null | undefined }) =>
  (of.pricing === 'hourly') === (typeof of.weeklyHours === 'number');
const newOrder = z
  .strictObject({
    ...orderFields,
    tags: orderFields.tags.default([]),
    skills: orderFields.skills.default([]),
    styles: orderFields.styles.default([]),
    deadline: orderFields.deadline.default(null),
    access: orderFields.access.default('open'),
    urgent: orderFields.urgent.default(false),
    nda: orderFields.nda.default(false),
    pricing: orderFields.pricing.default('fixed'),
    weeklyHours: orderFields.weeklyHours.default(null),
  })
  .refine(hoursFit, { message: 'weeklyHours goes with hourly pricing', path: ['weeklyHours'] });

/** Orders before the deal: drafts, reading, files. */
export const ordersRoutes = {
  createOrder: route({
    method: 'POST',
    path: '/orders',
    summary: 'Draft an order',
    rows: ['O1', 'O3', 'I15'],
    access: may('orders.create'),
    idempotency: 'required',
    reply: orderView,
    errors: ['orders.unknown_key', 'orders.deadline_past'],
    body: newOrder,
    example: { body: exampleOrder },
  }),
  getOrder: route({
    method: 'GET',
    path: '/orders/{orderId}',
    summary: 'An order as the caller may see it, with what he may do next',
    rows: ['O1', 'O2', 'O3', 'I14'],
    access: guest,
    params: byOrder,
    reply: orderView,
  }),
  editOrder: route({
    method: 'PATCH',
    path: '/orders/{orderId}',
    summary: 'Edit a draft; of a published order the words, not the budget',
    rows: ['O1', 'I15'],
    access: may('orders.edit', { owner: 'ownOrder' }),
    params: byOrder,
    ifMatch: true,
    body: z.strictObject(orderFields).partial(),
    reply: orderView,
    errors: ['orders.unknown_key', 'orders.deadline_past', 'orders.not_now'],
    example: { body: { title: 'Логотип для пекарни' } },
  }),
  deleteDraft: route({
    method: 'DELETE',
    path: '/orders/{orderId}',
    summary: 'Delete a draft',
    rows: ['O1'],
    access: may('orders.edit', { owner: 'ownOrder' }),
    params: byOrder,
    reply: null,
    errors: ['orders.not_now'],
  }),
  listOwnOrders: route({
    method: 'GET',
    path: '/me/orders',
    summary: 'Own orders, as client or as freelancer',
    rows: ['O1'],
    access: signedIn({ owner: 'self' }),
    query: z.object({
      ...pageQuery,
      as: z.enum(['client', 'freelancer']).default('client'),
      status: orderStatus.optional(),
    }),
    reply: page(orderSummary),
  }),
  getHistory: route({
    method: 'GET',
    path: '/orders/{orderId}/history',
    summary: 'Every step of the deal: who, when, from, to, why',
    rows: ['O2'],
    access: signedIn({ owner: 'ownOrderOrResponse' }),
    params: byOrder,
    reply: z.object({ items: z.array(historyEntry) }),
  }),
  addAttachment: route({
    method: 'POST',
    path: '/orders/{orderId}/attachments',
    summary: 'Attach a file: the client to the order, the freelancer to his work',
    rows: ['O3'],
    access: signedIn({ owner: 'ownOrderOrResponse' }),
    params: byOrder,
    query: z.object({ fileName: text(1, 200) }),
    body: bytes(['*/*'], 20 * 1024 * 1024),
    reply: attachmentView,
    errors: ['orders.too_many_files', 'orders.not_now'],
    example: { query: { fileName: 'бриф.txt' } },
  }),
  getAttachment: route({
    method: 'GET',
    path: '/order-attachments/{attachmentId}',
    summary: 'A file of an order, for who may see it',
    rows: ['O3'],
    access: guest,
    params: z.object({ attachmentId: id }),
    headers: RANGE_HEADERS,
    reply: streamed(['application/octet-stream'], 20 * 1024 * 1024),
  }),
  acceptNda: route({
    method: 'POST',
    path: '/orders/{orderId}/nda',
    summary: 'Consent to keep the details secret; they are shown from then on, and the consent is kept with its time',
    rows: ['O3'],
    ...step,
    access: may('orders.respond'),
    errors: ['orders.not_now'],
  }),
};
