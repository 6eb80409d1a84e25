/** The gateway with everything on, to a trivial service, beside proxies that do less. Server on core 0; service and load on core 1. */
import { randomBytes, randomUUID } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exportJWK, exportSPKI, generateKeyPair, SignJWT } from 'jose';
import { SERVICES } from '#contracts/common/define.ts';
import { freePorts } from '#testing/ports.ts';
import { removeQueues } from '#testing/rabbit.ts';
import { temporaryFolder } from '#testing/system/world.ts';
import type { Bench, Contender, Turn } from './bench.ts';
import { generator } from './generator.ts';
import { needs } from './needs.ts';
import { answers, cpuMicros, has, launch, type Program } from './processes.ts';

const TOKENS = 1_000;
const CONNECTIONS = 32;
const PATH = '/api/v1/me/rights';
const local = (file: string) => fileURLToPath(new URL(file, import.meta.url));

/** What all contenders share: tokens of both kinds, the service behind, the load generator. */
async function stage() {
  const folder = temporaryFolder();
  const [backendPort] = (await freePorts(1)) as [number];
  const ours = await generateKeyPair('EdDSA');
  const theirs = await generateKeyPair('RS256', { extractable: true });
  const issuer = 'http://localhost:8080';
  const [keysFile, pemFile] = [join(folder.path, 'keys.json'), join(folder.path, 'rsa.pem')];
  writeFileSync(
    keysFile,
    JSON.stringify({ keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'bench', alg: 'EdDSA', use: 'sig' }] }),
  );
  writeFileSync(pemFile, await exportSPKI(theirs.publicKey));
  const make = (alg: string, key: CryptoKey) =>
    Promise.all(
      Array.from({ length: TOKENS }, () =>
        new SignJWT({
          sid: randomUUID(),
          auth_time: 0,
          roles: ['client'],
          perms: ['orders.create'],
          ec: true,
          loc: 'ru',
        })
          .setProtectedHeader({ alg, kid: 'bench', typ: 'at+jwt' })
          .setSubject(randomUUID())
          .setIssuer(issuer)
          .setAudience('artel')
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(key),
      ),
    );
  const tokens = { ours: await make('EdDSA', ours.privateKey), theirs: await make('RS256', theirs.privateKey) };
  const backend = launch([process.execPath, local('peers/backend.mjs'), String(backendPort), keysFile], { core: 1 });
  await answers(`http://127.0.0.1:${backendPort}/readyz`);
  return { folder, issuer, backendUrl: `http://127.0.0.1:${backendPort}`, backend, pemFile, tokens };
}
type Stage = Awaited<ReturnType<typeof stage>>;
let shared: Promise<Stage> | undefined;
const staged = () => {
  shared ??= stage();
  return shared;
};

async function measure(url: string, tokens: readonly string[], server: Program, ms: number): Promise<Turn> {
  const load = await generator();
  try {
    await load.send({ url, ms: Math.min(500, ms), connections: CONNECTIONS, tokens });
    const before = cpuMicros(server.pid);
    const seen = await load.send({ url, ms, connections: CONNECTIONS, tokens });
    const after = cpuMicros(server.pid);
    if (seen.refused > 0) throw new Error(`${url} refused ${seen.refused} requests`);
    const requests = (seen.perSecond * ms) / 1000;
    return {
      value: seen.perSecond,
      also: {
        'p99 ms': seen.p99,
        ...(before !== undefined && after !== undefined ? { 'CPU µs/request': (after - before) / requests } : {}),
        'load cores': seen.cpu,
      },
    };
  } finally {
    await load.program.end();
  }
}

function contender(
  name: string,
  role: Contender['role'],
  tokensOf: (stage: Stage) => readonly string[],
  start: (stage: Stage, port: number) => Promise<{ program: Program; stop?: () => Promise<void> } | { absent: string }>,
): Contender {
  return {
    name,
    role,
    async start() {
      const at = await staged();
      const [port] = (await freePorts(1)) as [number];
      const started = await start(at, port);
      if ('absent' in started) return started;
      const url = `http://127.0.0.1:${port}${PATH}`;
      const tokens = tokensOf(at);
      await answers(url, 60_000, { authorization: `Bearer ${tokens[0]}` });
      return {
        turn: (ms) => measure(url, tokens, started.program, ms),
        async stop() {
          await started.program.end();
          await started.stop?.();
        },
      };
    },
  };
}

const ours = contender(
  'Artel gateway',
  'ours',
  (at) => at.tokens.ours,
  async (at, port) => {
    const { databaseUrl, amqpUrl } = await needs();
    if (!amqpUrl) return { absent: 'no RabbitMQ (rabbitmq-server, or AMQP_URL)' };
    const prefix = `bench${randomBytes(3).toString('hex')}.`;
    const env = {
      DATABASE_URL: databaseUrl,
      AMQP_URL: amqpUrl,
      AMQP_PREFIX: prefix,
      ARTEL_SECRET: randomBytes(24).toString('hex'),
      DATA_DIR: at.folder.path,
      PORT: String(port),
      PUBLIC_URL: at.issuer,
      LOG_FORMAT: 'json',
      RATE_READ: '1000000',
      ...Object.fromEntries(SERVICES.map((name) => [`${name.toUpperCase()}_URL`, at.backendUrl])),
    };
    const main = local('../apps/server/artel.mjs');
    const program = launch([process.execPath, main, 'start', 'gateway'], { core: 0, env, profiled: true });
    return { program, stop: () => removeQueues(amqpUrl, prefix) };
  },
);

const nginx = contender(
  'nginx, no auth',
  'limit',
  (at) => at.tokens.theirs,
  async (at, port) => {
    if (!has('nginx')) return { absent: 'nginx is not installed' };
    const config = join(at.folder.path, 'nginx.conf');
    writeFileSync(
      config,
      `daemon off; master_process off; worker_processes 1; pid ${at.folder.path}/nginx.pid; error_log stderr error;
events { worker_connections 512; }
http { access_log off; client_body_temp_path ${at.folder.path}/b; proxy_temp_path ${at.folder.path}/p; fastcgi_temp_path ${at.folder.path}/f; uwsgi_temp_path ${at.folder.path}/u; scgi_temp_path ${at.folder.path}/s;
keepalive_requests 1000000;
upstream service { server ${new URL(at.backendUrl).host}; keepalive 64; keepalive_requests 1000000; }
server { listen 127.0.0.1:${port}; location / { proxy_pass http://service; proxy_http_version 1.1; proxy_set_header Connection ""; } } }
`,
    );
    return { program: launch(['nginx', '-c', config, '-e', 'stderr'], { core: 0 }) };
  },
);

const haproxy = contender(
  'haproxy, jwt_verify RS256',
  'peer',
  (at) => at.tokens.theirs,
  async (at, port) => {
    if (!has('haproxy')) return { absent: 'haproxy is not installed' };
    const config = join(at.folder.path, 'haproxy.cfg');
    writeFileSync(
      config,
      `global
  nbthread 1
  maxconn 512
defaults
  mode http
  timeout connect 2s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${port}
  http-request set-var(txn.token) http_auth_bearer
  http-request set-var(txn.alg) var(txn.token),jwt_header_query('$.alg')
  http-request deny unless { var(txn.alg) -m str RS256 }
  http-request deny unless { var(txn.token),jwt_verify(txn.alg,"${at.pemFile}") -m int 1 }
  default_backend service
backend service
  http-reuse always
  server one ${new URL(at.backendUrl).host}
`,
    );
    return { program: launch(['haproxy', '-db', '-f', config], { core: 0 }) };
  },
);

const node = (name: string, file: string) =>
  contender(
    name,
    'peer',
    (at) => at.tokens.theirs,
    async (at, port) => ({
      program: launch([process.execPath, local(file), String(port), at.backendUrl, at.pemFile], { core: 0 }),
    }),
  );

export const gatewayBench: Bench = {
  name: 'gateway',
  title: 'Signed-in GET through the gateway, 1,000 rotating tokens, one core',
  unit: 'requests/s',
  contenders: [
    ours,
    nginx,
    haproxy,
    node('@fastify/http-proxy + JWT', 'peers/gateway-fastify.mjs'),
    node('Express 5 + proxy + JWT', 'peers/gateway-express.mjs'),
  ],
  aims: [
    { ours: 'Artel gateway', against: 'nginx, no auth', ratio: 0.45, kind: 'at least' },
    { ours: 'Artel gateway', against: 'haproxy, jwt_verify RS256', ratio: 1, kind: 'at least' },
    { ours: 'Artel gateway', against: 'Express 5 + proxy + JWT', ratio: 4, kind: 'at least' },
  ],
  async close() {
    const at = await shared;
    shared = undefined;
    await at?.backend.end();
    if (at) rmSync(at.folder.path, { recursive: true, force: true });
  },
};
