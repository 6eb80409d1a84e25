import { expect, test } from 'vitest';
import type { Profile } from '../data/profiles.ts';
import { completeness } from '../http/views.ts';

const NEW = {
  kinds: ['freelancer'],
  avatarMediaId: null,
  country: null,
  headline: null,
  skills: [],
  about: null,
  hourlyRate: null,
  styles: [],
  phoneVerified: false,
} as unknown as Profile;
const level = 'expert';

test('U2: a freelancer is led step by step, what helps most first, to a whole profile', () => {
  const steps = [
    { avatarMediaId: 'x' },
    { country: 'RU' },
    { headline: 'Дизайнер' },
    { skills: [{ key: 'logo', level }] },
    { works: 1 },
    { about: 'О себе' },
    { hourlyRate: 100n },
    { styles: [{ key: 'flat', level }] },
    { phoneVerified: true },
  ];
  const names = ['avatar', 'country', 'headline', 'skills', 'portfolio', 'about', 'hourlyRate', 'styles', 'phone'];
  let state: Record<string, unknown> = { ...NEW, works: 0 };
  let percent = -1;
  for (const [at, step] of steps.entries()) {
    const seen = completeness(state as unknown as Profile, state['works'] as number);
    expect(seen.next).toBe(names[at]);
    expect(seen.percent).toBeGreaterThan(percent);
    percent = seen.percent;
    state = { ...state, ...step };
  }
  expect(completeness(state as unknown as Profile, 1)).toEqual({ percent: 100, next: null });
});

test('U2: a client is not asked for what only freelancers have', () => {
  const client = {
    ...NEW,
    kinds: ['client'],
    avatarMediaId: 'x',
    country: 'RU',
    about: 'Кофейня',
  } as unknown as Profile;
  expect(completeness(client, 0)).toEqual({ percent: 75, next: 'phone' });
  expect(completeness({ ...client, phoneVerified: true }, 0)).toEqual({ percent: 100, next: null });
});
