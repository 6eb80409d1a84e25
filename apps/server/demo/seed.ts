/** Makes the demo data as people would: registration, profiles, money, deals, talk, over the public API alone. */
import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import { ADMIN, PEOPLE, type Person, SUPPORT } from './cast.ts';
import type { Demo } from './demo.ts';
import { goThrough } from './deals.ts';
import { ORDERS } from './orders.ts';
import { portrait, work } from './pictures.ts';
import { type Addresses, addressesOf, type Cast, fromMail, of, pay, Program, rubles } from './program.ts';
import { TICKETS } from './tickets.ts';
import type { Running } from '../start.ts';

/** People, then what they do with each other. Those who do not wait for each other work side by side. */
export async function seedPeopleAndOrders(
  running: Running,
  demo: Demo,
  onProgress: (text: string) => void,
): Promise<void> {
  const addresses = addressesOf(running);
  const all = PEOPLE.length * 2 + ORDERS.length + TICKETS.length + 1;
  let done = 0;
  let told = 0;
  const step = <T>(result: T): T => {
    done += 1;
    const percent = Math.floor((done / all) * 5) * 20;
    if (percent > told) onProgress(`demo data: ${percent} %`);
    told = Math.max(told, percent);
    return result;
  };
  const cast = new Map<string, Program>();
  const admin = running.env['ADMIN_EMAIL'] ?? ADMIN.email;
  const adminPassword = running.env['ADMIN_PASSWORD'] ?? demo.account(ADMIN.key).password;
  const staff = hireSupport(addresses, { email: admin, password: adminPassword }, demo).then(step);
  const settle = PEOPLE.map(async (person) => {
    const program = await join(addresses, person, demo.account(person.key).password).then(step);
    cast.set(person.key, program);
    await introduce(program, person).then(step);
  });
  const [support] = await Promise.all([staff, ...settle]);
  cast.set(SUPPORT.key, support);
  // What has no money to be published goes first: later its client has some.
  await Promise.all(
    ORDERS.filter((order) => order.fate === 'refused').map((order) =>
      goThrough(cast, order, running.needs.adminUrl).then(step),
    ),
  );
  await Promise.all(
    PEOPLE.filter((person) => person.topUp).map((person) => topUp(of(cast, person.key), person.topUp ?? 0)),
  );
  await Promise.all(
    ORDERS.filter((order) => order.fate !== 'refused').map((order) =>
      goThrough(cast, order, running.needs.adminUrl).then(step),
    ),
  );
  await of(cast, 'anna').post('/withdrawals', {
    amount: rubles(5_000),
    destination: { kind: 'card', token: '****4242' },
  });
  await Promise.all(TICKETS.map((ticket) => ask(cast, ticket).then(step)));
}

async function join(addresses: Addresses, person: Person, password: string): Promise<Program> {
  const program = new Program(addresses);
  const { email, displayName } = person;
  await program.post('/registrations', {
    consents: JOINING_EXAMPLE,
    email,
    password,
    displayName,
    country: 'RU',
    roles: [person.role],
  });
  await program.post('/email-confirmations', { email, code: await fromMail(addresses, email, /^\s*(\d{6})\s*$/m) });
  await program.signIn(email, password);
  await program.until('/me/rights', (rights) => rights.roles.includes(person.role));
  return program;
}

async function introduce(program: Program, person: Person): Promise<void> {
  await program.until('/me/profile', (profile) => profile.emailConfirmed);
  const { etag } = await program.get('/me/profile');
  await program.patch(
    '/me/profile',
    {
      headline: person.headline,
      about: person.about,
      country: 'RU',
      city: person.city,
      languages: [
        { code: 'ru', level: 'native' },
        { code: 'en', level: 'conversational' },
      ],
      slug: person.email.split('@')[0],
      skills: person.skills.map(([key, level]) => ({ key, level })),
      styles: person.styles.map(([key, level]) => ({ key, level })),
      hourlyRate: person.hourlyRate === undefined ? null : rubles(person.hourlyRate),
      visibility: 'public',
    },
    etag,
  );
  await program.put('/me/profile/avatar', await portrait(person.face));
  for (const { title, description, tags, picture } of person.portfolio) {
    const { itemId } = await program.post('/me/portfolio', { title, description, tags });
    await program.post(`/me/portfolio/${itemId}/images`, await work(picture));
  }
}

async function hireSupport(
  addresses: Addresses,
  admin: { email: string; password: string },
  demo: Demo,
): Promise<Program> {
  const boss = new Program(addresses);
  await boss.signIn(admin.email, admin.password);
  await boss.until('/me/rights', (rights) => rights.roles.includes('admin'));
  const { email, displayName } = SUPPORT;
  await boss.post('/admin/staff/invitations', { email, displayName, roles: ['support'], reason: 'Новый сотрудник' });
  const token = await fromMail(addresses, email, /token=([\w-]{20,})/);
  const support = new Program(addresses);
  const { password } = demo.account(SUPPORT.key);
  await support.post('/invitations/acceptance', { token, password, consents: JOINING_EXAMPLE });
  await support.signIn(email, password);
  await support.until('/me/rights', (rights) => rights.permissions.includes('tickets.work'));
  await support.until('/me/profile', (profile) => profile.emailConfirmed);
  await support.put('/me/profile/avatar', await portrait(SUPPORT.face));
  return support;
}

async function topUp(program: Program, amount: number): Promise<void> {
  const { topupId } = await program.post('/top-ups', { amount: rubles(amount) });
  await pay(program.addresses, topupId);
  await program.until(`/top-ups/${topupId}`, (topup) => topup.status === 'succeeded');
}

async function ask(cast: Cast, ticket: (typeof TICKETS)[number]): Promise<void> {
  const { by, kind, subject, text, answer } = ticket;
  const { ticketId } = await of(cast, by).post('/tickets', { kind, subject, text });
  if (answer === null) return;
  const support = of(cast, SUPPORT.key);
  await support.post(`/tickets/${ticketId}/assignment`, { assigneeId: 'self' });
  await support.post(`/tickets/${ticketId}/messages`, { text: answer });
}
