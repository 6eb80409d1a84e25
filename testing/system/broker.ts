/** A RabbitMQ node of a test's own, that it may kill. */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePorts } from '../ports.ts';
import { temporaryFolder } from './world.ts';

/** Debian's wrapper in the PATH changes the user; this is the program behind it. */
const PROGRAM = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const CONTROL = '/usr/lib/rabbitmq/bin/rabbitmqctl';

export interface Broker {
  readonly url: string;
  kill(): Promise<void>;
  /** Raises the memory alarm, as a broker does that is full, or takes it back. */
  alarm(raised: boolean): Promise<void>;
  start(): Promise<void>;
  close(): Promise<void>;
}

export async function ownBroker(): Promise<Broker> {
  const folder = temporaryFolder();
  const [port, distribution] = (await freePorts(2)) as [number, number];
  const node = `artel_${randomBytes(4).toString('hex')}@localhost`;
  mkdirSync(join(folder.path, 'home'));
  // The machine's own configuration may name the standard port.
  const config = join(folder.path, 'rabbitmq.conf');
  writeFileSync(config, `listeners.tcp.1 = 127.0.0.1:${port}\n`);
  let child: ChildProcess | undefined;
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
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1',
  };
  const broker: Broker = {
    url: `amqp://guest:guest@127.0.0.1:${port}`,
    async start() {
      child = spawn(PROGRAM, [], { env, stdio: 'ignore', detached: true });
      await listening(port);
    },
    async kill() {
      const gone = new Promise<void>((resolve) =>
        child?.exitCode === null ? void child.once('exit', () => resolve()) : resolve(),
      );
      // The whole group: the program is a script in front of the virtual machine.
      if (child?.pid) process.kill(-child.pid, 'SIGKILL');
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
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: install rabbitmq-server`);
  // Erlang's port mapper belongs to the machine; it is started by the first node and stays.
  execFileSync('epmd', ['-daemon'], { stdio: 'ignore' });
  await broker.start();
  return broker;
}

async function listening(port: number): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    const open = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      socket.once('connect', () => resolve(true));
      socket.once('error', () => resolve(false));
      socket.once('close', () => socket.destroy());
    });
    if (open) return;
    if (Date.now() > until) throw new Error('the broker did not start');
    await sleep(200);
  }
}
