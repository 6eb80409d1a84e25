import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { catalogue, KEEPS_CONTROL, openPermissions } from './catalogue.ts';
import { asSet, atStake, beyondOwn, difference, explainText, lostControl } from './rules.ts';

const permissions = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'));

describe('nobody gives more than he has', () => {
  test('by property: what is not beyond is own or open', () => {
    fc.assert(
      fc.property(permissions, permissions, permissions, (wanted, own, open) => {
        const beyond = beyondOwn(wanted, own, open);
        for (const one of wanted) expect(beyond.includes(one)).toBe(!own.includes(one) && !open.includes(one));
        expect(difference(beyond, wanted)).toEqual([]);
      }),
    );
  });

  test('taking a role counts like giving it; open roles are no privilege', () => {
    const all = [
      { name: 'client', permissions: ['a'] },
      { name: 'support', permissions: ['b', 'c'] },
      { name: 'admin', permissions: ['c', 'd'] },
    ];
    expect(atStake(all, ['client'], ['support'])).toEqual(['b', 'c']);
    expect(atStake(all, ['admin', 'support'], ['support'])).toEqual(['c', 'd']);
    expect(atStake(all, [], ['client'])).toEqual([]);
    expect(atStake(all, ['admin'], ['admin'])).toEqual([]);
  });
});

describe('the catalogue', () => {
  const all = catalogue();
  test('names each permission once, with a title in both languages and built-in roles', () => {
    const names = all.map((one) => one.permission);
    expect(asSet(names)).toHaveLength(names.length);
    expect(names.length).toBeGreaterThan(30);
    for (const { permission, title, roles } of all) {
      expect(title.ru && title.en, permission).toBeTruthy();
      expect(difference(roles, ['freelancer', 'client', 'support', 'admin']), permission).toEqual([]);
    }
  });

  test('lets an admin make staff: support has nothing that an admin has not', () => {
    const of = (role: string) => all.filter((one) => one.roles.includes(role)).map((one) => one.permission);
    expect(beyondOwn(of('support'), of('admin'), openPermissions())).toEqual([]);
    expect(difference(KEEPS_CONTROL, of('admin'))).toEqual([]);
  });
});

test('the admin role keeps control, other roles may lose it', () => {
  const known = catalogue().map((one) => one.permission);
  expect(lostControl('admin', [], known)).toEqual(KEEPS_CONTROL);
  expect(lostControl('admin', [...KEEPS_CONTROL], known)).toEqual([]);
  expect(lostControl('support', [], known)).toEqual([]);
});

test('why, in both languages', () => {
  expect(explainText('orders.create', ['client'], ['client'], 'ru')).toContain('client');
  expect(explainText('orders.create', [], [], 'en')).toBe('The user has no role');
  expect(explainText('orders.create', ['support'], [], 'ru')).toMatch(/^Ни одна из ролей/);
});
