import { afterAll, expect, test } from 'vitest';
import { z } from 'zod';
import { defineContract, may, route } from '#contracts/common/define.ts';
import { systemClock } from '#kit/clock.ts';
import { createLogger } from '#kit/log.ts';
import { createDispatcher } from '#kit/service/dispatch.ts';
import type { Owners, ServiceContext } from '#kit/service/types.ts';
import { createTelemetry } from '#kit/telemetry.ts';
import { person } from '#testing/env.ts';

/** Z2: an ownership rule is declared beside the permission, resolved by the service, and asked in one place before the handler. */
const params = z.object({ orderId: z.string() });
const common = { method: 'POST', summary: 'Acts.', params, reply: z.object({ done: z.boolean() }) } as const;
const contract = defineContract({
  name: 'orders',
  title: { ru: 'Заказы', en: 'Orders' },
  permissions: {},
  errors: {},
  http: {
    edit: route({ ...common, path: '/orders/{orderId}', access: may('p', { owner: 'ownOrder' }) }),
    rule: route({ ...common, path: '/orders/{orderId}/ruling', access: may('p', { owner: 'assignedAgent' }) }),
  },
  events: {},
  calls: {},
  consumes: {},
});

const log = createLogger({ level: 'silent', pretty: false });
const telemetry = await createTelemetry({ service: 'test', version: '0', log });
afterAll(() => telemetry.shutdown());

let handled = 0;
const handler = async () => {
  handled++;
  return { body: { done: true } };
};
const owners: Owners<typeof contract, ServiceContext> = {
  ownOrder: async (_ctx, { user, params: of }) => of.orderId === `of-${user.userId}`,
  assignedAgent: async (_ctx, { user, params: of }) => of.orderId === `of-${user.userId}`,
};
function dispatcher(resolvers: object) {
  const ctx = { contract, telemetry, log, clock: systemClock } as unknown as ServiceContext;
  return createDispatcher({
    ctx,
    handlers: { edit: handler, rule: handler },
    owners: resolvers as typeof owners,
    callersOf: () => new Set(),
  });
}

const user = person({ permissions: ['p'] });
function call(routeName: string, orderId: string) {
  const input = { params: { orderId }, query: {}, body: undefined, contentType: '', caller: 'gateway', locale: 'en' };
  return dispatcher(owners).dispatch(routeName, { ...input, user, origin: { ip: '', userAgent: '' } } as never);
}

test('the owner is let in; for anybody else there is no such thing, and the handler does not run', async () => {
  expect((await call('edit', `of-${user.userId}`)).body).toEqual({ done: true });
  expect(handled).toBe(1);
  await expect(call('edit', 'of-somebody')).rejects.toMatchObject({ code: 'not_found' });
  expect(handled).toBe(1);
});

test('a rule about what the person may see anyway says so instead', async () => {
  await expect(call('rule', 'of-somebody')).rejects.toMatchObject({
    code: 'forbidden',
    detail: 'the assigned agent, or a ticket that nobody has',
  });
});

test('a service that does not resolve a rule of its contract does not start', () => {
  expect(() => dispatcher({ ownOrder: owners.ownOrder })).toThrow('declares the owner assignedAgent');
});
