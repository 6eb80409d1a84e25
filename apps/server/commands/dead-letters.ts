import type { Command } from 'commander';
import { SERVICES } from '#contracts/common/define.ts';
import type { Bus } from '#kit/bus/bus.ts';
import { StartError } from '#kit/embedded/start-error.ts';
import { openDatabase } from '../needs.ts';
import { type PlatformSettings, readPlatformSettings } from '../settings.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** `artel dead-letters list|show|replay|discard`, beside a running platform or without one. */
export function deadLettersCommand(command: Command, env: Env): void {
  command
    .command('list')
    .argument('[service]')
    .action((service?: string) =>
      withBus(env, async (bus) => {
        let count = 0;
        for (const queue of service ? [service] : SERVICES) {
          for (const letter of await bus.deadLetters.list(queue, 100).catch(() => [])) {
            count++;
            process.stdout.write(
              `${queue}  ${letter.id}  ${letter.type}  ${letter.deadAt}  after ${letter.attempts}: ${letter.reason}\n`,
            );
          }
        }
        process.stdout.write(`${count} dead letters\n`);
      }),
    );
  command
    .command('show')
    .argument('<service>')
    .argument('<id>')
    .action((service: string, id: string) =>
      withBus(env, async (bus) => {
        const letter = await bus.deadLetters.get(service, id);
        if (!letter) throw new StartError(`${service} has no dead letter ${id}`);
        process.stdout.write(`${JSON.stringify({ ...letter, body: letter.body.toString('utf8') }, null, 2)}\n`);
      }),
    );
  for (const [name, act] of [
    ['replay', (bus: Bus, service: string, id: string) => bus.deadLetters.replay(service, id)],
    ['discard', (bus: Bus, service: string, id: string) => bus.deadLetters.discard(service, id)],
  ] as const) {
    command
      .command(name)
      .argument('<service>')
      .argument('<id>', 'the id, or `all`')
      .action((service: string, id: string) =>
        withBus(env, async (bus) => {
          const ids = id === 'all' ? (await bus.deadLetters.list(service, 1_000)).map((letter) => letter.id) : [id];
          let done = 0;
          for (const one of ids) if (await act(bus, service, one)) done++;
          if (done === 0 && id !== 'all') throw new StartError(`${service} has no dead letter ${id}`);
          process.stdout.write(`${name}: ${done}\n`);
        }),
      );
  }
}

async function withBus(env: Env, work: (bus: Bus) => Promise<void>): Promise<void> {
  const settings = readPlatformSettings(env);
  const { bus, close } = await open(settings);
  try {
    await work(bus);
  } finally {
    await bus.close();
    await close();
  }
}

async function open(settings: PlatformSettings): Promise<{ bus: Bus; close(): Promise<void> }> {
  const quiet = { info() {}, warn() {}, error() {} };
  if (settings.AMQP_URL) {
    const { connectRabbit } = await import('#kit/bus/rabbit.ts');
    return {
      bus: await connectRabbit({ url: settings.AMQP_URL, log: quiet, prefix: settings.AMQP_PREFIX || undefined }),
      close: async () => {},
    };
  }
  const { openEmbeddedBus } = await import('#kit/bus/embedded.ts');
  const database = await openDatabase(settings, () => {});
  return {
    bus: await openEmbeddedBus({ connectionString: database.adminUrl, log: quiet }),
    close: () => database.close(),
  };
}
