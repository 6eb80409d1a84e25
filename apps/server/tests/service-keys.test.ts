import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JSONWebKeySet } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { createServiceCredential } from '#kit/service/principal.ts';
import { keysCommand } from '../commands/keys.ts';

const SECRET = 'a secret of thirty-two characters at least';
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'artel-keys-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const make = () => keysCommand({ ARTEL_SECRET: SECRET }, folder);
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

/** A service as it runs with the files of a moment. */
function running(service: ServiceName, as = service) {
  const privateKey = { ...read(`${service}.jwk`) };
  const publicKeys = read('services.jwks') as JSONWebKeySet;
  return createServiceCredential({ service: as, privateKey, publicKeys });
}

test('Z5: service keys rotate with an overlap of one generation; nobody signs for another', async () => {
  await make();
  const orders1 = await running('orders');
  const roles1 = await running('roles');
  expect(await roles1.verify(await orders1.tokenFor('roles'))).toBe('orders');
  const first = { ...read('orders.jwk') };
  await make();
  expect(read('orders.jwk').kid).toBe('orders:2');
  expect(read('orders.jwk').d).not.toBe(first.d);
  expect(statSync(join(folder, 'orders.jwk')).mode & 0o777).toBe(0o600);
  expect(read('services.jwks').keys).toHaveLength(SERVICES.length * 2);
  for (const key of read('services.jwks').keys) expect(key).not.toHaveProperty('d');
  // The public set came first: who has it takes the old keys and the new ones.
  const roles2 = await running('roles');
  const orders2 = await running('orders');
  expect(await roles2.verify(await orders1.tokenFor('roles'))).toBe('orders');
  expect(await roles2.verify(await orders2.tokenFor('roles'))).toBe('orders');
  const impostor = await running('users', 'orders');
  await expect(roles2.verify(await impostor.tokenFor('roles'))).rejects.toMatchObject({ code: 'unauthenticated' });
  // Rotated once more, the first generation is worth nothing.
  await make();
  const roles3 = await running('roles');
  expect(read('services.jwks').keys).toHaveLength(SERVICES.length * 2);
  expect(await roles3.verify(await orders2.tokenFor('roles'))).toBe('orders');
  await expect(roles3.verify(await orders1.tokenFor('roles'))).rejects.toMatchObject({ code: 'unauthenticated' });
});
