import { chmod, mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { createServer, type Server as NetServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runnableBinaries } from '#kit/embedded/binaries.ts';
import { commonSettings, createCluster, launchServer, type Server, superuserUrl } from '#kit/embedded/server.ts';
import { pickServerUser } from '#kit/embedded/server-user.ts';
import { freePort } from './ports.ts';

/** Names the environment variable through which test workers find the broker of the run's server. */
export const brokerVariable = 'ARTEL_TEST_POSTGRES_BROKER';

interface TestServer {
  url: string;
  stop(): Promise<void>;
}

/**
 * A PostgreSQL for one test run, in a temporary folder: real, but nothing is synced to disk, so it is fast and must not
 * be used to test what survives a crash. If this process is killed, the server ends and its folder goes.
 */
export async function startTestServer(): Promise<TestServer> {
  const user = await pickServerUser();
  const folder = await mkdtemp(path.join(await realpath(tmpdir()), 'artel-test-'));
  await chmod(folder, 0o711);
  const home = path.join(folder, 'programs');
  const copyHome = async () => {
    await mkdir(home, { mode: 0o755 });
    return home;
  };
  const binaries = await runnableBinaries(user, copyHome, () => undefined);
  const cluster = { dir: path.join(folder, 'postgres'), binaries, user };
  const password = 'test';
  // One round of SCRAM's hash instead of 4096: tests open thousands of connections, the passwords here guard nothing.
  await createCluster(cluster, { password, durable: false, settings: { scram_iterations: '1' } });
  const settings = {
    ...commonSettings(400),
    fsync: 'off',
    synchronous_commit: 'off',
    full_page_writes: 'off',
    scram_iterations: '1',
    autovacuum_naptime: '600',
    max_wal_size: '4GB',
  };
  const server: Server = await launchServer(cluster, {
    port: await freePort(),
    logFile: path.join(folder, 'postgres.log'),
    settings,
    removeAfterwards: folder,
  });
  return {
    url: superuserUrl(password, server.port, cluster.dir, 'postgres'),
    async stop() {
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/**
 * Hands the address of one shared server to whoever connects to a loopback port, and starts that server at the first
 * question: a run whose tests need no database doesn't pay for one. Answers `ok <url>` or `error <why>`.
 */
export async function startBroker(): Promise<{ port: number; stop(): Promise<void> }> {
  let starting: Promise<TestServer> | undefined;
  const broker: NetServer = createServer((socket) => {
    socket.on('error', () => undefined);
    starting ??= startTestServer();
    starting.then(
      (server) => socket.end(`ok ${server.url}`),
      (error: unknown) => socket.end(`error ${error instanceof Error ? error.message : String(error)}`),
    );
  });
  await new Promise<void>((resolve, reject) => {
    broker.once('error', reject);
    broker.listen(0, '127.0.0.1', resolve);
  });
  const address = broker.address();
  if (address === null || typeof address === 'string') throw new Error('the broker of the test server has no port');
  return {
    port: address.port,
    async stop() {
      broker.close();
      const server = await starting?.catch(() => undefined);
      await server?.stop();
    },
  };
}
