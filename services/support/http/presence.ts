/** Who of support is at work; tickets are given by it. */
import type { z } from 'zod';
import type { staffLoad } from '#contracts/support/internal.ts';
import type { Queries } from '#kit/db/db.ts';
import { Problem } from '#kit/problem.ts';
import type { SupportHandlers } from '../context.ts';
import { type Load, loads, putPresence, putShifts as writeShifts } from '../data/staff.ts';
import { isPresent, NO_SHIFTS } from '../domain/presence.ts';
import { askForAssignment } from '../step.ts';

const USUAL_MS = 12 * 3_600_000;
const LONGEST_MS = 24 * 3_600_000;

function viewOf(load: Load, now: Date): z.input<typeof staffLoad> {
  const { userId, openTickets } = load;
  const said = load.said && load.said.until > now ? load.said : null;
  return {
    userId,
    openTickets,
    present: isPresent(said, load.shifts, now),
    said: said && { state: said.state, until: said.until.toISOString() },
    shifts: { timeZone: load.shifts.timeZone, items: [...load.shifts.items] },
  };
}

/** Somebody whom roles has not told of yet has nothing on the desk. */
async function loadOf(db: Queries, userId: string, now: Date) {
  const [load] = await loads(db, [userId]);
  return viewOf(load ?? { userId, said: null, shifts: NO_SHIFTS, openTickets: 0 }, now);
}

export const getOwnPresence: SupportHandlers['getOwnPresence'] = async (ctx, req) => ({
  body: await loadOf(ctx.db, req.user.userId, ctx.clock.now()),
});

export const setOwnPresence: SupportHandlers['setOwnPresence'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    const now = ctx.clock.now();
    const { state } = req.body;
    const until = new Date(req.body.until ?? now.getTime() + USUAL_MS);
    if (until <= now || until.getTime() - now.getTime() > LONGEST_MS)
      throw new Problem('validation_failed', {
        errors: [{ pointer: '/body/until', detail: 'a time within the next 24 hours' }],
      });
    await putPresence(tx, req.user.userId, state === 'planned' ? null : { state, until });
    await askForAssignment(tx);
    return { body: await loadOf(tx, req.user.userId, now) };
  });

export const getStaffLoad: SupportHandlers['getStaffLoad'] = async (ctx, req) => ({
  body: { items: (await loads(ctx.db, req.query.ids)).map((load) => viewOf(load, ctx.clock.now())) },
});

export const putShifts: SupportHandlers['putShifts'] = async (ctx, req) =>
  await req.tx(async (tx) => {
    await writeShifts(tx, req.params.userId, req.body);
    await askForAssignment(tx);
    return { body: await loadOf(tx, req.params.userId, ctx.clock.now()) };
  });
