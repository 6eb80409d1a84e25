/** What the tests of analytics publish, and how they ask. */
import { randomUUID } from 'node:crypto';
import { person, type TestPlatform } from '#testing/env.ts';

export const admin = person({ permissions: ['analytics.view', 'analytics.rebuild', 'analytics.reports'] });

/** A change of an order's status. */
export function status(
  orderId: string,
  from: string | null,
  to: string,
  clientId: string,
  more: object = {},
): Record<string, unknown> {
  return {
    orderId,
    title: 'Логотип',
    category: 'design',
    clientId,
    freelancerId: null,
    from,
    to,
    actorId: clientId,
    actorKind: 'client',
    action: 'x',
    reason: null,
    price: null,
    deadline: null,
    onTime: null,
    ...more,
  };
}

/** A ledger transaction of these postings: account, whose, minor units. */
export function transaction(
  kind: string,
  postings: readonly (readonly [string, string | null, string])[],
  currency = 'RUB',
): Record<string, unknown> {
  return {
    transactionId: randomUUID(),
    kind,
    orderId: null,
    at: new Date(0).toISOString(),
    postings: postings.map(([account, userId, amount]) => ({ account, userId, amount: { amount, currency } })),
  };
}

/** Rebuilds and answers how it ended. */
export async function rebuilt(platform: TestPlatform): Promise<any> {
  const { body } = await platform.call('analytics', 'startRebuild', { user: admin });
  await platform.drain();
  return (await platform.call('analytics', 'getRebuild', { user: admin, params: { rebuildId: body.rebuildId } })).body;
}

/** The panels of a dashboard by metric (of several currencies the first). */
export async function panelsOf(platform: TestPlatform, name: string, query: object): Promise<Map<string, any>> {
  const { body } = await platform.call('analytics', 'getDashboard', {
    user: admin,
    params: { name },
    query: { timeZone: 'UTC', ...query } as never,
  });
  return new Map(body.panels.toReversed().map((panel: { metric: string }) => [panel.metric, panel]));
}
