/** One order of the demo data, from its draft to where it ends. */
import { randomUUID } from 'node:crypto';
import { letDaysPass } from './age.ts';
import { SUPPORT } from './cast.ts';
import type { DemoOrder, Fate } from './orders.ts';
import { work } from './pictures.ts';
import { type Cast, of, type Program, rubles } from './program.ts';

const DAY_MS = 86_400_000;
const STARTED: readonly Fate[] = ['in_progress', 'delivered', 'completed', 'disputed', 'split'];

/** Draft, publication, responses, and so on up to the order's fate. */
export async function goThrough(cast: Cast, order: DemoOrder, adminUrl: string): Promise<void> {
  const client = of(cast, order.client);
  const { orderId } = await client.post('/orders', draftOf(order));
  const path = `/orders/${orderId}`;
  if (order.fate === 'draft') return;
  await client.post(`${path}/publication`);
  if (order.fate === 'refused') {
    await client.until(path, (seen) => seen.status === 'draft' && seen.refusal !== null);
    return;
  }
  await client.until(path, (seen) => seen.status === 'published');
  if (order.fate === 'expired') {
    await letDaysPass(adminUrl, orderId, 31);
    await client.until(path, (seen) => seen.status === 'expired');
    return;
  }
  if (order.invited) await client.post(`${path}/invitations`, { freelancerId: of(cast, order.invited).userId });
  const responses = [];
  for (const { by, price, days, letter, parts = [] } of order.responses ?? []) {
    const milestones = parts.map((part) => ({ ...part, amount: rubles(part.amount).amount }));
    responses.push(await of(cast, by).post(`${path}/responses`, { price: rubles(price), days, letter, milestones }));
  }
  const first = order.responses?.[0];
  if (!first) return;
  const freelancer = of(cast, first.by);
  if (order.talk) await talk(client, freelancer, orderId, order.talk);
  if (order.fate === 'cancelled')
    await client.post(`${path}/cancellation`, { reason: 'Запуск потока перенесли на весну.' });
  if (!STARTED.includes(order.fate)) return;
  await client.post(`${path}/responses/${responses[0].responseId}/acceptance`);
  await client.until(path, (seen) => seen.status === 'in_progress' && seen.funding === 'held');
  await finish(cast, order, orderId, { client, freelancer });
}

function draftOf(order: DemoOrder): Record<string, unknown> {
  const [min, max] = order.budget;
  return {
    title: order.title,
    description: order.description,
    category: order.category,
    tags: order.tags,
    skills: order.skills,
    styles: order.styles ?? [],
    budget: { min: rubles(min).amount, max: rubles(max).amount, currency: 'RUB' },
    ...(order.weeklyHours === undefined ? {} : { pricing: 'hourly', weeklyHours: order.weeklyHours }),
    deadline: order.inDays === null ? null : new Date(Date.now() + order.inDays * DAY_MS).toISOString(),
  };
}

async function talk(
  client: Program,
  freelancer: Program,
  orderId: string,
  lines: NonNullable<DemoOrder['talk']>,
): Promise<void> {
  const { items } = await freelancer.until(`/conversations?orderId=${orderId}`, (found) => found.items.length > 0);
  const path = `/conversations/${items[0].conversationId}`;
  for (const [who, text, picture] of lines) {
    const speaker = who === 'client' ? client : freelancer;
    const attachmentIds: string[] = [];
    if (picture) {
      const fileName = encodeURIComponent('эскиз.png');
      const file = await speaker.post(`${path}/attachments?fileName=${fileName}`, await work(picture));
      attachmentIds.push(file.attachmentId);
    }
    await speaker.post(`${path}/messages`, { messageId: randomUUID(), text, attachmentIds });
  }
}

/** What happens once the work has begun. */
async function finish(
  cast: Cast,
  order: DemoOrder,
  orderId: string,
  { client, freelancer }: { client: Program; freelancer: Program },
): Promise<void> {
  const path = `/orders/${orderId}`;
  for (const [minutes, note] of order.hours ?? [])
    await freelancer.post(`${path}/time-entries`, { day: new Date().toISOString().slice(0, 10), minutes, note });
  if (order.firstPart) {
    const { body } = await freelancer.get(path);
    await freelancer.post(`${path}/milestones/${body.milestones[0].milestoneId}/deliveries`, { text: order.firstPart });
  }
  if (order.delivery) await freelancer.post(`${path}/deliveries`, { text: order.delivery });
  if (order.dispute) await disagree(cast, order, orderId, [client, freelancer]);
  if (order.fate !== 'completed') return;
  await client.post(`${path}/completion`, {});
  await client.until(path, (seen) => seen.status === 'completed' && seen.funding === 'settled');
  if (!order.reviews) return;
  const { byClient, byFreelancer, answer } = order.reviews;
  const { reviewId } = await client.post(`${path}/reviews`, byClient);
  await freelancer.post(`${path}/reviews`, byFreelancer);
  if (answer) await freelancer.post(`/reviews/${reviewId}/answer`, { text: answer });
}

async function disagree(
  cast: Cast,
  order: DemoOrder,
  orderId: string,
  parties: readonly [client: Program, freelancer: Program],
): Promise<void> {
  if (!order.dispute) return;
  const [client] = parties;
  const { subject, text, answer } = order.dispute;
  const support = of(cast, SUPPORT.key);
  const { ticketId } = await client.post('/tickets', { kind: 'dispute', subject, text, orderId });
  await client.until(`/orders/${orderId}`, (seen) => seen.status === 'disputed');
  await support.post(`/tickets/${ticketId}/assignment`, { assigneeId: 'self' });
  await support.post(`/tickets/${ticketId}/messages`, { text: answer });
  if (!order.ruling) return;
  await support.post(`/tickets/${ticketId}/ruling`, {
    outcome: 'split',
    freelancerAmount: rubles(order.ruling.freelancer),
    reason: order.ruling.reason,
  });
  for (const party of parties) await party.post(`/tickets/${ticketId}/ruling/acceptance`, {});
  await client.until(`/orders/${orderId}`, (seen) => seen.status === 'split' && seen.funding === 'settled');
}
