import { z } from 'zod';
import { sql, type Tx } from '#kit/db/db.ts';
import type { Job } from '#kit/service/types.ts';
import type { OrdersContext } from '../context.ts';
import { lockOrder, type Order } from '../data/orders.ts';
import { lapseProposals } from '../data/proposals.ts';
import { type Week, weekById } from '../data/weeks.ts';
import { move } from '../step.ts';
import { advanceWeeks, closeEntries, payWeek, wrapUpWeeks } from '../week-step.ts';

const payload = z.strictObject({ orderId: z.uuid(), weekId: z.uuid(), moment: z.iso.datetime() });
type Payload = z.infer<typeof payload>;
const SYSTEM = { actor: 'system', actorId: null } as const;

/** Runs when the deal is running and the week still has the moment that the timer was set for (F12). */
function atMoment(
  name: 'fundsAt' | 'endsAt' | 'closesAt' | 'decidesAt',
  run: (tx: Tx, ctx: OrdersContext, of: { order: Order; week: Week; now: Date }) => Promise<void>,
): Job<OrdersContext, Payload> {
  return {
    payload,
    run: (ctx, { orderId, weekId, moment }) =>
      ctx.db.tx(async (tx) => {
        const order = await lockOrder(tx, orderId);
        const week = order && (await weekById(tx, orderId, weekId));
        const running = order?.status === 'in_progress' || order?.status === 'delivered';
        if (!running || !week || week[name]?.toISOString() !== moment) return;
        // A replica's clock may be behind the database's, which decided that it is time.
        const now = new Date(Math.max(ctx.clock.nowMs(), Date.parse(moment)));
        await run(tx, ctx, { order, week, now });
      }),
  };
}

const advance = (tx: Tx, ctx: OrdersContext, { order, now }: { order: Order; now: Date }) =>
  advanceWeeks(tx, ctx, order, now).then(() => undefined);

/** The next week is held before it begins. */
export const fundNextWeek = atMoment('fundsAt', advance);
/** A week has ended: the next one begins if its money is there. */
export const beginWeek = atMoment('endsAt', advance);

/** The freelancer's last hours to write his time down are over. */
export const closeWeek = atMoment('closesAt', async (tx, ctx, { order, week, now }) => {
  if (week.status !== 'open') return;
  await advanceWeeks(tx, ctx, await closeEntries(tx, ctx, order, week), now);
});

/** Silence approves what was submitted, and gives up what was contested. */
export const decideWeekBySilence = atMoment('decidesAt', async (tx, ctx, { order, week }) => {
  const of = { ...SYSTEM, bonus: null, automatic: true } as const;
  if (week.status === 'submitted')
    await payWeek(tx, ctx, order, week, { ...of, action: 'approve_by_silence', minutes: week.minutes });
  else if (week.status === 'contested')
    await payWeek(tx, ctx, order, week, { ...of, action: 'concede_by_silence', minutes: week.uncontested });
});

/** A rest without money that lasts too long ends the deal. */
export const finishPaused = atMoment('decidesAt', async (tx, ctx, { order, week, now }) => {
  if (week.status !== 'unfunded' || order.status !== 'in_progress') return;
  const step = { ...SYSTEM, action: 'finish_paused', reasonCode: 'rest_too_long' } as const;
  const after = await move(tx, ctx, order, { ...step, set: [sql`delivered_at = ${now}`] });
  await lapseProposals(tx, after, now);
  await wrapUpWeeks(tx, ctx, after);
});
