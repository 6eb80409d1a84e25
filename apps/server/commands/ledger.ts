import { once } from 'node:events';
import type { Command } from 'commander';
import { StartError } from '#kit/embedded/start-error.ts';
import type { Verdict } from '#services/payments/ledger/verify.ts';
import { openDatabase } from '../needs.ts';
import { readPlatformSettings } from '../settings.ts';

/**
 * `artel ledger verify`: checks the books without the service, from the database, from an export or from a person's own
 * proof. Exit code 1 with a fault. `artel ledger export` writes such an export to the standard output.
 */
export function ledgerCommand(command: Command, env: Readonly<Record<string, string | undefined>>): void {
  async function withLedger<T>(work: (connectionString: string) => Promise<T>): Promise<T> {
    const settings = readPlatformSettings(env);
    const database = await openDatabase(settings, (text) => process.stderr.write(`… ${text}\n`));
    try {
      return await work(settings.PAYMENTS_DATABASE_URL ?? database.adminUrl);
    } finally {
      await database.close();
    }
  }
  command
    .command('verify')
    .option('--export <file>', 'an export of the ledger instead of the database')
    .option('--statement <file>', "a person's proof (`/api/v1/me/statement/proof`) instead of the database")
    .action(async (options: { export?: string; statement?: string }) => {
      const { verifyExport, verifyStatement } = await import('#services/payments/ledger/verify-files.ts');
      if (options.statement !== undefined) {
        const verdict = await verifyStatement(options.statement);
        report(verdict, 'the statement');
        process.stdout.write(`its movements sum to ${verdict.balance}\n`);
      } else if (options.export !== undefined) report(await verifyExport(options.export), 'the export');
      else {
        const { verifyLedger } = await import('#services/payments/ledger/verify.ts');
        report(await withLedger(verifyLedger), 'the ledger');
      }
    });
  command.command('export').action(async () => {
    const { exportLedger } = await import('#services/payments/ledger/verify-files.ts');
    await withLedger((connectionString) =>
      exportLedger(connectionString, async (text) => {
        if (!process.stdout.write(text)) await once(process.stdout, 'drain');
      }),
    );
  });
}

function report(verdict: Verdict, what: string): void {
  for (const fault of verdict.faults) process.stdout.write(`FAULT ${fault}\n`);
  if (verdict.faults.length > 0) throw new StartError(`${what} has ${verdict.faults.length} faults`, { exitCode: 1 });
  process.stdout.write(
    `${what} is whole: ${verdict.transactions} transactions, ${verdict.sealed} sealed, head ${verdict.head}\n`,
  );
}
