/** A RabbitMQ node of a run's or a test's own: nothing of another run lies on it, and it may be killed. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from './ports.ts';
import { temporaryFolder } from './system/world.ts';

/** Debian's wrapper in the PATH changes the user; this is the program behind it. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const CONTROL = '/usr/lib/rabbitmq/bin/rabbitmqctl';

/** As many descriptors as are allowed, within reason: Erlang makes a table of that size. */
const RAISED =
  'n=$(ulimit -Hn); if [ "$n" = unlimited ] || [ "$n" -gt 65536 ]; then n=65536; fi; ulimit -n "$n"; exec "$0"';

export interface Broker {
  readonly url: string;
  kill(): Promise<void>;
  /** Raises the memory alarm, as a broker does that is full, or takes it back. */
  alarm(raised: boolean): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

/** Whether this machine can run one. */
export const brokerIsInstalled = (): boolean => existsSync(PROGRAM);

/** `threads`: Erlang's schedulers; as many as there are cores if not given. */
export async function ownBroker({ threads }: { threads?: number } = {}): Promise<Broker> {
  if (!brokerIsInstalled()) throw new Error(`${PROGRAM} is missing: install rabbitmq-server`);
  const folder = temporaryFolder();
  const [port, distribution] = (await freePorts(2)) as [number, number];
  const node = `artel_${randomBytes(4).toString('hex')}@localhost`;
  mkdirSync(join(folder.path, 'home'));
  // The machine's own configuration may name the standard port.
  const config = join(folder.path, 'rabbitmq.conf');
  writeFileSync(config, `listeners.tcp.1 = 127.0.0.1:${port}\n`);
  const env = {
    PATH: `/usr/lib/rabbitmq/bin:${process.env['PATH']}`,
    HOME: join(folder.path, 'home'),
    RABBITMQ_NODENAME: node,
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_DIST_PORT: String(distribution),
    RABBITMQ_MNESIA_BASE: join(folder.path, 'mnesia'),
    RABBITMQ_LOG_BASE: join(folder.path, 'log'),
    RABBITMQ_PID_FILE: join(folder.path, 'pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder.path, 'plugins'),
    RABBITMQ_CONF_ENV_FILE: join(folder.path, 'none'),
    RABBITMQ_CONFIG_FILE: config,
    RABBITMQ_ADVANCED_CONFIG_FILE: join(folder.path, 'none.config'),
    ...(threads === undefined ? {} : { RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+S ${threads}:${threads}` }),
  };
  let running: { child: ChildProcess; watcher: ChildProcess } | undefined;
  const broker: Broker = {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    async start() {
      // A thousand descriptors, the usual limit, would be some hundred connections and their queues.
      const child = spawn('/bin/sh', ['-c', RAISED, PROGRAM], {
        env,
        stdio: 'ignore',
        detached: true,
      });
      const mine = { child, watcher: watchOver(child, folder.path) };
      running = mine;
      child.once('exit', (code, signal) => {
        if (running === mine) process.stderr.write(`the broker ended (${code ?? signal}): ${lastLines(folder.path)}\n`);
      });
      await listening(port);
    },
    async kill() {
      if (!running) return;
      const { child, watcher } = running;
      running = undefined;
      watcher.kill('SIGKILL');
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => void child.once('exit', () => resolve()));
      // The whole group: the program is a script in front of the virtual machine.
      process.kill(-child.pid, 'SIGKILL');
      await gone;
    },
    async alarm(raised) {
      await promisify(execFile)(CONTROL, ['-n', node, 'set_vm_memory_high_watermark', raised ? '0.000001' : '0.4'], {
        env,
      });
    },
    async close() {
      await broker.kill().catch(() => {});
      folder.remove();
    },
  };
  // Erlang's port mapper belongs to the machine; it is started by the first node and stays.
  execFileSync('epmd', ['-daemon'], { stdio: 'ignore' });
  await broker.start();
  return broker;
}

/** A shell that waits for the end of a pipe only we hold: however we die, the broker and its folder go. */
function watchOver(child: ChildProcess, folder: string): ChildProcess {
  const watcher = spawn(
    '/bin/sh',
    ['-c', 'read -r _; kill -KILL -- "-$1"; rm -rf -- "$2"', 'artel-watch', String(child.pid), folder],
    { cwd: '/', detached: true, stdio: ['pipe', 'ignore', 'ignore'] },
  );
  child.unref();
  watcher.unref();
  (watcher.stdin as unknown as { unref?: () => void } | null)?.unref?.();
  return watcher;
}

function lastLines(folder: string): string {
  const log = join(folder, 'log');
  const file = existsSync(log) && readdirSync(log).find((name) => name.endsWith('.log'));
  return file ? readFileSync(join(log, file), 'utf8').split('\n').slice(-30).join('\n') : 'it left no log';
}

async function listening(port: number): Promise<void> {
  for (const until = Date.now() + 60_000; ; await sleep(200)) {
    const socket = connect(port, '127.0.0.1');
    const opened = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (opened) return;
    if (Date.now() > until) throw new Error('the broker did not start');
  }
}
