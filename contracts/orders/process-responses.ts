import type { ResponseMoment, ResponseStatus, ResponseTransition, Timer, Timers } from './process-types.ts';

const LIVE = ['submitted', 'shortlisted'] as const;

/** A response: the deposit is spent by a decision of the client on it, and comes back in every other end. */
export const RESPONSES_1 = [
  { action: 'edit', from: LIVE, to: null, actors: ['freelancer'], tells: { client: 'response_edited' } },
  {
    action: 'withdraw',
    from: LIVE,
    to: 'withdrawn',
    actors: ['freelancer'],
    money: 'deposit_returned',
    deposit: 'returned',
    tells: { client: 'response_withdrawn' },
  },
  {
    action: 'withdraw_blocked',
    from: LIVE,
    to: 'withdrawn',
    actors: ['system'],
    deposit: 'returned',
    tells: { client: 'response_withdrawn' },
  },
  {
    action: 'shortlist',
    from: ['submitted'],
    to: 'shortlisted',
    actors: ['client'],
    money: 'deposit_spent',
    deposit: 'spent',
    tells: { freelancer: 'response_shortlisted' },
  },
  {
    action: 'decline',
    from: LIVE,
    to: 'declined',
    actors: ['client'],
    money: 'deposit_spent',
    deposit: 'spent',
    tells: { freelancer: 'response_declined' },
  },
  {
    action: 'counter',
    from: LIVE,
    to: null,
    actors: ['client'],
    money: 'deposit_spent',
    deposit: 'spent',
    tells: { freelancer: 'response_countered' },
  },
  {
    action: 'accept_counter',
    from: LIVE,
    to: null,
    actors: ['freelancer'],
    guards: ['has_counter'],
    tells: { client: 'response_edited' },
  },
  { action: 'accept', from: LIVE, to: 'accepting', actors: ['client'], money: 'price_held' },
  { action: 'hold_refused', from: ['accepting'], to: 'submitted', actors: ['system'] },
  {
    action: 'start',
    from: ['accepting'],
    to: 'accepted',
    actors: ['system'],
    deposit: 'spent',
    tells: { freelancer: 'response_accepted' },
  },
  {
    action: 'choose_other',
    from: LIVE,
    to: 'declined',
    actors: ['system'],
    deposit: 'spent_if_opened',
    tells: { freelancer: 'response_declined' },
  },
  {
    action: 'close',
    from: LIVE,
    to: 'declined',
    actors: ['system'],
    deposit: 'returned',
    tells: { freelancer: 'response_declined' },
  },
  {
    action: 'expire',
    from: LIVE,
    to: 'expired',
    actors: ['system'],
    deposit: 'returned',
    tells: { freelancer: 'response_expired' },
  },
] as const satisfies readonly ResponseTransition[];

const EXPIRY: Timer<ResponseMoment> = {
  name: 'response-expiry',
  job: 'expireResponse',
  moment: 'validUntil',
  before: 0,
};
const SILENCE: Timer<ResponseMoment> = {
  name: 'deposit-silence',
  job: 'returnDeposit',
  moment: 'depositUntil',
  before: 0,
};
export const RESPONSE_TIMERS_1: Timers<ResponseStatus, ResponseMoment> = {
  submitted: [EXPIRY, SILENCE],
  shortlisted: [EXPIRY],
};
