import { afterAll, beforeAll, expect, test } from 'vitest';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { seed } from '../seed/seed.ts';
import { type AdminFixture, adminFixture } from './fixture.ts';

const FEE = 'payments.placement-fee';
let fix: AdminFixture;
const seen: { type: string; subject: string; sequence?: string; data: any }[] = [];

beforeAll(async () => {
  fix = await adminFixture();
  await fix.platform.bus.subscribe({
    queue: 'test',
    types: [
      'admin.setting.changed.v1',
      'admin.dictionary.changed.v1',
      'admin.template.changed.v1',
      'admin.template.test-requested.v1',
      'admin.notice.requested.v1',
      'admin.action.logged.v1',
    ],
    prefetch: 10,
    async onBatch(batch) {
      for (const delivery of batch) {
        seen.push(JSON.parse(delivery.raw.toString('utf8')));
        delivery.ack();
      }
    },
  });
});
afterAll(() => fix.platform.close());

const events = async (type: string) => {
  await fix.platform.drain();
  await expect.poll(async () => (await fix.platform.bus.depth('test')).waiting).toBe(0);
  return seen.filter((event) => event.type === type);
};
const put = (key: string, version: number, value: unknown, actsFrom: string | null = null) =>
  fix.call('putSetting', {
    params: { key },
    ifMatch: `"${version}"`,
    body: { value, actsFrom, reason: 'новый прайс' },
  });

test('what ships is there, once, however often it is seeded, and the services were told', async () => {
  const ctx = fix.platform.ctx('admin') as never;
  await Promise.all([seed(ctx), seed(ctx), seed(ctx)]);
  await fix.platform.drain();
  const settings = (await fix.call('listSettings')).body.items;
  expect(settings.find((one: { key: string }) => one.key === FEE)).toMatchObject({
    title: 'Стоимость публикации заказа',
    version: 1,
    inForce: { value: { amount: '10000', currency: 'RUB' } },
    planned: [],
  });
  expect(settings.every((one: { version: number }) => one.version === 1)).toBe(true);
  expect((await fix.platform.bus.depth('payments')).waiting).toBe(settings.length);
  const categories = await fix.call('getDictionary', { user: undefined, params: { name: 'categories' } });
  expect(categories.headers.etag).toBe('"1"');
  expect(categories.body.items).toContainEqual(
    expect.objectContaining({ key: 'logo-design', parent: 'design', title: { ru: 'Логотипы', en: 'Logo design' } }),
  );
});

test('a value acts from its date, is announced with its version, and rolls back', async () => {
  const soon = new Date(fix.platform.clock.nowMs() + 3_600_000).toISOString();
  const planned = await put(FEE, 1, { amount: '20000', currency: 'RUB' }, soon);
  expect(planned.body).toMatchObject({ version: 2, inForce: { version: 1 }, planned: [{ version: 2 }] });
  const fee = async () => (await fix.call('getPublicSettings', { user: undefined })).body.placementFee.amount;
  expect(await fee()).toBe('10000');
  fix.platform.clock.advance(3_600_000);
  expect(await fee()).toBe('20000');
  const back = await fix.call('rollBackSetting', {
    params: { key: FEE },
    ifMatch: '"2"',
    body: { version: 1, reason: 'ошибка' },
  });
  expect(back.headers.etag).toBe('"3"');
  expect(await fee()).toBe('10000');
  const told = (await events('admin.setting.changed.v1')).filter(
    (event) => event.data.key === FEE && event.data.version > 1,
  );
  expect(told.map((event) => [event.sequence, event.data.value.amount])).toEqual([
    ['2', '20000'],
    ['3', '10000'],
  ]);
  expect(new Set(told.map((event) => event.subject)).size).toBe(1);
  const history = (await fix.call('getSettingHistory', { params: { key: FEE }, query: { limit: 2 } })).body;
  expect(history.items.map((one: { version: number }) => one.version)).toEqual([3, 2]);
  expect(
    (await fix.call('getSettingHistory', { params: { key: FEE }, query: { cursor: history.nextCursor } })).body.items,
  ).toMatchObject([{ version: 1, actorId: null }]);
});

test('a faulty, backdated, stale or unknown setting is refused and logged', async () => {
  await expect(put('orders.limits', 1, { revisions: -1 })).rejects.toMatchObject({ code: 'admin.setting_faulty' });
  await expect(
    put('orders.limits', 1, { revisions: 2, liveResponsesPerFreelancer: 10 }, '2020-01-01T00:00:00Z'),
  ).rejects.toMatchObject({ code: 'admin.setting_in_past' });
  await expect(put('orders.limits', 7, { revisions: 2, liveResponsesPerFreelancer: 10 })).rejects.toMatchObject({
    code: 'version_mismatch',
  });
  await expect(put('no.such', 1, {})).rejects.toMatchObject({ code: 'not_found' });
  expect((await fix.log({ targetId: 'orders.limits' })).map((entry) => entry.code)).toEqual([
    'version_mismatch',
    'admin.setting_in_past',
    'admin.setting_faulty',
  ]);
});

test('a setting brings the shape of its value with the names of its fields, for a form (D3)', async () => {
  const { items } = (await fix.call('listSettings', { locale: 'en' })).body;
  const named = (schema: any): boolean =>
    Object.values(schema.properties ?? {}).every(
      (field: any) => typeof field.title === 'string' && ('amount' in (field.properties ?? {}) || named(field)),
    );
  for (const { key, schema } of items) if (!('amount' in schema.properties)) expect(named(schema), key).toBe(true);
  const { schema } = items.find((one: { key: string }) => one.key === 'support.disputes');
  expect(schema.properties.appealDays).toMatchObject({ type: 'integer', minimum: 1, title: 'Time to appeal, days' });
});

test('two admins at once: one of the same version wins', async () => {
  const value = { firstAnswerHours: 4, resolutionHours: 24 };
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => put('support.deadlines', 1, value)));
  expect(results.filter((result) => result.status === 'fulfilled')).toHaveLength(1);
});

test('a dictionary takes entries, keeps two levels, and is announced whole', async () => {
  const putEntry = (name: string, key: string, version: number, body: object) =>
    fix.call('putDictionaryEntry', {
      params: { name, key },
      ifMatch: `"${version}"`,
      body: { title: { ru: 'Стикеры', en: 'Stickers' }, reason: 'спрос', ...body },
    });
  const added = await putEntry('categories', 'stickers', 1, { parent: 'design' });
  expect(added.headers.etag).toBe('"2"');
  await expect(putEntry('categories', 'deeper', 2, { parent: 'stickers' })).rejects.toMatchObject({
    code: 'admin.parent_faulty',
  });
  await expect(putEntry('categories', 'design', 2, { parent: 'video' })).rejects.toMatchObject({
    code: 'admin.parent_faulty',
  });
  await expect(putEntry('countries', 'Russia', 1, {})).rejects.toMatchObject({ code: 'admin.key_faulty' });
  await expect(putEntry('categories', 'stickers', 1, {})).rejects.toMatchObject({ code: 'version_mismatch' });
  const gone = await putEntry('categories', 'stickers', 2, { parent: 'design', deprecated: true });
  expect(gone.body.items).toContainEqual(expect.objectContaining({ key: 'stickers', deprecated: true }));
  const told = (await events('admin.dictionary.changed.v1')).filter(
    (event) => event.data.dictionary === 'categories' && event.data.version > 1,
  );
  expect(told.map((event) => event.data.version)).toEqual([2, 3]);
  expect(told[1]?.data.entries.length).toBe(gone.body.items.length);
});

test('a dictionary: versions are compared, and go back; what came later stays, deprecated, on its level', async () => {
  const name = 'categories';
  const version = async () => (await fix.call('getDictionary', { user: undefined, params: { name } })).body.version;
  const putEntry = async (key: string, body: object) =>
    fix.call('putDictionaryEntry', {
      params: { name, key },
      ifMatch: `"${await version()}"`,
      body: { title: { ru: key, en: key }, reason: 'спрос', ...body },
    });
  await putEntry('toys', { parent: null });
  await putEntry('dolls', { parent: 'toys' });
  const good = await version();
  await putEntry('toys', { title: { ru: 'Опечатка', en: 'Typo' }, parent: null });
  await putEntry('dolls', { parent: null });
  await putEntry('puppets', { parent: 'dolls' });
  const now = await version();
  const { changes } = (await fix.call('diffDictionary', { params: { name }, query: { from: good, to: now } })).body;
  expect(changes).toEqual([
    { path: '/dolls/parent', before: 'toys', after: null },
    { path: '/puppets', before: null, after: expect.objectContaining({ parent: 'dolls' }) },
    { path: '/toys/title/en', before: 'toys', after: 'Typo' },
    { path: '/toys/title/ru', before: 'toys', after: 'Опечатка' },
  ]);
  const back = (at: number, to: number) =>
    fix.call('rollBackDictionary', { params: { name }, ifMatch: `"${at}"`, body: { version: to, reason: 'опечатка' } });
  await expect(back(good, good)).rejects.toMatchObject({ code: 'version_mismatch' });
  await expect(back(now, 99)).rejects.toMatchObject({ code: 'not_found' });
  const { items } = (await back(now, good)).body;
  const entry = (key: string) => items.find((one: { key: string }) => one.key === key);
  expect(entry('toys')).toMatchObject({ title: { ru: 'toys', en: 'toys' }, deprecated: false });
  expect(entry('dolls')).toMatchObject({ parent: 'toys', deprecated: false });
  expect(entry('puppets')).toMatchObject({ parent: null, deprecated: true });
  const told = (await events('admin.dictionary.changed.v1')).at(-1);
  expect(told?.data).toMatchObject({ dictionary: name, version: now + 1, entries: items });
  const history = (await fix.call('getDictionaryHistory', { params: { name }, query: { limit: 2 } })).body;
  expect(history.items).toMatchObject([
    { version: now + 1, reason: 'опечатка', actorId: fix.admin.userId },
    { version: now, reason: 'спрос' },
  ]);
  const first = (await fix.call('getDictionaryHistory', { params: { name }, query: { limit: 100 } })).body.items.at(-1);
  expect(first).toMatchObject({ version: 1, actorId: null, reason: 'shipped' });
  expect((await fix.log({ action: 'dictionary.rollback' })).map((one) => one.outcome)).toEqual([
    'done',
    'refused',
    'refused',
  ]);
});

test('templates: edited, checked, tested, put back', async () => {
  const shipped = { key: 'welcome', locale: 'ru', subject: 'Привет', html: '<p>{{name}}</p>', text: '{{name}}' };
  fix.play('notifications', {
    listTemplates: async () => ({ items: [{ ...shipped, variables: ['name'], version: 0 }] }),
    renderTemplate: async (input: { body: { html: string } }) => {
      if (input.body.html.includes('{{evil}}')) throw new Problem('notifications.template_faulty', { status: 400 });
      return { subject: 's', html: 'h', text: 't' };
    },
  });
  const params = { key: 'welcome', locale: 'ru' };
  const texts = { subject: 'Здравствуйте', html: '<b>{{name}}</b>', text: '{{name}}!' };
  const edit = (version: number, more: object = {}) =>
    fix.call('putTemplate', { params, ifMatch: `"${version}"`, body: { ...texts, reason: 'теплее', ...more } });
  await expect(edit(0, { html: '{{evil}}' })).rejects.toMatchObject({ code: 'notifications.template_faulty' });
  expect((await edit(0)).body).toMatchObject({ version: 1, shipped: false, subject: 'Здравствуйте' });
  await expect(edit(0)).rejects.toMatchObject({ code: 'version_mismatch' });
  expect((await fix.call('listTemplates')).body.items[0]).toMatchObject({ subject: 'Здравствуйте', version: 1 });
  expect((await fix.call('testTemplate', { params, body: texts })).status).toBe(202);
  await fix.call('resetTemplate', { params, ifMatch: '"1"' });
  expect((await fix.call('listTemplates')).body.items[0]).toMatchObject({ subject: 'Привет', shipped: true });
  const told = await events('admin.template.changed.v1');
  expect(told.map((event) => [event.data.version, event.data.shipped, event.data.subject])).toEqual([
    [1, false, 'Здравствуйте'],
    [2, true, 'Привет'],
  ]);
  expect((await events('admin.template.test-requested.v1'))[0]?.data).toMatchObject({ recipientId: fix.admin.userId });
  const history = (await fix.call('getTemplateHistory', { params })).body.items;
  expect(history.map((one: { version: number }) => one.version)).toEqual([2, 1, 0]);
});

test('templates: versions are compared, and one that still fits is put in force again', async () => {
  const shipped = { key: 'goodbye', locale: 'en', subject: 'Bye', html: '<p>{{name}}</p>', text: '{{name}}' };
  let variables = ['name', 'date'];
  fix.play('notifications', {
    listTemplates: async () => ({ items: [{ ...shipped, variables, version: 0 }] }),
    renderTemplate: async (input: { body: { html: string } }) => {
      for (const [, name = ''] of input.body.html.matchAll(/\{\{(\w+)\}\}/g))
        if (!variables.includes(name)) throw new Problem('notifications.template_faulty', { status: 400 });
      return { subject: 's', html: 'h', text: 't' };
    },
  });
  const params = { key: 'goodbye', locale: 'en' };
  const edit = (version: number, html: string) =>
    fix.call('putTemplate', {
      params,
      ifMatch: `"${version}"`,
      body: { subject: 'Bye', html, text: 'x', reason: 'shorter' },
    });
  const back = (at: number, version: number) =>
    fix.call('rollBackTemplate', { params, ifMatch: `"${at}"`, body: { version, reason: 'it was better' } });
  await edit(0, '<p>{{name}} {{date}}</p>');
  await edit(1, '<b>{{name}}</b>');
  const diff = await fix.call('diffTemplate', { params, query: { from: 0, to: 2 } });
  expect(diff.body).toMatchObject({
    from: { version: 0, shipped: true },
    to: { version: 2, shipped: false, reason: 'shorter' },
    changes: [
      { path: '/html', before: shipped.html, after: '<b>{{name}}</b>' },
      { path: '/text', before: shipped.text, after: 'x' },
    ],
  });
  await expect(back(1, 1)).rejects.toMatchObject({ code: 'version_mismatch' });
  await expect(back(2, 7)).rejects.toMatchObject({ code: 'not_found' });
  expect((await back(2, 1)).body).toMatchObject({ version: 3, shipped: false, html: '<p>{{name}} {{date}}</p>' });
  await edit(3, '<i>{{name}}</i>');
  // The next release takes a variable away.
  variables = ['name'];
  await expect(back(4, 3)).rejects.toMatchObject({ code: 'notifications.template_faulty' });
  // What shipped is not that text for ever, but whatever ships.
  expect((await back(4, 0)).body).toMatchObject({ version: 5, shipped: true, html: shipped.html });
  expect((await events('admin.template.changed.v1')).at(-1)?.data).toMatchObject({ version: 5, shipped: true });
  expect((await back(5, 2)).body).toMatchObject({ version: 6, shipped: false, html: '<b>{{name}}</b>' });
  const acts = (await fix.log({ targetId: 'goodbye/en', action: 'template.rollback' })).map((entry) => [
    entry.outcome,
    entry.reason,
    entry.after.version,
  ]);
  expect(acts).toEqual(
    (
      [
        ['done', 2],
        ['done', 0],
        ['refused', 3],
        ['done', 1],
        ['refused', 7],
        ['refused', 1],
      ] as const
    ).map(([outcome, version]) => [outcome, 'it was better', version]),
  );
  const first = (await fix.call('getTemplateHistory', { params, query: { limit: 4 } })).body;
  const rest = (await fix.call('getTemplateHistory', { params, query: { limit: 4, cursor: first.nextCursor } })).body;
  expect([...first.items, ...rest.items].map((one: { version: number }) => one.version)).toEqual([6, 5, 4, 3, 2, 1, 0]);
});

test('a notice reaches named people, members of roles, or everybody in portions', async () => {
  const people = Array.from({ length: 3 }, () => newId());
  fix.play('roles', {
    listMembers: async () => ({ items: [{ userId: people[0], since: '2026-01-01T00:00:00.000Z' }] }),
  });
  const send = (key: string, body: object) =>
    fix.call('sendNotice', {
      idempotencyKey: `notice-${key}`,
      body: { title: { ru: 'а', en: 'a' }, text: { ru: 'б', en: 'b' }, ...body },
    });
  await expect(send('nobody', {})).rejects.toMatchObject({ code: 'admin.no_recipients' });
  const sent = await send('some', { recipientIds: [people[1]], roles: ['admin'] });
  expect(sent.body.recipients).toBe(2);
  expect((await send('some', { recipientIds: [people[1]], roles: ['admin'] })).body).toEqual(sent.body);
  let pages = 0;
  fix.play('users', {
    listUsers: async () => {
      const last = ++pages === 12;
      return { items: [{ userId: newId() }], nextCursor: last ? null : `page-${pages}` };
    },
  });
  await send('all', { everybody: true });
  const told = await events('admin.notice.requested.v1');
  expect(told.map((event) => event.data.recipientIds.length).sort()).toEqual([10, 2, 2]);
  expect(new Set(told.map((event) => event.data.noticeId)).size).toBe(3);
});

test('every act was announced to analytics; history can not be changed', async () => {
  const acts = await events('admin.action.logged.v1');
  expect(acts.some((event) => event.data.action === 'setting.put' && event.data.refused)).toBe(true);
  expect(acts.some((event) => event.data.action === 'setting.put' && !event.data.refused)).toBe(true);
  const { db } = fix.platform.ctx('admin');
  for (const statement of [
    sql`update setting_versions set value = '1'`,
    sql`delete from setting_versions`,
    sql`delete from dictionary_versions`,
    sql`update audit_log set action = 'x'`,
    sql`delete from audit_log`,
    sql`delete from audit_head`,
  ])
    await expect(db.run(statement)).rejects.toMatchObject({ code: '42501' });
});
