/** The vocabulary of the deal's process. The tables are in `process-1.ts` and `process-2.ts`, what is made of them in `process.ts`. */

/** The states of an order (product.md, "An order's life"). */
export const ORDER_STATUSES = [
  'draft',
  'awaiting_payment',
  'published',
  'in_progress',
  'delivered',
  'disputed',
  'completed',
  'cancelled',
  'expired',
  'split',
] as const;
export type OrderStatus = (typeof ORDER_STATUSES)[number];

/** The life of a milestone inside a running deal. */
export const MILESTONE_STATUSES = ['planned', 'funding', 'in_progress', 'delivered', 'completed', 'cancelled'] as const;
export type MilestoneStatus = (typeof MILESTONE_STATUSES)[number];

/** The life of a week of an hourly deal. `ready`: its money is held, it has not begun; `unfunded`: no money, the work rests. */
export const WEEK_STATUSES = [
  'funding',
  'unfunded',
  'ready',
  'open',
  'submitted',
  'contested',
  'approved',
  'cancelled',
] as const;
export type WeekStatus = (typeof WEEK_STATUSES)[number];

export const RESPONSE_STATUSES = [
  'submitted',
  'shortlisted',
  'accepting',
  'accepted',
  'declined',
  'withdrawn',
  'expired',
] as const;
export type ResponseStatus = (typeof RESPONSE_STATUSES)[number];

export const ACTORS = ['client', 'freelancer', 'support', 'system'] as const;
export type Actor = (typeof ACTORS)[number];
export type Side = 'client' | 'freelancer';

/** What must hold besides the state; orders looks at the facts for it, in the order of the list. */
export type Guard =
  | 'not_funding'
  | 'not_responded'
  | 'one_piece'
  | 'fixed_price'
  | 'hourly'
  | 'revisions_left'
  | 'milestones_done'
  | 'nothing_proposed'
  | 'proposed_by_other'
  | 'proposed_by_self'
  | 'proposal_is_cancellation'
  | 'proposal_is_no_cancellation'
  | 'not_reviewed'
  | 'weeks_closed'
  | 'hours_paid'
  | 'no_hours_paid'
  | 'has_counter';

/** What a move does with money; orders has the words, with the sums. */
export type MoneyCode =
  | 'fee_charged'
  | 'late_charge_returned'
  | 'price_held'
  | 'fee_returned_if_unanswered'
  | 'held_released'
  | 'held_refunded'
  | 'refund_if_agreed'
  | 'held_divided_as_agreed'
  | 'held_frozen'
  | 'held_divided'
  | 'week_held'
  | 'hours_paid'
  | 'hours_stay_held'
  | 'uncontested_paid'
  | 'hours_settled'
  | 'deposit_held'
  | 'deposit_spent'
  | 'deposit_returned';

/** What people are told of a move: keys of the templates of notifications. */
export type News =
  | 'response_new'
  | 'response_edited'
  | 'response_withdrawn'
  | 'response_shortlisted'
  | 'response_declined'
  | 'response_accepted'
  | 'response_countered'
  | 'response_expired'
  | 'freelancer_chosen'
  | 'freelancer_invited'
  | 'order_published'
  | 'order_returned'
  | 'order_delivered'
  | 'order_revision'
  | 'order_completed'
  | 'order_cancelled'
  | 'order_expired'
  | 'order_disputed'
  | 'order_split'
  | 'order_finished'
  | 'order_resumed'
  | 'hold_refused'
  | 'proposal_new'
  | 'proposal_agreed'
  | 'proposal_refused'
  | 'milestone_funded'
  | 'milestone_delivered'
  | 'milestone_revision'
  | 'milestone_completed'
  | 'week_funded'
  | 'week_unfunded'
  | 'week_submitted'
  | 'week_contested'
  | 'week_paid'
  | 'delivery_due'
  | 'delivery_late'
  | 'review_due';

export interface Transition<S extends string> {
  readonly action: string;
  readonly from: readonly S[];
  /** Null: the state stays, something in it changes. */
  readonly to: S | null;
  readonly actors: readonly Actor[];
  readonly guards?: readonly Guard[];
  /** What it does with money, for the person who decides. */
  readonly money?: MoneyCode;
  /** Which side is told of it, and of what. Who made the move knows. */
  readonly tells?: Readonly<Partial<Record<Side, News>>>;
  /** True: who made the move is told too, as a confirmation. */
  readonly confirms?: boolean;
}

/** A move of a response, and what becomes of its deposit: spent when the client considered it, returned otherwise. */
export interface ResponseTransition extends Transition<ResponseStatus> {
  /** `spent_if_opened`: the client chose another one after he had opened this. */
  readonly deposit?: 'spent' | 'returned' | 'spent_if_opened';
}

/** Days of reminders that an order took over from the settings when it was published. */
export type Days = 'deliveryReminderDays' | 'reviewReminderDays' | 'weekReminderDays';

/** Set when its state is entered (or its moment moves), taken back when the state is left. */
export interface Timer<M extends string> {
  /** Unique within the process: the timer's key is `name:id`, with the days before where there are several. */
  readonly name: string;
  readonly job:
    | 'placementTimedOut'
    | 'expireOrder'
    | 'remind'
    | 'completeBySilence'
    | 'fundNextWeek'
    | 'beginWeek'
    | 'closeWeek'
    | 'decideWeekBySilence'
    | 'finishPaused'
    | 'expireResponse'
    | 'returnDeposit';
  readonly moment: M;
  /** Days before the moment; the name of a setting gives several. */
  readonly before: number | Days;
  /** What a reminder reminds of; a reminder whose moment has gone by is left out, an end is not. */
  readonly remindsOf?: 'delivery_due' | 'delivery_late' | 'review_due';
}
/** A moment of an order, a milestone, a response or a week that a timer counts from. */
export type OrderMoment = 'unpaidUntil' | 'expiresAt' | 'dueAt' | 'reviewEndsAt';
export type MilestoneMoment = 'dueAt' | 'reviewEndsAt';
export type ResponseMoment = 'validUntil' | 'depositUntil';
export type WeekMoment = 'fundsAt' | 'endsAt' | 'closesAt' | 'decidesAt';

export type Timers<S extends string, M extends string> = Readonly<Partial<Record<S, readonly Timer<M>[]>>>;

/** One version of the deal. An order stays on the one that it began with; a version is never changed, a new one is added. */
export interface Process {
  readonly version: number;
  readonly transitions: readonly Transition<OrderStatus>[];
  readonly timers: Timers<OrderStatus, OrderMoment>;
  readonly milestones: readonly Transition<MilestoneStatus>[];
  readonly milestoneTimers: Timers<MilestoneStatus, MilestoneMoment>;
  readonly responses: readonly ResponseTransition[];
  readonly responseTimers: Timers<ResponseStatus, ResponseMoment>;
  readonly weeks: readonly Transition<WeekStatus>[];
  readonly weekTimers: Timers<WeekStatus, WeekMoment>;
}
