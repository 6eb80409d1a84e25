import { randomUUID } from 'node:crypto';
import { ordersEvents } from '#contracts/orders/events.ts';
import type { RawCall } from '#kit/service/dispatch.ts';
import { isProblem, Problem } from '#kit/problem.ts';
import type { Principal } from '#kit/service/types.ts';
import { person, type TestPlatform } from '#testing/env.ts';

export interface Frame {
  readonly userIds: readonly string[];
  // biome-ignore lint/suspicious/noExplicitAny: frames are read as a client would
  readonly frame: any;
}

export interface Deal {
  readonly orderId: string;
  readonly client: Principal;
  readonly freelancer: Principal;
  readonly conversationId: string;
}

export function talker(): Principal {
  return person({ permissions: ['messenger.read', 'messenger.write'] });
}

// biome-ignore lint/suspicious/noExplicitAny: answers are read as an outsider would
export type Answer = { status: number; code?: string; body: any; headers: Readonly<Record<string, string | string[]>> };

/** Calls a route as a person; a refusal comes back as its code. */
export async function call(
  platform: TestPlatform,
  user: Principal | undefined,
  route: string,
  input: Partial<RawCall> = {},
): Promise<Answer> {
  try {
    return await platform.call('messenger', route, { user, ...input });
  } catch (error) {
    if (isProblem(error)) return { status: 0, code: error.code, body: undefined, headers: {} };
    throw error;
  }
}

/** An order with a conversation opened by a response, through the events. */
export async function openDeal(
  platform: TestPlatform,
  options: { orderId?: string; client?: Principal; title?: string } = {},
): Promise<Deal> {
  const client = options.client ?? talker();
  const freelancer = talker();
  const orderId = options.orderId ?? randomUUID();
  await platform.publish(ordersEvents.responseSubmitted.type, randomUUID(), {
    responseId: randomUUID(),
    orderId,
    title: options.title ?? 'Логотип для кофейни',
    clientId: client.userId,
    freelancerId: freelancer.userId,
    price: { amount: '1500000', currency: 'RUB' },
    first: true,
  });
  await platform.drain();
  const { body } = await call(platform, freelancer, 'listConversations', { query: { orderId } });
  return { orderId, client, freelancer, conversationId: body.items[0].conversationId };
}

export async function send(
  platform: TestPlatform,
  user: Principal,
  conversationId: string,
  text: string,
  more: { messageId?: string; attachmentIds?: string[]; replyTo?: string } = {},
): Promise<Answer> {
  return await call(platform, user, 'sendMessage', {
    params: { conversationId },
    body: { messageId: randomUUID(), text, ...more },
  });
}

export async function changeStatus(
  platform: TestPlatform,
  deal: Pick<Deal, 'orderId' | 'client'> & { freelancer: Principal | null },
  to: string,
  sequence: number,
  more: Record<string, unknown> = {},
): Promise<void> {
  await platform.publish(
    ordersEvents.statusChanged.type,
    deal.orderId,
    {
      orderId: deal.orderId,
      title: 'Логотип для кофейни',
      category: 'design',
      clientId: deal.client.userId,
      freelancerId: deal.freelancer?.userId ?? null,
      from: null,
      to,
      actorId: deal.client.userId,
      actorKind: 'client',
      action: to,
      reason: null,
      price: null,
      deadline: null,
      onTime: null,
      ...more,
    },
    { sequence },
  );
}

/** Stands in for users: names by id, the calls that came, and whether it is away. */
export function stubPeople(platform: TestPlatform) {
  const stub = { names: new Map<string, string>(), calls: [] as string[], away: false };
  const users = platform.ctx('messenger').clients.users as unknown as Record<string, unknown>;
  users.getPeople = async ({ query }: { query: { ids: string } }) => {
    if (stub.away) throw new Problem('unavailable');
    stub.calls.push(query.ids);
    const ids = query.ids.split(',').filter((id) => stub.names.has(id));
    return {
      items: ids.map((userId) => ({
        userId,
        displayName: stub.names.get(userId),
        slug: 'anna',
        avatarUrl: null,
        status: 'active',
      })),
    };
  };
  return stub;
}
