import { JOINING_EXAMPLE } from '#contracts/common/consents.ts';
import type { ServiceName } from '#contracts/common/define.ts';
import { sql } from '#kit/db/db.ts';
import { bootPlatform, type TestPlatform } from '#testing/env.ts';
import type { AuthContext } from '../context.ts';

export const PASSWORD = 'верный конь батарея скрепка';

export interface Tokens {
  accessToken: string;
  refreshToken: string;
  deviceToken?: string;
  userId: string;
  roles: string[];
}
export interface Answer {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies of any route
  body: any;
  headers: Headers;
}
export interface Person {
  email: string;
  userId: string;
  tokens: Tokens;
}

/** Auth with roles behind the gateway, spoken to over HTTP as from outside. */
export interface Fixture {
  platform: TestPlatform;
  auth: AuthContext;
  api(method: string, path: string, body?: unknown, token?: string, headers?: Record<string, string>): Promise<Answer>;
  /** What the newest mail or SMS for the purpose would carry: read as the service that sends it reads it. */
  secretFor(email: string, purpose: string): Promise<{ code: string; linkToken: string; destination: string }>;
  /** A person who is registered, confirmed and signed in. */
  newPerson(roles?: string[]): Promise<Person>;
  signIn(email: string, password?: string, more?: object): Promise<Answer>;
  close(): Promise<void>;
}

export async function startFixture(services: ServiceName[] = ['auth', 'roles', 'gateway']): Promise<Fixture> {
  const env = { RATE_AUTH: '100000', RATE_WRITE: '100000', RATE_READ: '100000' };
  const platform = await bootPlatform({ services, env });
  const auth = platform.ctx('auth') as unknown as AuthContext;
  let count = 0;

  const api: Fixture['api'] = async (method, path, body, token, headers = {}) => {
    const response = await fetch(`${platform.url}${path.startsWith('/.') ? path : `/api/v1${path}`}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text ? JSON.parse(text) : undefined, headers: response.headers };
  };
  const secretFor: Fixture['secretFor'] = async (email, purpose) => {
    await platform.drain();
    const row = await auth.db.one<{ id: string }>(sql`
      select secret_id as id from message_secrets join accounts using (user_id)
      where (accounts.email_key = ${email} or destination = ${email}) and purpose = ${purpose} and used_at is null
      order by message_secrets.created_at desc, secret_id desc limit 1`);
    const input = { caller: 'notifications' as const, params: { secretId: row.id } };
    return (await platform.call('auth', 'getMessageSecret', input)).body;
  };
  const signIn: Fixture['signIn'] = (email, password = PASSWORD, more = {}) =>
    api('POST', '/sessions', { email, password, ...more });
  return {
    platform,
    auth,
    api,
    secretFor,
    signIn,
    async newPerson(roles = ['freelancer']) {
      const email = `person${count++}@example.com`;
      const made = await api('POST', '/registrations', {
        consents: JOINING_EXAMPLE,
        email,
        password: PASSWORD,
        displayName: 'Анна',
        roles,
      });
      if (made.status !== 202) throw new Error(`registration answered ${made.status} ${made.body?.code}`);
      await platform.drain();
      const { code } = await secretFor(email, 'confirm_email');
      const { userId } = (await api('POST', '/email-confirmations', { email, code })).body;
      return { email, userId, tokens: (await signIn(email)).body };
    },
    close: () => platform.close(),
  };
}
