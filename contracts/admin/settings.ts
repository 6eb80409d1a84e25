import { z } from 'zod';
import { isTimeZone, money, slug, wallClock } from '../common/values.ts';

const reminderDays = z.array(z.number().int().min(1).max(60)).max(5);

/** When support works: deadlines run in these hours only. */
const workingCalendar = z
  .strictObject({
    /** IANA name, `Europe/Moscow`. */
    timeZone: z.string().max(64).refine(isTimeZone, 'no such time zone'),
    /** ISO weekdays: 1 is Monday. */
    days: z.array(z.number().int().min(1).max(7)).min(1).max(7).meta({ unit: 'weekday' }),
    from: wallClock.meta({ unit: 'clock' }),
    to: wallClock.meta({ unit: 'clock' }),
    /** Days off. */
    holidays: z.array(z.iso.date()).max(400),
  })
  .refine((calendar) => calendar.from < calendar.to, { message: 'must be later than from', path: ['to'] });
export type WorkingCalendar = z.output<typeof workingCalendar>;

/** `unit` tells forms how to ask for a number. */
const bps = z.number().int().min(0).max(5000).meta({ unit: 'bps' });
/** Of one side of a deal. A person's role decides first (of several the lowest), then the category, then `bps`. */
const commission = z.strictObject({
  /** Basis points of the price. */
  bps,
  min: money,
  byCategory: z.record(slug, bps),
  byRole: z.record(z.string().regex(/^[a-z][a-z0-9_-]{1,40}$/), bps).default({}),
});

/** The platform's settings: key, shape, default. One list for admin (validation), the services (reading) and the docs. */
export const SETTINGS = {
  'payments.placement-fee': {
    schema: money,
    initial: { amount: '10000', currency: 'RUB' },
    title: { ru: 'Стоимость публикации заказа', en: 'Price of publication' },
  },
  'payments.commission': {
    schema: commission,
    initial: { bps: 1000, min: { amount: '0', currency: 'RUB' }, byCategory: {}, byRole: {} },
    title: { ru: 'Комиссия', en: 'Commission' },
  },
  'payments.client-fee': {
    schema: commission,
    initial: { bps: 0, min: { amount: '0', currency: 'RUB' }, byCategory: {}, byRole: {} },
    title: { ru: 'Сбор с заказчика сверх цены', en: 'Fee of the client on top of the price' },
  },
  'payments.first-order-bonus': {
    schema: money,
    initial: { amount: '0', currency: 'RUB' },
    title: { ru: 'Премия платформы за первый выполненный заказ', en: 'Platform bonus for the first completed order' },
  },
  'payments.referral-bonus': {
    schema: money,
    initial: { amount: '0', currency: 'RUB' },
    title: {
      ru: 'Премия тому, кто привёл человека, за его первый выполненный заказ',
      en: 'Bonus to who brought a person, for that person’s first completed order',
    },
  },
  'payments.adjustment-four-eyes-above': {
    schema: money,
    initial: { amount: '1000000', currency: 'RUB' },
    title: { ru: 'Корректировка: второй администратор от суммы', en: 'Adjustment: second admin above' },
  },
  'orders.timers': {
    schema: z.strictObject({
      unpaidHours: z.number().int().min(1).max(720),
      noResponseDays: z.number().int().min(1).max(365),
      reviewDays: z.number().int().min(1).max(60),
      revealDays: z.number().int().min(1).max(60),
      /** Reminders: so many days before the delivery is due, and before silence accepts. */
      deliveryReminderDays: reminderDays.default([1]),
      reviewReminderDays: reminderDays.default([7, 3, 1]),
      /** Hourly deals: the next week is held so long before it begins, entries close so long after a week has ended. */
      weekFundAheadHours: z.number().int().min(1).max(120).default(24),
      weekCloseHours: z.number().int().min(1).max(120).default(12),
      /** Silence approves a submitted week, and gives contested entries up. */
      weekApprovalDays: z.number().int().min(1).max(60).default(5),
      weekCorrectionDays: z.number().int().min(1).max(60).default(5),
      /** A rest without money that lasts longer ends the deal. */
      weekRestDays: z.number().int().min(1).max(365).default(30),
      weekReminderDays: reminderDays.default([1]),
    }),
    initial: {
      unpaidHours: 24,
      noResponseDays: 30,
      reviewDays: 14,
      revealDays: 14,
      deliveryReminderDays: [1],
      reviewReminderDays: [7, 3, 1],
      weekFundAheadHours: 24,
      weekCloseHours: 12,
      weekApprovalDays: 5,
      weekCorrectionDays: 5,
      weekRestDays: 30,
      weekReminderDays: [1],
    },
    title: { ru: 'Сроки заказа', en: 'Order timers' },
  },
  'orders.response-deposit': {
    schema: z.strictObject({
      /** Held of the freelancer's money while his response is not decided; 0: nothing. */
      deposit: money,
      /** It comes back when the client decides nothing for so long. */
      silenceDays: z.number().int().min(1).max(90),
    }),
    initial: { deposit: { amount: '0', currency: 'RUB' }, silenceDays: 14 },
    title: { ru: 'Залог за отклик', en: 'Response deposit' },
  },
  'orders.limits': {
    schema: z.strictObject({
      revisions: z.number().int().min(0).max(50),
      liveResponsesPerFreelancer: z.number().int().min(1).max(1000),
    }),
    initial: { revisions: 3, liveResponsesPerFreelancer: 50 },
    title: { ru: 'Ограничения заказов', en: 'Order limits' },
  },
  'orders.saved-searches': {
    schema: z.strictObject({ perPerson: z.number().int().min(1).max(500) }),
    initial: { perPerson: 20 },
    title: { ru: 'Сохранённые поиски: не больше на человека', en: 'Saved searches: at most per person' },
  },
  'support.deadlines': {
    schema: z.strictObject({
      firstAnswerHours: z.number().int().min(1).max(240),
      resolutionHours: z.number().int().min(1).max(1000),
      /** Null: round the clock. */
      calendar: workingCalendar.nullable().default(null),
    }),
    initial: { firstAnswerHours: 8, resolutionHours: 72, calendar: null },
    title: { ru: 'Сроки поддержки', en: 'Support deadlines' },
  },
  'support.assignment': {
    schema: z.strictObject({
      /** Tickets go to who is present and has the least on the desk. */
      automatic: z.boolean(),
      /** Nobody is given more open tickets than that by the platform. */
      maxOpen: z.number().int().min(1).max(500),
      /** Working hours after which an assignee who does nothing loses the ticket; 0: never. */
      silentHours: z.number().int().min(0).max(500),
    }),
    initial: { automatic: true, maxOpen: 20, silentHours: 8 },
    title: { ru: 'Распределение обращений', en: 'Assignment of tickets' },
  },
  'support.disputes': {
    schema: z.strictObject({
      /** Days to appeal a ruling; the money stays frozen until they are over or both sides accept. */
      appealDays: z.number().int().min(1).max(30),
      /** Days after which a side that says nothing loses the dispute; 0: silence has no consequence. */
      silenceDays: z.number().int().min(0).max(60),
      /** Basis points of the claim that who opens a dispute pays; 0: nothing. */
      feeBps: z.number().int().min(0).max(2000).meta({ unit: 'bps' }),
    }),
    initial: { appealDays: 7, silenceDays: 7, feeBps: 0 },
    title: { ru: 'Споры: обжалование, молчание, сбор', en: 'Disputes: appeal, silence, fee' },
  },
  'admin.second-person': {
    schema: z.strictObject({
      permanentBlock: z.boolean(),
      erasure: z.boolean(),
      /** A block that cancels the running deals. */
      cancelDeals: z.boolean().default(false),
      /** The restoration of a backup. */
      restoration: z.boolean().default(false),
    }),
    initial: { permanentBlock: false, erasure: false, cancelDeals: false, restoration: false },
    title: { ru: 'Решения, для которых нужен второй администратор', en: 'Acts that need a second admin' },
  },
} as const;
export type SettingKey = keyof typeof SETTINGS;
export type SettingValue<K extends SettingKey> = z.infer<(typeof SETTINGS)[K]['schema']>;
