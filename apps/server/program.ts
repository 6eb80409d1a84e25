import { Command, CommanderError } from 'commander';
import { SERVICES, type ServiceName } from '#contracts/common/define.ts';
import { ConfigError } from '#kit/config.ts';
import { StartError } from '#kit/embedded/start-error.ts';
import { deadLettersCommand } from './commands/dead-letters.ts';
import { ledgerCommand } from './commands/ledger.ts';
import { VERSION } from './version.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Runs what the command line says; the exit code when it failed. Each command loads what it needs. */
export async function runProgram(argv: readonly string[], env: Env): Promise<number | undefined> {
  const program = new Command('artel')
    .description('Artel, the freelance marketplace platform')
    .version(VERSION)
    .exitOverride()
    .showHelpAfterError();

  program
    .command('start')
    .description('run the whole platform, or the named services')
    .argument('[services...]', `any of: ${SERVICES.join(', ')}`, collectServices, [] as ServiceName[])
    .option('--reset', 'begin anew: deletes the data folder first, after asking')
    .option('--yes', 'do not ask')
    .action(async (services: ServiceName[], options: { reset?: boolean; yes?: boolean }) =>
      (await import('./commands/start.ts')).startCommand(env, services, options),
    );
  program
    .command('migrate')
    .description('bring the database to this release')
    .action(async () => (await import('./commands/migrate.ts')).migrateCommand(env));
  program
    .command('backup')
    .description('write the database and the files into a new folder, beside a running platform or without one')
    .argument('[folder]', 'default: a new one below BACKUP_DIR')
    .option('--with-secrets', 'also the secrets of the data folder: whoever has such a backup can be the platform')
    .action(async (folder: string | undefined, options: { withSecrets?: boolean }) =>
      (await import('./commands/backup.ts')).backupCommand(env, folder, options.withSecrets === true),
    );
  program
    .command('restore')
    .description('bring a backup into an empty database or data folder, and verify it')
    .argument('[folder]', 'default: carry out the restoration that was prepared in the panel')
    .action(async (folder: string | undefined) => (await import('./commands/backup.ts')).restoreCommand(env, folder));
  program
    .command('doctor')
    .description('check every need and say what to do')
    .action(async () => (await import('./commands/doctor.ts')).doctorCommand(env));
  program
    .command('keys')
    .description('write a key pair per service, for processes that share no secret')
    .argument('<folder>')
    .action(async (folder: string) => (await import('./commands/keys.ts')).keysCommand(env, folder));
  program
    .command('generate')
    .description('write the documents made from the contracts')
    .option('--check', 'only compare with what is committed')
    .action(async (options: { check?: boolean }) => (await import('./commands/generate.ts')).generateCommand(options));
  deadLettersCommand(program.command('dead-letters').description('events that could not be handled'), env);
  ledgerCommand(program.command('ledger').description('the double-entry ledger'), env);
  try {
    await program.parseAsync(argv);
    return undefined;
  } catch (error) {
    return report(error);
  }
}

function collectServices(value: string, previous: ServiceName[]): ServiceName[] {
  if (!SERVICES.includes(value as ServiceName))
    throw new CommanderError(64, 'artel.service', `no service is called ${value}; there are ${SERVICES.join(', ')}`);
  return [...previous, value as ServiceName];
}

/** One clear line per fault, no stack for what the operator can mend. */
function report(error: unknown): number {
  if (error instanceof CommanderError) {
    if (error.code === 'artel.service') process.stderr.write(`artel: ${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof ConfigError) {
    for (const line of error.lines) process.stderr.write(`artel: ${line}\n`);
    return error.exitCode;
  }
  if (error instanceof StartError) {
    process.stderr.write(`artel: ${error.message}\n`);
    return error.exitCode;
  }
  const code = (error as { code?: string }).code ?? '';
  if (/^(ECONNREFUSED|ENOTFOUND|ETIMEDOUT|ECONNRESET|28P01|28000|3D000|57P03)$/.test(code)) {
    process.stderr.write(
      `artel: the database can't be reached: ${(error as Error).message || code}. Look at DATABASE_URL; \`artel doctor\` tells more\n`,
    );
    return 69;
  }
  process.stderr.write(`artel: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 70;
}
