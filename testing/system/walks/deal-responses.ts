/** Responses and the kinds of orders (O3, O4), over the whole life of a response, blind to rivals. */
import { expect } from 'vitest';
import { Api } from '../api.ts';
import { RUB } from '../deal.ts';
import { mailTo, type World } from '../world.ts';
import { accept, actionOf, clientWith, daysPass, parties, published, respond, told } from './parties.ts';
import { newAdmin, newPerson } from './people.ts';
import type { Walk } from './walk.ts';

interface Contest {
  readonly world: World;
  readonly client: Api;
  readonly a: Api;
  readonly b: Api;
  readonly c: Api;
  readonly orderId: string;
}

const pathOf = (orderId: string, responseId: string) => `/orders/${orderId}/responses/${responseId}`;
const file = { bytes: Buffer.from('Примеры работ'), contentType: 'text/plain' };

async function contest(world: World): Promise<Contest> {
  const admin = await newAdmin(world);
  const [client, a, b, c] = await Promise.all([
    clientWith(world, 'Кира Выбирающая', admin, 30_000),
    newPerson(world, 'Антон Первый', ['freelancer']),
    newPerson(world, 'Борис Второй', ['freelancer']),
    newPerson(world, 'Вера Третья', ['freelancer']),
  ]);
  return { world, client, a, b, c, orderId: await published(client, { title: 'Афиша для театра' }) };
}

/** Edited by its version, with a file; a rival sees neither text, price, file nor history of it. */
async function blindToRivals({ client, a, b, orderId }: Contest, first: string): Promise<void> {
  const path = pathOf(orderId, first);
  const again = { price: RUB(1_000), days: 1, letter: 'Ещё один отклик.' };
  const refused = await a.post(`/orders/${orderId}/responses`, again, { expect: 409 });
  expect(refused.body.code).toBe('orders.responded_already');
  const { headers } = await a.get(path);
  const ifMatch = headers.get('etag') ?? '';
  await a.patch(path, { price: RUB(8_000), days: 5 }, { ifMatch });
  await a.patch(path, { days: 4 }, { ifMatch, expect: 412 });
  await told(client, 'response_edited', orderId);
  const { attachmentId } = (
    await a.post(`/orders/${orderId}/attachments?fileName=${encodeURIComponent('примеры.txt')}`, undefined, file)
  ).body;
  const second = await respond(b, orderId, { price: RUB(9_500), letter: 'Тайная цена соперника.' });
  const { items } = (await b.get(`/orders/${orderId}/responses`)).body;
  expect(items.map((one: { responseId: string }) => one.responseId)).toEqual([second]);
  for (const secret of [path, `/order-attachments/${attachmentId}`]) await b.get(secret, { expect: 404 });
  await b.post(`${path}/withdrawal`, undefined, { expect: 404 });
  await b.patch(path, { days: 1 }, { ifMatch: '"1"', expect: 404 });
  const seen = JSON.stringify([
    (await b.get(`/orders/${orderId}`)).body,
    (await b.get(`/orders/${orderId}/history`)).body,
  ]);
  expect(seen).not.toContain(first);
  expect(seen).not.toContain('800000');
  const mine = (await client.get(`/orders/${orderId}/responses`)).body.items;
  expect(mine).toHaveLength(2);
  expect(Buffer.from((await client.get(`/order-attachments/${attachmentId}`)).body).toString()).toBe('Примеры работ');
  await b.post(`${pathOf(orderId, second)}/withdrawal`);
  await told(client, 'response_withdrawn', orderId);
}

/** Opened, shortlisted, countered and answered by a price of his own, countered again and taken over. */
async function bargain({ client, a, orderId }: Contest, first: string): Promise<void> {
  const path = pathOf(orderId, first);
  expect((await a.get(path)).body.openedAt).toBeNull();
  await client.post(`${path}/opening`);
  expect((await a.get(path)).body.openedAt).not.toBeNull();
  await client.post(`${path}/shortlisting`);
  await told(a, 'response_shortlisted', orderId);
  const taken = await a.post(`${path}/counter-offer/acceptance`, undefined, { expect: 409 });
  expect(taken.body.code).toBe('orders.not_now');
  await client.post(`${path}/counter-offer`, { price: RUB(6_000), days: 5, note: 'Бюджет меньше' });
  await told(a, 'response_countered', orderId);
  // The freelancer answers with a price of his own: the response is his to edit.
  const { headers, body } = await a.get(path);
  expect(body.counter).toMatchObject({ price: RUB(6_000), days: 5, note: 'Бюджет меньше' });
  await a.patch(path, { price: RUB(7_500) }, { ifMatch: headers.get('etag') ?? '' });
  const { version } = (await client.get(path)).body;
  await client.post(`${path}/counter-offer`, { price: RUB(7_000), days: 6 });
  await a.post(`${path}/counter-offer/acceptance`);
  const agreed = (await a.get(path)).body;
  expect(agreed).toMatchObject({ price: RUB(7_000), days: 6, counter: null });
  // Both see the arithmetic before they commit.
  expect(agreed.arithmetic).toMatchObject({ commission: RUB(700), toFreelancer: RUB(6_300), clientPays: RUB(7_000) });
  expect((await client.get(path)).body.arithmetic).toEqual(agreed.arithmetic);
  const stale = await client.post(`${path}/acceptance`, { responseVersion: version }, { expect: 412 });
  expect(stale.body.code).toBe('version_mismatch');
}

async function ends({ world, client, a, b, c, orderId }: Contest, first: string): Promise<void> {
  // Withdrawn, he may respond again; this one stands for two days.
  const brief = await respond(b, orderId, { validDays: 2 });
  const third = await respond(c, orderId);
  const before = (await c.get(pathOf(orderId, third))).body;
  expect(actionOf(before, 'withdraw').allowed).toBe(true);
  await client.post(`${pathOf(orderId, third)}/refusal`, { reason: 'Другой стиль' });
  expect((await c.get(pathOf(orderId, third))).body).toMatchObject({ status: 'declined', reason: 'Другой стиль' });
  await told(c, 'response_declined', orderId);
  await mailTo(world, c.email, { text: 'Другой стиль' });
  await c.post(`${pathOf(orderId, third)}/withdrawal`, undefined, { expect: 409 });
  await daysPass(world, 3, client, a, b, c);
  expect((await b.get(pathOf(orderId, brief))).body.status).toBe('expired');
  await told(b, 'response_expired', orderId);
  const last = await respond(b, orderId);
  const { version } = (await client.get(pathOf(orderId, first))).body;
  await client.post(`${pathOf(orderId, first)}/acceptance`, { responseVersion: version }, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'in_progress' && order.funding === 'held');
  await world.drain();
  expect((await client.get(`/orders/${orderId}`)).body.price).toEqual(RUB(7_000));
  expect((await b.get(pathOf(orderId, last))).body).toMatchObject({
    status: 'declined',
    reason: 'выбран другой исполнитель',
  });
  await told(a, 'freelancer_chosen', orderId);
}

async function invitedOnly(world: World): Promise<void> {
  const { client, master } = await parties(world, 5_000);
  const rival = await newPerson(world, 'Лев Незваный', ['freelancer']);
  const orderId = await published(client, { title: 'Закрытый показ панголина', access: 'invited', urgent: true });
  const found = async (api: Api) =>
    (await api.get(`/orders?${new URLSearchParams({ q: 'панголин' })}`)).body.items as unknown[];
  expect(await found(new Api(world))).toEqual([]);
  await rival.get(`/orders/${orderId}`, { expect: 404 });
  await rival.post(`/orders/${orderId}/responses`, offer, { expect: [404, 409] });
  await client.post(`/orders/${orderId}/invitations`, { freelancerId: master.userId });
  await told(master, 'freelancer_invited', orderId);
  const { items } = (await master.get('/me/invitations')).body;
  expect(items).toMatchObject([{ orderId, status: 'published', responded: false }]);
  const responseId = await respond(master, orderId, { price: RUB(2_000) });
  expect((await master.get('/me/invitations')).body.items[0].responded).toBe(true);
  await accept(client, orderId, responseId);
  await client.post(`/orders/${orderId}/cancellation`, { reason: 'Сам не отменишь' });
  const order = (await client.get(`/orders/${orderId}`)).body;
  // After the start the client alone ends nothing: it is a proposal.
  expect(order).toMatchObject({ status: 'in_progress', cancellationProposedBy: client.userId });
  await master.post(`/orders/${orderId}/cancellation`, { reason: 'Согласен' });
  await client.until(`/orders/${orderId}`, (one) => one.status === 'cancelled' && one.funding === 'settled');
}

/** The client sees what became of whom he asked, each side hears of the other's step, and nobody is asked twice. */
async function invitations(world: World): Promise<void> {
  const { client, master } = await parties(world, 5_000);
  const [busy, third] = await Promise.all([
    newPerson(world, 'Ева Занятая', ['freelancer']),
    newPerson(world, 'Ким Ненужный', ['freelancer']),
  ]);
  const orderId = await published(client, { title: 'Вывеска для аптеки' });
  const path = `/orders/${orderId}/invitations`;
  const invite = async (who: Api) =>
    (await client.post(path, { freelancerId: who.userId })).body.invitationId as string;
  const [first, second, last] = [await invite(master), await invite(busy), await invite(third)];
  const states = async () =>
    Object.fromEntries(
      (await client.get(path)).body.items.map((one: { invitationId: string; state: string }) => [
        one.invitationId,
        one.state,
      ]),
    );
  expect(await states()).toEqual({ [first]: 'sent', [second]: 'sent', [last]: 'sent' });
  await master.post(`/me/invitations/${first}/opening`);
  const reason = 'Занята до конца месяца';
  const declined = (await busy.post(`/me/invitations/${second}/refusal`, { reason })).body;
  expect(declined).toMatchObject({ state: 'declined', reason });
  await told(client, 'invitation_declined', orderId);
  await mailTo(world, client.email, { text: reason });
  await client.post(`${path}/${last}/withdrawal`);
  await told(third, 'invitation_withdrawn', '');
  expect(await states()).toEqual({ [first]: 'seen', [second]: 'declined', [last]: 'withdrawn' });
  expect((await client.get(path)).body.items.find((one: { state: string }) => one.state === 'declined')).toMatchObject({
    freelancer: { displayName: 'Ева Занятая' },
    reason,
  });
  for (const again of [`/me/invitations/${second}/refusal`, `/me/invitations/${first}/refusal`])
    await third.post(again, { reason }, { expect: 404 });
  await busy.post(`/me/invitations/${second}/refusal`, { reason }, { expect: 409 });
  await busy.get(path, { expect: [403, 404] });
  // Asked again she is not; she may think better of it herself.
  expect(await invite(busy)).toBe(second);
  expect((await states())[second]).toBe('declined');
  await respond(busy, orderId);
  await respond(master, orderId);
  expect(await states()).toMatchObject({ [first]: 'answered', [second]: 'answered' });
  await client.post(`${path}/${first}/withdrawal`, undefined, { expect: 409 });
  const { items } = (await client.get(`/orders/${orderId}/history`)).body;
  const actions = items.map((one: { action: string }) => one.action);
  expect(actions).toEqual(expect.arrayContaining(['invite', 'decline_invitation', 'withdraw_invitation']));
}

const offer = { price: RUB(2_000), days: 3, letter: 'Сделаю аккуратно.' };

async function urgentAndSecret(world: World): Promise<void> {
  const { client, master } = await parties(world, 5_000);
  const guest = new Api(world);
  const urgent = await published(client, { title: 'Срочный носорог', urgent: true });
  const calm = await published(client, { title: 'Спокойный носорог' });
  const list = async (query: Record<string, string>) =>
    (await guest.get(`/orders?${new URLSearchParams({ q: 'носорог', ...query })}`)).body;
  expect((await list({ urgent: 'true' })).items.map((one: { orderId: string }) => one.orderId)).toEqual([urgent]);
  const both = await list({});
  expect(both.items.map((one: { orderId: string }) => one.orderId)).toEqual([calm, urgent]);
  expect(both.facets.kinds).toContainEqual({ key: 'urgent', count: 1, atLeast: false });

  const draft = { title: 'Тайный заказ', nda: true, description: 'Секрет: утконос для зоопарка будущего, три вида.' };
  const { orderId } = (await client.post('/orders', { ...SECRET, ...draft })).body;
  const { attachmentId } = (await client.post(`/orders/${orderId}/attachments?fileName=plan.txt`, undefined, file))
    .body;
  await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
  await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
  const view = (await master.get(`/orders/${orderId}`)).body;
  expect([view.description, view.excerpt, view.ndaRequired, view.attachments]).toEqual(['', '', true, []]);
  await master.get(`/order-attachments/${attachmentId}`, { expect: 404 });
  expect((await guest.get(`/orders?${new URLSearchParams({ q: 'утконос', exact: 'true' })}`)).body.items).toEqual([]);
  const refused = await master.post(`/orders/${orderId}/responses`, offer, { expect: 403 });
  expect(refused.body.code).toBe('orders.nda_required');
  await master.post(`/orders/${orderId}/nda`);
  const open = (await master.get(`/orders/${orderId}`)).body;
  expect(open.description).toContain('утконос');
  expect(open.ndaRequired).toBe(false);
  expect(Buffer.from((await master.get(`/order-attachments/${attachmentId}`)).body).toString()).toBe('Примеры работ');
  // The consent is kept with who and when; the guest still sees nothing.
  const { items } = (await client.get(`/orders/${orderId}/history`)).body;
  expect(items).toContainEqual(expect.objectContaining({ actorId: master.userId, actorKind: 'freelancer' }));
  expect((await guest.get(`/orders/${orderId}`)).body.description).toBe('');
  await respond(master, orderId);
}

const SECRET = {
  category: 'logo-design',
  tags: ['тайна'],
  skills: ['logo'],
  styles: ['minimalism'],
  budget: { min: '500000', max: '1500000', currency: 'RUB' },
  deadline: null,
};

export const responses: readonly Walk[] = [
  {
    name: 'O4: a response: edited, blind to rivals, withdrawn and written again, shortlisted, bargained over both ways, declined, expired, accepted as seen',
    async run(world) {
      const of = await contest(world);
      const first = await respond(of.a, of.orderId);
      await blindToRivals(of, first);
      await bargain(of, first);
      await ends(of, first);
    },
  },
  { name: 'O3, O4: an order for the invited only is found and answered by them alone', run: invitedOnly },
  {
    name: 'O4: invitations: sent, seen, declined with a reason, taken back, answered; each side is told',
    run: invitations,
  },
  {
    name: 'O3: an urgent order is found as such; secret details, files and words open with the consent only',
    run: urgentAndSecret,
  },
];
