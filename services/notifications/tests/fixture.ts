/** Notifications alone on its own platform, with a real mail server; users and auth are played by the test. */
import type { Contact } from '#contracts/users/internal.ts';
import { sql } from '#kit/db/db.ts';
import { newId } from '#kit/ids.ts';
import { Problem } from '#kit/problem.ts';
import { LIVE_CHANNEL } from '#kit/service/live.ts';
import { type Catcher, startCatcher } from '#outside/catcher/catcher.ts';
import type { CaughtMail, CaughtMessage } from '#outside/catcher/messages.ts';
import { silentLog } from '#outside/log.ts';
import { contactOf } from './contact-of.ts';
import { bootPlatform, person, type TestPlatform } from '#testing/env.ts';

const DAY_MS = 86_400_000;

export interface Frame {
  readonly userIds: string[];
  readonly frame: { type: string; unread: number; notification: { title: string; text: string; link: string } };
}

export interface Fixture {
  readonly platform: TestPlatform;
  readonly catcher: Catcher;
  readonly frames: Frame[];
  readonly secrets: Map<string, Record<string, unknown>>;
  /** Calls of users.getContacts. */
  readonly lookups: string[];
  /** A person whom users knows. */
  someone(more?: Partial<Contact>): Contact;
  publish(type: string, data: object, options?: { id?: string; subject?: string; sequence?: number }): Promise<string>;
  /** What was sent to an address or number, newest first, once nothing is waiting to be sent now. */
  sentTo(to: string): Promise<CaughtMessage[]>;
  mailTo(to: string): Promise<CaughtMail>;
  /** Waits until no delivery is due. */
  settled(): Promise<void>;
  /** Moves the clock to the next time that it is `hour` o'clock in UTC. */
  untilHour(hour: number): Promise<void>;
  behave(behaviour: { smtp?: string; sms?: string }): Promise<void>;
  list(userId: string, query?: object, locale?: 'ru' | 'en'): Promise<any[]>;
  unread(userId: string): Promise<number>;
  deliveries(userId: string): Promise<{ event: string; state: string; reason: string | null; attempts: number }[]>;
  /** Calls a route as a person. */
  as(userId: string, route: string, input?: object): Promise<{ status: number; body: any; headers: any }>;
  close(): Promise<void>;
}

export async function fixture(env: Record<string, string> = {}): Promise<Fixture> {
  const catcher = await startCatcher({ smtpPort: 0, httpPort: 0, smsKey: 'sms-key-of-tests', log: silentLog });
  const platform = await bootPlatform({
    services: ['notifications'],
    env: {
      SMTP_URL: catcher.smtpUrl,
      MAIL_FROM: 'Artel <no-reply@artel.test>',
      SMS_URL: catcher.smsUrl,
      SMS_KEY: 'sms-key-of-tests',
      ...env,
    },
  });
  const people = new Map<string, Contact>();
  const secrets = new Map<string, Record<string, unknown>>();
  const lookups: string[] = [];
  const frames: Frame[] = [];
  playOthers(platform, people, secrets, lookups);
  await platform.bus.listen(LIVE_CHANNEL, (payload) => void frames.push(...(payload as Frame[])));
  const { db } = platform.ctx('notifications');
  const as: Fixture['as'] = (userId, route, input = {}) =>
    platform.call('notifications', route, {
      user: person({ userId, authTime: Math.floor(platform.clock.nowMs() / 1000) }),
      ...input,
    }) as never;

  async function settled(): Promise<void> {
    await platform.drain();
    const until = Date.now() + 15_000;
    for (;;) {
      const { busy } = await db.one<{ busy: number }>(sql`
        select count(*)::int as busy from deliveries
        where (state = 'queued' and send_at <= ${platform.clock.now()}) or state in ('claimed', 'handed')`);
      if (busy === 0) return;
      if (Date.now() > until) throw new Error(`${busy} deliveries still wait`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async function sentTo(to: string): Promise<CaughtMessage[]> {
    await settled();
    const answer = await fetch(`${catcher.pageUrl}/api/messages?to=${encodeURIComponent(to)}&limit=1000`);
    return ((await answer.json()) as { items: CaughtMessage[] }).items;
  }

  return {
    platform,
    catcher,
    frames,
    secrets,
    lookups,
    settled,
    sentTo,
    as,
    someone(more = {}) {
      const userId = more.userId ?? newId();
      const contact = contactOf(userId, more);
      people.set(userId, contact);
      return contact;
    },
    async publish(type, data, options = {}) {
      const id = options.id ?? newId();
      const { sequence } = options;
      await platform.publish(type, options.subject ?? newId(), data, {
        id,
        ...(sequence !== undefined && { sequence }),
      });
      return id;
    },
    async mailTo(to) {
      const [mail] = await sentTo(to);
      if (mail?.kind !== 'mail') throw new Error('no mail came');
      return mail;
    },
    async untilHour(hour) {
      const now = platform.clock.now();
      const next = new Date(now);
      next.setUTCHours(hour, 0, 0, 0);
      await platform.advance((next.getTime() - now.getTime() + DAY_MS) % DAY_MS || DAY_MS);
    },
    async behave(behaviour) {
      const answer = await fetch(`${catcher.pageUrl}/api/behaviour`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(behaviour),
      });
      if (!answer.ok) throw new Error(`the catcher refused: ${answer.status}`);
    },
    list: async (userId, query = {}, locale = 'ru') =>
      (await as(userId, 'listNotifications', { query, locale })).body.items,
    unread: async (userId) => (await as(userId, 'getUnreadCount')).body.unread,
    deliveries: (userId) =>
      db.many(
        sql`select event, state, reason, attempts from deliveries where user_id = ${userId} order by delivery_id`,
      ),
    async close() {
      await platform.close();
      await catcher.close();
    },
  };
}

function playOthers(
  platform: TestPlatform,
  people: Map<string, Contact>,
  secrets: Map<string, Record<string, unknown>>,
  lookups: string[],
): void {
  const clients = platform.ctx('notifications').clients as unknown as Record<string, object>;
  clients['users'] = {
    async getContacts({ query }: { query: { ids: string } }) {
      lookups.push(query.ids);
      return { items: query.ids.split(',').flatMap((userId) => people.get(userId) ?? []) };
    },
  };
  clients['auth'] = {
    async getMessageSecret({ params }: { params: { secretId: string } }) {
      const secret = secrets.get(params.secretId);
      if (!secret) throw new Problem('not_found');
      return secret;
    },
  };
}
