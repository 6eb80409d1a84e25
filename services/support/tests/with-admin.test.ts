import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await bootPlatform({ services: ['support', 'admin', 'analytics'] });
});
afterAll(() => platform?.close());

test('E11, I24, E15: escalated to the administration, decided there, executed here, counted by analytics', async () => {
  const author = person();
  const agent = person({ permissions: ['tickets.work', 'tickets.assign', 'tickets.escalate'] });
  const admin = person({
    permissions: ['admin.escalations.view', 'admin.escalations.decide', 'admin.tickets.view', 'analytics.view'],
  });
  const call = (service: 'support' | 'admin' | 'analytics', route: string, extra: object) =>
    platform.call(service, route, extra);
  const { body: ticket } = await call('support', 'openTicket', {
    user: author,
    idempotencyKey: randomUUID(),
    body: { kind: 'complaint', subject: 'Жалоба', text: 'Грубый ответ' },
  });
  const params = { ticketId: ticket.ticketId };
  await call('support', 'escalateTicket', { user: agent, params, body: { reason: 'Нужно решение' } });
  await platform.drain();
  const { body: escalations } = await call('admin', 'listEscalations', { user: admin, query: { status: 'open' } });
  expect(escalations.items).toMatchObject([{ ticketId: ticket.ticketId }]);
  const decision = { kind: 'answer', text: 'Приносим извинения.' };
  const { body: decided } = await call('admin', 'decideEscalation', { user: admin, params, body: { decision } });
  expect(decided.status).toBe('decided');
  const { body: after } = await call('support', 'readTicket', { user: author, params });
  expect(after).toMatchObject({ status: 'answered' });
  expect(after.messages.at(-1).text).toBe('Приносим извинения.');
  expect((await call('admin', 'getTicket', { user: admin, params })).body).toMatchObject({ number: ticket.number });
  await platform.drain();
  const today = platform.clock.now().toISOString().slice(0, 10);
  const { body: board } = await call('analytics', 'getDashboard', {
    user: admin,
    params: { name: 'support' },
    query: { from: today, to: today, timeZone: 'UTC' },
  });
  const opened = board.panels.find((panel: { metric: string }) => panel.metric === 'tickets_opened');
  expect(opened.total).toBe('1');
});
