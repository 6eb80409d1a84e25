import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { ConfigError } from '#kit/config.ts';
import { StartError } from '#kit/embedded/start-error.ts';
import { verifyLedger } from '#services/payments/ledger/verify.ts';
import { backupName, createBackup } from '../backup/create.ts';
import { readManifest } from '../backup/manifest.ts';
import { carryOutRestoration } from '../backup/restoration.ts';
import { checkBackup, restoreBackup } from '../backup/restore.ts';
import { openDatabase, openNeeds, requireSecret } from '../needs.ts';
import { backupFolder, fileStoreOf, ownDatabases, type PlatformSettings, readPlatformSettings } from '../settings.ts';

type Env = Readonly<Record<string, string | undefined>>;
const progress = (text: string) => process.stderr.write(`… ${text}\n`);

/** `artel backup [folder]`: beside a running platform or without one. Without a folder a new one among the backups. */
export async function backupCommand(env: Env, named: string | undefined, withSecrets: boolean): Promise<void> {
  const settings = readPlatformSettings(env);
  refuseOwnDatabases(settings);
  const at = new Date();
  const folder = resolve(named ?? join(backupFolder(settings), backupName(at)));
  const name = dirname(folder) === backupFolder(settings) ? basename(folder) : undefined;
  const database = await openDatabase(settings, progress);
  try {
    const secrets = secretsOf(settings);
    if (withSecrets && secrets === undefined)
      throw new StartError('there are no secrets in the data folder: keep ARTEL_SECRET where you keep it now', {
        exitCode: 78,
      });
    const masterSecret =
      settings.ARTEL_SECRET ??
      (secrets && (JSON.parse(secrets) as { artel?: string }).artel) ??
      requireSecret(settings);
    const manifest = await createBackup({
      adminUrl: database.adminUrl,
      masterSecret,
      files: await fileStoreOf(settings),
      target: folder,
      name,
      secrets: withSecrets ? secrets : undefined,
      at,
    });
    await checkBackup(folder, manifest);
    const rows = manifest.tables.reduce((sum, table) => sum + table.rows, 0);
    process.stdout.write(
      `backed up to ${folder}: ${manifest.tables.length} tables, ${rows} rows, ${manifest.files.length} files\n`,
    );
    if (!withSecrets)
      process.stdout.write(
        'the secret is not in it: keep ARTEL_SECRET (or secrets.json of the data folder) elsewhere\n',
      );
  } finally {
    await database.close();
  }
}

/** `artel restore` without a folder: carries out what was prepared in the panel, while nothing of the platform runs. */
async function carryOutWaiting(settings: PlatformSettings): Promise<void> {
  const needs = await openNeeds(settings, progress);
  try {
    const [adminUrl, folder] = [needs.adminUrl, backupFolder(settings)];
    const files = await fileStoreOf(settings);
    const done = await carryOutRestoration({ folder, adminUrl, files, at: new Date(), onProgress: progress });
    if (!done) throw new StartError('no restoration waits: name the folder of a backup');
    process.stdout.write(`restored the backup ${done.backup}, as asked for at ${done.askedAt}\n`);
  } finally {
    await needs.close();
  }
}

/** `artel restore <folder>`: into an empty place. Ends with the books verified, as they were when the backup was made. */
export async function restoreCommand(env: Env, folder: string | undefined): Promise<void> {
  const settings = readPlatformSettings(env);
  refuseOwnDatabases(settings);
  if (folder === undefined) return await carryOutWaiting(settings);
  const source = resolve(folder);
  const manifest = readManifest(source);
  if (settings.DATABASE_URL === undefined || settings.ARTEL_SECRET === undefined)
    prepareDataFolder(settings, manifest.withSecrets ? source : undefined);
  const needs = await openNeeds(settings, progress);
  try {
    await restoreBackup({
      source,
      manifest,
      adminUrl: needs.adminUrl,
      masterSecret: needs.masterSecret,
      files: await fileStoreOf(settings),
      onProgress: progress,
    });
    const verdict = await verifyLedger(needs.adminUrl);
    for (const fault of verdict.faults) process.stdout.write(`FAULT ${fault}\n`);
    if (verdict.faults.length > 0)
      throw new StartError(`the restored ledger has ${verdict.faults.length} faults`, { exitCode: 1 });
    process.stdout.write(
      `restored the backup of ${manifest.at}: ${manifest.tables.length} tables, ${manifest.files.length} files; the ledger is whole: ${verdict.transactions} transactions, head ${verdict.head}\n`,
    );
  } finally {
    await needs.close();
  }
}

function secretsOf(settings: PlatformSettings): string | undefined {
  const path = resolve(settings.DATA_DIR, 'secrets.json');
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** A data folder that is new gets the secrets of the backup; one in use is left alone. */
function prepareDataFolder(settings: PlatformSettings, source: string | undefined): void {
  const folder = resolve(settings.DATA_DIR);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (readdirSync(folder).length > 0)
    throw new StartError(`the data folder ${folder} is not empty: restore into a new one (DATA_DIR)`, { exitCode: 78 });
  if (source === undefined) {
    requireSecret(settings);
    return;
  }
  // The marker makes the folder ours before the secrets are in it.
  writeFileSync(join(folder, 'artel-data.json'), `${JSON.stringify({ format: 1 })}\n`);
  writeFileSync(join(folder, 'secrets.json'), readFileSync(join(source, 'secrets.json')), { mode: 0o600 });
}

/** One snapshot covers one database. */
function refuseOwnDatabases(settings: PlatformSettings): void {
  const faults = ownDatabases(settings).map(
    (service) =>
      `${service.toUpperCase()}_DATABASE_URL is set: a service with a database of its own is backed up with pg_dump`,
  );
  if (faults.length > 0) throw new ConfigError(faults);
}
