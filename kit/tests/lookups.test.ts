import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { contracts } from '#contracts/all.ts';
import { type Contract, event, internal, type Lookup, route, type ServiceName } from '#contracts/common/define.ts';
import { createClients, remoteTransport } from '#kit/service/client.ts';
import type { Dispatcher } from '#kit/service/dispatch.ts';
import { createServiceServer } from '#kit/service/http-server.ts';
import { changersOf, Lookups } from '#kit/service/lookups.ts';
import { createTelemetry } from '#kit/telemetry.ts';
import { createLogger } from '#kit/log.ts';

const all = Object.values(contracts) as Contract[];
const ANNA = '0198c0de-0000-7000-8000-000000000001';
const BORIS = '0198c0de-0000-7000-8000-000000000002';

const changed = event({ type: 'users.thing.changed.v1', summary: 'x', subject: 'id', data: z.object({}) });
function lookupOf(keepMs: number) {
  const lookup: Lookup = { keepMs, changedBy: [changed] };
  return route({
    method: 'GET',
    path: '/internal/things',
    summary: 'Many things in one call',
    access: internal,
    query: z.object({ ids: z.string() }),
    reply: z.object({ items: z.array(z.object({ name: z.string() })) }),
    lookup,
  });
}
const contractOf = (name: ServiceName, more: Partial<Contract>): Contract => ({
  name,
  title: { ru: name, en: name },
  permissions: {},
  errors: {},
  http: {},
  events: {},
  calls: {},
  consumes: {},
  ...more,
});

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** A service that serves one look-up on a socket of its own, and a caller of it. */
async function pair(keepMs: number) {
  const things = lookupOf(keepMs);
  const served: { ids: unknown; ifNoneMatch: string | undefined; status: number }[] = [];
  let name = 'Анна';
  let meanwhile = () => {};
  const dispatcher: Dispatcher = {
    contract: contractOf('users', { http: { things }, events: { changed } }),
    async dispatch(_route, call) {
      served.push({ ids: call.query['ids'], ifNoneMatch: undefined, status: 200 });
      const body = { items: [{ name }] };
      meanwhile();
      return { status: 200, headers: {}, body };
    },
  };
  const credential = { tokenFor: async () => 'proof', verify: async () => 'orders' as const };
  const verifier = { verify: () => Promise.reject(new Error('nobody signs in here')) };
  const health = { notReady: async () => undefined, metrics: async () => '' };
  const server = createServiceServer({ dispatcher, credential, verifier, health });
  server.addHook('onSend', async (request, reply, payload) => {
    Object.assign(served.at(-1) as object, {
      ifNoneMatch: request.headers['if-none-match'],
      status: reply.statusCode,
    });
    return payload;
  });
  const address = await server.listen({ host: '127.0.0.1', port: 0 });
  const transport = remoteTransport({ callee: 'users', addresses: [address], credential });
  closers.push(
    () => transport.close(),
    () => server.close(),
  );
  let now = 0;
  const lookups = new Lookups(() => now);
  const telemetry = await createTelemetry({
    service: 'test',
    version: '0',
    log: createLogger({ level: 'silent', pretty: false }),
  } as Parameters<typeof createTelemetry>[0]);
  closers.push(() => telemetry.shutdown());
  const calls = { users: { http: { things }, routes: { things: 'I14' as const } } };
  const clients = createClients(contractOf('orders', { calls }), () => transport, telemetry, lookups);
  return {
    served,
    lookups,
    ask: async (...ids: string[]) =>
      (await clients['users']?.['things']?.({ query: { ids: ids.join(',') } })) as { items: { name: string }[] },
    rename: (to: string) => {
      name = to;
    },
    /** Happens in the service after the answer was read, before it leaves. */
    duringTheNext: (what: () => void) => {
      meanwhile = () => {
        meanwhile = () => {};
        what();
      };
    },
    pass: (ms: number) => {
      now += ms;
    },
  };
}

describe('I14, I16–I19, I23: one call for many ids, cached, ETag’d', () => {
  test('what is kept needs no call; after its time it is asked for by its ETag and comes once', async () => {
    const { served, ask, rename, pass } = await pair(10_000);
    const first = await ask(ANNA, BORIS);
    expect(await ask(BORIS, ANNA)).toEqual(first);
    expect(served).toHaveLength(1);
    pass(10_001);
    expect(await ask(ANNA, BORIS)).toEqual(first);
    expect(served[1]).toMatchObject({ status: 304, ifNoneMatch: expect.stringMatching(/^"[\w-]{22}"$/) });
    // Renewed: a 304 is as good as an answer.
    await ask(ANNA, BORIS);
    expect(served).toHaveLength(2);
    rename('Анна Вторая');
    pass(10_001);
    expect((await ask(ANNA, BORIS)).items[0]?.name).toBe('Анна Вторая');
    expect(served[2]?.status).toBe(200);
  });

  test('a change that is told of is seen at the next question, and only what names it is forgotten', async () => {
    const { served, lookups, ask, rename } = await pair(10_000);
    await ask(ANNA);
    await ask(BORIS);
    rename('Новое имя');
    lookups.changed({ service: 'users', ids: [ANNA] });
    expect((await ask(ANNA)).items[0]?.name).toBe('Новое имя');
    expect((await ask(BORIS)).items[0]?.name).toBe('Анна');
    expect(served).toHaveLength(3);
    lookups.changed({ service: 'roles', ids: [ANNA] });
    lookups.changed('nonsense');
    await ask(ANNA);
    expect(served).toHaveLength(3);
    // After a gap of the transport nothing is believed.
    lookups.changedAll();
    expect((await ask(BORIS)).items[0]?.name).toBe('Новое имя');
  });

  test('an answer that a change has overtaken is not kept', async () => {
    const { served, lookups, ask, rename, duringTheNext } = await pair(10_000);
    duringTheNext(() => {
      rename('Новое имя');
      lookups.changed({ service: 'users', ids: [ANNA] });
    });
    expect((await ask(ANNA)).items[0]?.name).toBe('Анна');
    expect((await ask(ANNA)).items[0]?.name).toBe('Новое имя');
    expect(served).toHaveLength(2);
  });

  test('what decides something is asked for every time, and sent when it has changed', async () => {
    const { served, ask } = await pair(0);
    await ask(ANNA);
    await ask(ANNA);
    expect(served.map(({ status }) => status)).toEqual([200, 304]);
  });

  test('callers share what is kept, so nobody may alter it; the number of answers is bounded', async () => {
    const { served, ask } = await pair(10_000);
    const first = await ask('first');
    expect(() => {
      first.items[0] = { name: 'forged' };
    }).toThrow(TypeError);
    for (let n = 0; n < 500; n++) await ask(`another-${n}`);
    await ask('another-499');
    expect(served).toHaveLength(501);
    await ask('first');
    expect(served).toHaveLength(502);
  });

  test('only reads of services are look-ups, and events of their own service tell of changes', () => {
    const lookups = all.flatMap((contract) =>
      Object.entries(contract.http).flatMap(([name, one]) => (one.lookup ? [{ contract, name, one }] : [])),
    );
    expect(lookups.map(({ contract, name }) => `${contract.name}.${name}`)).toEqual([
      'users.getPeople',
      'users.getContacts',
      'users.getIdentity',
      'users.listUsers',
      'users.getUser',
    ]);
    for (const { contract, name, one } of lookups) {
      expect([one.method, one.access.kind], name).toEqual(['GET', 'service']);
      for (const type of changersOf(contract))
        expect(Object.values(contract.events).map((own) => own.type)).toContain(type);
    }
  });
});
