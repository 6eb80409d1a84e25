import { randomUUID } from 'node:crypto';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { contracts } from '#contracts/all.ts';
import type { Access, Bytes, Contract, Route } from '#contracts/common/define.ts';
import type { OwnerRule } from '#contracts/common/owners.ts';
import { publicPath } from '#kit/docs/openapi.ts';
import { isBytes } from '#kit/service/dispatch.ts';
import { Api } from './api.ts';
import { DRAFT, PASSWORD, registerAndConfirm, RUB, topUp } from './deal.ts';
import { ADMIN, type World } from './world.ts';

const all = Object.values(contracts) as Contract[];
const permissions = Object.assign({}, ...all.map((contract) => contract.permissions)) as Contract['permissions'];
const routes = all.flatMap((contract) =>
  Object.entries(contract.http)
    .filter(([, route]) => route.access.kind !== 'service')
    .map(([name, route]) => ({ name: `${contract.name}.${name}`, route: route as Route })),
);
const ROLES = ['freelancer', 'client', 'support', 'admin'] as const;

/** Z1, Z2: every public route, asked over HTTP by every role, and with the ids of somebody else. */
export function rightsStory(start: () => Promise<World>): void {
  let world: World;
  const actors = new Map<string, Api>();
  let client: Api;
  let freelancer: Api;
  let stranger: Api;
  /** Ids of the two parties, by the name of the parameter. */
  const theirs: Record<string, string> = {};

  beforeAll(async () => {
    world = await start();
    await world.drain();
    for (const role of ROLES) {
      const api = new Api(world);
      const open = role === 'freelancer' || role === 'client';
      await registerAndConfirm(api, { name: role, roles: [open ? role : 'client'], locale: 'ru' });
      if (!open) await give(api, [role]);
      actors.set(role, api);
    }
    [client, freelancer, stranger] = [new Api(world), new Api(world), new Api(world)];
    await registerAndConfirm(client, { name: 'Хозяйка', roles: ['client'], locale: 'ru' });
    await registerAndConfirm(freelancer, { name: 'Хозяин', roles: ['freelancer'], locale: 'ru' });
    await registerAndConfirm(stranger, { name: 'Чужой', roles: ['freelancer', 'client'], locale: 'ru' });
    await makeBelongings();
  }, 360_000);
  afterAll(() => world?.close(), 60_000);

  async function give(api: Api, roles: string[]): Promise<void> {
    const admin = new Api(world);
    await admin.signIn(ADMIN.email, ADMIN.password);
    await admin.put(`/admin/users/${api.userId}/roles`, { roles, reason: 'для проверки прав' });
    await world.drain();
    await api.signIn(api.email, PASSWORD);
  }

  /** A running deal with everything that a route can name. */
  async function makeBelongings(): Promise<void> {
    await topUp(client, 20_000);
    theirs.topupId = (await client.post('/top-ups', { amount: RUB(10) })).body.topupId;
    const { orderId } = (await client.post('/orders', DRAFT)).body;
    await client.post(`/orders/${orderId}/publication`, undefined, { expect: 202 });
    await client.until(`/orders/${orderId}`, (order) => order.status === 'published');
    const offer = { price: RUB(10_000), days: 7, letter: 'Сделаю хорошо и вовремя.' };
    const { responseId } = (await freelancer.post(`/orders/${orderId}/responses`, offer)).body;
    await client.post(`/orders/${orderId}/responses/${responseId}/acceptance`, undefined, { expect: 202 });
    await client.until(`/orders/${orderId}`, (order) => order.status === 'in_progress');
    const { conversationId } = (await freelancer.until('/conversations', (body) => body.items.length > 0)).items[0];
    const talk = `/conversations/${conversationId}`;
    const file = await client.post(`${talk}/attachments?fileName=a.txt`, undefined, { bytes: Buffer.from('тайна') });
    theirs.messageId = randomUUID();
    const { attachmentId } = file.body;
    await client.post(`${talk}/messages`, {
      messageId: theirs.messageId,
      text: 'тайна',
      attachmentIds: [attachmentId],
    });
    const { itemId } = (await freelancer.post('/me/portfolio', { title: 'Работа' })).body;
    const bytes = await sharp({ create: { width: 8, height: 8, channels: 3, background: '#b53' } })
      .png()
      .toBuffer();
    const image = await freelancer.post(`/me/portfolio/${itemId}/images`, undefined, {
      bytes,
      contentType: 'image/png',
    });
    const { ticketId } = (await client.post('/tickets', { kind: 'question', subject: 'Вопрос', text: 'Как быть?' }))
      .body;
    const { exportId } = (await client.post('/me/exports', undefined, { expect: 202 })).body;
    await client.until('/me/exports', (body) => body.items[0].status === 'ready');
    const hook = { url: 'https://hooks.invalid/artel', events: ['order.status_changed'] };
    theirs.endpointId = (await client.post('/me/webhooks', hook)).body.endpointId;
    const tried = await client.post(`/me/webhooks/${theirs.endpointId}/tests`, undefined, { expect: 202 });
    theirs.callId = tried.body.callId;
    const { notificationId } = (await client.until('/notifications', (body) => body.items.length > 0)).items[0];
    const { sessionId } = (await client.get('/sessions')).body.items[0];
    Object.assign(theirs, { orderId, responseId, conversationId, attachmentId, itemId, ticketId, exportId });
    Object.assign(theirs, { notificationId, sessionId, imageId: image.body.images[0].imageId });
  }

  function pathOf(route: Route, ids: Record<string, string>): string {
    const examples = (route.example?.params ?? {}) as Record<string, string>;
    return publicPath(route)
      .replace(/\{(\w+)\}/g, (_whole, name: string) => ids[name] ?? examples[name] ?? randomUUID())
      .replace(/^\/api\/v1/, '');
  }

  /** A media type that the route takes. */
  const typeOf = ({ types: [first = ''] }: Bytes) =>
    first === '*/*' ? 'image/png' : first.replace('image/*', 'image/png');

  /** Carries no body. */
  const reads = (route: Route) => route.method === 'GET' || route.method === 'HEAD';

  /** Asks without acting: access comes before validation, and a body that is no object is none that fits. */
  async function ask(
    api: Api,
    route: Route,
    ids: Record<string, string> = {},
  ): Promise<{ status: number; code?: string }> {
    const read = reads(route);
    const query = new URLSearchParams((route.example?.query ?? {}) as Record<string, string>);
    const answer = await api.call(route.method, `${pathOf(route, ids)}?${query}`, {
      ...(read || isBytes(route.body) ? {} : { body: [] }),
      key: false,
      expect: [...Array(400).keys()].map((n) => n + 200),
    });
    return { status: answer.status, code: answer.body?.code };
  }

  /** Acts by itself, without a body: not asked of those who may. */
  const acts = (route: Route) => route.method !== 'GET' && route.body === undefined;

  test.each([null, ...ROLES])(
    'Z1: the whole matrix over HTTP: %s',
    async (role) => {
      const api = role === null ? new Api(world) : (actors.get(role) as Api);
      const wrong: string[] = [];
      let asked = 0;
      for (const { name, route } of routes) {
        const { access } = route;
        const permission = access.kind === 'user' ? access.permission : null;
        const may =
          access.kind === 'guest' ||
          (role !== null && (permission === null || permissions[permission]?.roles.includes(role) === true));
        if (may && (acts(route) || route.cookies)) continue;
        asked++;
        const { status, code } = await ask(api, route);
        const refused = status === 401 || (status === 403 && code === 'forbidden');
        const expected = may ? 'let in' : role === null ? 401 : 403;
        const fine = may ? !refused || access.kind === 'guest' : status === expected;
        if (!fine || status >= 500) wrong.push(`${name}: ${status} ${code ?? ''}, not ${expected}`);
      }
      expect(wrong).toEqual([]);
      expect(asked).toBeGreaterThan(100);
    },
    240_000,
  );

  const RULES_ASIDE: readonly (OwnerRule | undefined)[] = ['self', 'ticketSubject', 'assignedAgent', undefined];
  /** Routes that name somebody's thing in their path. */
  const owned = routes.filter(({ route }) => route.access.kind === 'user' && !RULES_ASIDE.includes(route.access.owner));

  /** Staff sees tickets of others: not asked to act on them. */
  const seenByStaff = (access: Access) => access.kind === 'user' && access.owner === 'ticketOrStaff';

  test.each([...ROLES, 'stranger'] as const)(
    'Z2: role × endpoint × ownership: whatever is somebody else’s is not found, by every route that names an owner: %s',
    async (role) => {
      const api = role === 'stranger' ? stranger : (actors.get(role) as Api);
      const roles = role === 'stranger' ? ['freelancer', 'client'] : [role];
      const wrong: string[] = [];
      let named = 0;
      for (const { name, route } of owned) {
        const { access } = route;
        const permission = access.kind === 'user' ? access.permission : null;
        const may = permission === null || permissions[permission]?.roles.some((one) => roles.includes(one));
        if (may && seenByStaff(access) && (role === 'support' || role === 'admin')) continue;
        const wanted = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
        if (wanted.length === 0) continue;
        if (wanted.every((one) => theirs[one] !== undefined)) named++;
        const answer = await api.call(route.method, pathOf(route, theirs), {
          body: isBytes(route.body) || reads(route) ? undefined : (route.example?.body ?? {}),
          ...(isBytes(route.body) ? { bytes: Buffer.from('x'), contentType: typeOf(route.body) } : {}),
          ifMatch: '"1"',
          expect: [...Array(400).keys()].map((n) => n + 200),
        });
        // What does not fit the schema is told first; it says nothing of the thing.
        const fine = may
          ? answer.status === 404 || answer.body?.code === 'validation_failed'
          : // An answer to HEAD has no body to say why.
            answer.status === 403 && (route.method === 'HEAD' || answer.body?.code === 'forbidden');
        if (!fine) wrong.push(`${name}: ${answer.status} ${answer.body?.code ?? ''}`);
      }
      expect(wrong).toEqual([]);
      expect(named).toBeGreaterThan(role === 'support' || role === 'admin' ? 35 : 40);
    },
    240_000,
  );

  test('Z2: the same ids do open it to their owners', async () => {
    const closed: string[] = [];
    for (const { name, route } of owned) {
      const wanted = [...route.path.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string);
      if (route.method !== 'GET' || !wanted.every((one) => theirs[one] !== undefined)) continue;
      const answers = await Promise.all([client, freelancer].map((api) => ask(api, route, theirs)));
      if (!answers.some((answer) => answer.status === 200)) closed.push(`${name}: ${answers.map((a) => a.status)}`);
    }
    // No dispute, a file that has no preview, a ticket without files.
    expect(closed.map((one) => one.split(':')[0])).toEqual([
      'messenger.getAttachmentPreview',
      'support.getTicketAttachment',
      'support.getSettlement',
    ]);
  });

  test('Z4: a role that is taken is gone within moments, and so is what it allowed', async () => {
    const support = actors.get('support') as Api;
    const { refreshToken } = support;
    support.refreshToken = undefined;
    const admin = new Api(world);
    await admin.signIn(ADMIN.email, ADMIN.password);
    expect((await ask(support, contracts.roles.http.listAllRoles)).status).toBe(403);
    const own = contracts.support.http.getTicketContext as Route;
    expect((await ask(support, own, theirs)).status).toBe(200);
    await admin.put(`/admin/users/${support.userId}/roles`, { roles: ['client'], reason: 'ушёл из поддержки' });
    // By the broadcast: nothing else would do it before the half minute after which the gateway asks again by itself.
    await expect.poll(async () => (await ask(support, own, theirs)).status, { timeout: 15_000 }).not.toBe(200);
    support.refreshToken = refreshToken;
    expect((await ask(support, own, theirs)).status).toBe(403);
  });

  test('P4: what was refused above is in the audit log, by who asked and for what, and bounded', async () => {
    const admin = new Api(world);
    await admin.signIn(ADMIN.email, ADMIN.password);
    const { userId } = actors.get('freelancer') as Api;
    const entries = async () =>
      (await admin.get(`/admin/audit-log?action=access.refused&actorId=${userId}&limit=100`)).body.items as {
        outcome: string;
        code: string;
        targetKind: string;
        targetId: string;
      }[];
    // The gateway tells a few seconds after the first refusal, and counts what comes later.
    const asked = async () => (await entries()).map(({ targetId }) => targetId);
    await expect.poll(asked, { timeout: 45_000, interval: 500 }).toContain('*');
    const all = await entries();
    expect(all.length).toBeGreaterThan(10);
    for (const entry of all)
      expect(entry).toMatchObject({ outcome: 'refused', code: 'forbidden', targetKind: 'route' });
    expect(all.length).toBeLessThan(50);
  });

  test('P4: money, roles, sign-ins and acts of the administration are in the audit log, refusals too', async () => {
    const admin = new Api(world);
    await admin.signIn(ADMIN.email, ADMIN.password);
    await new Api(world).post('/sessions', { email: client.email, password: 'wrong wrong wrong' }, { expect: 401 });
    await world.drain();
    for (const [action, outcome] of [
      ['auth.signed-in', 'done'],
      ['auth.sign-in', 'refused'],
      ['roles.assignment-changed', 'done'],
      ['payments.*', 'done'],
      ['user.roles', 'done'],
    ] as const) {
      const { items } = (await admin.get(`/admin/audit-log?action=${action}&outcome=${outcome}&limit=1`)).body;
      expect(items, action).toHaveLength(1);
    }
    expect((await admin.get('/admin/audit-log/verification')).body).toMatchObject({ intact: true });
  });
}
