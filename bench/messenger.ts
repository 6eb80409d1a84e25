/** Sockets: deliveries of broadcasts and stored messages of rooms of two, beside plain ws and socket.io. Server on core 0, load on core 1. */
import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { freePorts } from '#testing/ports.ts';
import { temporaryFolder } from '#testing/system/world.ts';
import type { Bench, Contender, Turn } from './bench.ts';
import type { ChatResult, Dialect, LoadOrder, Talker } from './messenger-load.ts';
import { needs } from './needs.ts';
import { answers, cpuMicros, launch, type Program, pssKiB } from './processes.ts';

const ROOMS = 100;
const MOST_SOCKETS = 5_000;
/** That have come and gone before memory is measured. */
const WARM_SOCKETS = 500;
const REST_MS = 3_000;
/** Broadcasts that come in one turn of the loop, as under load, and how many such bursts are under way. */
const BURST = 10;
const TEXT = 'Добрый день! Посмотрите, пожалуйста, второй вариант: там другой цвет и шрифт.';
const ISSUER = 'http://localhost:8080';
const local = (file: string) => fileURLToPath(new URL(file, import.meta.url));

async function stage() {
  const folder = temporaryFolder();
  const [backendPort] = (await freePorts(1)) as [number];
  const keys = await generateKeyPair('EdDSA');
  const keysFile = join(folder.path, 'keys.json');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'bench', alg: 'EdDSA', use: 'sig' };
  writeFileSync(keysFile, JSON.stringify({ keys: [jwk] }));
  const rooms = Array.from({ length: MOST_SOCKETS / 2 }, () => ({
    conversationId: randomUUID(),
    clientId: randomUUID(),
    freelancerId: randomUUID(),
  }));
  const token = (userId: string) =>
    new SignJWT({
      sid: randomUUID(),
      auth_time: 0,
      roles: ['client'],
      perms: ['messenger.read', 'messenger.write'],
      ec: true,
      loc: 'ru',
    })
      .setProtectedHeader({ alg: 'EdDSA', kid: 'bench', typ: 'at+jwt' })
      .setSubject(userId)
      .setIssuer(ISSUER)
      .setAudience('artel')
      .setIssuedAt()
      .setExpirationTime('1h')
      .sign(keys.privateKey);
  const people: Talker[] = [];
  for (const { conversationId, clientId, freelancerId } of rooms)
    for (const userId of [clientId, freelancerId]) people.push({ userId, conversationId, token: await token(userId) });
  const backend = launch([process.execPath, local('peers/backend.mjs'), String(backendPort), keysFile], { core: 1 });
  await answers(`http://127.0.0.1:${backendPort}/readyz`);
  const secret = randomBytes(24).toString('hex');
  return { folder, backend, backendUrl: `http://127.0.0.1:${backendPort}`, rooms, people, secret };
}
type Stage = Awaited<ReturnType<typeof stage>>;
let shared: Promise<Stage> | undefined;
const staged = () => {
  shared ??= stage();
  return shared;
};

/** A child that is spoken to by IPC, one answer at a time. */
class Spoken {
  readonly program: Program;
  #settle: (message: Record<string, unknown>) => void = () => {};
  constructor(command: readonly string[], core: number) {
    this.program = launch(command, {
      core,
      onMessage: (message) => this.#settle(message as Record<string, unknown>),
      profiled: command.some((part) => part.endsWith('messenger-server.ts')),
    });
  }
  hear(): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      this.#settle = resolve;
    });
  }
  async ask(order: object): Promise<Record<string, unknown>> {
    const answer = this.hear();
    this.program.child.send(order);
    return await answer;
  }
}

interface Server {
  readonly dialect: Dialect;
  readonly port: number;
  readonly spoken: Spoken;
}

async function startServer(dialect: Dialect, measured: 'chat' | 'broadcast'): Promise<Server> {
  const at = await staged();
  const { databaseUrl } = await needs();
  const [port] = (await freePorts(1)) as [number];
  const node = [process.execPath, '--expose-gc'];
  const ours = {
    port,
    issuer: ISSUER,
    adminUrl: databaseUrl,
    backendUrl: at.backendUrl,
    secret: at.secret,
    rooms: at.rooms,
  };
  const command =
    dialect === 'artel'
      ? [
          ...node,
          local('messenger-server.ts'),
          JSON.stringify({ ...ours, rooms: measured === 'chat' ? at.rooms.slice(0, ROOMS) : [] }),
        ]
      : [
          ...node,
          local(dialect === 'ws' ? 'peers/messenger-ws.mjs' : 'peers/messenger-socketio.mjs'),
          JSON.stringify({ port, databaseUrl, text: TEXT }),
        ];
  const spoken = new Spoken(command, 0);
  await spoken.hear();
  return { dialect, port, spoken };
}

async function generator(): Promise<Spoken> {
  return new Spoken([process.execPath, local('messenger-load.ts')], 1);
}

/**
 * Memory of a server whose sockets rest, per socket. Before anything was sent: what that needs stays with the process, and
 * so would hide the next sockets. Some have come and gone, so that the code that serves them is not counted.
 */
async function restingKiB({ dialect, port, spoken }: Server, sockets: number): Promise<number> {
  const { people } = await staged();
  const resting = async (listeners: typeof people) => {
    const load = await generator();
    try {
      await spoken.ask({ gc: true, userIds: listeners.map((one) => one.userId) });
      await load.ask({ type: 'listen', dialect, port, people: listeners } satisfies LoadOrder);
      // What the opening used is given back a moment after it is collected.
      await spoken.ask({ gc: true });
      await sleep(REST_MS);
      await spoken.ask({ gc: true });
      return pssKiB(spoken.program.pid) ?? Number.NaN;
    } finally {
      await load.program.end();
    }
  };
  const few = Math.min(WARM_SOCKETS, sockets / 2);
  await resting(people.slice(0, few));
  const before = await resting(people.slice(0, few));
  return ((await resting(people.slice(0, sockets))) - before) / (sockets - few);
}

async function broadcast({ dialect, port, spoken }: Server, sockets: number, ms: number): Promise<Turn> {
  const { people } = await staged();
  const load = await generator();
  const order = (one: LoadOrder) => load.ask(one);
  try {
    const listeners = people.slice(0, sockets);
    await spoken.ask({ gc: true, userIds: listeners.map((one) => one.userId) });
    await order({ type: 'listen', dialect, port, people: listeners });
    const send = (burst: number) => void spoken.program.child.send({ burst });
    const learnt = order({ type: 'expect', frames: 1 });
    send(1);
    await learnt;
    const cpuBefore = [spoken, load].map((one) => cpuMicros(one.program.pid) ?? 0);
    const begun = performance.now();
    let sent = BURST;
    send(BURST);
    // The next burst is on its way before the last one is counted.
    while (performance.now() - begun < ms) {
      send(BURST);
      await order({ type: 'expect', frames: sent });
      sent += BURST;
    }
    await order({ type: 'expect', frames: sent });
    const seconds = (performance.now() - begun) / 1000;
    const cores = [spoken, load].map(
      (one, at) => ((cpuMicros(one.program.pid) ?? 0) - (cpuBefore[at] ?? 0)) / 1e6 / seconds,
    );
    return {
      value: (sent * sockets) / seconds,
      also: {
        'server cores': cores[0] ?? 0,
        'load cores': cores[1] ?? 0,
      },
    };
  } finally {
    await load.program.end();
  }
}

async function chat({ dialect, port }: Server, ms: number): Promise<Turn> {
  const { people } = await staged();
  const load = await generator();
  try {
    const answer = await load.ask({
      type: 'chat',
      dialect,
      port,
      people: people.slice(0, ROOMS * 2),
      ms,
    } satisfies LoadOrder);
    const { messages, seconds, p50, p99, cpu } = answer['chat'] as ChatResult;
    return { value: messages / seconds, also: { 'p50 ms': p50, 'p99 ms': p99, 'load cores': cpu } };
  } finally {
    await load.program.end();
  }
}

function contender(
  name: string,
  role: Contender['role'],
  dialect: Dialect,
  measure: (server: Server, ms: number) => Promise<Turn>,
  sockets?: number,
): Contender {
  return {
    name,
    role,
    async start() {
      const server = await startServer(dialect, sockets === undefined ? 'chat' : 'broadcast');
      const resting: Record<string, number> =
        sockets === undefined ? {} : { 'KiB/socket': await restingKiB(server, sockets) };
      return {
        async turn(ms) {
          const { value, also } = await measure(server, ms);
          return { value, also: { ...resting, ...also } };
        },
        stop: () => server.spoken.program.end(),
      };
    },
  };
}

const OURS = 'Artel gateway and messenger';
const WS = 'ws 8';
const IO = 'socket.io 4';
// Ours first: its migrations make the table that the peers' are copies of.
const all = (measure: (server: Server, ms: number) => Promise<Turn>, sockets?: number): Contender[] => [
  contender(OURS, 'ours', 'artel', measure, sockets),
  contender(WS, 'peer', 'ws', measure, sockets),
  contender(IO, 'peer', 'socket.io', measure, sockets),
];
const close = async () => {
  const at = await shared;
  shared = undefined;
  await at?.backend.end();
  at?.folder.remove();
};
const toAll = (sockets: number): Bench => ({
  name: `messenger-${sockets}`,
  title: `Broadcasts to ${sockets.toLocaleString('en')} sockets, ${BURST} in a turn`,
  unit: 'deliveries/s',
  contenders: all((server, ms) => broadcast(server, sockets, ms), sockets),
  aims: [WS, IO].map((against) => ({ ours: OURS, against, ratio: 2.5, kind: 'at least' as const })),
  close,
});
export const messengerBench: readonly Bench[] = [
  toAll(1_000),
  toAll(MOST_SOCKETS),
  {
    name: 'messenger-chat',
    title: `Stored and delivered messages, ${ROOMS} rooms of two`,
    unit: 'messages/s',
    contenders: all(chat),
    aims: [{ ours: OURS, against: WS, ratio: 1, kind: 'at least' }],
    close,
  },
];
