/** News that are not true any more by the time they would be mailed (F13, E5). */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newId } from '#kit/ids.ts';
import { type Fixture, fixture } from './fixture.ts';

let fix: Fixture;
beforeAll(async () => {
  fix = await fixture();
});
afterAll(() => fix.close());

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const sum = { amount: '700', currency: 'RUB' };
const put = (userId: string, version: number, body: object) =>
  fix.as(userId, 'putPreferences', { ifMatch: `"${version}"`, body });

test('an invitation that waits is dropped when it is taken back, or the order takes no more responses', async () => {
  const client = fix.someone();
  const [takenBack, late, other] = [fix.someone(), fix.someone(), fix.someone()];
  const order = { orderId: newId(), title: 'Сайт', clientId: client.userId };
  for (const { userId } of [takenBack, late, other]) {
    await put(userId, 0, { digest: 'hourly' });
    await fix.publish('orders.invitation.sent.v1', { ...order, invitationId: newId(), freelancerId: userId });
  }
  const elsewhere = { ...order, orderId: newId(), title: 'Логотип' };
  await fix.publish('orders.invitation.sent.v1', {
    ...elsewhere,
    invitationId: newId(),
    freelancerId: other.userId,
  });
  await fix.settled();
  await fix.publish('orders.invitation.changed.v1', {
    ...order,
    invitationId: newId(),
    freelancerId: takenBack.userId,
    state: 'withdrawn',
    reason: null,
  });
  await fix.settled();
  const waiting = async (userId: string) =>
    (await fix.deliveries(userId))
      .filter((row) => row.event === 'freelancer_invited')
      .map((row) => [row.state, row.reason]);
  const dropped = ['dropped', 'no longer true'];
  expect([await waiting(takenBack.userId), await waiting(late.userId)]).toEqual([[dropped], [['collected', null]]]);
  await fix.publish('orders.order.status-changed.v1', {
    ...order,
    freelancerId: null,
    category: 'web',
    from: 'published',
    to: 'cancelled',
    actorId: client.userId,
    actorKind: 'client',
    action: 'cancel',
    reason: null,
    price: null,
    deadline: null,
    onTime: null,
  });
  await fix.settled();
  expect(await waiting(late.userId)).toEqual([dropped]);
  expect((await waiting(other.userId)).sort()).toEqual([['collected', null], dropped].sort());
});

describe('responses that wait to be told of', () => {
  /** Mail waits until eight in the morning. */
  const atNight = async () => {
    const client = fix.someone();
    await put(client.userId, 0, { quietHours: { from: '23:00', to: '08:00' } });
    await fix.untilHour(21); // midnight in Moscow
    const order = { orderId: newId(), title: 'Вывеска', clientId: client.userId, process: 1 };
    const respondLater = (displayName: string) => {
      const response = { ...order, responseId: newId(), freelancerId: fix.someone({ displayName }).userId };
      const send = async (amount: string) => {
        const data = { ...response, price: { amount, currency: 'RUB' }, first: false };
        await fix.publish('orders.response.submitted.v1', data, { subject: response.responseId });
        await fix.settled();
      };
      return { ...response, send };
    };
    const respond = async (displayName: string, amount: string) => {
      const { send, ...response } = respondLater(displayName);
      await send(amount);
      return response;
    };
    const change = async ({ send: _, ...response }: { responseId: string; send?: unknown }, data: object) => {
      await fix.publish(
        'orders.response.changed.v1',
        { ...response, actorKind: 'freelancer', reason: null, ...data },
        { subject: response.responseId },
      );
      await fix.settled();
    };
    const waiting = async () =>
      (await fix.deliveries(client.userId))
        .filter((row) => row.event === 'response_new')
        .map((row) => [row.state, row.reason]);
    const mails = async () => {
      await fix.platform.advance(8 * HOUR + MINUTE);
      const sent = await fix.sentTo(client.email);
      return sent.map((mail) => mail.text).filter((text) => text.includes('откликнулись'));
    };
    return { client, respond, respondLater, change, waiting, mails };
  };
  const withdrawn = { status: 'withdrawn', action: 'withdraw' };

  test('one that is withdrawn is not told of; the others are, by who is left', async () => {
    const { client, respond, change, waiting, mails } = await atNight();
    const [anna, , vera] = [
      await respond('Анна', '100000'),
      await respond('Борис', '200000'),
      await respond('Вера', '300000'),
    ];
    await change(vera, withdrawn);
    expect(await fix.list(client.userId)).toMatchObject([
      { event: 'response_withdrawn' },
      { event: 'response_new', count: 2, text: expect.stringContaining('Борис') },
    ]);
    await change(anna, withdrawn);
    expect(await waiting()).toEqual([['queued', 'quiet hours']]);
    const [text, ...more] = await mails();
    expect(more).toEqual([]);
    expect(text).toMatch(/откликнулись: Борис, цена 2\s000,00/);
    expect(text).not.toContain('откликов');
    expect(await fix.unread(client.userId)).toBe(3);
  });

  test('a withdrawal that overtakes its response: neither is told of as new', async () => {
    const { client, change, respondLater, mails } = await atNight();
    const response = respondLater('Анна');
    await change(response, withdrawn);
    await response.send('100000');
    expect(await fix.list(client.userId)).toMatchObject([{ event: 'response_withdrawn' }]);
    expect(await mails()).toEqual([]);
  });

  test('several at once are one, whoever takes them; what was read in the app is not mailed', async () => {
    const { client, respondLater, mails } = await atNight();
    await Promise.all(['Анна', 'Борис', 'Вера', 'Глеб'].map((name) => respondLater(name).send('100000')));
    expect(await fix.list(client.userId)).toMatchObject([{ event: 'response_new', count: 4 }]);
    await fix.as(client.userId, 'markAllRead', {});
    expect(await mails()).toEqual([]);
  });

  test('on a digest, what was read as one in the app is not told of', async () => {
    const { client, respondLater } = await atNight();
    await put(client.userId, 1, { quietHours: null, digest: 'hourly' });
    for (const name of ['Анна', 'Борис']) await respondLater(name).send('100000');
    await fix.as(client.userId, 'markAllRead', {});
    await respondLater('Вера').send('100000');
    await fix.platform.advance(HOUR + MINUTE);
    expect(await fix.sentTo(client.email)).toMatchObject([{ subject: 'Artel: новых событий — 1' }]);
  });

  test('who is on the shortlist hears of it though he edits his offer, and does not once he is declined', async () => {
    const { client, change, respond } = await atNight();
    const freelancer = fix.someone({ displayName: 'Анна' });
    await put(freelancer.userId, 0, { digest: 'daily' });
    const response = { ...(await respond('Анна', '100000')), freelancerId: freelancer.userId };
    const waiting = async () =>
      (await fix.deliveries(freelancer.userId))
        .filter((row) => row.event === 'response_shortlisted')
        .map((row) => row.state);
    await change(response, { status: 'shortlisted', action: 'shortlist', actorKind: 'client' });
    await change(response, { status: 'shortlisted', action: 'edit', price: sum });
    expect(await waiting()).toEqual(['collected']);
    await change(response, { status: 'declined', action: 'decline', actorKind: 'client' });
    expect(await waiting()).toEqual(['dropped']);
    expect(await fix.list(client.userId)).toMatchObject([{ event: 'response_edited' }, { event: 'response_new' }]);
  });

  test('the last one that is withdrawn leaves nothing to tell, in the app neither', async () => {
    const { client, respond, change, waiting, mails } = await atNight();
    await change(await respond('Анна', '100000'), withdrawn);
    expect(await waiting()).toEqual([['dropped', 'no longer true']]);
    expect(await fix.list(client.userId)).toMatchObject([{ event: 'response_withdrawn' }]);
    expect(await mails()).toEqual([]);
  });

  test('one that has changed is told of at its new price', async () => {
    const { respond, change, mails } = await atNight();
    const price = { amount: '150000', currency: 'RUB' };
    await change(await respond('Анна', '100000'), { status: 'submitted', action: 'edit', price });
    expect(await mails()).toEqual([expect.stringMatching(/Анна, цена 1\s500,00/)]);
  });

  test('what the client has decided on needs no mail, and stays in his list', async () => {
    const { client, respond, change, waiting } = await atNight();
    const decided = { status: 'declined', action: 'decline', actorKind: 'client' };
    await change(await respond('Анна', '100000'), decided);
    expect(await waiting()).toEqual([['dropped', 'read']]);
    expect(await fix.list(client.userId)).toMatchObject([{ event: 'response_new' }]);
  });
});

test('a counter-offer that was answered is not mailed', async () => {
  const [client, freelancer] = [fix.someone(), fix.someone()];
  await put(freelancer.userId, 0, { digest: 'daily' });
  const response = {
    ...{ responseId: newId(), orderId: newId(), title: 'Вывеска', process: 1, reason: null, status: 'submitted' },
    ...{ clientId: client.userId, freelancerId: freelancer.userId },
  };
  const waiting = async () => {
    await fix.settled();
    return (await fix.deliveries(freelancer.userId))
      .filter((row) => row.event === 'response_countered')
      .map((row) => row.state);
  };
  const move = (action: string, actorKind: string) =>
    fix.publish('orders.response.changed.v1', { ...response, action, actorKind, price: sum });
  await move('counter', 'client');
  expect(await waiting()).toEqual(['collected']);
  await move('accept_counter', 'freelancer');
  expect(await waiting()).toEqual(['dropped']);
});

describe('what waits and asks for what is done is dropped', () => {
  const deal = async () => {
    const [client, freelancer] = [fix.someone(), fix.someone()];
    for (const { userId } of [client, freelancer]) await put(userId, 0, { digest: 'hourly' });
    const order = { orderId: newId(), title: 'Сайт', clientId: client.userId, freelancerId: freelancer.userId };
    const waiting = async (event: string) => {
      await fix.settled();
      const all = [...(await fix.deliveries(client.userId)), ...(await fix.deliveries(freelancer.userId))];
      return all.filter((row) => row.event === event).map((row) => row.state);
    };
    return { order: { ...order, process: 1, reason: null }, client, freelancer, waiting };
  };

  test('a delivery that was accepted, a revision that was delivered', async () => {
    const { order, client, freelancer, waiting } = await deal();
    const ends = { category: 'web', price: null, deadline: null, onTime: null };
    const move = (from: string, to: string, action: string, actorKind: 'client' | 'freelancer') =>
      fix.publish('orders.order.status-changed.v1', {
        ...{ ...order, ...ends, from, to, action, actorKind },
        actorId: actorKind === 'client' ? client.userId : freelancer.userId,
      });
    await move('in_progress', 'delivered', 'deliver', 'freelancer');
    expect(await waiting('order_delivered')).toEqual(['collected']);
    await move('delivered', 'in_progress', 'request_revision', 'client');
    expect(await waiting('order_delivered')).toEqual(['dropped']);
    expect(await waiting('order_revision')).toEqual(['collected']);
    await move('in_progress', 'delivered', 'deliver', 'freelancer');
    expect(await waiting('order_revision')).toEqual(['dropped']);
    // It goes on from there when the dispute is over.
    await move('delivered', 'disputed', 'dispute', 'freelancer');
    expect((await waiting('order_delivered')).sort()).toEqual(['collected', 'dropped']);
  });

  test('a week that is paid needs no approval; the other is still to be approved', async () => {
    const { order, waiting } = await deal();
    const week = (number: number, from: string, to: string, action: string, actorKind: string) =>
      fix.publish('orders.week.changed.v1', {
        ...{ ...order, process: 2, weekId: newId(), category: 'web', number, from, to, action, actorKind },
        ...{ minutes: 60, amount: sum, actorId: null },
      });
    for (const number of [1, 2]) await week(number, 'open', 'submitted', 'submit', 'system');
    expect(await waiting('week_submitted')).toEqual(['collected', 'collected']);
    await week(1, 'submitted', 'approved', 'approve', 'client');
    expect((await waiting('week_submitted')).sort()).toEqual(['collected', 'dropped']);
  });

  test('a milestone, a proposal: only that of which it was asked', async () => {
    const { order, client, freelancer, waiting } = await deal();
    const [first, second] = [newId(), newId()];
    const part = (milestoneId: string, from: string, to: string, action: string, actorKind: string) =>
      fix.publish('orders.milestone.changed.v1', {
        ...{ ...order, milestoneId, milestoneTitle: 'Макет', from, to, action, actorKind, amount: sum },
        actorId: freelancer.userId,
      });
    for (const id of [first, second]) await part(id, 'in_progress', 'delivered', 'deliver', 'freelancer');
    expect(await waiting('milestone_delivered')).toEqual(['collected', 'collected']);
    await part(first, 'delivered', 'completed', 'complete', 'client');
    expect((await waiting('milestone_delivered')).sort()).toEqual(['collected', 'dropped']);
    const propose = (proposalId: string, status: string, action: string, actorId: string) =>
      fix.publish('orders.proposal.changed.v1', {
        ...{ ...order, proposalId, kind: 'deadline', by: 'client', status, action, actorId },
      });
    await propose(first, 'open', 'propose', client.userId);
    await propose(second, 'open', 'propose', client.userId);
    expect(await waiting('proposal_new')).toEqual(['collected', 'collected']);
    await propose(second, 'agreed', 'agree', freelancer.userId);
    expect((await waiting('proposal_new')).sort()).toEqual(['collected', 'dropped']);
  });
});
