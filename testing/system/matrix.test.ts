import { expect, test } from 'vitest';
import { z } from 'zod';
import { contracts } from '#contracts/all.ts';
import type { Contract } from '#contracts/common/define.ts';
import { interactions, SPECIFIED_ROWS } from '#kit/docs/interactions.ts';
import { publicPath } from '#kit/docs/openapi.ts';
import { checkAccess, isBytes } from '#kit/service/dispatch.ts';
import { person } from '../env.ts';

const all = Object.values(contracts) as Contract[];
const permissions = Object.assign({}, ...all.map((contract) => contract.permissions)) as Contract['permissions'];
const OPEN = ['freelancer', 'client'];
const ROLES = ['freelancer', 'client', 'support', 'admin'] as const;

test('Z1: every route names a permission that is declared, or says that it needs none', () => {
  for (const contract of all) {
    for (const [name, { access }] of Object.entries(contract.http)) {
      if (access.kind === 'user' && access.permission !== null)
        expect(permissions, `${contract.name}.${name}`).toHaveProperty([access.permission]);
    }
  }
});

test('Z1, Z2: what needs no permission says whose it must be; what names a thing says whose, unless staff’s permission is enough', () => {
  const wrong: string[] = [];
  let ruled = 0;
  for (const contract of all) {
    for (const [name, { access, path }] of Object.entries(contract.http)) {
      if (access.kind !== 'user') continue;
      const names = /\{\w+Id\}/.test(path);
      if (access.owner !== undefined && access.owner !== 'self') ruled++;
      const staffs = access.permission !== null && !permissions[access.permission]?.roles.some((r) => OPEN.includes(r));
      const responds = name === 'respond' || name === 'acceptNda';
      if (access.permission === null && access.owner === undefined) wrong.push(`${name}: whose?`);
      if (access.owner === 'self' && names) wrong.push(`${name}: names a thing, so not only himself`);
      if (names && access.owner === undefined && !staffs && !responds) wrong.push(`${name}: whose is it?`);
    }
  }
  expect(wrong).toEqual([]);
  expect(ruled).toBeGreaterThan(50);
});

test('Z1: every permission is asked for somewhere', () => {
  const asked = new Set(
    all.flatMap((contract) =>
      Object.values(contract.http).map((route) => (route.access.kind === 'user' ? route.access.permission : null)),
    ),
  );
  // Some are asked for by handlers, beside what the route says.
  const unasked = Object.keys(permissions).filter((permission) => !asked.has(permission));
  expect(unasked.length, unasked.join(', ')).toBeLessThan(Object.keys(permissions).length / 4);
});

test('role × endpoint: access is decided by the declaration alone', () => {
  let decided = 0;
  for (const contract of all) {
    for (const route of Object.values(contract.http)) {
      for (const role of [null, ...ROLES]) {
        const user =
          role === null
            ? undefined
            : person({
                roles: [role],
                permissions: Object.entries(permissions).flatMap(([permission, { roles }]) =>
                  roles.includes(role) ? [permission] : [],
                ),
              });
        const { access } = route;
        const fine =
          access.kind === 'guest' ||
          (access.kind === 'user' &&
            role !== null &&
            (access.permission === null || permissions[access.permission]?.roles.includes(role) === true));
        const decide = () => checkAccess(access, { caller: 'gateway', user }, new Set(), Date.now());
        if (fine) expect(decide).not.toThrow();
        else expect(decide).toThrow();
        decided++;
      }
    }
  }
  expect(decided).toBeGreaterThan(500);
});

test('A1: only what enters a new obligation waits for an agreement to changed texts', () => {
  const waits: string[] = [];
  for (const contract of all)
    for (const [name, { access, method }] of Object.entries(contract.http)) {
      if (access.kind !== 'user' || !access.agreed) continue;
      waits.push(`${contract.name}.${name}`);
      expect(['GET', 'HEAD', 'DELETE'], name).not.toContain(method);
      const user = { ...person({ permissions: Object.keys(permissions) }), agreed: false };
      const decide = () => checkAccess(access, { caller: 'gateway', user }, new Set(), Date.now());
      expect(decide, name).toThrow('agreement_outdated');
    }
  expect(waits.sort()).toEqual([
    'orders.acceptCounterOffer',
    'orders.acceptResponse',
    'orders.editResponse',
    'orders.inviteFreelancer',
    'orders.makeCounterOffer',
    'orders.publishOrder',
    'orders.respond',
    'payments.startTopup',
  ]);
});

test('A9: what opens an account or moves its money out asks for a sign-in that is fresh, whatever the rights', () => {
  const now = Date.now();
  const asks: string[] = [];
  for (const contract of all) {
    for (const [name, { access }] of Object.entries(contract.http)) {
      if (access.kind !== 'user' || !access.fresh) continue;
      asks.push(`${contract.name}.${name}`);
      const of = (ageSeconds: number) => ({
        caller: 'gateway' as const,
        user: person({ permissions: Object.keys(permissions), authTime: Math.floor(now / 1000) - ageSeconds }),
      });
      expect(() => checkAccess(access, of(601 + 1), new Set(), now), name).toThrow('fresh_sign_in_required');
      expect(() => checkAccess(access, of(590), new Set(), now), name).not.toThrow();
    }
  }
  expect(asks).toEqual(
    expect.arrayContaining([
      'auth.changeEmail',
      'auth.changePassword',
      'auth.changePhone',
      'auth.startTotp',
      'auth.enableFactor',
      'auth.disableFactor',
      'auth.renewRecoveryCodes',
      'auth.addPasskey',
      'auth.removePasskey',
      'auth.rotateKeys',
      'payments.requestWithdrawal',
      'users.requestExport',
      'users.requestErasure',
      'notifications.createWebhook',
    ]),
  );
});

test('B3: no body takes a field that its contract does not name, at any depth', () => {
  // What a browser’s authenticator answers grows by itself: the library behind it picks what it knows.
  const grows = /^\/properties\/(passkey\/properties\/assertion|attestation)\/properties\/response$/;
  const open: string[] = [];
  let bodies = 0;
  for (const contract of all) {
    for (const [name, { body }] of Object.entries(contract.http)) {
      if (!body || isBytes(body)) continue;
      bodies++;
      const schema = z.toJSONSchema(body as z.ZodType, { io: 'input', unrepresentable: 'any' });
      for (const at of openObjects(schema)) if (!grows.test(at)) open.push(`${contract.name}.${name} ${at || '/'}`);
    }
  }
  expect(open).toEqual([]);
  expect(bodies).toBeGreaterThan(80);
});

function openObjects(node: unknown, at = ''): string[] {
  if (typeof node !== 'object' || node === null) return [];
  const { properties, additionalProperties } = node as { properties?: object; additionalProperties?: unknown };
  const own = properties !== undefined && additionalProperties !== false ? [at] : [];
  return [...own, ...Object.entries(node).flatMap(([key, child]) => openObjects(child, `${at}/${key}`))];
}

test('the contracts hold every row of the specification, each between the services it names', () => {
  const arrows = interactions(all);
  const rows = new Set(arrows.map((arrow) => arrow.row));
  expect(SPECIFIED_ROWS.filter((row) => !rows.has(row))).toEqual([]);
  const between = (row: string) => [
    ...new Set(arrows.filter((arrow) => arrow.row === row).map((arrow) => `${arrow.from}>${arrow.to}`)),
  ];
  expect(between('I14')).toEqual(['orders>users']);
  expect(between('I22')).toEqual(['admin>analytics']);
  expect(between('E6')).toEqual(['orders>payments']);
  expect(between('E11')).toEqual(['support>admin']);
});

test('no two routes share an address', () => {
  const addresses = all.flatMap((contract) =>
    Object.values(contract.http).map(
      (route) =>
        `${route.method} ${(route.access.kind === 'service' ? `${contract.name}:${route.path}` : publicPath(route)).replace(/\{\w+\}/g, '{}')}`,
    ),
  );
  expect(addresses.filter((address, index) => addresses.indexOf(address) !== index)).toEqual([]);
});
