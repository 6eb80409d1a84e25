import type { z } from 'zod';
import type { Locale } from '#contracts/common/values.ts';
import { processOf, type WeekAction } from '#contracts/orders/process.ts';
import type { Side, WeekStatus } from '#contracts/orders/process-types.ts';
import { clientFeeOf, commissionOf, worthOf } from '#contracts/orders/terms.ts';
import type { timeEntryView, weekView } from '#contracts/orders/views.ts';
import type { Queries } from '#kit/db/db.ts';
import { found } from '#kit/service/reply.ts';
import type { Order } from '../data/orders.ts';
import { capOf, entriesOf, type TimeEntry, type Week } from '../data/weeks.ts';
import { actionsFor } from '../domain/process.ts';
import { NO_SUMS } from '../domain/words.ts';
import { factsOf } from '../step.ts';
import { actionsView } from './actions-view.ts';

export function entryDto(entry: TimeEntry): z.input<typeof timeEntryView> {
  const { orderId: _orderId, createdAt, ...rest } = entry;
  return { ...rest, createdAt: createdAt.toISOString() };
}

/** Where the money of a week goes when so much of it is paid. */
function sumsFor(order: Order, week: Week, gross: bigint) {
  const terms = found(order.terms);
  const money = (amount: bigint) => ({ amount: amount.toString(), currency: order.currency });
  const cap = capOf(week);
  const held = cap + clientFeeOf(cap, terms);
  const commission = commissionOf(gross, terms);
  const toClient = held - gross - clientFeeOf(gross, terms);
  return {
    held: money(held),
    gross: money(gross),
    commission: money(commission),
    toFreelancer: money(gross - commission),
    toClient: money(toClient),
    fee: money(clientFeeOf(cap, terms)),
  };
}

/** Weeks as a party sees them, with their entries: one query for all. */
export async function weekDtos(
  db: Queries,
  order: Order,
  weeks: readonly Week[],
  side: Side,
  locale: Locale,
): Promise<z.input<typeof weekView>[]> {
  const entries = await entriesOf(
    db,
    weeks.map((week) => week.weekId),
  );
  const running = order.status === 'in_progress' || order.status === 'delivered';
  const table = running ? processOf(order.process).weeks : [];
  return weeks.map((week) => {
    const all = sumsFor(order, week, week.paid ?? worthOf(week.rate, week.minutes));
    const actions = actionsFor<WeekStatus, WeekAction>(table, week.status, side, factsOf(order));
    const sums = {
      ...NO_SUMS,
      pays: all.held,
      clientFee: all.fee,
      hours: all,
      uncontested: sumsFor(order, week, worthOf(week.rate, week.uncontested)),
    };
    return {
      weekId: week.weekId,
      number: week.number,
      status: week.status,
      rate: { amount: week.rate.toString(), currency: order.currency },
      weeklyHours: week.weeklyHours,
      startsAt: week.startsAt.toISOString(),
      endsAt: week.endsAt.toISOString(),
      closesAt: week.closesAt.toISOString(),
      decidesAt: week.decidesAt?.toISOString() ?? null,
      minutes: week.minutes,
      amount: all.gross,
      held: all.held,
      commission: all.commission,
      toFreelancer: all.toFreelancer,
      toClient: all.toClient,
      entries: entries.filter((entry) => entry.weekId === week.weekId).map(entryDto),
      actions: actionsView(actions, sums, locale),
    };
  });
}
