import type { ordersContract } from '#contracts/orders/index.ts';
import { type Sql, sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { found, requireVersion } from '#kit/service/reply.ts';
import type { Handlers } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { record } from '../data/history.ts';
import { insertOrder, lockOrder, type Order, orderById, searchVector } from '../data/orders.ts';
import { checkKeys, settingsAt } from '../data/settings.ts';
import { CURRENT_PROCESS } from '#contracts/orders/process.ts';
import { decide } from '../domain/process.ts';
import { allowed, emitStatus, factsOf, move, refuse } from '../step.ts';
import { answer } from './answer.ts';

type H = Handlers<typeof ordersContract, OrdersContext>;

/** I15: the right as it stands now, not as the token remembers it. Without roles there is no answer: 503. */
async function requireRight(ctx: OrdersContext, userId: string, permission: string): Promise<void> {
  const { allowed: may, why } = await ctx.clients.roles.checkPermission({ query: { userId, permission } });
  if (!may) throw new Problem('forbidden', { detail: why });
}

export function requireFuture(date: string | null | undefined, now: Date, pointer = '/body/deadline'): void {
  if (date && new Date(date) <= now)
    throw new Problem('orders.deadline_past', { errors: [{ pointer, detail: 'lies in the past' }] });
}

/** To the millisecond, as cursors carry it: finer ones would come twice in a list. */
export function toMillis(date: string | null | undefined): string | null {
  return date ? new Date(date).toISOString() : null;
}

/** The client's own order, or none. */
export function own(order: Order | undefined, userId: string): Order {
  return found(order?.clientId === userId ? order : undefined);
}

export const createOrder: H['createOrder'] = async (ctx, req) => {
  const { body, user } = req;
  const now = ctx.clock.now();
  requireFuture(body.deadline, now);
  const [settings] = await Promise.all([
    settingsAt(ctx.db, ['orders.timers', 'orders.limits'], now),
    checkKeys(ctx.db, body),
    requireRight(ctx, user.userId, 'orders.create'),
  ]);
  return req.tx(async (tx) => {
    const orderId = newId();
    const timers = settings['orders.timers'];
    const { revisions } = settings['orders.limits'];
    insertOrder(tx, {
      ...body,
      deadline: toMillis(body.deadline),
      orderId,
      clientId: user.userId,
      process: CURRENT_PROCESS,
      createdAt: now,
      revisionsLimit: revisions,
      reviewDays: timers.reviewDays,
      revealDays: timers.revealDays,
      timers,
    });
    const step = { action: 'create', actor: 'client', actorId: user.userId } as const;
    record(tx, { ...step, orderId, at: now, from: null, to: 'draft' });
    const order = found(await orderById(tx, orderId));
    emitStatus(tx, order, null, step);
    return { ...(await answer(tx, order, req)), headers: { location: `/api/v1/orders/${orderId}` } };
  });
};

const PLAIN = [
  'title',
  'description',
  'category',
  'tags',
  'skills',
  'styles',
  'deadline',
  'access',
  'urgent',
  'nda',
  'pricing',
] as const;
/** What an order keeps once it is published: people responded to it. */
const FIXED = ['budget', 'category', 'access', 'nda', 'pricing', 'weeklyHours'] as const;

export const editOrder: H['editOrder'] = async (ctx, req) => {
  const { body, user } = req;
  own(await orderById(ctx.db, req.params.orderId), user.userId);
  requireFuture(body.deadline, ctx.clock.now());
  await Promise.all([checkKeys(ctx.db, body), requireRight(ctx, user.userId, 'orders.edit')]);
  return req.tx(async (tx) => {
    const before = own(await lockOrder(tx, req.params.orderId), user.userId);
    requireVersion(req, before.version);
    const published = before.status === 'published';
    if (published && FIXED.some((field) => body[field] !== undefined)) throw refuse('fixed_fields', req.locale);
    const { budget } = body;
    const weeklyHours = hoursOf(before, body);
    const set: Sql[] = [
      sql`search = ${searchVector({ ...before, ...body })}`,
      ...PLAIN.flatMap((field) =>
        body[field] === undefined
          ? []
          : [sql`${COLUMN[field]} = ${field === 'deadline' ? toMillis(body.deadline) : body[field]}`],
      ),
      sql`weekly_hours = ${weeklyHours}`,
      ...(budget ? [sql`budget_min = ${budget.min}, budget_max = ${budget.max}, currency = ${budget.currency}`] : []),
    ];
    const step = { action: 'edit', actor: 'client', actorId: user.userId, locale: req.locale } as const;
    const after = await move(tx, ctx, before, { ...step, set, changes: { before: was(before, body), after: body } });
    return await answer(tx, after, req);
  });
};

/** Hours go with hourly pricing, and only with it. */
function hoursOf(
  before: Order,
  body: { pricing?: 'fixed' | 'hourly' | undefined; weeklyHours?: number | null | undefined },
): number | null {
  const hourly = (body.pricing ?? before.pricing) === 'hourly';
  const given = body.weeklyHours === undefined ? before.weeklyHours : body.weeklyHours;
  // A change to a fixed price takes the old hours along.
  const hours = !hourly && body.weeklyHours === undefined ? null : given;
  if (hourly !== (hours !== null))
    throw new Problem('validation_failed', {
      errors: [{ pointer: '/body/weeklyHours', detail: 'goes with hourly pricing' }],
    });
  return hours;
}

const COLUMN = {
  title: sql`title`,
  description: sql`description`,
  category: sql`category`,
  tags: sql`tags`,
  skills: sql`skills`,
  styles: sql`styles`,
  deadline: sql`deadline`,
  access: sql`access`,
  urgent: sql`urgent`,
  nda: sql`nda`,
  pricing: sql`pricing`,
} as const satisfies Record<(typeof PLAIN)[number], Sql>;

function was(before: Order, body: object): Record<string, unknown> {
  const budget = { min: before.budgetMin.toString(), max: before.budgetMax.toString(), currency: before.currency };
  const fields = { ...before, budget } as unknown as Record<string, unknown>;
  return Object.fromEntries(Object.keys(body).map((field) => [field, fields[field]]));
}

export const deleteDraft: H['deleteDraft'] = async (ctx, req) => {
  const keys = await ctx.db.tx(async (tx) => {
    const order = own(await lockOrder(tx, req.params.orderId), req.user.userId);
    allowed(decide(order.process, { action: 'delete', actor: 'client' }, order.status, factsOf(order)), req.locale);
    const step = { action: 'delete', actor: 'client', actorId: req.user.userId } as const;
    record(tx, { ...step, orderId: order.orderId, at: ctx.clock.now(), from: 'draft', to: null });
    emitStatus(tx, { ...order, status: 'cancelled', version: order.version + 1 }, 'draft', step);
    const files = await tx.many<{ id: string }>(
      sql`delete from attachments where order_id = ${order.orderId} returning attachment_id as id`,
    );
    await tx.run(sql`delete from orders where order_id = ${order.orderId}`);
    return files;
  });
  for (const { id } of keys) await ctx.files.delete(id);
  return { body: null };
};
