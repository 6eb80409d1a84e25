import { BOTH, PROCESS_1, TRANSITIONS_1 } from './process-1.ts';
import type { Guard, OrderStatus, Process, Transition, WeekStatus } from './process-types.ts';

/** Moves that version 1 knows and an hourly deal has no use for: hours are delivered and paid week by week. */
const BY_PRICE = ['deliver', 'request_revision', 'complete', 'complete_by_silence', 'give_up'] as const;

const OF_HOURS = [
  {
    action: 'finish',
    from: ['in_progress'],
    to: 'delivered',
    actors: BOTH,
    guards: ['hourly'],
    money: 'hours_settled',
    tells: { client: 'order_finished', freelancer: 'order_finished' },
    confirms: true,
  },
  {
    action: 'finish_paused',
    from: ['in_progress'],
    to: 'delivered',
    actors: ['system'],
    guards: ['hourly'],
    money: 'hours_settled',
    tells: { client: 'order_finished', freelancer: 'order_finished' },
  },
  {
    action: 'complete_weeks',
    from: ['delivered'],
    to: 'completed',
    actors: ['system'],
    guards: ['hourly', 'weeks_closed', 'hours_paid'],
    tells: { client: 'order_completed', freelancer: 'order_completed' },
  },
  {
    action: 'close_unworked',
    from: ['delivered'],
    to: 'cancelled',
    actors: ['system'],
    guards: ['hourly', 'weeks_closed', 'no_hours_paid'],
    tells: { client: 'order_cancelled', freelancer: 'order_cancelled' },
  },
] as const satisfies readonly Transition<OrderStatus>[];

const isByPrice = (action: string) => BY_PRICE.some((one) => one === action);
const FROM_1 = TRANSITIONS_1.map((one: Transition<OrderStatus>) =>
  isByPrice(one.action) ? { ...one, guards: ['fixed_price' as Guard, ...(one.guards ?? [])] } : one,
);

const WEEK_HELD = ['ready', 'open', 'submitted', 'contested'] as const;
const WEEK_OPEN = ['funding', 'unfunded', ...WEEK_HELD] as const;
const PAID = { client: 'week_paid', freelancer: 'week_paid' } as const;

/** A week of an hourly deal: held ahead, worked, submitted, approved or contested, paid for what was worked. */
export const WEEKS_2 = [
  {
    action: 'fund',
    from: ['unfunded'],
    to: 'funding',
    actors: ['client'],
    money: 'week_held',
  },
  { action: 'held', from: ['funding'], to: 'ready', actors: ['system'] },
  {
    action: 'hold_refused',
    from: ['funding'],
    to: 'unfunded',
    actors: ['system'],
    tells: { client: 'week_unfunded', freelancer: 'week_unfunded' },
  },
  { action: 'begin', from: ['ready'], to: 'open', actors: ['system'] },
  /** Begins after a rest without money. */
  {
    action: 'resume',
    from: ['ready'],
    to: 'open',
    actors: ['system'],
    tells: { client: 'week_funded', freelancer: 'week_funded' },
  },
  { action: 'log_time', from: ['open'], to: null, actors: ['freelancer'] },
  { action: 'edit_time', from: ['open', 'contested'], to: null, actors: ['freelancer'] },
  { action: 'remove_time', from: ['open', 'contested'], to: null, actors: ['freelancer'] },
  { action: 'submit', from: ['open'], to: 'submitted', actors: ['system'], tells: { client: 'week_submitted' } },
  {
    action: 'approve',
    from: ['submitted', 'contested'],
    to: 'approved',
    actors: ['client'],
    money: 'hours_paid',
    tells: { freelancer: 'week_paid' },
  },
  {
    action: 'approve_by_silence',
    from: ['submitted'],
    to: 'approved',
    actors: ['system'],
    money: 'hours_paid',
    tells: PAID,
  },
  {
    action: 'contest',
    from: ['submitted'],
    to: 'contested',
    actors: ['client'],
    money: 'hours_stay_held',
    tells: { freelancer: 'week_contested' },
  },
  {
    action: 'resubmit',
    from: ['contested'],
    to: 'submitted',
    actors: ['freelancer'],
    money: 'hours_stay_held',
    tells: { client: 'week_submitted' },
  },
  {
    action: 'concede',
    from: ['contested'],
    to: 'approved',
    actors: ['freelancer'],
    money: 'uncontested_paid',
    tells: { client: 'week_paid' },
  },
  {
    action: 'concede_by_silence',
    from: ['contested'],
    to: 'approved',
    actors: ['system'],
    money: 'uncontested_paid',
    tells: PAID,
  },
  /** Nothing was worked in it, or the deal ended before it: what it holds goes back, or is divided with the deal. */
  { action: 'close', from: WEEK_OPEN, to: 'cancelled', actors: ['system'] },
  { action: 'close_released', from: ['open', 'submitted', 'contested'], to: 'approved', actors: ['system'] },
] as const satisfies readonly Transition<WeekStatus>[];

/** The deal, version 2: besides a fixed price, by the hour with a weekly cap; reminders by the settings. */
export const PROCESS_2: Process = {
  ...PROCESS_1,
  version: 2,
  transitions: [...FROM_1, ...OF_HOURS],
  weeks: WEEKS_2,
  weekTimers: {
    unfunded: [{ name: 'week-lapse', job: 'finishPaused', moment: 'decidesAt', before: 0 }],
    open: [
      { name: 'week-fund', job: 'fundNextWeek', moment: 'fundsAt', before: 0 },
      { name: 'week-begin', job: 'beginWeek', moment: 'endsAt', before: 0 },
      { name: 'week-close', job: 'closeWeek', moment: 'closesAt', before: 0 },
    ],
    submitted: [
      {
        name: 'week-review',
        job: 'remind',
        moment: 'decidesAt',
        before: 'weekReminderDays',
        remindsOf: 'review_due',
      },
      { name: 'week-decide', job: 'decideWeekBySilence', moment: 'decidesAt', before: 0 },
    ],
    contested: [{ name: 'week-decide', job: 'decideWeekBySilence', moment: 'decidesAt', before: 0 }],
  },
};

export type OrderAction = (typeof TRANSITIONS_1 | typeof OF_HOURS)[number]['action'];
export type WeekAction = (typeof WEEKS_2)[number]['action'];
