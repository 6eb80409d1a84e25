import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

let platform: TestPlatform;
beforeAll(async () => {
  platform = await bootPlatform({ services: ['support'] });
});
afterAll(() => platform?.close());

test("a difference from the provider's statement is a ticket that staff works, and that nobody else is told of", async () => {
  const agent = person({ permissions: ['tickets.work', 'tickets.assign'] });
  const notified: string[][] = [];
  const named: unknown[] = [];
  await platform.bus.subscribe({
    queue: 'listener',
    types: ['support.ticket.changed.v1'],
    prefetch: 50,
    onBatch: async (batch) => {
      for (const delivery of batch) {
        const { notify, subjectIn } = JSON.parse(delivery.raw.toString('utf8')).data;
        notified.push(notify);
        named.push(subjectIn);
        delivery.ack();
      }
    },
  });
  const differenceId = randomUUID();
  const data = {
    differenceId,
    what: 'payment',
    kind: 'other_sum',
    reference: randomUUID(),
    userId: randomUUID(),
    ours: '399 RUB',
    theirs: '400 RUB',
    at: new Date().toISOString(),
  };
  // Told twice: still one ticket.
  const event = randomUUID();
  for (const id of [event, event])
    await platform.publish('payments.reconciliation.difference-found.v1', differenceId, data, { id });
  await platform.drain();
  const queue = (await platform.call('support', 'getQueue', { user: agent, query: { limit: 20 } })).body.items;
  expect(queue).toMatchObject([
    { ticketId: differenceId, kind: 'payment', category: 'reconciliation', priority: 'high' },
  ]);
  // Each reads it in his language; events, whose readers are not known yet, have both.
  const subjects = {
    ru: `Сверка с провайдером: платёж ${data.reference}`,
    en: `Reconciliation: payment ${data.reference}`,
  };
  for (const locale of ['ru', 'en'] as const) {
    const { body } = await platform.call('support', 'getQueue', { user: agent, query: { limit: 20 }, locale });
    expect(body.items[0].subject).toBe(subjects[locale]);
    const listed = await platform.call('support', 'listTickets', { caller: 'admin', query: { limit: 5 }, locale });
    expect(listed.body.items[0].subject).toBe(subjects[locale]);
  }
  const of = { user: agent, params: { ticketId: differenceId } };
  await platform.call('support', 'takeTicket', { ...of, body: {} });
  await platform.call('support', 'postTicketMessage', {
    ...of,
    idempotencyKey: randomUUID(),
    body: { text: 'Провайдер исправит' },
  });
  const thread = (await platform.call('support', 'readTicket', of)).body;
  expect(JSON.stringify(thread)).toContain('399 RUB');
  await platform.drain();
  expect(notified.length).toBeGreaterThan(1);
  expect(notified.flat()).toEqual([]);
  expect(new Set(named.map((one) => JSON.stringify(one)))).toEqual(new Set([JSON.stringify(subjects)]));
});
