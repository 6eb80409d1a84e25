import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TICKET_STATUSES } from '#contracts/support/internal.ts';
import { type Clocks, firstClocks, isOverdue, nextClocks } from '../domain/deadlines.ts';
import { ACTIONS, type Action, type ActorKind, decide, type TicketStatus } from '../domain/life.ts';
import { faultOfRuling } from '../domain/ruling.ts';
import { addWorking, workingBetween } from '../domain/working-time.ts';

const KINDS: readonly ActorKind[] = ['user', 'support', 'admin', 'system'];
const INITIALS: Record<string, TicketStatus> = {
  n: 'new',
  a: 'assigned',
  w: 'waiting_for_user',
  d: 'answered',
  r: 'resolved',
  c: 'closed',
  e: 'escalated',
};

/** Every step that is possible when somebody has the ticket: actor, action, and from–to pairs. All others are refused. */
const TABLE: [ActorKind, Action, string][] = [
  ['user', 'message', 'na aa wa da ee'],
  ['user', 'reopen', 'da ra ca'],
  ['user', 'rate', 'dd rr cc'],
  ['support', 'assign', 'na aa ww dd ee'],
  ['admin', 'assign', 'na aa ww dd ee'],
  ['system', 'unassign', 'an ww dd ee'],
  ['support', 'answer', 'nd ad wd dd ee'],
  ['admin', 'answer', 'ed'],
  ['support', 'ask', 'nw aw ww dw'],
  ['support', 'note', 'nn aa ww dd rr cc ee'],
  ['admin', 'note', 'nn aa ww dd rr cc ee'],
  ['support', 'triage', 'nn aa ww dd rr cc ee'],
  ['admin', 'triage', 'nn aa ww dd rr cc ee'],
  ['support', 'wait', 'nw aw dw'],
  ['support', 'resolve', 'nr ar wr dr'],
  ['support', 'close', 'nc ac wc dc rc'],
  ['system', 'close', 'rc'],
  ['support', 'escalate', 'ne ae we de'],
  ['support', 'delete_review', 'nr ar wr dr'],
  ['admin', 'delete_review', 'er'],
  ['support', 'rule', 'nr ar wr dr'],
  ['admin', 'rule', 'er'],
  ['system', 'rule', 'nr ar wr dr'],
  ['support', 'redact_review', 'nr ar wr dr'],
  ['admin', 'redact_review', 'er'],
  ['support', 'restore_review', 'nr ar wr dr'],
  ['admin', 'restore_review', 'er'],
  ['support', 'merge', 'nc ac wc dc'],
  ['user', 'accept', 'rr cc'],
  ['user', 'appeal', 're ce'],
  ['admin', 'rule_final', 'er'],
  ['system', 'execute', 'rr cc'],
  ['system', 'silence', 'nn aa wa dd'],
  ['system', 'resume', 'nr ar wr dr'],
  ['system', 'assign', 'na'],
  ['user', 'settle', 'nr ar wr dr er'],
  ['admin', 'return', 'ea'],
  ['system', 'dispute_open', 'nn aa ww dd rr cc ee'],
  ['system', 'dispute_refuse', 'nn aa ww dd rr cc ee'],
];

describe('the life of a ticket', () => {
  test('every actor, action and status: only what the table says, and there only', () => {
    for (const actor of KINDS)
      for (const action of ACTIONS)
        for (const [letter, status] of Object.entries(INITIALS)) {
          const pairs = TABLE.find(([k, a]) => k === actor && a === action)?.[2].split(' ') ?? [];
          const to = pairs.find((pair) => pair[0] === letter)?.[1];
          expect(decide({ status, assigned: true }, action, actor), `${actor} ${action} ${status}`).toBe(
            to === undefined ? undefined : INITIALS[to],
          );
        }
    expect(new Set(Object.values(INITIALS))).toEqual(new Set(TICKET_STATUSES));
  });

  test('without anybody on it, work goes back to the queue', () => {
    for (const status of ['waiting_for_user', 'answered'] as const)
      expect(decide({ status, assigned: false }, 'message', 'user')).toBe('new');
    expect(decide({ status: 'closed', assigned: false }, 'reopen', 'user')).toBe('new');
    expect(decide({ status: 'escalated', assigned: false }, 'return', 'admin')).toBe('new');
  });
});

describe('deadlines', () => {
  const hours = { firstAnswerHours: 8, resolutionHours: 72, calendar: null };
  const start = new Date('2026-11-23T10:00:00Z');
  const later = (clock: Date, ms: number) => new Date(clock.getTime() + ms);
  const still = ['waiting_for_user', 'answered', 'resolved', 'closed'];

  test('the time that counts until a deadline is the same however often the ticket waits for the user', () => {
    const steps = fc.array(
      fc.tuple(
        fc.constantFrom<TicketStatus>('assigned', 'new', 'escalated', 'waiting_for_user', 'resolved'),
        fc.nat(10_000_000),
      ),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (list) => {
        let clocks: Clocks = firstClocks(start, hours);
        let now = start;
        let stood = 0;
        let waits = false;
        for (const [to, ms] of list) {
          now = later(now, ms);
          if (waits) stood += ms;
          clocks = nextClocks(clocks, { to, now, answered: false, reopened: false, hours });
          waits = still.includes(to);
        }
        const end = nextClocks(clocks, { to: 'assigned', now, answered: false, reopened: false, hours });
        expect(end.resolveDueAt.getTime()).toBe(start.getTime() + 72 * 3_600_000 + stood);
        expect(end.answerDueAt?.getTime()).toBe(start.getTime() + 8 * 3_600_000 + stood);
      }),
    );
  });

  test('late only while the clock runs; the first answer ends its own deadline', () => {
    const clocks = firstClocks(start, hours);
    const late = later(start, 9 * 3_600_000);
    expect(isOverdue(clocks, late)).toBe(true);
    const step = { now: late, reopened: false, hours };
    const answered = nextClocks(clocks, { ...step, to: 'answered', answered: true });
    expect(isOverdue(answered, later(late, 1e10))).toBe(false);
    const back = nextClocks(answered, { ...step, to: 'assigned', answered: false });
    expect(isOverdue(back, late)).toBe(false);
    expect(isOverdue(back, later(start, 73 * 3_600_000))).toBe(true);
  });
});

describe('working time', () => {
  const calendar = {
    timeZone: 'Europe/Moscow',
    days: [1, 2, 3, 4, 5],
    from: '09:00',
    to: '18:00',
    holidays: ['2026-12-31', '2027-01-01'],
  };
  const moscow = (text: string) => new Date(`${text}+03:00`);
  const HOUR = 3_600_000;

  test('nights, weekends and holidays do not count', () => {
    expect(addWorking(moscow('2026-11-27T17:00:00'), 2 * HOUR, calendar)).toEqual(moscow('2026-11-30T10:00:00'));
    expect(addWorking(moscow('2026-11-28T12:00:00'), HOUR, calendar)).toEqual(moscow('2026-11-30T10:00:00'));
    expect(addWorking(moscow('2026-12-30T17:30:00'), HOUR, calendar)).toEqual(moscow('2027-01-04T09:30:00'));
    expect(workingBetween(moscow('2026-11-27T17:00:00'), moscow('2026-11-30T10:00:00'), calendar)).toBe(2 * HOUR);
  });

  test('a day with a change of summer time has its own length', () => {
    const berlin = { ...calendar, timeZone: 'Europe/Berlin', days: [7], from: '00:00', to: '06:00', holidays: [] };
    // 2027-03-28: the hour from two to three does not exist.
    expect(workingBetween(new Date('2027-03-27T12:00:00Z'), new Date('2027-03-28T12:00:00Z'), berlin)).toBe(5 * HOUR);
  });

  test('what is added is between, whatever the moment and the sum', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 400 * 24 * 60 }),
        fc.integer({ min: 0, max: 500 * 60 }),
        (minute, minutes) => {
          const start = new Date(moscow('2026-01-01T00:00:00').getTime() + minute * 60_000);
          const end = addWorking(start, minutes * 60_000, calendar);
          expect(workingBetween(start, end, calendar)).toBe(minutes * 60_000);
        },
      ),
    );
  });

  test('a calendar without a working day ends somewhere', () => {
    const never = { ...calendar, days: [6], holidays: [] };
    expect(addWorking(moscow('2026-11-27T12:00:00'), HOUR, never)).toEqual(moscow('2026-11-28T10:00:00'));
    const start = moscow('2026-11-27T12:00:00');
    expect(addWorking(start, 1e12, { ...calendar, from: '09:00', to: '09:01' }) > start).toBe(true);
  });

  test('a ticket that waits for its user over a weekend has as many working hours left as before', () => {
    const hours = { firstAnswerHours: 4, resolutionHours: 12, calendar };
    const opened = firstClocks(moscow('2026-11-27T10:00:00'), hours);
    expect(opened.answerDueAt).toEqual(moscow('2026-11-27T14:00:00'));
    expect(opened.resolveDueAt).toEqual(moscow('2026-11-30T13:00:00'));
    const step = { answered: true, reopened: false, hours };
    const waiting = nextClocks(opened, { ...step, to: 'waiting_for_user', now: moscow('2026-11-27T12:00:00') });
    const back = nextClocks(waiting, { ...step, to: 'assigned', now: moscow('2026-12-01T12:00:00') });
    // Ten hours were left on Friday noon: six on Tuesday, four on Wednesday.
    expect(back.resolveDueAt).toEqual(moscow('2026-12-02T13:00:00'));
  });
});

test('rulings fit the deal', () => {
  const price = { amount: '1000', currency: 'RUB' } as const;
  const fault = (outcome: 'release' | 'refund' | 'split', amount: string, currency: 'RUB' | 'USD' = 'RUB') =>
    faultOfRuling({ outcome, freelancerAmount: { amount, currency }, reason: 'x' }, price) === undefined;
  expect([fault('release', '1000'), fault('release', '999'), fault('release', '1000', 'USD')]).toEqual([
    true,
    false,
    false,
  ]);
  expect([fault('refund', '0'), fault('refund', '1')]).toEqual([true, false]);
  expect([fault('split', '0'), fault('split', '1'), fault('split', '999'), fault('split', '1000')]).toEqual([
    false,
    true,
    true,
    false,
  ]);
});
