/** The administration (D1–D5, I23, I24, P4, P5, F4, F15): people, staff, settings, dictionaries, the log, running it. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import { SERVICES } from '#contracts/common/define.ts';
import type { Bus } from '#kit/bus/bus.ts';
import { Api } from '../api.ts';
import { PASSWORD, RUB } from '../deal.ts';
import { keeperOf } from '../keeper.ts';
import { ADMIN, mailTo, type World } from '../world.ts';
import { DAY, joinStaff, MINUTE, pairWithMoney, runningDeal, withSetting } from './care-people.ts';
import { DICTIONARIES } from './care-dictionaries.ts';
import { newAdmin, newPerson, signInAgain } from './people.ts';
import type { Walk } from './walk.ts';

const signIn = (api: Api, expected: number) =>
  new Api(api.world).post('/sessions', { email: api.email, password: PASSWORD }, { expect: expected });

const blocks: Walk = {
  name: 'D1, I23: the card of a user; a block ends by its date; what is heavy needs a second admin; an erasure leaves nothing to sign in to',
  async run(world) {
    const admin = await newAdmin(world);
    const second = await joinStaff(admin, 'Аглая Вторая', 'admin');
    const { client, freelancer } = await pairWithMoney(world, ['Богдан Карточка', 'Варвара Сделка']);
    await runningDeal(client, freelancer, 'Этикетка для мёда');
    await client.post('/tickets', { kind: 'question', subject: 'Где акт?', text: 'Не нахожу акт за месяц.' });
    const found = (await admin.get(`/admin/users?q=${encodeURIComponent('Богдан Карт')}`)).body.items;
    expect(found.map((one: { userId: string }) => one.userId)).toEqual([client.userId]);
    const card = (await admin.get(`/admin/users/${client.userId}`)).body;
    expect(card).toMatchObject({
      roles: ['client'],
      blocks: [],
      deals: { asClient: [{ status: 'in_progress', count: 1 }] },
      money: [{ currency: 'RUB', available: RUB(15_900), escrow: RUB(4_000) }],
      tickets: [{ subject: 'Где акт?' }],
    });
    const path = `/admin/users/${client.userId}`;
    const bytes = Buffer.from('переписка');
    const proof = await admin.post('/admin/evidence?fileName=proof.txt', undefined, { bytes });
    const until = new Date(world.now().getTime() + DAY).toISOString();
    const evidence = [{ kind: 'file', evidenceId: proof.body.evidenceId }];
    await admin.post(`${path}/block`, { rule: 'spam', reason: 'Рассылка', until, deals: 'leave', evidence });
    await world.drain();
    await signIn(client, 401);
    await world.advance(DAY + MINUTE);
    await signInAgain(admin, second, freelancer);
    await signIn(client, 200);
    const [block] = (await admin.get(path)).body.blocks;
    expect(block).toMatchObject({ rule: 'spam', blockedBy: admin.userId, liftedBy: null });
    expect([block.liftedAt === null, block.evidence[0].fileName]).toEqual([false, 'proof.txt']);
    await withSetting(admin, 'admin.second-person', { permanentBlock: true, erasure: true }, async () => {
      const forever = { rule: 'fraud', reason: 'Поддельные отзывы', until: null, deals: 'leave' };
      const proposed = await admin.post(`${path}/block`, forever, { expect: 409 });
      expect(proposed.body.code).toBe('admin.second_admin_needed');
      await signIn(client, 200);
      await admin.post(`${path}/block`, forever, { expect: 409 });
      expect((await second.post(`${path}/block`, { ...forever, deals: 'freeze' }, { expect: 409 })).body.code).toBe(
        'admin.proposal_differs',
      );
      await second.post(`${path}/block`, forever);
      await world.drain();
      await signIn(client, 401);
      await second.post(`${path}/unblock`, { reason: 'Отзывы настоящие' });
      await world.drain();
      await signIn(client, 200);
      const gone = `/admin/users/${(await newPerson(world, 'Галина Уходит', ['client'])).userId}/erasure`;
      const reason = { reason: 'Запрос субъекта персональных данных' };
      expect((await admin.post(gone, reason, { expect: 409 })).body.code).toBe('admin.second_admin_needed');
      expect((await second.post(gone, reason)).body.status).toBe('erased');
    });
    await admin.post(`/admin/users/${admin.userId}/block`, { rule: 'spam', reason: 'Сам себя' }, { expect: 409 });
  },
};

const staff: Walk = {
  name: 'D2, I24: staff is invited, planned in shifts and shown with its load; rights act at once',
  async run(world) {
    const admin = await newAdmin(world);
    const support = await joinStaff(admin, 'Дарина Смена', 'support', 'en');
    const author = await newPerson(world, 'Ефим Вопрос', ['client']);
    const member = async () =>
      (await admin.get('/admin/staff')).body.items.find((one: { userId: string }) => one.userId === support.userId);
    expect(await member()).toMatchObject({ roles: ['support'], openTickets: 0, present: false });
    const always = [1, 2, 3, 4, 5, 6, 7].map((day) => ({ day, from: '00:00', to: '23:59' }));
    const shifts = { timeZone: 'Europe/Moscow', items: always };
    await admin.put(`/admin/staff/${support.userId}/shifts`, shifts);
    expect(await member()).toMatchObject({ present: true, shifts });
    const ticket = { kind: 'question', subject: 'Смена', text: 'Кто сейчас на работе?' };
    const { ticketId } = (await author.post('/tickets', ticket)).body;
    await support.until(`/tickets/${ticketId}`, (body) => body.assigneeId === support.userId);
    expect((await member()).openTickets).toBeGreaterThanOrEqual(1);
    await admin.put(`/admin/staff/${support.userId}/shifts`, { ...shifts, items: [] });
    await admin.put(`/admin/users/${support.userId}/roles`, { roles: [], reason: 'Уволилась' });
    await world.drain();
    await support.get('/support/queue', { expect: [401, 403] });
    // The desk goes back to the queue.
    await admin.until(`/admin/tickets/${ticketId}`, (body) => body.assigneeId === null);
  },
};

const settings: Walk = {
  name: 'D3: settings are typed, versioned, act from their date, are compared and rolled back',
  async run(world) {
    const admin = await newAdmin(world);
    const path = '/admin/settings/orders.saved-searches';
    const read = async () => (await admin.get(path)).body;
    const put = async (value: unknown, more: object = {}, expected = 200) =>
      await admin.put(
        path,
        { value, reason: 'Проверка', ...more },
        { ifMatch: `"${(await read()).version}"`, expect: expected },
      );
    const first = await read();
    for (const value of [{ perPerson: '3' }, { perPerson: 0 }, { perPerson: 3, more: 1 }, 3])
      expect((await put(value, {}, 400)).body.code).toBe('admin.setting_faulty');
    expect((await put({ perPerson: 3 }, { actsFrom: '2020-01-01T00:00:00Z' }, 400)).body.code).toBe(
      'admin.setting_in_past',
    );
    await put({ perPerson: 1 });
    await world.drain();
    const person = await newPerson(world, 'Жорж Поиск', ['freelancer']);
    const search = (name: string, expected: number) =>
      person.post('/me/saved-searches', { name, query: { q: 'логотип' } }, { expect: expected });
    await search('раз', 201);
    await search('два', 409);
    const tomorrow = new Date(world.now().getTime() + DAY).toISOString();
    const planned = (await put({ perPerson: 2 }, { actsFrom: tomorrow })).body;
    expect(planned).toMatchObject({ inForce: { value: { perPerson: 1 } }, planned: [{ value: { perPerson: 2 } }] });
    await world.drain();
    await search('два', 409);
    await world.advance(DAY + MINUTE);
    await signInAgain(admin, person);
    await search('два', 201);
    const now = await read();
    const { changes } = (await admin.get(`${path}/diff?from=${first.version}&to=${now.version}`)).body;
    expect(changes).toEqual([{ path: '/perPerson', before: first.inForce.value.perPerson, after: 2 }]);
    const back = { version: first.version, reason: 'Как было' };
    const rolled = (await admin.post(`${path}/rollback`, back, { ifMatch: `"${now.version}"` })).body;
    expect(rolled.inForce.value).toEqual(first.inForce.value);
    expect((await admin.get(`${path}/history`)).body.items.length).toBe(
      rolled.version - first.version + 1 + (first.version - 1),
    );
    await world.drain();
    await search('три', 201);
  },
};

const log: Walk = {
  name: 'P4, P5, D4: the log is one chain with refusals in it, searched, and exported as inert CSV',
  async run(world) {
    const admin = await newAdmin(world);
    const nosy = await newPerson(world, 'Капитон Чужой', ['client']);
    await nosy.get('/admin/users', { expect: 403 });
    const reason = `=1+1 проверка ${randomUUID()}`;
    const victim = await newPerson(world, 'Лукерья Журнал', ['client']);
    const block = { rule: 'spam', reason, until: new Date(world.now().getTime() + DAY).toISOString(), deals: 'leave' };
    await admin.post(`/admin/users/${victim.userId}/block`, block);
    await admin.post(`/admin/users/${admin.userId}/block`, block, { expect: 409 });
    await world.drain();
    const by = async (query: Record<string, string>) =>
      (await admin.get(`/admin/audit-log?${new URLSearchParams({ limit: '100', ...query })}`)).body.items;
    const [done, refused] = [
      await by({ targetId: victim.userId }),
      await by({ targetId: admin.userId, outcome: 'refused' }),
    ];
    const act = done.find((one: { reason: string | null }) => one.reason === reason);
    expect(act).toMatchObject({ actorId: admin.userId, outcome: 'done', address: expect.any(String) });
    expect(refused[0]).toMatchObject({ code: 'admin.own_account' });
    await admin.until(`/admin/audit-log?actorId=${nosy.userId}&outcome=refused`, (body) => body.items.length > 0);
    expect(await by({ q: reason.slice(-12) })).not.toEqual([]);
    const query = new URLSearchParams({ targetId: victim.userId, format: 'csv' });
    const csv = Buffer.from((await admin.get(`/admin/audit-log/export?${query}`)).body).toString();
    expect(csv).toContain("'=1+1");
    expect(csv).not.toMatch(/(^|,)"?=1\+1/m);
    const chain = (await admin.get('/admin/audit-log/verification')).body;
    expect(chain).toMatchObject({ intact: true, fault: null });
    expect(Number(chain.entries)).toBeGreaterThan(3);
    await nosy.get('/admin/audit-log', { expect: 403 });
    await nosy.get('/admin/audit-log/export', { expect: 403 });
  },
};

/** The transport itself: what a faulty release or a stranger on the broker would put there. */
function busOf(world: World): Bus {
  const both = world as World & { bus?: Bus; platform?: { bus: Bus } };
  return (both.bus ?? both.platform?.bus) as Bus;
}

const letters: Walk = {
  name: 'F4, D4: what a service can not take lies in its dead letters, is seen, sent again and discarded with a reason, and blocks nothing',
  async run(world) {
    const admin = await newAdmin(world);
    const socket = await admin.socket();
    await admin.get('/admin/health');
    const type = 'messenger.conversation.read.v1';
    const id = randomUUID();
    await busOf(world).publish([
      {
        specversion: '1.0',
        id,
        type,
        source: '/services/messenger',
        subject: id,
        time: world.now().toISOString(),
        datacontenttype: 'application/json',
        data: { canary: 'poison' },
      },
    ]);
    const list = '/admin/dead-letters?service=notifications';
    const dead = async () => (await admin.until(list, (body) => body.items.length === 1)).items[0];
    const letter = await dead();
    expect(letter.type).toBe(type);
    // Who looks at the health of the platform is told to look again.
    await socket.wait((frame) => frame.type === 'health');
    socket.close();
    const path = `/admin/dead-letters/notifications/${encodeURIComponent(letter.id)}`;
    expect((await admin.get(path)).body.body).toContain('poison');
    const health = (await admin.get('/admin/health')).body;
    expect(health.services.find((one: { service: string }) => one.service === 'notifications').dead).toBe(1);
    await admin.post(`${path}/replay`, {});
    const again = await dead();
    const discard = `/admin/dead-letters/notifications/${encodeURIComponent(again.id)}/discard`;
    await admin.post(discard, {}, { expect: 400 });
    await admin.post(discard, { reason: 'Не событие' });
    expect((await admin.get(list)).body.items).toEqual([]);
    const acts = (await admin.get('/admin/audit-log?limit=20')).body.items.map((one: { action: string }) => one.action);
    expect(acts.join(' ')).toMatch(/discard.*replay/);
  },
};

const health: Walk = {
  name: 'D4, F15: health of every service with its outbox and queue; a backup is made, verified, prepared for a restoration and withdrawn from the panel',
  async run(world) {
    const admin = await newAdmin(world);
    await world.drain();
    const seen = (await admin.get('/admin/health')).body;
    expect(seen).toMatchObject({ ready: true, transport: true, database: true });
    expect(seen.services.map((one: { service: string }) => one.service).sort()).toEqual([...SERVICES].sort());
    for (const one of seen.services) {
      expect(one.answering, one.service).toBe(true);
      if (one.service !== 'gateway') expect(one, one.service).toMatchObject({ outbox: 0, waiting: 0, dead: 0 });
    }
    // Apart the process of admin keeps the backups; in one process the test does.
    const keeper = 'replicas' in world ? undefined : keeperOf(world);
    type Task = { taskId: string; state: string };
    const ended = async ({ taskId }: Task) => {
      await keeper?.work();
      return await admin.until(`/admin/backup-tasks/${taskId}`, ({ state }) => state === 'done' || state === 'failed');
    };
    try {
      const asked = (await admin.post('/admin/backups', { reason: 'Перед работами' }, { expect: 202 })).body;
      expect((await admin.post('/admin/backups', {}, { expect: 409 })).body.code).toBe('admin.backup_busy');
      const task = await ended(asked);
      expect(task).toMatchObject({ state: 'done', fault: null, done: task.parts });
      const path = `/admin/backups/${task.backup}`;
      await ended((await admin.post(`${path}/verification`, undefined, { expect: 202 })).body);
      const [backup] = (await admin.get('/admin/backups')).body.items;
      expect(backup.verification).toMatchObject({ by: admin.userId, result: 'restored', fault: null });
      const reason = 'Испорченные данные';
      const wrong = await admin.post(`${path}/restoration`, { confirm: 'нет', reason }, { expect: 400 });
      expect(wrong.body.code).toBe('admin.not_confirmed');
      await ended((await admin.post(`${path}/restoration`, { confirm: task.backup, reason }, { expect: 202 })).body);
      const { restoration } = (await admin.get('/admin/backups')).body;
      expect(restoration).toMatchObject({ backup: task.backup, state: 'done' });
      await ended((await admin.post('/admin/restoration/withdrawal', { reason: 'Обошлось' }, { expect: 202 })).body);
      expect((await admin.get('/admin/backups')).body.restoration).toBeNull();
      expect((await admin.get('/admin/health')).body.lastBackupAt).not.toBeNull();
    } finally {
      await keeper?.close();
    }
  },
};

const escalations: Walk = {
  name: 'D5, E11, E12: an escalated ticket is answered by the administration; a notice reaches people in their language',
  async run(world) {
    const admin = await newAdmin(world);
    const support = await joinStaff(admin, 'Мирон Передал');
    const author = await newPerson(world, 'Nina Asks', ['client'], 'en');
    const ticket = { kind: 'complaint', subject: 'Unfair limit', text: 'Please raise my limit for uploads.' };
    const { ticketId } = (await author.post('/tickets', ticket)).body;
    await support.post(`/tickets/${ticketId}/escalation`, { reason: 'Решает администрация.' });
    const open = await admin.until('/admin/escalations?status=open', (body) => JSON.stringify(body).includes(ticketId));
    expect(open.items[0]).toMatchObject({ escalatedBy: support.userId, reason: 'Решает администрация.' });
    const decision = { decision: { kind: 'answer', text: 'The limit is raised.' } };
    await admin.post(`/admin/escalations/${ticketId}/decision`, decision);
    await admin.post(`/admin/escalations/${ticketId}/decision`, decision, { expect: 409 });
    const thread = (await author.get(`/tickets/${ticketId}`)).body;
    expect(thread.messages.at(-1)).toMatchObject({ text: 'The limit is raised.', authorId: null });
    const title = { ru: 'Работы ночью', en: 'Work at night' };
    const text = { ru: 'Ночью будут технические работы.', en: 'There will be maintenance at night.' };
    await admin.post('/admin/notices', { recipientIds: [author.userId, support.userId], title, text, critical: true });
    await world.drain();
    await mailTo(world, author.email, { subject: 'Work at night' });
    await mailTo(world, support.email, { subject: 'Работы ночью' });
    expect((await author.get('/notifications')).body.items[0].title).toBe('Work at night');
    expect(ADMIN.email).toBe(admin.email);
  },
};

export const ADMINISTRATION: readonly Walk[] = [
  blocks,
  staff,
  settings,
  ...DICTIONARIES,
  log,
  letters,
  health,
  escalations,
];
