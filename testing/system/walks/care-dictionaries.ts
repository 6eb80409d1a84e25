/** The dictionaries (D3): categories, skills, styles, countries; in both languages, merged, deprecated. */
import { randomUUID } from 'node:crypto';
import { expect } from 'vitest';
import type { Api } from '../api.ts';
import { DRAFT } from '../deal.ts';
import { pairWithMoney, publish } from './care-people.ts';
import { newAdmin, newPerson } from './people.ts';
import type { Walk } from './walk.ts';

/** An entry of a dictionary as an admin writes it; the platform knows of it when this returns. */
async function putEntry(admin: Api, name: string, key: string, more: object = {}): Promise<void> {
  const { version } = (await admin.get(`/dictionaries/${name}`)).body;
  const entry = { title: { ru: `Запись ${key}`, en: `Entry ${key}` }, reason: 'Новая запись', ...more };
  await admin.put(`/admin/dictionaries/${name}/${key}`, entry, { ifMatch: `"${version}"` });
}

const entryOf = async (api: Api, name: string, key: string) =>
  (await api.get(`/dictionaries/${name}`)).body.items.find((one: { key: string }) => one.key === key);

const hits = (of: string) => (body: { items: Record<string, string>[] }) =>
  body.items.some((item) => item['orderId'] === of || item['userId'] === of);

const dictionaries: Walk = {
  name: 'D3: categories, skills, styles: an entry is merged into another, profiles, orders and search follow; a deprecated one takes no new work; versions are compared and go back',
  async run(world) {
    const admin = await newAdmin(world);
    const of = randomUUID().slice(0, 6);
    const [from, into] = [`lubok-${of}`, `print-${of}`];
    const lists = { categories: { parent: 'design' }, skills: { parent: 'design' }, styles: {} };
    const names = Object.keys(lists) as (keyof typeof lists)[];
    for (const name of names) for (const key of [from, into]) await putEntry(admin, name, key, lists[name]);
    await world.drain();
    const { client, freelancer } = await pairWithMoney(world, ['Зинаида Лубок', 'Илларион Лубок']);
    const profile = await freelancer.get('/me/profile');
    const keys = [{ key: from, level: 'expert' }];
    const edit = { skills: keys, styles: keys, visibility: 'public', headline: 'Рисую лубок', country: 'RU' };
    await freelancer.patch('/me/profile', edit, { ifMatch: profile.headers.get('etag') ?? '' });
    const named = (key: string) => ({ category: key, skills: [key], styles: [key] });
    const orderId = await publish(client, 'Лубок для трактира', named(from));
    const found = async (key: string) => {
      for (const filter of ['category', 'skill', 'style'])
        await client.until(`/orders?${filter}=${key}`, hits(orderId));
      for (const filter of ['skill', 'style'])
        await client.until(`/freelancers?${filter}=${key}`, hits(freelancer.userId));
    };
    await found(from);
    const query = { category: from, skill: [from], style: [from] };
    const wish = { name: 'Лубок', query, frequency: 'daily' };
    const { savedSearchId } = (await freelancer.post('/me/saved-searches', wish)).body;
    const before = (await admin.get('/dictionaries/styles')).body.version;
    for (const name of names) {
      const { version } = (await admin.get(`/dictionaries/${name}`)).body;
      const merge = { into, reason: 'Одно и то же' };
      const path = `/admin/dictionaries/${name}/${from}/merge`;
      await admin.post(path, { ...merge, into: from }, { ifMatch: `"${version}"`, expect: 400 });
      await admin.post(path, merge, { ifMatch: `"${version}"` });
    }
    await world.drain();
    await found(into);
    expect((await client.get(`/orders/${orderId}`)).body).toMatchObject(named(into));
    const search = `/me/saved-searches/${savedSearchId}`;
    expect((await freelancer.get(search)).body.query).toEqual({ category: into, skill: [into], style: [into] });
    await publish(client, 'Лубок для ярмарки', named(into));
    await freelancer.until(search, (body) => body.found === 1);
    const after = (await freelancer.get('/me/profile')).body;
    expect([after.skills, after.styles]).toMatchObject([[{ key: into }], [{ key: into }]]);
    // Renamed in both languages, and taken out of use: what names it keeps its title.
    const title = { ru: `Гравюра ${of}`, en: `Engraving ${of}` };
    for (const name of names) await putEntry(admin, name, into, { ...lists[name], title, deprecated: true });
    await world.drain();
    for (const field of ['category', 'skills', 'styles'] as const) {
      const late = { ...DRAFT, title: 'Ещё один лубок', [field]: named(into)[field] };
      await client.post('/orders', late, { expect: [400, 409, 422] });
    }
    for (const name of names) {
      expect(await entryOf(client, name, into)).toMatchObject({ title, deprecated: true });
      expect(await entryOf(client, name, from)).toMatchObject({ deprecated: true });
    }
    expect((await client.get(`/orders/${orderId}`)).body).toMatchObject(named(into));
    // The styles go back to what they were before the merge; who has followed it has.
    const styles = '/admin/dictionaries/styles';
    const now = (await admin.get('/dictionaries/styles')).body.version;
    const { changes } = (await admin.get(`${styles}/diff?from=${before}&to=${now}`)).body;
    expect(changes).toContainEqual({ path: `/${from}/mergedInto`, before: null, after: into });
    await admin.post(`${styles}/rollback`, { version: before, reason: 'Разные вещи' }, { ifMatch: `"${now}"` });
    expect((await admin.get(`${styles}/history`)).body.items[0]).toMatchObject({
      version: now + 1,
      reason: 'Разные вещи',
    });
    await world.drain();
    expect(await entryOf(client, 'styles', from)).toMatchObject({ deprecated: false, mergedInto: null });
    await client.post('/orders', { ...DRAFT, title: 'Лубок снова', styles: [from] });
    expect((await client.get(`/orders/${orderId}`)).body.styles).toEqual([into]);
  },
};

const countries: Walk = {
  name: 'D3: countries: by their codes, in both languages, deprecated for who is not there yet, merged with whom they name',
  async run(world) {
    const admin = await newAdmin(world);
    const key = 'ZZ';
    const title = { ru: 'Тридевятое царство', en: 'Far Far Away' };
    const { version } = (await admin.get('/dictionaries/countries')).body;
    const faulty = { title, reason: 'Не код' };
    await admin.put('/admin/dictionaries/countries/far', faulty, { ifMatch: `"${version}"`, expect: 400 });
    await putEntry(admin, 'countries', key, { title });
    await world.drain();
    const [there, late] = [
      await newPerson(world, 'Иван Царевич', ['freelancer']),
      await newPerson(world, 'Емеля Поздний', ['freelancer']),
    ];
    expect(await entryOf(there, 'countries', key)).toMatchObject({ title, deprecated: false });
    const moveTo = async (api: Api, expected: number) => {
      const { headers } = await api.get('/me/profile');
      const edit = { country: key, visibility: 'public', headline: 'Ищу живую воду' };
      await api.patch('/me/profile', edit, { ifMatch: headers.get('etag') ?? '', expect: expected });
    };
    await moveTo(there, 200);
    await there.until(`/freelancers?country=${key}`, hits(there.userId));
    await putEntry(admin, 'countries', key, { title, deprecated: true });
    await world.drain();
    await moveTo(late, 400);
    await moveTo(there, 200);
    expect((await there.get('/me/profile')).body.country).toBe(key);
    const now = (await admin.get('/dictionaries/countries')).body.version;
    const merge = { into: 'RU', reason: 'Присоединение' };
    await admin.post(`/admin/dictionaries/countries/${key}/merge`, merge, { ifMatch: `"${now}"`, expect: 200 });
    expect(await entryOf(there, 'countries', key)).toMatchObject({ deprecated: true, mergedInto: 'RU' });
    await there.until('/me/profile', (profile) => profile.country === 'RU');
    await there.until('/freelancers?country=RU', hits(there.userId));
  },
};

export const DICTIONARIES: readonly Walk[] = [dictionaries, countries];
