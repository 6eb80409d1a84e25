import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CURRENT_PROCESS,
  milestoneAction,
  type MilestoneAction,
  orderAction,
  type OrderAction,
  PROCESSES,
  processOf,
  responseAction,
  type ResponseAction,
  weekAction,
  type WeekAction,
} from '#contracts/orders/process.ts';
import {
  ACTORS,
  type Actor,
  MILESTONE_STATUSES,
  ORDER_STATUSES,
  type OrderStatus,
  RESPONSE_STATUSES,
  WEEK_STATUSES,
} from '#contracts/orders/process-types.ts';
import { diagramOf } from '../domain/diagram.ts';
import { allocate } from '../domain/division.ts';
import {
  actionsFor,
  decide,
  decideMilestone,
  decideResponse,
  decideWeek,
  type Facts,
  NO_FACTS,
} from '../domain/process.ts';
import { moneyEffect, moneyText, NO_SUMS, whyText } from '../domain/words.ts';

const CALM: Facts = { ...NO_FACTS, revisionsLeft: 3 };
const HOURS: Partial<Facts> = { hourly: true };

/** The whole process written a second time, as the product's page says it: state, action, actor → state. */
type Row = readonly [OrderStatus, OrderAction, Actor, OrderStatus | null, Partial<Facts>?];
const LEGAL_1: readonly Row[] = [
  ['draft', 'edit', 'client', null],
  ['draft', 'delete', 'client', null],
  ['draft', 'publish', 'client', 'awaiting_payment'],
  ['awaiting_payment', 'placement_charged', 'system', 'published'],
  ['awaiting_payment', 'placement_refused', 'system', 'draft'],
  ['awaiting_payment', 'placement_timed_out', 'system', 'draft'],
  ['published', 'edit', 'client', null],
  ['published', 'respond', 'freelancer', null],
  ['published', 'invite', 'client', null],
  ['published', 'accept_response', 'client', null],
  ['published', 'escrow_refused', 'system', null],
  ['published', 'start', 'system', 'in_progress'],
  ['published', 'expire', 'system', 'expired'],
  ['published', 'cancel', 'client', 'cancelled'],
  ['published', 'close_blocked', 'system', 'cancelled'],
  ['in_progress', 'deliver', 'freelancer', 'delivered'],
  ['in_progress', 'complete_milestones', 'system', 'completed'],
  ['delivered', 'request_revision', 'client', 'in_progress'],
  ['delivered', 'complete', 'client', 'completed'],
  ['delivered', 'complete_by_silence', 'system', 'completed'],
  ['disputed', 'rule_release', 'support', 'completed'],
  ['disputed', 'rule_refund', 'support', 'cancelled'],
  ['disputed', 'rule_split', 'support', 'split'],
  ['disputed', 'resume_work', 'system', 'in_progress'],
  ['disputed', 'resume_review', 'system', 'delivered'],
  ['completed', 'review', 'client', null],
  ['completed', 'review', 'freelancer', null],
  ['split', 'review', 'client', null],
  ['split', 'review', 'freelancer', null],
  ...(['in_progress', 'delivered'] as const).flatMap(
    (state) =>
      [
        [state, 'give_up', 'freelancer', 'cancelled'],
        [state, 'freeze', 'system', 'disputed'],
        [state, 'cancel_blocked', 'system', 'cancelled'],
        [state, 'propose_cancellation', 'client', null],
        [state, 'propose', 'client', null],
        [state, 'propose', 'freelancer', null],
        [state, 'agree', 'client', null, { proposalBy: 'freelancer', proposalKind: 'deadline' }],
        [state, 'agree', 'freelancer', null, { proposalBy: 'client', proposalKind: 'scope' }],
        [
          state,
          'agree_cancellation',
          'client',
          'cancelled',
          { proposalBy: 'freelancer', proposalKind: 'cancellation' },
        ],
        [
          state,
          'agree_cancellation',
          'freelancer',
          'cancelled',
          { proposalBy: 'client', proposalKind: 'cancellation' },
        ],
        [state, 'refuse_proposal', 'client', null, { proposalBy: 'freelancer', proposalKind: 'deadline' }],
        [state, 'refuse_proposal', 'freelancer', null, { proposalBy: 'client', proposalKind: 'deadline' }],
        [state, 'withdraw_proposal', 'client', null, { proposalBy: 'client', proposalKind: 'deadline' }],
        [state, 'withdraw_proposal', 'freelancer', null, { proposalBy: 'freelancer', proposalKind: 'deadline' }],
        [state, 'apply_extra', 'system', null],
        [state, 'extra_refused', 'system', null],
        [state, 'dispute', 'client', 'disputed'],
        [state, 'dispute', 'freelancer', 'disputed'],
      ] as const,
  ),
];

/** What version 2 has besides. */
const LEGAL_2: readonly Row[] = [
  ...LEGAL_1,
  ['in_progress', 'finish', 'client', 'delivered', HOURS],
  ['in_progress', 'finish', 'freelancer', 'delivered', HOURS],
  ['in_progress', 'finish_paused', 'system', 'delivered', HOURS],
  ['delivered', 'complete_weeks', 'system', 'completed', { ...HOURS, weeksPaid: 1 }],
  ['delivered', 'close_unworked', 'system', 'cancelled', HOURS],
];
const LEGAL: Readonly<Record<number, readonly Row[]>> = { 1: LEGAL_1, 2: LEGAL_2 };
const VERSIONS = Object.keys(PROCESSES).map(Number);
const NAMES = orderAction.options;

describe.each(VERSIONS)('the process, version %i', (version) => {
  test('every state × action × actor is as the table says, all others are refused (B8)', () => {
    const rows = LEGAL[version] as readonly Row[];
    let legal = 0;
    for (const state of ORDER_STATUSES)
      for (const action of NAMES)
        for (const actor of ACTORS) {
          const row = rows.find(([s, a, who]) => s === state && a === action && who === actor);
          const decision = decide(version, { action, actor }, state, { ...CALM, ...row?.[4] });
          expect(decision.ok, `${state} ${action} ${actor}`).toBe(row !== undefined);
          if (decision.ok) expect(decision.to, `${state} ${action} ${actor}`).toBe(row?.[3]);
          legal += decision.ok ? 1 : 0;
        }
    expect(legal).toBe(rows.length);
  });

  test('no state is a trap: from every open one an end is reached, ends have no way out', () => {
    const ends: readonly OrderStatus[] = ['completed', 'cancelled', 'expired', 'split'];
    const { transitions } = processOf(version);
    for (const state of ORDER_STATUSES) {
      const reached = new Set<OrderStatus>([state]);
      for (const from of reached)
        for (const { from: states, to } of transitions) if (to && states.includes(from)) reached.add(to);
      expect(
        ends.some((end) => reached.has(end)),
        state,
      ).toBe(true);
      if (ends.includes(state)) expect([...reached]).toEqual([state]);
    }
  });
});

describe('the process', () => {
  test.each([
    ['edit', 'published', 'client', { funding: true }],
    ['accept_response', 'published', 'client', { funding: true }],
    ['cancel', 'published', 'client', { funding: true }],
    ['expire', 'published', 'system', { funding: true }],
    ['respond', 'published', 'freelancer', { responded: true }],
    ['deliver', 'in_progress', 'freelancer', { milestones: true }],
    ['request_revision', 'delivered', 'client', { revisionsLeft: 0 }],
    ['complete', 'delivered', 'client', { funding: true }],
    ['complete_milestones', 'in_progress', 'system', { milestonesOpen: 1 }],
    ['propose', 'in_progress', 'client', { proposalBy: 'freelancer' }],
    ['agree', 'in_progress', 'client', { proposalBy: 'client', proposalKind: 'deadline' }],
    ['agree', 'in_progress', 'client', { proposalBy: 'freelancer', proposalKind: 'cancellation' }],
    ['agree_cancellation', 'in_progress', 'client', { proposalBy: 'freelancer', proposalKind: 'deadline' }],
    ['agree_cancellation', 'in_progress', 'client', {}],
    ['withdraw_proposal', 'in_progress', 'client', { proposalBy: 'freelancer' }],
    ['review', 'completed', 'client', { reviewed: true }],
    ['deliver', 'in_progress', 'freelancer', HOURS],
    ['complete', 'delivered', 'client', HOURS],
    ['complete_by_silence', 'delivered', 'system', HOURS],
    ['request_revision', 'delivered', 'client', HOURS],
    ['give_up', 'in_progress', 'freelancer', HOURS],
    ['finish', 'in_progress', 'client', {}],
    ['complete_weeks', 'delivered', 'system', { ...HOURS, weeksPaid: 1, weeksOpen: 1 }],
    ['complete_weeks', 'delivered', 'system', HOURS],
    ['close_unworked', 'delivered', 'system', { ...HOURS, weeksPaid: 1 }],
  ] as const)('%s while %s by %s is refused when %o', (action, state, actor, facts) => {
    const decision = decide(CURRENT_PROCESS, { action, actor }, state, { ...CALM, ...(facts as Partial<Facts>) });
    expect(decision.ok).toBe(false);
    if (!decision.ok) for (const locale of ['ru', 'en'] as const) expect(whyText(decision.why, locale)).not.toBe('');
  });

  test('whatever is offered as allowed is decided as allowed, and nothing else', () => {
    const facts = fc.record({
      funding: fc.boolean(),
      revisionsLeft: fc.integer({ min: 0, max: 2 }),
      milestones: fc.boolean(),
      milestonesOpen: fc.integer({ min: 0, max: 2 }),
      proposalBy: fc.constantFrom(null, 'client' as const, 'freelancer' as const),
      proposalKind: fc.constantFrom(null, 'deadline', 'cancellation'),
      responded: fc.boolean(),
      reviewed: fc.boolean(),
      hourly: fc.boolean(),
      weeksOpen: fc.integer({ min: 0, max: 2 }),
      weeksPaid: fc.integer({ min: 0, max: 2 }),
      countered: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.constantFrom(...ORDER_STATUSES), fc.constantFrom(...ACTORS), facts, (state, actor, given) => {
        const offered = actionsFor(processOf(CURRENT_PROCESS).transitions, state, actor, given);
        for (const action of NAMES) {
          const decision = decide(CURRENT_PROCESS, { action, actor }, state, given);
          const offer = offered.find((one) => one.name === action);
          expect(offer !== undefined && offer.why === undefined).toBe(decision.ok);
        }
      }),
    );
  });

  test('a milestone: every state × action × actor', () => {
    const legal = new Map([
      ['planned fund client', 'funding'],
      ['funding held system', 'in_progress'],
      ['funding hold_refused system', 'planned'],
      ['in_progress deliver freelancer', 'delivered'],
      ['delivered request_revision client', 'in_progress'],
      ['delivered complete client', 'completed'],
      ['delivered complete_by_silence system', 'completed'],
      ['in_progress close_released system', 'completed'],
      ['delivered close_released system', 'completed'],
      ...(['planned', 'funding', 'in_progress', 'delivered'] as const).map(
        (state) => [`${state} close system`, 'cancelled'] as const,
      ),
    ]);
    const names = milestoneAction.options as MilestoneAction[];
    for (const state of MILESTONE_STATUSES)
      for (const action of names)
        for (const actor of ACTORS) {
          const decision = decideMilestone(1, { action, actor }, state, CALM);
          const to = legal.get(`${state} ${action} ${actor}`);
          expect(decision.ok ? decision.to : undefined, `${state} ${action} ${actor}`).toBe(to);
        }
  });

  test('a week: every state × action × actor', () => {
    const held = ['ready', 'open', 'submitted', 'contested'] as const;
    const legal = new Map<string, string | null>([
      ['unfunded fund client', 'funding'],
      ['funding held system', 'ready'],
      ['funding hold_refused system', 'unfunded'],
      ['ready begin system', 'open'],
      ['ready resume system', 'open'],
      ['open log_time freelancer', null],
      ['open edit_time freelancer', null],
      ['contested edit_time freelancer', null],
      ['open remove_time freelancer', null],
      ['contested remove_time freelancer', null],
      ['open submit system', 'submitted'],
      ['submitted approve client', 'approved'],
      ['contested approve client', 'approved'],
      ['submitted approve_by_silence system', 'approved'],
      ['submitted contest client', 'contested'],
      ['contested resubmit freelancer', 'submitted'],
      ['contested concede freelancer', 'approved'],
      ['contested concede_by_silence system', 'approved'],
      ['open close_released system', 'approved'],
      ['submitted close_released system', 'approved'],
      ['contested close_released system', 'approved'],
      ...['funding', 'unfunded', ...held].map((state) => [`${state} close system`, 'cancelled'] as const),
    ]);
    for (const state of WEEK_STATUSES)
      for (const action of weekAction.options as WeekAction[])
        for (const actor of ACTORS) {
          const decision = decideWeek(2, { action, actor }, state, CALM);
          const key = `${state} ${action} ${actor}`;
          expect(decision.ok, key).toBe(legal.has(key));
          if (decision.ok) expect(decision.to, key).toBe(legal.get(key));
          expect(decideWeek(1, { action, actor }, state, CALM).ok, `version 1: ${key}`).toBe(false);
        }
  });

  test('a response: every state × action × actor, and what becomes of its deposit', () => {
    const live = ['submitted', 'shortlisted'] as const;
    const each = (action: string, actor: Actor, to: string | null) =>
      live.map((state) => [`${state} ${action} ${actor}`, to] as const);
    const legal = new Map<string, string | null>([
      ...each('edit', 'freelancer', null),
      ...each('withdraw', 'freelancer', 'withdrawn'),
      ...each('withdraw_blocked', 'system', 'withdrawn'),
      ['submitted shortlist client', 'shortlisted'],
      ...each('decline', 'client', 'declined'),
      ...each('counter', 'client', null),
      ...each('accept_counter', 'freelancer', null),
      ...each('accept', 'client', 'accepting'),
      ['accepting hold_refused system', 'submitted'],
      ['accepting start system', 'accepted'],
      ...each('choose_other', 'system', 'declined'),
      ...each('close', 'system', 'declined'),
      ...each('expire', 'system', 'expired'),
    ]);
    for (const state of RESPONSE_STATUSES)
      for (const action of responseAction.options as ResponseAction[])
        for (const actor of ACTORS) {
          const decision = decideResponse(2, { action, actor }, state, { ...CALM, countered: true });
          const key = `${state} ${action} ${actor}`;
          expect(decision.ok, key).toBe(legal.has(key));
          if (decision.ok) expect(decision.to, key).toBe(legal.get(key));
        }
    const deposits = Object.fromEntries(processOf(2).responses.map((one) => [one.action, one.deposit ?? 'stays']));
    expect(deposits).toEqual({
      edit: 'stays',
      withdraw: 'returned',
      withdraw_blocked: 'returned',
      shortlist: 'spent',
      decline: 'spent',
      counter: 'spent',
      accept_counter: 'stays',
      accept: 'stays',
      hold_refused: 'stays',
      start: 'spent',
      choose_other: 'spent_if_opened',
      close: 'returned',
      expire: 'returned',
    });
    // Whatever ends a response ends its deposit.
    for (const { to, deposit, action } of processOf(2).responses)
      if (to && !['submitted', 'shortlisted', 'accepting'].includes(to)) expect(deposit, action).toBeDefined();
  });

  test('the diagram in the README is the process', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    for (const version of Object.keys(PROCESSES)) expect(readme).toContain(diagramOf(Number(version)));
  });
});

describe('money in words', () => {
  test('is exact for currencies of 0, 2 and 3 decimals, in both languages', () => {
    const plain = (text: string) => text.replace(/\s/g, ' ');
    expect(plain(moneyText({ amount: '999999999999999', currency: 'RUB' }, 'ru'))).toBe('9 999 999 999 999,99 ₽');
    expect(plain(moneyText({ amount: '5', currency: 'JPY' }, 'en'))).toBe('¥5');
    expect(plain(moneyText({ amount: '5', currency: 'KWD' }, 'en'))).toBe('KWD 0.005');
  });

  test('is told without sums where they are not known yet', () => {
    const { transitions, milestones, weeks, responses } = processOf(CURRENT_PROCESS);
    for (const { money } of [...transitions, ...milestones, ...weeks, ...responses])
      if (money)
        for (const locale of ['ru', 'en'] as const)
          expect(moneyEffect(money, NO_SUMS, locale) ?? '').not.toMatch(/null|undefined/);
  });

  test('a division loses no minor unit and fills no hold beyond itself (M7)', () => {
    const sums = fc.bigInt({ min: 0n, max: 10n ** 15n });
    fc.assert(
      fc.property(sums, fc.array(sums, { maxLength: 20 }), (amount, holds) => {
        const parts = allocate(amount, holds);
        const [whole, given] = [holds, parts].map((list) => list.reduce((sum, one) => sum + one, 0n)) as [
          bigint,
          bigint,
        ];
        expect(given).toBe(amount < whole ? amount : whole);
        for (const [index, part] of parts.entries()) expect(part >= 0n && part <= (holds[index] as bigint)).toBe(true);
      }),
    );
  });
});
