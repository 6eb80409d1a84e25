import type { SettingValue } from '#contracts/admin/settings.ts';
import { SETTINGS } from '#contracts/admin/settings.ts';
import type { Timer, Timers } from '#contracts/orders/process-types.ts';
import type { Tx } from '#kit/db/db.ts';
import type { OrdersContext } from './context.ts';
import type { Order } from './data/orders.ts';

export const HOUR = 3_600_000;
export const DAY = 24 * HOUR;

export type TimerSettings = SettingValue<'orders.timers'>;

/** The settings that the order keeps; of an order from before they were kept, those that shipped. */
export function timersOf(order: Pick<Order, 'timers' | 'reviewDays' | 'revealDays'>): TimerSettings {
  const { reviewDays, revealDays } = order;
  return SETTINGS['orders.timers'].schema.parse(
    order.timers ?? { ...SETTINGS['orders.timers'].initial, reviewDays, revealDays },
  );
}

/** What the timers of a process are set for: an order, a milestone, a week. */
export interface Clocked<S extends string, M extends string> {
  readonly id: string;
  /** The state that was left, or the same one. */
  readonly left: S;
  readonly state: S;
  readonly moment: (name: M) => Date | null;
  readonly settings: TimerSettings;
  /** Goes with each job besides the moment. */
  readonly payload: Readonly<Record<string, string>>;
}

const daysOf = (timer: Timer<string>, settings: TimerSettings): readonly number[] =>
  typeof timer.before === 'number' ? [timer.before] : settings[timer.before];

const keyOf = (timer: Timer<string>, days: number, id: string) =>
  typeof timer.before === 'number' ? `${timer.name}:${id}` : `${timer.name}-${days}:${id}`;

/** Timers of the state that was left go, those of the present one are set; jobs look at the state again (M11). */
export async function retime<S extends string, M extends string>(
  tx: Tx,
  ctx: OrdersContext,
  timers: Timers<S, M>,
  of: Clocked<S, M>,
): Promise<void> {
  await clear(tx, timers[of.left] ?? [], of.id, of.settings);
  const now = ctx.clock.nowMs();
  for (const timer of timers[of.state] ?? []) {
    const moment = of.moment(timer.moment)?.getTime();
    if (moment === undefined) continue;
    for (const days of daysOf(timer, of.settings)) {
      const at = moment - days * DAY;
      if (timer.remindsOf && at <= now) continue;
      const kind = timer.remindsOf ? { kind: timer.remindsOf } : {};
      const payload = { ...of.payload, moment: new Date(moment).toISOString(), ...kind };
      await tx.schedule(timer.job, payload, { at: new Date(at), key: keyOf(timer, days, of.id) });
    }
  }
}

/** Takes the timers of a state back. */
export async function clear(
  tx: Tx,
  timers: readonly Timer<string>[],
  id: string,
  settings: TimerSettings,
): Promise<void> {
  for (const timer of timers) for (const days of daysOf(timer, settings)) await tx.unschedule(keyOf(timer, days, id));
}
